"""Host driver and device with several cores in plain Python: texts, inputs and samplers of their own, over a clean line and a disturbed
one."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.image.image import read_image, sampler_image, write_image
from firmware.image.sections import ImageError, Section, pack, unpack
from firmware.sampling import Sampling
from golden.integer.deep import deep_forward
from golden.integer.network import Network
from golden.integer.sampling import Sampler

from ..networks import random_network
from .core import FakeCore
from .host_bench import golden_run, text_network

NETWORK = text_network()
WIDTH = isa.Width()
MANY = [1, 2, 4]


def device(core: FakeCore, network: Network = NETWORK) -> Device:
    made = Device(Host(core, tries=40), write_image(compile_network(network, boards.get("icebreaker"))))
    made.load()
    return made


@pytest.mark.parametrize("noise", [0.0, 0.15])
@pytest.mark.parametrize("cores", MANY)
def test_texts_of_their_own(cores: int, noise: float) -> None:
    core = FakeCore(cores=cores, noise=noise, seed=cores)
    board, rng = device(core), np.random.default_rng(cores)
    assert board.host.hello().cores == board.host.cores == cores
    texts = [rng.integers(NETWORK.n_out, size=length).tolist() for length in (300, 130, 131, 270)[:cores]]
    chosen = board.host.feed_all(texts)
    for own, drawn in zip(chosen, board.host.step_all(140), strict=True):
        own += drawn
    chosen[-1] += board.host.step(5, core=cores - 1)
    for number, (own, text) in enumerate(zip(chosen, texts, strict=True)):
        forced = [*text, *[None] * (140 + 5 * (number == cores - 1))]
        assert own == golden_run(NETWORK, forced, Sampler())
        assert board.host.store(0, 300, core=number) == core.machines[number].store[:300]
        assert board.host.results(core=number) == core.machines[number].sampler.spikes
        assert board.host.counters(core=number).beats == core.machines[number].beats
    assert chosen[0] != golden_run(NETWORK, [*texts[-1], *[None] * 145], Sampler())[: len(chosen[0])] or cores == 1  # the control


def test_text_of_a_device() -> None:
    board = device(FakeCore(cores=2))
    fed = board.feed_all([b"abc", b"bad"])
    assert fed == [golden_run(NETWORK, board.symbols(text), Sampler()) for text in (b"abc", b"bad")]
    texts = board.generate_all(30)
    for text, prompt in zip(texts, (b"abc", b"bad"), strict=True):
        assert text == board.text(golden_run(NETWORK, [*board.symbols(prompt), *[None] * 30], Sampler())[3:]).decode()


@pytest.mark.parametrize("count", [0, 1, 4, 7])
@pytest.mark.parametrize("cores", MANY)
def test_inputs_of_their_own(cores: int, count: int) -> None:
    network, rng = random_network(4, kind="deep"), np.random.default_rng(count)
    board = device(FakeCore(cores=cores), network)
    samples = rng.integers(-300, 300, (count, network.n_in)).astype(np.int16)
    wanted = [deep_forward(network, sample[None]).states[-1][0].argmin() for sample in samples]
    assert board.classify_all(samples.tolist()) == wanted
    assert [board.classify(sample) for sample in samples.tolist()] == wanted


def test_one_core_is_reset_or_set_alone() -> None:
    core = FakeCore(cores=2)
    board = device(core)
    start = golden_run(NETWORK, [None] * 10, Sampler())
    assert board.host.step_all(5) == [start[:5]] * 2
    board.reset(core=1)
    assert board.host.step_all(5) == [start[5:], start[:5]]
    board.reset()
    board.set_sampler(k=3, seed=7, core=1)
    assert [(machine.sampler.k, machine.sampler.state) for machine in core.machines] == [(0, 1), (3, 7)]
    board.set_sampler(k=2, seed=9)
    assert [(machine.sampler.k, machine.sampler.state) for machine in core.machines] == [(2, 9)] * 2


def test_cores_that_there_are_not() -> None:
    board = device(FakeCore())
    for refused in (lambda: board.host.step(core=1), lambda: board.host.feed([1], core=1), lambda: board.host.counters(core=1)):
        with pytest.raises(LinkError, match=r"^the board has one core, and no core 1$"):
            refused()
    with pytest.raises(LinkError, match=r"^there must be a text for each of 1 cores, not 2$"):
        board.feed_all([b"a", b"b"])
    for refused in (lambda: board.reset(core=0), lambda: board.set_sampler(core=0)):
        with pytest.raises(LinkError, match=r"^the board has one core, so none can be named, not even 0$"):
            refused()
    board = device(FakeCore(cores=2))
    with pytest.raises(LinkError, match=r"^core must be 0\.\.1, not 2$"):
        board.reset(core=2)
    with pytest.raises(LinkError, match=r"^there must be a text for each of 2 cores, not 1$"):
        board.feed_all([b"a"])


def test_sections_of_one_core() -> None:
    image = sampler_image(Sampling(seed=3), width=WIDTH, core=2)
    assert [section.core for section in unpack(image)[1]] == [2]
    for core, kind in ((4, isa.Kind.STORE), (-1, isa.Kind.CONFIG), (0, isa.Kind.TABLES)):
        with pytest.raises(ImageError, match=rf"^section {kind.name} can't be of core {core} alone$"):
            pack([Section(kind=kind, payload=b"ab", core=core)], width=WIDTH)
    with pytest.raises(ImageError, match=r"^section STORE covers words 2047\.\.2048, its space has 2048$"):
        pack([Section(kind=isa.Kind.STORE, address=2047, payload=b"abcd", core=1)], width=WIDTH)
    whole = unpack(write_image(compile_network(NETWORK, boards.get("icebreaker"))))[1]
    own = [replace(section, core=0) if section.kind == isa.Kind.STORE else section for section in whole]
    with pytest.raises(ImageError, match=r"^section STORE of a program must be for all cores$"):
        read_image(pack(own, width=WIDTH))
