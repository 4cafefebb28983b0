"""The SDRAM controller with a chip at its pins, in the Amaranth simulator."""

from dataclasses import dataclass, field, replace

from amaranth.sim import Simulator

from boards.sdram import IS42S16160G_7
from firmware import isa
from hdl.sdram.controller import SdramController
from sim.sdram import SdramCells, SdramChip, SdramPads

CLOCK_HZ = 70e6
PERIOD = 14_288  # ps, a multiple of 4
T_START = 280_000  # ps, 20 clocks at 70 MHz
PADS = SdramPads(out=PERIOD + 4_000, out_clk=PERIOD + 4_000, back=1_000)


def quick(part):
    """``part``, ready sooner after power-up."""
    return replace(part, t_start=T_START)


@dataclass
class Seen:
    """By clock: ``taken``, rows; ``words``, what came; ``endings``."""

    taken: list[int] = field(default_factory=list)
    words: list[tuple[int, int]] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)

    def bytes(self, size, since=0):
        return b"".join(word.to_bytes(size, "little") for _, word in self.words[since:])


class Bench:
    """``dut`` with ``chip`` behind ``pads``; ``seen`` is what left it."""

    def __init__(self, *, part=IS42S16160G_7, lanes=16, pads=PADS, strict=True, clock_hz=CLOCK_HZ, period=PERIOD):
        self.part, self.period = quick(part), period
        self.width = isa.Width(lanes=lanes, far_banks=4)
        self.dut = SdramController(width=self.width, parts=[self.part], clock_hz=clock_hz)
        self.chip = SdramChip(self.part, strict=strict)
        self.cells = SdramCells(self.chip, period=period, pads=pads)
        self.seen, self.clocks = Seen(), 0

    @property
    def far_bytes(self):
        return self.part.bits // 4

    def fill(self, rng, rows):
        """Random bytes in the first ``rows`` rows of each bank; returns them by bank."""
        page = (self.part.bits // 8) << self.part.column_bits
        content = [rng.randbytes(rows * page) for _ in range(4)]
        for bank, data in enumerate(content):
            for row in range(rows):
                self.chip.fill(data[row * page : (row + 1) * page], bank=bank, row=row)
        return content

    def run(self, process, *, limit=100_000):
        """Until ``process(ctx)`` ends, or for ``limit`` clocks, which is an error."""
        dut, pins, ended = self.dut, self.dut.pins, []
        sim = Simulator(dut)
        sim.add_clock(self.period * 1e-12)

        async def wires(ctx):
            async for _, _, command, bank, address, dq_o, dq_oe in ctx.tick().sample(
                pins.command, pins.bank, pins.address, pins.dq_o, pins.dq_oe
            ):
                ctx.set(pins.dq_i, self.cells.edge(command=command, bank=bank, address=address, dq_o=dq_o, dq_oe=dq_oe))

        async def watch(ctx):
            data, row = dut.data, dut.row
            async for _, _, strobe, word, ending, taken in ctx.tick().sample(data.strobe, data.data, data.ending, row.valid & row.ready):
                if strobe:
                    self.seen.words.append((self.clocks, word))
                if ending:
                    self.seen.endings.append(self.clocks)
                if taken:
                    self.seen.taken.append(self.clocks)
                self.clocks += 1

        async def main(ctx):
            await process(ctx)
            ended.append(True)

        sim.add_process(wires)
        sim.add_process(watch)
        sim.add_testbench(main)
        while not ended and self.clocks < limit:
            sim.run_until((self.clocks + 100) * self.period * 1e-12)
        assert ended, f"not ended within {limit} clocks"

    async def start(self, ctx):
        """Whether the start sequence ended well."""
        status = self.dut.status
        while not (ctx.get(status.ready) or ctx.get(status.failed)):
            await ctx.tick()
        return bool(ctx.get(status.ready))

    async def word(self, ctx, address, data, *, compare=False):
        """Writes a word or compares it; returns whether it differs."""
        word, differs = self.dut.word, False
        for port, value in ((word.address, address), (word.data, data), (word.compare, int(compare)), (word.strobe, 1)):
            ctx.set(port, value)
        for _ in range(25):
            await ctx.tick()
            ctx.set(word.strobe, 0)
            differs |= bool(ctx.get(self.dut.differs))
        return differs

    async def ask(self, ctx, bank, address, more):
        """Holds a row out until it is taken."""
        row = self.dut.row
        for port, value in ((row.payload.bank, bank), (row.payload.address, address), (row.payload.more, more), (row.valid, 1)):
            ctx.set(port, value)
        await ctx.tick().until(row.ready)
        ctx.set(row.valid, 0)

    async def rest(self, ctx, clocks=60):
        for _ in range(clocks):
            await ctx.tick()
