"""Several cores on one compiled board, by UART pins only: every latency of each equals golden's with a text of its own, and its clocks are
the cycle model's."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import boards
from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.host.link import Frame, FrameReader
from firmware.image.image import write_image
from golden.integer.network import Network
from sim.compare.expected import Golden
from sim.cycles import predict
from sim.machines.board import BoardSimulation
from sim.machines.cores import CoresSession
from sim.machines.machine import core_prefix
from sim.machines.preload import TABLES

from ...firmware.networks import random_network, random_text_network
from ...firmware.transformers import random_transformer

ICEBREAKER = boards.get("icebreaker")
BOARDS = {
    cores: replace(ICEBREAKER, name=f"{cores} cores", cores=cores, tiers=ICEBREAKER.tiers[:1], image_flash=ICEBREAKER.flash)
    for cores in (2, 4)
}
MANY = [2, pytest.param(4, marks=pytest.mark.slow)]
NETWORK = replace(random_network(1, kind="rnn", max_n=16, max_out=12), frac=3, out_frac=3)
NETWORK = replace(NETWORK, symbols=tuple(range(97, 97 + NETWORK.n_out)))


@pytest.fixture
def session_of():
    made = []

    def make(network: Network, board: Board) -> CoresSession:
        made.append(CoresSession(network, compile_network(network, board), board=board))
        return made[-1]

    yield make
    for session in made:
        session.close()


TEXTS: list[Callable[[], Network]] = [
    partial(random_network, 3, kind="rnn", max_n=120, max_out=60),
    partial(random_text_network, 5),
    partial(random_transformer, 2),
]


@pytest.mark.parametrize("cores", MANY)
@pytest.mark.parametrize("make", TEXTS)
def test_texts_of_their_own(session_of, make, cores):
    network, board = make(), BOARDS[cores]
    session, rng = session_of(network, board), np.random.default_rng(cores)
    host, program = session.host, session.device.program
    before = [host.counters(core=core) for core in range(cores)]
    texts = [rng.integers(network.n_out, size=length).tolist() for length in (7, 12, 9, 7)[:cores]]
    fed = session.feed_all(texts)
    session.step_all(20)
    assert session.difference is None
    assert [len(chosen) for chosen in fed] == [len(text) for text in texts]
    assert session.compared >= sum(len(text) + 20 for text in texts) * network.n_out
    predicted = predict(program, board, steps=32, back_to_back=False).steps
    for core, text in enumerate(texts):
        used = host.counters(core=core) - before[core]
        steps = predicted[: len(text) + 20]
        assert used.steps == len(steps)
        for name in ("clocks", "rows", "beats"):
            assert getattr(used, name) == sum(getattr(step, name) for step in steps)
        latencies = session.board.latencies(core).tolist()
        assert host.store(0, 255, core=core) == latencies[:255]
        assert host.results(core=core)[0][1] == min(latencies[program.meta.placement.output :][: network.n_out])
    assert session.board.latencies(0).tolist() != session.board.latencies(1).tolist()


@pytest.mark.parametrize("cores", MANY)
def test_inputs_of_their_own(session_of, cores):
    network, rng = random_network(4, kind="deep", max_n=120, max_out=20), np.random.default_rng(7)
    session = session_of(network, BOARDS[cores])
    samples = [rng.integers(-300, 300, network.n_in).astype(np.int16) for _ in range(5 * cores)]
    classes = session.classify_all(samples)
    assert session.difference is None
    assert len(classes) == len(samples)
    assert session.compared >= 5 * cores * network.n_out


@pytest.mark.parametrize("core", [0, 1])
def test_a_flipped_bit_is_named_with_its_core(session_of, core):
    """The control: one bit of the row that a symbol reads."""
    session = session_of(NETWORK, BOARDS[2])
    run = next(run for run in session.device.program.runs if run.token)
    symbol = 3
    memory = session.board.sim.memory(core_prefix(core) + TABLES)
    memory.view(np.uint8).reshape(len(memory), -1)[run.table_base + (symbol << run.row_log2), 0] ^= 1
    session.feed_all([[symbol, 1], [symbol, 1]])
    assert session.difference is not None
    assert session.difference.startswith(f"core {core}: step 0, op embed, neuron ")


@pytest.fixture
def device_on():
    """A device at a board with NETWORK, without a comparison."""
    made = []

    def make(cores: int, **options: object) -> tuple[Device, BoardSimulation]:
        program = compile_network(NETWORK, BOARDS[cores])
        board = BoardSimulation(BOARDS[cores], **(options or {"program": program}))
        made.append(board)
        device = Device(Host(board.transport()), write_image(program))
        device.host.hello()
        return device, board

    yield make
    for board in made:
        board.close()


def golden_symbols(device: Device, count: int) -> list[int]:
    model, symbols = Golden(NETWORK, device.program), []
    for _ in range(count):
        model.step(None)
        symbols.append(model.symbol)
    return symbols


@pytest.mark.parametrize("cores", MANY)
def test_abort_and_reset(device_on, cores):
    device, board = device_on(cores)
    due = golden_symbols(device, 255)
    for pause in (1, 400, 3001):
        reader, replies = FrameReader(reply=True), []
        board.uart.send(Frame.request(isa.Command.STEP, b"\xff", seq=201, core=isa.ALL_CORES).encode())
        board.uart.receive(1, limit=pause)
        board.uart.send(Frame.request(isa.Command.ABORT, seq=202).encode())
        while not replies:
            data = board.uart.receive(1, limit=100_000)
            assert data
            replies = reader.push(data)
        assert (replies[0].code, replies[0].seq) == (isa.Status.ABORTED, 201)
        finished = list(replies[0].payload)
        assert 0 < len(finished) < 255
        assert finished == [due[at // cores] for at in range(len(finished))]
        device.reset()
        assert device.host.step_all(9) == [due[:9]] * cores
        device.reset()
    assert device.host.step_all(6) == [due[:6]] * cores
    device.reset(core=1)  # the others go on
    assert device.host.step_all(6) == [due[:6] if core == 1 else due[6:12] for core in range(cores)]
    device.load()  # by LOAD_BEGIN and LOAD
    assert device.host.step_all(6) == [due[:6]] * cores


def test_seeds_of_their_own(device_on):
    """Cores draw alike from one seed, and each its own from others."""
    device, _ = device_on(2)
    drawn = {}
    for seeds in ((4, 4), (4, 5)):
        device.reset()
        for core, seed in enumerate(seeds):
            device.set_sampler(temperature=9.0, seed=seed, core=core)
        drawn[seeds] = device.host.step_all(30)
    assert drawn[4, 4][0] == drawn[4, 4][1] == drawn[4, 5][0] != drawn[4, 5][1]
    device.reset()
    device.set_sampler(temperature=9.0, seed=5)
    assert device.host.step_all(30) == [drawn[4, 5][1]] * 2


def test_what_there_is_not(device_on):
    host = device_on(2)[0].host
    assert (host.hello().cores, str(host.hello())[:13]) == (2, "2 cores, each")
    for refused in (
        lambda: host.step(core=2),
        lambda: host.feed([1], core=-1),
        lambda: host.store(0, 1, core=2),
        lambda: host.counters(core=9),
    ):
        with pytest.raises(LinkError, match=r"^core must be 0\.\.1, not -?\d$"):
            refused()
    with pytest.raises(LinkError, match=r"^there must be a text for each of 2 cores, not 3$"):
        host.feed_all([[1]] * 3)
    host.cores = 4  # the board itself refuses too
    for refused in (lambda: host.step(core=2), lambda: host.feed([1], core=3), lambda: host.store(0, 1, core=2)):
        with pytest.raises(LinkError, match=r"is refused: the core does not know that command or value$"):
            refused()


def test_boots_from_flash_on_every_core(device_on):
    """An image in flash reaches all; a scrub checks it."""
    program = compile_network(NETWORK, BOARDS[2])
    device, board = device_on(2, image=write_image(program))
    assert board.boot()
    assert device.load().flash_same
    assert device.host.scrub().flash_same
    golden, due = Golden(NETWORK, program), []
    for _ in range(6):
        writes = golden.step(None)
        due.append(golden.symbol)
    assert device.host.step_all(6) == [due, due]
    for core in range(2):
        for write in writes:
            assert board.latencies(core)[write.addresses].tolist() == write.values.tolist()
