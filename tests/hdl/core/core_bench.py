"""A core with a loaded program in Amaranth's simulator, beside the interpreter of the instruction set."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.sim import Simulator

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from firmware.sampling import Sampling
from golden.integer.network import Network
from hdl.core.core import Core
from hdl.core.params import CoreParams
from hdl.memory.bank import BankSignature
from sim.machines.stall import StallingTier

from ...firmware.machine import Machine
from ...firmware.networks import random_network
from ..bench import load, wrap

BOARD = boards.get("icebreaker")
WIDE = replace(BOARD, tiers=(replace(BOARD.tiers[0], kind="bram"),))
LIMIT = 4000  # clocks of a step; a core that takes longer hangs
SPIKES = 20  # clocks until the list of spikes stands


def random_program(
    seed: int, *, kind: str = "rnn", lanes: int = 8, comparators: int = 2, size: int = 20, mode: int = 0
) -> tuple[Network, Program]:
    """A small network compiled; ``mode`` 0 takes the earliest spike, 1 draws among all, 2 among a few. Deep ones begin with an input."""
    network = random_network(seed, kind=kind, max_n=size, max_out=size)
    program = compile_network(network, replace(BOARD if lanes == 8 else WIDE, lanes=lanes, comparators=comparators))
    rng = np.random.default_rng(seed)
    if mode:
        table = rng.integers(-99, 99, 256).astype(np.int16)
        k = 0 if mode == 1 else int(rng.integers(1, 9))
        program = replace(program, sampling=Sampling(jittered=True, k=k, jitter=table, seed=seed + 1, mask=15))
    if kind == "deep":
        place, store = program.meta.placement, program.store.copy()
        for neuron in range(network.n - network.n_ref):
            store[list(place.neurons[neuron])] = rng.integers(-300, 300)
        program = replace(program, store=store)
    return network, program


def machine_of(program: Program) -> Machine:
    """The interpreter, its store as the core's: 0 where nothing is loaded."""
    machine = Machine.load(program)
    machine.store = program.store.tolist() + [0] * (isa.STORE_WORDS * program.width.lanes - len(program.store))
    return machine


def written(program: Program) -> list[int]:
    """The addresses that a step writes back."""
    columns = {(run.base, run.row_beats * (2 if run.int4 else 1)) for run in program.runs if run.last}
    lanes = program.width.lanes
    return sorted({address for base, words in columns for address in range(base * lanes, (base + words) * lanes)})


def _bank(data: bytes) -> Callable[..., wiring.Component]:
    """A table bank that holds ``data`` from the start."""

    class FilledBank(wiring.Component):
        def __init__(self, *, beats: int, width: isa.Width) -> None:
            self.beats, self.size = beats, width.beat_bytes
            super().__init__(BankSignature(address_bits=(beats - 1).bit_length(), width=width))

        def elaborate(self, platform: object) -> Module:
            m = Module()
            init = [int.from_bytes(data[at : at + self.size], "little") for at in range(0, len(data), self.size)]
            m.submodules.memory = memory = Memory(shape=8 * self.size, depth=self.beats, init=init)
            read = memory.read_port()
            m.d.comb += [read.addr.eq(self.address), self.read_data.eq(read.data)]
            return m

    return FilledBank


class CoreBench:
    """One core that holds the tables of ``program``. ``lazy``, ``stall``: how often the host leaves a symbol, the tier a request.

    ``pace``: clocks a byte of the flash (0: none); it holds ``flash`` from beat 0 on, and waits a random while before each row.
    ``sizes``: others of CoreParams.
    """

    def __init__(
        self,
        program: Program,
        *,
        stall: float = 0,
        lazy: float = 0,
        seed: int = 0,
        pace: int = 0,
        flash: bytes = b"",
        **sizes: int,
    ) -> None:
        size = program.width.beat_bytes
        used = max(piece.beat + len(piece.data) // size for piece in program.tables if piece.tier == 0)
        beats = max(16, 1 << (used - 1).bit_length())
        params = CoreParams(width=program.width, table_beats=beats, far_bytes=int(pace > 0), **sizes)
        self.refused = Signal()
        bank, tier = _bank(program.memory(beats * size)), partial(StallingTier, stall=self.refused)
        self.core = Core(params=params, bank=bank, tier=tier)
        self.program, self.stall, self.lazy = program, stall, lazy
        self.reset, self.rng = Signal(), random.Random(seed)
        self.pace, self.flash = pace, flash

    def run(self, bench: Callable[[Any], Any], *beside: Callable[[Any], Any]) -> None:
        simulator = Simulator(ResetInserter(self.reset)(self.core))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        for process in (*beside, *([self._stalls] if self.stall else []), *([self._rows] if self.pace else [])):
            simulator.add_testbench(process, background=True)
        simulator.run()

    async def _stalls(self, ctx) -> None:
        while True:
            ctx.set(self.refused, self.rng.random() < self.stall)
            await ctx.tick()

    async def _rows(self, ctx) -> None:
        """The flash: takes a row, and while its bytes come the next one, as the controller does."""
        rng = random.Random(7)
        port, rows = self.core.flash, self.core.rows
        bytes_: list[tuple[int, int, int]] = []  # strobe, data, ending of the clocks to come
        while True:
            ready = len(bytes_) <= 2 and rng.random() < 0.4
            ctx.set(rows.ready, ready)
            strobe, value, ending = bytes_.pop(0) if bytes_ else (0, rng.randrange(256), 0)
            ctx.set(port.strobe, strobe)
            ctx.set(port.data, value)
            ctx.set(port.ending, ending)
            _, _, valid, address, more = await ctx.tick().sample(rows.valid, rows.payload.address, rows.payload.more)
            if ready and valid:
                size = self.program.width.beat_bytes
                row = self.flash[size * address : size * (address + more + 1)]
                bytes_ += [(0, rng.randrange(256), 0)] * rng.randrange(4, 9)
                for byte in row:
                    bytes_ += [*[(0, rng.randrange(256), 0)] * (self.pace - 1), (1, byte, 0)]
                for last in range(len(bytes_) - 1, len(bytes_) - 1 - self.pace * len(row), -size * self.pace):
                    one, data, _ = bytes_[last - 1]
                    bytes_[last - 1] = one, data, 1

    async def load(self, ctx, program: Program | None = None) -> None:
        """Everything but the tables, with the core in reset."""
        program = program or self.program
        columns, each = -(-program.width.anchor_bits // 16), program.width.anchor_columns
        spaces = {
            isa.Kind.ANCHORS: [
                (each * at + column, word >> 16 * column) for at, word in enumerate(program.anchors) for column in range(columns)
            ],
            isa.Kind.STORE: list(enumerate(program.store.tolist())),
            isa.Kind.PROGRAM: list(enumerate(word for run in program.runs for word in run.encode())),
            isa.Kind.CONFIG: list(enumerate(program.sampling.registers())),
            isa.Kind.JITTER: [] if program.sampling.jitter is None else list(enumerate(program.sampling.jitter.tolist())),
        }
        ctx.set(self.reset, 1)
        await ctx.tick()
        for space, words in spaces.items():
            for address, word in words:
                await load(ctx, self.core.load, space, address, word)
        await ctx.tick()
        ctx.set(self.reset, 0)
        await ctx.tick().repeat(10)

    async def steps(self, ctx, forced: Sequence[int | None]) -> list[int]:
        """The symbols of steps offered one right after another."""
        core, begun, got = self.core, 0, []
        for _ in range(LIMIT * len(forced)):
            ctx.set(core.step.valid, begun < len(forced))
            if begun < len(forced):
                ctx.set(core.step.payload.forced, forced[begun] is not None)
                ctx.set(core.step.payload.symbol, forced[begun] or 0)
            ctx.set(core.symbol.ready, self.rng.random() >= self.lazy)
            _, _, taken, valid, ready, symbol = await ctx.tick().sample(
                core.step.valid & core.step.ready, core.symbol.valid, core.symbol.ready, core.symbol.payload
            )
            begun += taken
            if valid and ready:
                got.append(symbol)
            if len(got) == len(forced):
                break
        ctx.set(core.symbol.ready, 0)
        return got

    async def read(self, ctx, space: isa.ReadSpace, address: int) -> int:
        """One word, signed 16 bits."""
        core = self.core
        ctx.set(core.read_request.payload.space, space)
        ctx.set(core.read_request.payload.address, address)
        ctx.set(core.read_request.valid, 1)
        ctx.set(core.read_data.ready, 1)
        for _ in range(LIMIT):
            _, _, ready, valid, value = await ctx.tick().sample(core.read_request.ready, core.read_data.valid, core.read_data.payload)
            if ready:
                ctx.set(core.read_request.valid, 0)
            if valid:
                return wrap(value)
        raise AssertionError("the core does not answer a read")

    async def store(self, ctx, addresses: Sequence[int]) -> list[int]:
        return [await self.read(ctx, isa.ReadSpace.STORE, address) for address in addresses]

    async def spikes(self, ctx) -> list[tuple[int, int]]:
        """(neuron, latency) of the listed spikes."""
        count = await self.read(ctx, isa.ReadSpace.RESULTS, 0)
        words = [await self.read(ctx, isa.ReadSpace.RESULTS, 1 + i) for i in range(2 * count)]
        return list(zip(words[::2], words[1::2], strict=True))

    async def counters(self, ctx) -> dict[isa.Counter, int]:
        words = [await self.read(ctx, isa.ReadSpace.COUNTERS, at) & 0xFFFF for at in range(2 * len(isa.Counter))]
        return {counter: words[2 * counter] | words[2 * counter + 1] << 16 for counter in isa.Counter}
