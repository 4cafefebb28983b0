"""The SDRAM controller with a chip at its pins, in the Amaranth simulator."""

from dataclasses import dataclass, field

from amaranth.sim import Simulator

from boards.sdram import IS42S16160G_7
from firmware import isa
from hdl.sdram.controller import SdramController
from sim.sdram import SdramCells, SdramChip, SdramPads

CLOCK_HZ = 70e6
PERIOD = 14_288  # ps, a multiple of 4
WIDTH = isa.Width(lanes=16, far_banks=4)
QUICK = 40  # start_clocks


@dataclass
class Served:
    """What came, clock by clock: ``taken`` when each row was, ``words`` (clock, bytes), ``endings``."""

    taken: list[int] = field(default_factory=list)
    words: list[tuple[int, int]] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)


class Bench:
    """``dut`` beside ``chip``, whose start of ``QUICK`` clocks is too short unless its part says otherwise: pass a part with t_start 0."""

    def __init__(self, *, part=IS42S16160G_7, width=WIDTH, pads=None, chip=None, clock_hz=CLOCK_HZ, period=PERIOD):
        self.part, self.width, self.period = part, width, period
        self.dut = SdramController(width=width, parts=[part], clock_hz=clock_hz, start_clocks=QUICK)
        self.chip = chip or SdramChip(part)
        self.cells = SdramCells(self.chip, period=period, pads=pads or SdramPads(out=4_000, out_clk=4_000, back=1_000))
        self.clock = 0
        self.served = Served()

    def run(self, process, *, limit=200_000):
        dut, pins = self.dut, self.dut.pins
        sim = Simulator(dut)
        sim.add_clock(self.period * 1e-12)

        async def wires(ctx):
            async for _, _, command, bank, address, dq_o, dq_oe in ctx.tick().sample(
                pins.command, pins.bank, pins.address, pins.dq_o, pins.dq_oe
            ):
                self.clock += 1
                ctx.set(pins.dq_i, self.cells.edge(command=command, bank=bank, address=address, dq_o=dq_o, dq_oe=dq_oe))

        async def watch(ctx):
            clock = 0
            data, row = dut.data, dut.row
            async for _, _, strobe, word, ending, taken in ctx.tick().sample(data.strobe, data.data, data.ending, row.valid & row.ready):
                if strobe:
                    self.served.words.append((clock, word))
                if ending:
                    self.served.endings.append(clock)
                if taken:
                    self.served.taken.append(clock)
                clock += 1

        sim.add_process(wires)
        sim.add_process(watch)
        sim.add_testbench(process)
        with sim.write_vcd("/tmp/sdram.vcd") if False else _nothing():
            sim.run_until(limit * self.period * 1e-12)

    async def start(self, ctx):
        for _ in range(5000):
            await ctx.tick()
            if ctx.get(self.dut.status.ready):
                return True
            if ctx.get(self.dut.status.failed):
                return False
        raise AssertionError("not started")

    async def put(self, ctx, address, data, *, compare=False):
        word = self.dut.word
        ctx.set(word.address, address)
        ctx.set(word.data, data)
        ctx.set(word.compare, int(compare))
        ctx.set(word.strobe, 1)
        await ctx.tick()
        ctx.set(word.strobe, 0)
        differs = False
        for _ in range(24):
            await ctx.tick()
            differs |= bool(ctx.get(self.dut.differs))
        return differs

    async def ask(self, ctx, rows):
        row = self.dut.row
        for bank, address, more in rows:
            ctx.set(row.payload.bank, bank)
            ctx.set(row.payload.address, address)
            ctx.set(row.payload.more, more)
            ctx.set(row.valid, 1)
            await ctx.tick().until(row.ready)
        ctx.set(row.valid, 0)


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False
