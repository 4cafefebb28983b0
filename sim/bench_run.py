"""The run that sim.simulators times, written once for every simulator: a generator of operations that a driver carries out.

Operations: ("set", port, value); ("clock", count); ("run", count), the clocks to be timed; ("get", port), whose value is sent back.
"""

from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from amaranth.hdl import Cat, Const, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.file import load
from hdl.board.system import core_params
from hdl.core.core import Core
from hdl.memory.bank import BankSignature

Operation = tuple[Literal["set"], str, int] | tuple[Literal["get"], str] | tuple[Literal["clock", "run"], int]
Run = Generator[Operation, int, dict[str, int]]

PAUSE = 8  # clocks from strobe to strobe of the load bus
PATIENCE = 100_000


class FilledBank(wiring.Component):
    """hdl.memory.bank.GenericBank with contents: no simulator then has to load them."""

    def __init__(self, *, beats: int, contents: bytes) -> None:
        self._beats, self._contents = beats, contents
        super().__init__(BankSignature(address_bits=(beats - 1).bit_length()))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = [int.from_bytes(self._contents[at : at + 8], "little") for at in range(0, len(self._contents), 8)]
        m.submodules.memory = memory = Memory(shape=64, depth=self._beats, init=words)
        read, write = memory.read_port(), memory.write_port(granularity=16)
        m.d.comb += [
            read.addr.eq(self.address),
            read.en.eq(~self.write),
            self.read_data.eq(read.data),
            write.addr.eq(self.address),
            write.data.eq(Cat([self.write_data] * 4)),
            write.en.eq(Mux(self.write, Const(1, 4) << self.quarter, 0)),
        ]
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


def script(program: Program, *, clocks: int) -> Run:
    """Loads anchors, program and latencies over the load bus, lets the core generate for ``clocks`` clocks, and returns its counters."""
    for space, words in _sections(program):
        yield ("set", "load__space", space)
        for address, word in enumerate(words):
            yield ("set", "load__address", address)
            yield ("set", "load__data", word)
            yield ("set", "load__strobe", 1)
            yield ("clock", 1)
            yield ("set", "load__strobe", 0)
            yield ("clock", PAUSE - 1)
    yield ("set", "rst", 1)
    yield ("clock", 1)
    yield ("set", "rst", 0)
    yield ("set", "symbol__ready", 1)
    yield ("set", "step__valid", 1)
    yield ("run", clocks)
    yield ("set", "step__valid", 0)
    for _ in range(PATIENCE):
        yield ("clock", 1)
        if (yield ("get", "step__ready")):
            break
    counters = {}
    for counter in isa.Counter:
        low = yield from _read(isa.ReadSpace.COUNTERS, 2 * counter)
        high = yield from _read(isa.ReadSpace.COUNTERS, 2 * counter + 1)
        counters[counter.name.lower()] = low | high << 16
    return counters


def _sections(program: Program) -> Iterator[tuple[isa.Kind, list[int]]]:
    yield isa.Kind.ANCHORS, [word >> 16 * part & 0xFFFF for word in program.anchors for part in range(4)]
    yield isa.Kind.PROGRAM, [word for run in program.runs for word in run.encode()]
    yield isa.Kind.STORE, [value & 0xFFFF for value in program.store.tolist()]
    yield isa.Kind.CONFIG, program.sampling.registers()


def _read(space: isa.ReadSpace, address: int) -> Generator[Operation, int, int]:
    yield ("set", "read_request__payload", space | address << 2)
    yield ("set", "read_request__valid", 1)
    for _ in range(PATIENCE):
        if (yield ("get", "read_request__ready")):
            break
        yield ("clock", 1)
    yield ("clock", 1)
    yield ("set", "read_request__valid", 0)
    for _ in range(PATIENCE):
        if (yield ("get", "read_data__valid")):
            break
        yield ("clock", 1)
    value = yield ("get", "read_data__payload")
    yield ("set", "read_data__ready", 1)
    yield ("clock", 1)
    yield ("set", "read_data__ready", 0)
    return value
