"""Boards that learn on hostile lines: every symbol is learned once, every READ of tables is answered, and an ABORT in the middle of the
writes leaves nothing behind that a LOAD doesn't mend. The long sets are slow."""

import struct
from dataclasses import replace

import numpy as np
import pytest

import boards
from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.host import Host
from firmware.host.link import Frame
from firmware.host.transport import Transport
from firmware.image.image import write_image
from firmware.image.sections import Section, pack
from firmware.learning import Learning
from golden.integer.sampling import Sampler
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from sim.machines.board import BoardSimulation
from sim.machines.preload import TABLES

from ..firmware.networks import random_network
from .disturbed import DisturbedLine, Quickened
from .mutants import Rng, fuzz, mutate_bytes
from .test_link import SHORT, replies

NETWORK = random_network(55, kind="rnn", max_n=12, max_out=12)  # 4 output tables, 10 symbols
BOARD = replace(SHORT, learns=True)
SLOWER = boards.get("ulx3s_85f")  # memories read in several clocks, 16 lanes
SLOWER = replace(SLOWER, learns=True, uart_baud=SLOWER.clock_hz // 8)
PROGRAM = compile_network(NETWORK, BOARD, seed=1, temperature=1.0)
IMAGE = write_image(PROGRAM)
GAP_BITS = 9
BYTE_CLOCKS = 10 * 8


def registers_image() -> bytes:
    """The registers by which each wrong choice changes an entry by 1."""
    words = Learning(step=1).registers()
    section = Section(kind=isa.Kind.CONFIG, address=isa.Config.LEARN, payload=struct.pack(f"<{len(words)}H", *words))
    return pack([section], width=PROGRAM.width)


class Rule:
    """What symbols fed once each must have made of the network."""

    def __init__(self) -> None:
        self.learner = TextLearner.start(NETWORK, below=0, seed=1)
        power = Rates(output=NETWORK.out_frac - NETWORK.output.shift)
        self._turn = self.learner.turn(power, steps=1, draws=1, everything=False)

    def feed(self, symbols: list[int]) -> list[int]:
        """Those that the core chooses meanwhile."""
        chosen, learner = [], self.learner
        for symbol in symbols:
            state = learner.now().start()
            state.latencies[:] = learner.latencies[0]
            chosen.append(Sampler(seed=int(learner.generator[0]), jitter=learner.jitter).choose(state.outputs()))
            learner.learn(np.array([[symbol]], np.int32), self._turn, engine=learn_reference)
        return chosen

    def tables(self) -> dict[int, bytes]:
        """Of each piece, by its first word."""
        return {4 * piece.beat: piece.data for piece in compile_network(self.learner.now(), BOARD).tables}


def begin(host: Host) -> Rule:
    """The image, and learning on."""
    host.load(IMAGE)
    host.load(registers_image())
    return Rule()


def same_words(first: int, got: list[int], due: list[int]) -> None:
    """Words read from ``first`` on."""
    wrong = [at for at in range(len(due)) if got[at] != due[at]]
    assert not wrong, f"word {first + wrong[0]}: {got[wrong[0]]:04x} instead of {due[wrong[0]]:04x}"


def check(host: Host, rule: Rule) -> None:
    """Every word of the tables."""
    for first, data in rule.tables().items():
        due = list(struct.unpack(f"<{len(data) // 2}H", data))
        same_words(first, host.tables(first, len(due)), due)


def symbols_of(rng: Rng, most: int) -> list[int]:
    return rng.integers(NETWORK.n_out, size=int(rng.integers(1, most + 1))).tolist()


@pytest.mark.parametrize("count", [20, pytest.param(1_000, marks=pytest.mark.slow)])
def test_every_symbol_is_learned_once(count: int) -> None:
    """A quarter of the frames, in both directions, is garbled, cut, doubled, too long or, of replies, late. A second of the host is 36,000
    clocks."""
    board = BoardSimulation(BOARD, gap_bits=GAP_BITS)
    line = DisturbedLine(Quickened(board.transport(), 1000.0), np.random.default_rng(0))
    host = Host(line, tries=60)
    try:
        host.hello()
        rule, steps = begin(host), host.counters().steps

        def one(rng: Rng) -> str:
            nonlocal steps
            line.rng, line.chance = rng, 0.25
            symbols, resent = symbols_of(rng, 6), host.faults.resent
            assert host.feed(symbols) == rule.feed(symbols)
            steps += len(symbols)
            check(host, rule)
            assert host.counters().steps == steps % (1 << 16)
            return "repeated" if host.faults.resent > resent else "undisturbed"

        tally = fuzz("a board that learns, a quarter of the frames", one, count=count)
        assert tally.seen["repeated"]
        assert [frame for frame, number in line.done.items() if number == 0] == [("request", "reordered")]
        assert rule.learner.output.rows.counts[0] > 4 * count
    finally:
        board.close()


class Forgetful(Transport):
    """A line on which a HELLO comes before each repeated request, so that the core forgets that it has executed it."""

    def __init__(self, core: Transport) -> None:
        self._core, self._last = core, b""

    def now(self) -> float:
        return self._core.now()

    def write(self, data: bytes) -> None:
        if data == self._last:
            self._core.write(Frame.request(isa.Command.HELLO, seq=0).encode())
        self._last = data
        self._core.write(data)

    def read(self, size: int, timeout: float) -> bytes:
        return self._core.read(size, timeout)


@pytest.mark.parametrize("forgets", [False, True])
def test_a_symbol_learned_twice_is_found(forgets: bool) -> None:
    """The control: the reply is garbled, and a core that has forgotten learns again what is repeated."""
    board = BoardSimulation(BOARD, gap_bits=GAP_BITS)
    core = Quickened(board.transport(), 1000.0)
    line = DisturbedLine(Forgetful(core) if forgets else core, np.random.default_rng(0))
    host, symbols = Host(line), [1, 2, 3, 4]
    try:
        host.hello()
        rule = begin(host)
        line.arm("reply", "garbled")
        host.feed(symbols)
        assert host.faults.resent == 1
        rule.feed(symbols)
        if forgets:
            with pytest.raises(AssertionError, match=r"word \d+: \w{4} instead of "):
                check(host, rule)
        else:
            check(host, rule)
    finally:
        board.close()


def arguments_of(rng: Rng) -> bytes:
    """Of a READ, seldom of another length than the four bytes it must have."""
    space = int(rng.choice([isa.ReadSpace.TABLES, isa.ReadSpace.TABLES, rng.integers(5), rng.integers(256)]))
    edges = [0, 2047, 2048, 4095, 4096, 0xFFFF - int(rng.integers(130))]
    address = int(rng.choice([*edges, *rng.integers(1 << 16, size=len(edges))]))
    count = int(rng.choice([0, 1, 127, 128, rng.integers(256), rng.integers(1, 10)]))
    arguments = struct.pack("<BHB", space, address, count)
    return arguments if rng.random() < 0.9 else (arguments + rng.bytes(2))[: int(rng.integers(7))]


@pytest.mark.parametrize("board", [BOARD, SLOWER], ids=lambda board: board.name)
@pytest.mark.parametrize("count", [60, pytest.param(3_000, marks=pytest.mark.slow)])
def test_reads_of_tables(count: int, board: Board) -> None:
    """Half of the requests are whole: those get the words that lie in the memory, or are refused as docs/reference/link.md says."""
    simulation = BoardSimulation(board, program=compile_network(NETWORK, board, seed=1, temperature=1.0), gap_bits=GAP_BITS)
    memory = simulation.sim.memory(f"core.{TABLES}")
    memory[:] = np.random.default_rng(0).integers(1 << 32, size=memory.shape)
    words = np.frombuffer(memory.astype("<u4").tobytes(), "<u2")
    sent = 0

    def one(rng: Rng) -> str:
        nonlocal sent
        sent += 1
        arguments, seq = arguments_of(rng), sent % 255 + 1
        frame = Frame.request(isa.Command.READ, arguments, seq=seq).encode()
        if rng.random() < 0.5:
            simulation.uart.send(mutate_bytes(rng, frame)[:64])
            answers = replies(simulation, quiet=(1 << GAP_BITS) * 9 // 8 + 4000, one=False)
            return f"disturbed: {' and '.join(isa.Status(answer.code).name for answer in answers) or 'dropped'}"
        simulation.uart.send(frame)
        [answer] = replies(simulation, quiet=(1 << GAP_BITS) * 9 // 8 + 4000, one=True)
        space, address, count = struct.unpack("<BHB", arguments) if len(arguments) == 4 else (0, 0, 0)
        good = space < len(isa.ReadSpace) and 1 <= count <= isa.MAX_READ
        good &= space == isa.ReadSpace.TABLES or address < 256 * board.lanes
        due = (isa.Status.OK, 2 * count) if good else (isa.Status.BAD_COMMAND, 0)
        assert (answer.seq, answer.code, len(answer.payload)) == (seq, *due)
        if good and space == isa.ReadSpace.TABLES:
            there = words[(address + np.arange(count)) % (1 << 16) % len(words)]
            same_words(address, np.frombuffer(answer.payload, "<u2").tolist(), there.tolist())
        return f"whole: {isa.Status(answer.code).name}"

    try:
        tally = fuzz(f"reads of tables, {board.name}", one, count=count)
        assert min(tally.seen[f"whole: {code}"] for code in ("OK", "BAD_COMMAND")) > count // 20
        assert tally.seen["disturbed: BAD_FRAME"]
    finally:
        simulation.close()


@pytest.mark.parametrize("count", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_aborts_while_it_learns(count: int) -> None:
    """Wherever an ABORT meets a FEED, the tables are as after the finished steps, or some entries as after the next one; the board
    answers, and after a LOAD of the image all is as at the beginning."""
    board = BoardSimulation(BOARD, gap_bits=GAP_BITS)
    host = Host(Quickened(board.transport(), 1000.0))
    host.hello()
    memory = board.sim.memory(f"core.{TABLES}")

    def one(rng: Rng) -> str:
        rule, symbols = begin(host), symbols_of(rng, 30)
        host.hello()  # no seq is known to the core any more
        board.uart.send(Frame.request(isa.Command.FEED, bytes(symbols), seq=1).encode())
        arrives = (len(symbols) + isa.FRAME_OVERHEAD) * BYTE_CLOCKS
        board.sim.clock(arrives - 5 * BYTE_CLOCKS + int(rng.integers(100 * len(symbols))))
        board.uart.send(Frame.request(isa.Command.ABORT, seq=2).encode())
        answers = replies(board, quiet=(1 << GAP_BITS) * 9 // 8 + 4000, one=False)
        assert host.hello().loaded  # and the seq of ABORT is forgotten too
        what = " and ".join(isa.Status(answer.code).name for answer in answers)
        finished = list(answers[0].payload)
        assert finished == rule.feed(symbols[: len(finished)])
        before = rule.tables()
        if what == "ABORTED":
            rule.feed(symbols[len(finished) : len(finished) + 1])
            what = entries_between(memory, before, rule.tables())
        else:
            assert what == "OK and OK"
            assert len(finished) == len(symbols)
            check(host, rule)
        assert len(host.feed(symbols)) == len(symbols)
        again = begin(host)
        check(host, again)
        assert host.feed(symbols[:3]) == again.feed(symbols[:3])
        check(host, again)
        return what

    try:
        tally = fuzz("aborts while it learns", one, count=count)
        assert tally.seen["aborted among the writes"]
    finally:
        board.close()


def entries_between(memory: np.ndarray, before: dict[int, bytes], after: dict[int, bytes]) -> str:
    """How far a step of int8 entries, which takes the tables from ``before`` to ``after``, has come."""
    now = memory.astype("<u4").tobytes()
    bytes_now, old, new = (
        np.concatenate([np.frombuffer(data, np.uint8) for data in parts])
        for parts in (
            [now[2 * first : 2 * first + len(data)] for first, data in before.items()],
            list(before.values()),
            list(after.values()),
        )
    )
    wrong = np.flatnonzero((bytes_now != old) & (bytes_now != new))
    assert not wrong.size, f"byte {wrong[0]} of the tables is of neither step"
    if np.array_equal(bytes_now, old):
        return "aborted before the writes"
    return "aborted behind the writes" if np.array_equal(bytes_now, new) else "aborted among the writes"


def test_a_flipped_bit_is_named() -> None:
    """The control of both comparisons, by READ and in the memory."""
    board = BoardSimulation(BOARD, program=PROGRAM, gap_bits=GAP_BITS)
    host, rule, memory = Host(board.transport()), Rule(), board.sim.memory(f"core.{TABLES}")
    try:
        host.hello()
        check(host, rule)
        piece = PROGRAM.tables[-1]
        memory[piece.beat, 0] ^= 1 << 16
        with pytest.raises(AssertionError, match=f"word {4 * piece.beat + 1}: "):
            check(host, rule)
        at = sum(len(before.data) for before in PROGRAM.tables[:-1]) + 2
        with pytest.raises(AssertionError, match=f"byte {at} of the tables"):
            entries_between(memory, rule.tables(), rule.tables())
    finally:
        board.close()
