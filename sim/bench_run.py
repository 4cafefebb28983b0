"""The run that sim.simulators times, written once for every simulator."""

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from amaranth.hdl import Module

from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.file import load
from hdl.board.parts import core_params
from hdl.core.core import Core
from hdl.memory.bank import GenericBank

PAUSE = 8  # clocks from strobe to strobe of the load bus
PATIENCE = 100_000


@dataclass(frozen=True)
class Machine:
    """A core in a simulator: ``set`` and ``get`` its ports by name, ``clock`` runs so many clocks."""

    set: Callable[[str, int], None]
    get: Callable[[str], int]
    clock: Callable[[int], Awaitable[Any]]


class FilledBank(GenericBank):
    """hdl.memory.bank.GenericBank with contents: no simulator then has to load them."""

    def __init__(self, *, beats: int, width: isa.Width, contents: bytes) -> None:
        size = width.beat_bytes
        self._words = [int.from_bytes(contents[at : at + size], "little") for at in range(0, len(contents), size)]
        super().__init__(beats=beats, width=width)

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.submodules.memory.init = self._words
        return m


def program_of(network: Path, board: Board) -> Program:
    """The network compiled for the board, greedy; none with tables in flash."""
    program = compile_network(load(network), board, name=network.stem)
    if any(piece.tier for piece in program.tables):
        raise ValueError(f"{network} has tables in flash, which the core alone can't read")
    return program


def filled_core(program: Program, board: Board) -> Core:
    """The board's core with the program's tables in its bank."""
    return Core(params=core_params(board), bank=partial(FilledBank, contents=program.memory(board.tiers[0].size)))


async def carry_out(core: Machine, program: Program, *, clocks: int) -> tuple[float, dict[str, int]]:
    """Loads anchors, program and latencies over the load bus, and lets the core generate for ``clocks`` clocks; the seconds that these
    took, and the core's counters."""
    for space, words in _sections(program):
        core.set("load__space", space)
        for address, word in enumerate(words):
            core.set("load__address", address)
            core.set("load__data", word)
            core.set("load__strobe", 1)
            await core.clock(1)
            core.set("load__strobe", 0)
            await core.clock(PAUSE - 1)
    core.set("rst", 1)
    await core.clock(1)
    core.set("rst", 0)
    core.set("symbol__ready", 1)
    core.set("step__valid", 1)
    start = time.perf_counter()
    await core.clock(clocks)
    seconds = time.perf_counter() - start
    core.set("step__valid", 0)
    await core.clock(1)
    await _until(core, "step__ready")
    counters = {}
    for counter in isa.Counter:
        low, high = [await _read(core, isa.ReadSpace.COUNTERS, 2 * counter + half) for half in (0, 1)]
        counters[counter.name.lower()] = low | high << 16
    return seconds, counters


def _sections(program: Program) -> Iterator[tuple[isa.Kind, list[int]]]:
    yield isa.Kind.ANCHORS, [word >> 16 * part & 0xFFFF for word in program.anchors for part in range(program.width.anchor_columns)]
    yield isa.Kind.PROGRAM, [word for run in program.runs for word in run.encode()]
    yield isa.Kind.STORE, [value & 0xFFFF for value in program.store.tolist()]
    yield isa.Kind.CONFIG, program.sampling.registers()


async def _until(core: Machine, port: str) -> None:
    for _ in range(PATIENCE):
        if core.get(port):
            break
        await core.clock(1)


async def _read(core: Machine, space: isa.ReadSpace, address: int) -> int:
    core.set("read_request__payload", space | address << 2)
    core.set("read_request__valid", 1)
    await _until(core, "read_request__ready")
    await core.clock(1)
    core.set("read_request__valid", 0)
    await _until(core, "read_data__valid")
    value = core.get("read_data__payload")
    core.set("read_data__ready", 1)
    await core.clock(1)
    core.set("read_data__ready", 0)
    return value
