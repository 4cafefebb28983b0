"""The flash controller on the chip model's pins, in both modes, and what its pins said."""

from dataclasses import dataclass, field

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.sim import Simulator

from firmware import isa
from hdl.flash.controller import FlashController
from sim.flash import FlashChip, FlashTiming, Found, IoCells

OFFSET = 0x100000
PERIOD = {1: 27_776, 2: 13_888}  # ps of an SCK period by nibbles a clock: 36 and 72 MHz
STEP = {1: 2, 2: 1}  # clocks of a step
SETTLE = {1: 10, 2: 5}  # clocks between the one in which a row transfers and the strobe of its first byte
QUICK = FlashTiming(res1=0, shsl2=PERIOD[1])  # wakes at once


def row_clocks(nibbles, beats, lanes=8):
    """A row's clocks from the page: a step a byte, 7 besides."""
    return STEP[nibbles] * (lanes * beats + 7)


@dataclass
class Transaction:
    """``high``: slots of CS# high before it; ``low``: slots of CS# low; ``nibbles``: at each rising SCK what the FPGA drove, or None."""

    high: int
    low: int = 0
    nibbles: list = field(default_factory=list)

    def bits(self, count):
        """The first ``count`` clocks as bytes on IO0; the other lines must be high."""
        sent = self.nibbles[:count]
        assert all(nibble is not None and nibble >> 1 == 7 for nibble in sent)
        return bytes(int("".join(str(nibble & 1) for nibble in sent[at : at + 8]), 2) for at in range(0, count, 8))

    def quad(self, at, count):
        return bytes(self.nibbles[at + 2 * k] << 4 | self.nibbles[at + 2 * k + 1] for k in range(count))

    def floats(self, since):
        return all(nibble is None for nibble in self.nibbles[since:])


class Decoder:
    """Cuts what the pins say, slot by slot, into transactions; checks that SCK is low in every first half, and around CS# if ``strict``."""

    def __init__(self):
        self.log, self._high, self._now, self._clocked = [], 0, None, False
        self.strict = True

    def slot(self, *, cs_n, sck, io_o, io_oe):
        assert not sck & 1
        if cs_n:
            assert not sck
            if self._now:
                assert not (self.strict and self._clocked), "SCK fell together with CS#'s rise"
                self._now, self._high = None, 0
            self._high += 1
            return
        if self._now is None:
            self._now = Transaction(high=self._high)
            self.log.append(self._now)
        self._now.low += 1
        self._clocked = bool(sck)
        if sck:
            self._now.nibbles.append(io_o if io_oe else None)


class Bench:
    """``dut`` with ``chip``, or one that holds ``content`` and is ``found`` so, behind its pins and a ``decoder`` beside;
    ``lanes``: of the core that asks for rows; ``options``: more of the controller's.
    ``ctx.set(bench.reset, 1)`` resets the controller alone."""

    controller = FlashController

    def __init__(self, *, nibbles, lanes=8, chip=None, content=b"", pads=None, boot=True, strict=True, options=None, **found):
        self.nibbles, self.lanes = nibbles, lanes
        given = {"offset": OFFSET, "pause_bits": 5 - nibbles, **(options or {})}
        self.dut = self.controller(width=isa.Width(lanes=lanes), nibbles=nibbles, boot=boot, **given)
        self.chip = chip or FlashChip(content, Found(**{"timing": QUICK, **found}), offset=OFFSET, strict=strict)
        self.cells = IoCells(self.chip, period=PERIOD[nibbles], pads=pads)
        self.decoder = Decoder()
        self.reset = Signal()

    async def _pins(self, ctx):
        pins = self.dut.pins
        while True:
            sampled = await ctx.tick("sync" if self.nibbles == 1 else "flash").sample(pins.cs_n, pins.sck, pins.io_o, pins.io_oe)
            said = dict(zip(("cs_n", "sck", "io_o", "io_oe"), sampled[2:], strict=True))
            self.decoder.slot(**said)
            ctx.set(pins.io_i, self.cells.edge(**said))

    def run(self, *testbenches, background=()):
        m = Module()
        m.submodules.dut = ResetInserter(self.reset)(self.dut)
        sim = Simulator(m)
        slot = PERIOD[self.nibbles] * 1e-12
        if self.nibbles == 2:
            sim.add_clock(slot, phase=slot, domain="flash")
        sim.add_clock(STEP[1] * slot if self.nibbles == 2 else slot, phase=slot)
        for testbench in testbenches:
            sim.add_testbench(testbench)
        for testbench in (self._pins, *background):
            sim.add_testbench(testbench, background=True)
        sim.run()

    async def settle(self, ctx, limit=20_000):
        """Until ``ready``; returns the clocks it took, or None if the start sequence fails."""
        for clock in range(limit):
            *_, ready, failed = await ctx.tick().sample(self.dut.status.ready, self.dut.fail)
            if ready or failed:
                return clock if ready else None
        return None

    async def image(self, ctx, count, *, stall=0, limit=4000):
        """The next bytes of the image and the clocks in which they were taken; after each one ``stall`` clocks of rest."""
        o, got, at, rest = self.dut.o, [], [], 0
        for clock in range(limit):
            ctx.set(o.ready, int(rest == 0))
            *_, valid, payload = await ctx.tick().sample(o.valid & o.ready, o.payload)
            rest = max(0, rest - 1)
            if valid:
                got.append(payload)
                at.append(clock)
                rest = stall
            if len(got) == count:
                break
        ctx.set(o.ready, 0)
        return bytes(got), at

    async def pulse(self, ctx, signal):
        ctx.set(signal, 1)
        await ctx.tick()
        ctx.set(signal, 0)

    async def rows(self, ctx, rows, *, gaps=None, limit=None, after=40):
        """Asks for ``rows`` (first beat, beats), each after a rest of ``gaps()`` clocks; returns a :class:`Served`."""
        dut, served = self.dut, Served()
        clocks = limit or sum(row_clocks(self.nibbles, beats, self.lanes) for _, beats in rows) + 100 * len(rows) + 100
        queue, rest, left = list(rows), gaps() if gaps else 0, after
        for clock in range(clocks):
            asking = bool(queue) and rest == 0
            ctx.set(dut.row.valid, int(asking))
            ctx.set(dut.row.payload, {"address": queue[0][0], "more": queue[0][1] - 1} if asking else {"address": 0x55555, "more": 77})
            *_, taken, strobe, data, ending = await ctx.tick().sample(
                dut.row.ready & dut.row.valid, dut.data.strobe, dut.data.data, dut.data.ending
            )
            rest = max(0, rest - 1)
            if taken:
                queue.pop(0)
                served.taken.append(clock)
                rest = gaps() if gaps else 0
            if strobe:
                served.data.append(data)
                served.strobes.append(clock)
            if ending:
                served.endings.append(clock)
            if not queue and len(served.data) >= self.lanes * sum(beats for _, beats in rows):
                left -= 1
                if not left:
                    break
        ctx.set(dut.row.valid, 0)
        return served


@dataclass
class Served:
    """What came for rows: the clocks in which they were taken, and of every byte; ``endings``: clocks with ``ending``."""

    taken: list = field(default_factory=list)
    data: list = field(default_factory=list)
    strobes: list = field(default_factory=list)
    endings: list = field(default_factory=list)

    def check(self, *, nibbles, rows, content, lanes=8):
        """Everything a row promises: bytes, their rhythm, ``ending``, the first byte after the address phase."""
        expected = b"".join(content[lanes * address - OFFSET :][: lanes * beats] for address, beats in rows)
        assert bytes(self.data) == expected
        assert self.endings == [clock - 1 for clock in self.strobes[lanes - 1 :: lanes]]
        at = 0
        for taken, (_, beats) in zip(self.taken, rows, strict=True):
            clocks = self.strobes[at : at + lanes * beats]
            assert clocks == [taken + SETTLE[nibbles] + 1 + STEP[nibbles] * k for k in range(lanes * beats)]
            at += lanes * beats
        assert at == len(self.strobes)
