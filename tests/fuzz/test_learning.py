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
from firmware.host.host import Host, Writes
from firmware.host.link import Frame
from firmware.host.transport import Transport
from firmware.image.image import write_image
from firmware.image.sections import Section, pack
from firmware.learning import Learning
from firmware.program import Program
from golden.integer.forward import indices
from golden.integer.sampling import Sampler
from golden.learning.reference import learn_reference
from golden.learning.reference import write as write_word
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
PROGRAM, SLOWER_PROGRAM = (compile_network(NETWORK, board, seed=1, temperature=1.0) for board in (BOARD, SLOWER))
GAP_BITS = 9
BYTE_CLOCKS = 10 * 8


def registers_image(program: Program) -> bytes:
    """The registers by which each wrong choice changes an entry by 1."""
    words = Learning(step=1).registers()
    section = Section(kind=isa.Kind.CONFIG, address=isa.Config.LEARN, payload=struct.pack(f"<{len(words)}H", *words))
    return pack([section], width=program.width)


class Rule:
    """What symbols fed once each must have made of the network, which ``program`` is on a core."""

    def __init__(self, program: Program = PROGRAM) -> None:
        self._program = program
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

    def write_some(self, symbol: int, count: int) -> None:
        """The first ``count`` writes of the next step, in the order of a core: from the last row to the first, each with the target
        before the wrong choice."""
        learner, rows = self.learner, list[int]()
        state = learner.now().start()
        state.latencies[:] = learner.latencies[0]
        wrong = Sampler(seed=int(learner.generator[0]), jitter=learner.jitter).choose(state.outputs())
        first = [0]
        for group in NETWORK.output.groups:
            first.append(first[-1] + (group.n_t << group.n_c))
        for run, origin in zip(self._program.runs, self._program.meta.placement.runs, strict=True):
            if run.learn:
                group = NETWORK.output.groups[origin.group]
                found = indices(group.anchors, learner.latencies)[0].tolist()
                rows += [first[origin.group] + (table << group.n_c) + found[table] for table in origin.tables]
        writes = [write for row in reversed(rows) for write in ((row, symbol, -1), (row, wrong, 1))]
        assert count <= (len(writes) if wrong != symbol else 0)
        for row, column, by in writes[:count]:
            write_word(learner.output.rows, row, column, by)

    @property
    def writes(self) -> Writes:
        return Writes(*self.learner.output.rows.counts.tolist())

    def tables(self) -> dict[int, bytes]:
        """Of each piece, by its first word."""
        width, board = self._program.width, BOARD if self._program is PROGRAM else SLOWER
        return {width.side_words * piece.beat: piece.data for piece in compile_network(self.learner.now(), board).tables}


def begin(host: Host, program: Program = PROGRAM) -> Rule:
    """The image, and learning on."""
    host.load(write_image(program))
    host.load(registers_image(program))
    return Rule(program)


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
        rule, steps, writes = begin(host), host.counters().steps, host.writes()

        def one(rng: Rng) -> str:
            nonlocal steps
            line.rng, line.chance = rng, 0.25
            symbols, resent = symbols_of(rng, 6), host.faults.resent
            assert host.feed(symbols) == rule.feed(symbols)
            steps += len(symbols)
            check(host, rule)
            assert host.counters().steps == steps % (1 << 16)
            assert host.writes() - writes == rule.writes
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


@pytest.mark.parametrize("board", [BOARD, SLOWER], ids=lambda board: board.name)
@pytest.mark.parametrize("count", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_aborts_while_it_learns(count: int, board: Board) -> None:
    """Wherever an ABORT meets a FEED, the tables are as after the finished steps and as many writes of the next one as the core has
    counted; it has counted those that a limit held, too, and says whether there were any. The board answers, and after a LOAD of the image
    all is as at the beginning."""
    simulation, program = BoardSimulation(board, gap_bits=GAP_BITS), PROGRAM if board is BOARD else SLOWER_PROGRAM
    host = Host(Quickened(simulation.transport(), 1000.0))
    host.hello()
    memory = simulation.sim.memory(f"core.{TABLES}")

    def one(rng: Rng) -> str:
        rule, symbols = begin(host, program), symbols_of(rng, 30)
        counted = host.writes()
        assert not host.hello().changed  # and no seq is known to the core any more
        simulation.uart.send(Frame.request(isa.Command.FEED, bytes(symbols), seq=1).encode())
        arrives = (len(symbols) + isa.FRAME_OVERHEAD) * BYTE_CLOCKS
        simulation.sim.clock(arrives - 5 * BYTE_CLOCKS + int(rng.integers(100 * len(symbols))))
        simulation.uart.send(Frame.request(isa.Command.ABORT, seq=2).encode())
        answers = replies(simulation, quiet=(1 << GAP_BITS) * 9 // 8 + 4000, one=False)
        greeting = host.hello()  # and the seq of ABORT is forgotten too
        assert greeting.loaded
        what = " and ".join(isa.Status(answer.code).name for answer in answers)
        finished = list(answers[0].payload)
        assert finished == rule.feed(symbols[: len(finished)])
        counted = host.writes() - counted
        assert greeting.changed == (counted.count > 0)
        if what == "ABORTED":
            begun = counted.count - rule.writes.count
            if begun:
                rule.write_some(symbols[len(finished)], begun)
            assert counted == rule.writes
            same_tables(memory, rule.tables())
            what = f"aborted {'among the writes' if 0 < begun < 2 * NETWORK.output.n_t else 'before or behind them'}"
        else:
            assert counted == rule.writes
            assert what == "OK and OK"
            assert len(finished) == len(symbols)
            check(host, rule)
        assert len(host.feed(symbols)) == len(symbols)
        again = begin(host, program)
        check(host, again)
        assert host.feed(symbols[:3]) == again.feed(symbols[:3])
        check(host, again)
        return what

    try:
        tally = fuzz(f"aborts while it learns, {board.name}", one, count=count)
        assert tally.seen["aborted among the writes"]
    finally:
        simulation.close()


def same_tables(memory: np.ndarray, due: dict[int, bytes]) -> None:
    """Every byte of the tables, in the memory."""
    now = memory.astype("<u4").tobytes()
    for first, data in due.items():
        wrong = [at for at in range(len(data)) if now[2 * first + at] != data[at]]
        assert not wrong, f"byte {2 * first + wrong[0]} of the tables: {now[2 * first + wrong[0]]:02x} instead of {data[wrong[0]]:02x}"


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
        with pytest.raises(AssertionError, match=f"byte {8 * piece.beat + 2} of the tables: "):
            same_tables(memory, rule.tables())
    finally:
        board.close()


def test_a_write_more_or_less_is_named() -> None:
    """The control of the counts: tables after one write less than were made, and after one more."""
    board = BoardSimulation(BOARD, gap_bits=GAP_BITS)
    host, memory = Host(board.transport()), board.sim.memory(f"core.{TABLES}")
    try:
        host.hello()
        rule, counted = begin(host), host.writes()
        symbols = [1, 2, 3, 4, 5, 6]
        host.feed(symbols)
        rule.feed(symbols[:-1])
        counted = host.writes() - counted
        last = counted.count - rule.writes.count
        assert last == 2 * NETWORK.output.n_t
        rule.write_some(symbols[-1], last - 1)
        assert rule.writes != counted
        with pytest.raises(AssertionError, match=r"byte \d+ of the tables: "):
            same_tables(memory, rule.tables())
    finally:
        board.close()
