# amaranth: UnusedElaboratable=no
"""The ECP5's pads between the SDRAM controller and the chip: what its interface promises, at the chip's pins."""

import random
from collections import deque
from types import SimpleNamespace

import pytest
from amaranth.hdl import ClockDomain, ClockSignal, Fragment, Module, Mux, Signal
from amaranth.lib import io, wiring
from amaranth.sim import Simulator

from hdl.board.ecp5.sdram import EcpSdramPads
from sim.sdram import SdramPads

from ..sdram.sdram_bench import PERIOD, Bench

QUARTER = PERIOD // 4


class EcpDdr(wiring.Component):
    """A DDRBuffer as an ECP5 has it: an output leaves two clocks later than out of a register in the pad, its first half while the clock is
    high; both samples of an input are seen after the rising edge behind them."""

    def __init__(self, buffer, *, swapped):
        self._buffer, self._swapped = buffer, swapped
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        buffer, port = self._buffer, self._buffer.port
        domain, size = buffer.o_domain, len(self._buffer.port)
        m.domains.falling = ClockDomain(clk_edge="neg", local=True, reset_less=True)
        m.d.comb += ClockSignal("falling").eq(ClockSignal(domain))
        invert = sum(inverted << bit for bit, inverted in enumerate(port.invert))
        halves, drive = list(buffer.o), buffer.oe
        for _ in range(3):
            later = [Signal(size), Signal(size)]
            enable = Signal()
            m.d[domain] += [*(new.eq(old) for new, old in zip(later, halves, strict=True)), enable.eq(drive)]
            halves, drive = later, enable
        m.d.comb += [port.o.eq(Mux(ClockSignal(domain), *halves) ^ invert), port.oe.eq(drive.replicate(size))]
        if buffer.direction is io.Direction.Bidir:
            rise, fall = Signal(size), Signal(size)
            m.d.falling += fall.eq(port.i)
            samples = (fall, rise) if self._swapped else (rise, fall)
            m.d[domain] += [rise.eq(port.i), *(seen.eq(sample) for seen, sample in zip(buffer.i, samples, strict=True))]
        return m


class PadsBench(Bench):
    """As :class:`Bench`, at the ports of the pads. ``early``: clocks of ``fast`` before the first of ``sync``. ``swapped``: samples of the
    two edges change places."""

    def __init__(self, *, early=0, swapped=False, **options):
        super().__init__(**options)
        self._early, self._swapped, self._delays = early, swapped, options["pads"]
        names = {"ras": 1, "cas": 1, "we": 1, "ba": 2, "a": 13, "clk": 1, "clk_en": 1, "cs": 1, "dqm": 2}
        inverted = ("ras", "cas", "we", "cs")
        self._ports = {name: io.SimulationPort("o", size, invert=name in inverted, name=name) for name, size in names.items()}
        self._ports["dq"] = io.SimulationPort("io", self.part.bits, name="dq")

    def get_io_buffer(self, buffer):
        return EcpDdr(buffer, swapped=self._swapped) if isinstance(buffer, io.DDRBuffer) else buffer.elaborate(None)

    async def _wires(self, ctx):
        ports, delays, events = self._ports, self._delays, deque()
        now = 0
        while True:
            await ctx.tick("quarter")
            command = sum(ctx.get(ports[name].o) << bit for bit, name in enumerate(("we", "cas", "ras")))
            assert (ctx.get(ports["cs"].o), ctx.get(ports["dqm"].o)) == (0, 0)
            if not ctx.get(ports["clk_en"].o):
                command = 7
            drive = ((1 << self.part.bits) - 1) * (ctx.get(ports["dq"].oe) & 1)
            levels = {"clk": ctx.get(ports["clk"].o), "command": command, "bank": ctx.get(ports["ba"].o), "address": ctx.get(ports["a"].o)}
            events.append((now + delays.out, {**levels, "dq": ctx.get(ports["dq"].o), "drive": drive}))
            now += QUARTER
            while events and events[0][0] < now - delays.back:
                at, seen = events.popleft()
                self.chip.set(at, **seen)
            ctx.set(ports["dq"].i, self.chip.read(max(now - delays.back, self.chip.now)))

    def run(self, process):
        m = Module()
        m.submodules.dut = dut = self.dut
        m.domains.fast = ClockDomain(reset_less=True)
        m.domains.quarter = ClockDomain(reset_less=True)
        m.submodules.pads = pads = EcpSdramPads(SimpleNamespace(**self._ports), bits=self.part.bits)
        for name in ("command", "bank", "address", "dq_o", "dq_oe"):
            m.d.comb += getattr(pads.i, name).eq(getattr(dut.pins, name))
        m.d.comb += dut.pins.dq_i.eq(pads.i.dq_i)
        sim = Simulator(Fragment.get(m, self))
        fast = 2 * QUARTER * 1e-12
        sim.add_clock(fast / 2, phase=fast, domain="quarter")
        sim.add_clock(fast, phase=fast, domain="fast")
        sim.add_clock(2 * fast, phase=fast * (1 + self._early))
        sim.add_testbench(process)
        sim.add_testbench(self._wires, background=True)
        sim.run()


def served(bench):
    """The capture that is found, and the words of some rows with the clocks between them."""
    rng, found = random.Random(3), []

    async def go(ctx):
        assert await bench.start(ctx)
        found.append(ctx.get(bench.dut.status.capture))
        bench.fill(rng, 1)
        await bench.word(ctx, 1 << 22 | 77, 0xBEEF)
        assert not await bench.word(ctx, 1 << 22 | 77, 0xBEEF, compare=True)
        data, row = bench.dut.data, bench.dut.row
        for number in range(120):
            ctx.set(row.valid, int(number < 6 or number == 40))
            for port, value in ((row.payload.bank, number), (row.payload.address, 5 * number), (row.payload.more, number % 3)):
                ctx.set(port, value)
            if ctx.get(data.strobe):
                found.append((number, ctx.get(data.data)))
            await ctx.tick()

    bench.run(go)
    return found


@pytest.mark.parametrize("early", range(4))
@pytest.mark.parametrize("back", [1_000, 3_000, 6_000, 9_000])
def test_pads_are_as_the_interface_says(early, back):
    """With the cells of sim/sdram, which stand for the interface, and with the pads: the same capture is found, and every clock is equal,
    whichever of the two clocks runs first."""
    pads = SdramPads(out=4_000, out_clk=4_000, back=back)
    cells = SdramPads(out=PERIOD + 4_000, out_clk=PERIOD + 4_000, back=back)
    assert served(PadsBench(early=early, pads=pads)) == served(Bench(pads=cells))


def test_samples_of_the_wrong_edge_are_seen():
    """The negative control: with the two samples of a clock exchanged, words are sampled at other instants, or at none."""
    other = []
    for back in (1_000, 3_000, 6_000, 9_000):
        pads = SdramPads(out=4_000, out_clk=4_000, back=back)
        found = []
        for swapped in (False, True):
            bench = PadsBench(swapped=swapped, pads=pads)

            async def go(ctx, bench=bench, found=found):
                found.append((await bench.start(ctx), ctx.get(bench.dut.status.capture)))

            bench.run(go)
        other.append(found[0] != found[1])
    assert any(other)
