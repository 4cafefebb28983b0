"""Command: run a network on the simulated gateware, every latency compared with the golden model.

python -m sim.run --board icebreaker [--network NAME] [--flash byte|nibble] [--prompt TEXT] [--length N] [--temperature T | --greedy]
    [--k K] [--seed S]
python -m sim.run --board icebreaker --digits N [--network NAME]

Exit codes: 0 all equal; 1 gateware and model differ; 2 bad input or a missing tool; 130 interrupted.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import boards
from boards import Board
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.host.host import Counters
from firmware.isa import BEAT_BYTES, Mode
from firmware.program import Program
from golden.integer.deep import DeepNetwork
from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.network import Network
from golden.integer.shipped import find_network, shipped_networks
from golden.integer.stream import text_network
from golden.integer.symbols import UNKNOWN, encode
from golden.tasks.images.digits import holdout_digits
from hdl.board.system import core_params
from sim.compiled.build import SimulationError
from sim.cycles import predict
from sim.machines.session import STEPS_AT_ONCE, BoardSession, CoreSession, Session

__all__ = ["main"]

DIGIT_INPUTS = 64


def main(arguments: list[str] | None = None) -> int:
    """Exit codes as above."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (ValueError, SimulationError, OSError) as error:  # every error of ours is one, with one sentence
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sim.run", description="Run a network on the simulated gateware beside the golden model."
    )
    parser.add_argument("--board", default="icebreaker", help="one of: " + ", ".join(sorted(boards.BOARDS)))
    parser.add_argument("--network", help=f"a network file, or one of: {', '.join(shipped_networks())}; default: shakespeare")
    parser.add_argument(
        "--flash", choices=sorted(boards.FLASH_MODES), default="byte", help="what a clock reads of tables in flash (default: byte)"
    )
    parser.add_argument("--prompt", default="", help="text the network reads first")
    parser.add_argument("--length", type=int, default=200, help="characters to write (default: 200)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--temperature", type=float, default=0.0, help="draw from the softmax at this temperature")
    how.add_argument("--greedy", action="store_true", help="take the earliest spike (default)")
    parser.add_argument("--k", type=int, default=0, help="draw among the K earliest spikes only, 1..8; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="initial state of the core's generator, 1..4294967295")
    parser.add_argument("--digits", type=int, metavar="N", help="classify N of the network's 450 held-out digits instead")
    parser.add_argument("--uart", action="store_true", help="the whole board, by its UART pins and the host driver; else the core alone")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write a VCD of the run (2 MB a character: keep it short)")
    return parser


def _run(options: argparse.Namespace) -> int:
    board = boards.flash_mode(boards.get(options.board), options.flash)
    digits = options.digits is not None
    path = find_network(options.network or ("digits" if digits else "shakespeare"))
    network = load(path)
    if digits and not isinstance(network, DeepNetwork):
        raise NetworkError(f"{path} is a text network: --digits needs a classifier")
    if digits and (inputs := network.n_in) != DIGIT_INPUTS:
        raise NetworkError(f"{path} has {inputs} inputs: --digits needs a network of {DIGIT_INPUTS}, the pixels of a digit")
    if not digits and network.byte_symbols() is None:
        raise NetworkError(f"{path} has no symbols: it reads no text (run a digits network with --digits)")
    low, high = (1, 450) if digits else (0, 60_000)  # the core counts steps in 16 bits
    count = options.digits if digits else options.length
    if not low <= count <= high:
        raise ValueError(f"--{'digits' if digits else 'length'} must be {low}..{high}, not {count}")
    program = _program(network, board, path, options)
    with _session(network, program, board, options) as session:
        if digits:
            return _digits(session, network, program, board, count)
        return _text(session, network, program, board, options)


def _program(network: Network, board: Board, path: Path, options: argparse.Namespace) -> Program:
    return compile_network(network, board, name=path.stem, seed=options.seed, k=options.k, temperature=options.temperature)


@contextmanager
def _session(network: Network, program: Program, board: Board, options: argparse.Namespace) -> Iterator[Session]:
    what = f"{board.title}, pins included" if options.uart else f"the core of {board.title}"
    print(f"compiling {what} (some ten seconds where it is not in the cache) ...", file=sys.stderr, flush=True)
    session: Session
    if options.uart:
        session = BoardSession(network, program, board=board)
    else:
        session = CoreSession(network, program, params=core_params(board), board=board)
    try:
        if options.trace:
            session.sim.trace(options.trace, clock_hz=board.clock_hz)
        yield session
        if options.trace:
            session.sim.close_trace()
            print(f"trace: {options.trace}")
    finally:
        session.close()


def _text(session: Session, network: Network, program: Program, board: Board, options: argparse.Namespace) -> int:
    symbols = text_network(network)[1]
    prompt = encode(symbols, options.prompt.encode()).tolist()
    begin, start, clocks = session.counters(), time.monotonic(), session.sim.clocks
    taken = clocks
    sys.stdout.write(options.prompt)
    for number, symbol in enumerate(session.run([*prompt, *[None] * options.length])):
        if number >= len(prompt):
            byte = symbols[symbol]
            sys.stdout.write("?" if byte == UNKNOWN else chr(byte))
            sys.stdout.flush()
        taken = session.sim.clocks
    print()
    seconds = time.monotonic() - start
    used = session.counters() - begin
    verdict = _verdict(session)
    if used.steps:
        figures, per_step = estimate(program, board), used.clocks / used.steps
        limit = round(sum(map(figures.limit_with, range(used.steps))) / used.steps)  # a transformer's grows while its cache fills
        print(f"{used.steps} characters: {per_step:.2f} clocks a character, limit {limit}, efficiency {100 * limit / per_step:.1f} %")
        if any(run.mode == Mode.ATTEND for run in program.runs):
            full, limit = predict(program, board), figures.limit
            rate = f"{full.clocks_per_step} clocks a character, limit {limit}, efficiency {100 * limit / full.clocks_per_step:.1f} %"
            print(f"with a full cache, by the cycle model: {rate}; the first one takes {full.clocks}")
        print(_traffic(used))
        rate = f"{board.clock_hz / per_step:,.0f} characters a second"
        print(f"at {board.clock_hz / 1e6:g} MHz: {rate}; {used.saturations} neurons saturated")
        if options.uart:
            over = used.steps * board.clock_hz / (taken - clocks)
            how = f"at {board.uart_baud / 1e6:g} Mbaud, up to {STEPS_AT_ONCE} characters a request"
            print(f"over the UART {how}: {over:,.0f} characters a second")
    _speed(session.sim.clocks - clocks, seconds)
    return verdict


def _digits(session: Session, network: Network, program: Program, board: Board, count: int) -> int:
    begin, start, clocks = session.counters(), time.monotonic(), session.sim.clocks
    right = done = 0
    for x, label in islice(holdout_digits(int(network.card.get("seed", 0))), count):
        right += session.classify(x) == label
        done += 1
        if session.difference:
            break
    seconds = time.monotonic() - start
    used = session.counters() - begin
    verdict = _verdict(session)
    limit, per_digit = estimate(program, board).limit, used.clocks / used.steps
    print(f"{done} held-out digits: {100 * right / done:.2f} % right")
    print(f"{per_digit:.2f} clocks a digit, limit {limit}, efficiency {100 * limit / per_digit:.1f} %")
    print(f"at {board.clock_hz / 1e6:g} MHz: {1e6 * per_digit / board.clock_hz:.2f} us a digit; {used.saturations} neurons saturated")
    _speed(session.sim.clocks - clocks, seconds)
    return verdict


def _traffic(used: Counters) -> str:
    """Bytes of tables read a character, by the core's counters."""
    total, flash = (BEAT_BYTES * count / used.steps for count in (used.beats, used.flash))
    return f"{total:,.0f} bytes of tables read a character in {used.rows / used.steps:.0f} rows, {flash:,.0f} of them from flash"


def _verdict(session: Session) -> int:
    if session.difference:
        print(f"DIFFERENT from the golden model: {session.difference}")
        return 1
    print(f"equal to the golden model: {session.comparison.compared:,} latencies and every symbol")
    return 0


def _speed(clocks: int, seconds: float) -> None:
    print(f"simulated {clocks:,} clocks in {seconds:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
