"""The host driver against a core in plain Python, over a clean line and over a disturbed one."""

import numpy as np
import pytest

from firmware import isa
from firmware.host.device import SymbolError, _ranges
from firmware.host.host import Counters, Host, LinkError
from firmware.image.sections import unpack
from firmware.isa import Kind
from firmware.jitter import JitterError, jitter_table
from golden.integer.deep import deep_forward
from golden.integer.sampling import Jitter, Sampler
from golden.integer.signal import SignalNetwork, signal_outputs

from ..networks import random_network
from .core import FakeCore
from .host_bench import device, golden_run, text_network


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_a_disturbed_line_never_steps_twice(noise: float) -> None:
    network, core = text_network(), FakeCore(noise=noise, seed=5)
    board = device(network, core, tries=40)
    board.load()
    prompt = b"abcxyzab"
    chosen = board.feed(prompt)
    for _ in range(30):
        chosen += board.host.step(3)
    forced: list[int | None] = [*board.symbols(prompt), *[None] * 90]
    assert chosen == golden_run(network, forced, Sampler())
    assert core.executed == 31
    assert (board.host.faults.resent > 0) == (noise > 0)


def test_without_replay_it_would() -> None:
    network, core = text_network(), FakeCore(noise=0.3, seed=5, replay=False)
    board = device(network, core, tries=40)
    board.load = board.host.hello  # type: ignore[method-assign, assignment]
    core.noise = 0.0
    board.host.load(board.image)
    core.noise = 0.3
    for _ in range(30):
        board.host.step(3)
    assert core.executed > 30


def test_greeting_and_counters() -> None:
    core = FakeCore()
    board = device(text_network(), core)
    assert not board.host.hello().loaded
    board.load()
    hello = board.host.hello()
    assert (hello.version, hello.width, hello.loaded, hello.error, hello.dropped) == (3, isa.Width(), True, False, 0)
    before = board.host.counters()
    board.host.step(300)
    used = board.host.counters() - before
    assert used.rows == 300 * (8 + 6 + 1)
    assert used.beats == core.machine.beats  # type: ignore[union-attr]
    assert board.host.store(0, 300) == core.machine.store[:300]  # type: ignore[union-attr]


def test_counters_wrap() -> None:
    late = Counters(clocks=5, rows=2, beats=3, saturations=0, steps=1, flash=2)
    early = Counters(clocks=0xFFFFFFFE, rows=1, beats=0xFFFFFFFF, saturations=0, steps=1, flash=0xFFFFFFFF)
    assert late - early == Counters(clocks=7, rows=1, beats=4, saturations=0, steps=0, flash=3)
    assert (late - early).stalls == 3


@pytest.mark.parametrize("k", [0, 3])
def test_temperature(k: int) -> None:
    network = text_network()
    board = device(network, FakeCore())
    board.load()
    board.set_sampler(temperature=0.7, k=k, seed=99)
    table, mask = jitter_table(temperature=0.7, out_frac=3, outputs=(-100, 100))
    drawn = board.host.step(60)
    assert drawn == golden_run(network, [None] * 60, Sampler(seed=99, jitter=Jitter(table=table, mask=mask), k=k))
    board.reset()
    board.set_sampler()
    calm = board.host.step(60)
    assert calm == golden_run(network, [None] * 60, Sampler())
    assert calm != drawn
    with pytest.raises(JitterError, match=r"^temperature 5000\.0 could take an output latency to"):
        board.set_sampler(temperature=5000.0)


@pytest.mark.parametrize("seed", range(8))
def test_classes(seed: int) -> None:
    network = random_network(seed, kind="deep")
    rng = np.random.default_rng(seed)
    board = device(network, FakeCore())
    board.load()
    for _ in range(3):
        x = rng.integers(-300, 300, network.n - network.n_ref).astype(np.int16)
        outputs = deep_forward(network, x[None]).states[-1][0]
        assert board.classify(x.tolist()) == outputs.argmin()
        order = sorted(range(network.n_out), key=lambda o: (outputs[o], o))[:8]
        assert board.host.results() == [(o, int(outputs[o])) for o in order]


@pytest.mark.parametrize("seed", range(8))
def test_signals(seed: int) -> None:
    network = random_network(seed, kind="signal")
    assert isinstance(network, SignalNetwork)
    x = np.random.default_rng(seed).integers(-300, 300, (2, 4, network.n_in)).astype(np.int16)
    board = device(network, FakeCore())
    board.load()
    for one, outputs in zip(x, signal_outputs(network, x), strict=True):
        board.reset()
        for step, due in zip(one, outputs, strict=True):
            assert board.classify(step.tolist()) == due.argmin()
            order = sorted(range(network.n_out), key=lambda o: (due[o], o))[:8]
            assert board.host.results() == [(o, int(due[o])) for o in order]


@pytest.mark.parametrize("seed", range(8))
def test_a_step_of_a_signal_writes_the_inputs_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(seed, kind="signal")
    board = device(network, FakeCore())
    board.load()
    images: list[bytes] = []
    load = board.host.load
    monkeypatch.setattr(board.host, "load", lambda image: (images.append(image), load(image)))
    x = list(range(100, 100 + network.n_in))
    board.classify(x)
    (image,) = images
    written = {}
    for section in unpack(image)[1]:
        assert section.kind in (Kind.STORE, Kind.END)
        for place, value in enumerate(np.frombuffer(section.payload, "<i2").tolist(), start=section.address):
            assert place not in written
            written[place] = value
    place, store = board.program.meta.placement, board.program.store.tolist()
    state = network.n - network.n_in - len(place.constants)
    changing = np.flatnonzero(~network.static_neurons()[:state]).tolist()
    layers = {address for neuron in changing for address in place.neurons[neuron]}
    layers |= set(range(place.output, place.output + network.n_out))
    given = {address: x[neuron] for neuron in range(network.n_in) for address in place.neurons[state + neuron]}
    assert not layers & set(written)
    assert {address: written[address] for address in given} == given
    assert all(value == store[address] for address, value in written.items() if address not in given)


def test_ranges_of_addresses() -> None:
    assert _ranges([9, 3, 4, 20, 6], near=2) == [range(3, 10), range(20, 21)]
    assert _ranges([9, 3, 4, 20, 6], near=1) == [range(3, 7), range(9, 10), range(20, 21)]
    assert _ranges([], near=1) == []


def test_a_signal_has_no_classes_of_single_samples() -> None:
    board = device(random_network(1, kind="signal"), FakeCore())
    with pytest.raises(LinkError, match=r"^the network reads signals, step after step: it has no classes of samples on their own$"):
        board.classify_all([[0] * board.program.meta.n_in])


def test_wrong_inputs() -> None:
    board = device(random_network(0, kind="deep"), FakeCore())
    n_in = board.program.meta.n_in
    with pytest.raises(LinkError, match=rf"^the network must take 0 latencies, it is of kind deep and takes {n_in}$"):
        board.classify([])
    with pytest.raises(LinkError, match=r"^an input latency must be -32768\.\.32767, not 32768$"):
        board.classify([32768] * n_in)


def test_symbols() -> None:
    board = device(text_network(), FakeCore())
    assert board.symbols(b"ab!g") == [1, 2, 0, 7]
    assert board.text([1, 2, 0, 7]) == b"ab?g"
    strict = device(text_network(tuple(b"abcdefgh")), FakeCore())
    with pytest.raises(SymbolError, match=r"^byte 33 \('!'\) at 2 of the text is none of the network's 8 symbols$"):
        strict.symbols(b"ab!g")
    with pytest.raises(SymbolError, match=r"^the network has no symbols, so it reads no text$"):
        device(random_network(0, kind="deep"), FakeCore()).symbols(b"a")


def test_a_damaged_image_is_reported() -> None:
    core = FakeCore()
    board = device(text_network(), core)
    broken = bytearray(board.image)
    broken[100] ^= 1
    with pytest.raises(LinkError, match=r"^the core refuses the image near byte \d+: a section's CRC is wrong$"):
        board.host.load(bytes(broken))
    assert board.host.hello().code == isa.LoadError.SECTION_CRC
    with pytest.raises(LinkError, match=r"^the image ends after \d+ bytes and the core wants more$"):
        board.host.load(board.image[:-1])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (isa.Status.NOT_LOADED, "STEP is refused: the core has no image, or the last one failed to load"),
        (isa.Status.BAD_COMMAND, "STEP is refused: the core does not know that command or value"),
        (isa.Status.FAULT, "STEP is refused: a step took more than 2^24 clocks and the core was reset"),
        (isa.Status.BUSY, "the core does not answer STEP, sent 5 times"),
    ],
)
def test_refused(status: isa.Status, message: str) -> None:
    core = FakeCore()
    core.refuse = status
    with pytest.raises(LinkError) as caught:
        Host(core).step(1)
    assert str(caught.value) == message


def test_image_for_another_core() -> None:
    board = device(text_network(), FakeCore(comparators=1))
    with pytest.raises(LinkError, match=r"^the image is for 8 lanes and 2 comparators, the core has 8 lanes and 1 comparator$"):
        board.load()


def test_a_core_that_reads_its_flash_without_end_is_given_up() -> None:
    core = FakeCore(flash=b"", starting=1 << 30)
    clock = iter(range(1 << 30))
    core.now = lambda: float(next(clock))  # type: ignore[method-assign]
    host = Host(core, timeout=5.0, patience=60.0)
    with pytest.raises(LinkError, match=r"the core still reads its flash after 60 s \(section 0\)"):
        host.wait()
    assert next(clock) < 400
