"""Runs the Verilog of ``polychron verilog`` in Icarus Verilog, and reads what bench.v and the examples print."""

import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

import boards
from firmware.program import Program
from golden.integer.network import Network
from hdl.flow.verilog import make_verilog, without_board
from sim.compare.compare import Comparison
from sim.compare.expected import Golden

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
START, FREE, READ, ABORT = 0x100, 0x300, 0x400, 0x600


@cache
def core_text(board: str = "icebreaker") -> str:
    """The core of a board without flash; made once a process."""
    return make_verilog(without_board(boards.get(board), flash=False), version="0", note=lambda line: None).text


def forced(symbol: int) -> int:
    return 0x200 | symbol


def counter(word: int) -> int:
    return 0x500 | word


@dataclass
class Said:
    """What bench.v has printed: ``loads`` (done, error, code, section, signature), ``symbols``, ``words``."""

    loads: list[tuple[int, ...]] = field(default_factory=list)
    symbols: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)


def simulate(folder: Path, sources: list[Path], parameters: dict[str, int], *, board: str = "icebreaker") -> str:
    """What ``bench`` of the sources prints beside the core of ``board``."""
    (folder / "core.v").write_text(core_text(board))
    return run_bench(folder, [*sources, folder / "core.v"], parameters)


def run_bench(folder: Path, sources: list[Path], parameters: dict[str, int]) -> str:
    """What the module ``bench`` of the sources prints, run in ``folder``."""
    options = [word for name, value in parameters.items() for word in ("-P", f"bench.{name}={value}")]
    assert shutil.which("iverilog"), "the Debian package iverilog is missing"
    command = ["iverilog", "-g2005", "-o", "bench.vvp", *options, "-s", "bench", *map(str, sources)]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run(["vvp", "-n", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True).stdout


def carry_out(folder: Path, commands: list[int], *, words: int, board: str = "icebreaker") -> Said:
    """The commands of bench.v, carried out by the core of ``board``."""
    (folder / "commands.mem").write_text("".join(f"{command:03x}\n" for command in commands))
    text = simulate(folder, [Path(__file__).with_name("bench.v")], {"COMMANDS": len(commands), "WORDS": words}, board=board)
    said = Said()
    for line in text.splitlines():
        kind, *numbers = line.split()
        values = tuple(map(int, numbers)) if kind in ("load", "symbol", "word") else ()
        if kind == "load":
            said.loads.append(values)
        elif kind == "symbol":
            said.symbols += values
        elif kind == "word":
            said.words += values
    return said


def compare(network: Network, program: Program, given: list, said: Said, *, tables: bytes) -> tuple[list[int], str | None, int]:
    """The golden model beside a core with a recurrent network, which took a step for each of ``given`` and then told its store.

    Returns golden's symbols, what differs first, and how many latencies were equal. ``tables``: the memory of the core's tables.
    """
    store = np.zeros(0, np.int16)
    golden = Golden(network, program)
    check = Comparison(golden, latencies=lambda: store, tables=lambda tier, at, size: tables[at : at + size])
    symbols = []
    for one, store in zip(given, stores(program, said), strict=True):  # noqa: B007
        check.begin(one)
        for number, run in enumerate(program.runs):
            if run.last:
                check.written(number)
        symbols.append(golden.symbol)
    return symbols, None if check.difference is None else str(check.difference), check.compared


def stores(program: Program, said: Said) -> np.ndarray:
    """The latencies read after each step, (steps, len(program.store))."""
    return np.array(said.words, np.uint16).view(np.int16).reshape(-1, len(program.store))
