"""The whole way to the flash chip: controller, gearbox, the pads that a board has, and the chip's model behind delays at their ports."""

from collections import deque
from types import SimpleNamespace

from amaranth.hdl import ClockDomain, ClockSignal, Fragment, Module, Mux, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In
from amaranth.sim import Simulator

from hdl.board.ecp5.pads import EcpFlashPads
from hdl.board.pads import FlashPads

from ..flash.flash_bench import PERIOD, Bench


class Ddr(wiring.Component):
    """A DDRBuffer as an iCE40 has it: both halves of an output are taken at a rising edge, both samples of an input seen after the next."""

    def __init__(self, buffer):
        self._buffer = buffer
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        buffer, port = self._buffer, self._buffer.port
        domain = buffer.o_domain
        m.domains.falling = ClockDomain(clk_edge="neg", local=True, reset_less=True)
        m.d.comb += ClockSignal("falling").eq(ClockSignal(domain))
        first, second, drive = Signal(len(port)), Signal(len(port)), Signal()
        m.d[domain] += [first.eq(buffer.o[0]), second.eq(buffer.o[1]), drive.eq(buffer.oe)]
        m.d.comb += port.o.eq(Mux(ClockSignal(domain), first, second))
        if buffer.direction is io.Direction.Bidir:
            rise, fall = Signal(len(port)), Signal(len(port))
            m.d.comb += port.oe.eq(drive.replicate(len(port)))
            m.d.falling += fall.eq(port.i)
            m.d[domain] += [rise.eq(port.i), buffer.i[0].eq(rise), buffer.i[1].eq(fall)]
        return m


class Ice40:
    """Of the platform all that FlashPads asks for."""

    @staticmethod
    def get_io_buffer(buffer):
        return Ddr(buffer) if isinstance(buffer, io.DDRBuffer) else buffer.elaborate(None)


class Mclk(wiring.Component):
    """Stands for USRMCLK."""

    clk: In(1)
    ts: In(1)

    def elaborate(self, platform):
        return Module()


class PadsBench(Bench):
    """As :class:`Bench`, at the ports of ``family``'s pads. ``lost``: clocks that MCLK swallows after configuration; ``late``: picoseconds
    by which the chip sees SCK later than the rest; ``period``: of a slot; ``swapped``: the samples of the two edges change places;
    ``early``: clocks of the domain ``fast`` before the first of the others; ``lines``: of the flash, that are wired."""

    def __init__(self, *, family, lost=0, late=0, period=None, swapped=False, early=0, lines=4, **options):
        super().__init__(**options)
        self._family, self._lost, self._late, self._swapped, self._early = family, lost, late, swapped, early
        self._half = (period or PERIOD[self.nibbles]) // 2
        self._delays = options.get("pads")
        self._cs = io.SimulationPort("o", 1, invert=True, name="cs")
        self._dq = io.SimulationPort("io", lines, name="dq")
        self._clk = io.SimulationPort("o", 1, name="clk")

    async def _pins(self, ctx):
        out, back = self._delays.out, self._delays.back
        now, lost, level, hidden = self._half, self._lost, 0, False
        pins, clocks = deque(), deque()  # on their way to the chip
        cs_n, dq, drive, sck = 1, 15, 0, 0
        wired = (1 << len(self._dq)) - 1
        while True:
            await ctx.tick("fast")
            clk = ctx.get(self._clk.o) if self._family == "ice40" else ctx.get(self._mclk.clk & ~self._mclk.ts)
            if clk and not level:
                hidden, lost = lost > 0, lost - 1
            level = clk
            pins.append((now + out, ctx.get(self._cs.o), ctx.get(self._dq.o), wired * ctx.get(self._dq.oe[0])))
            clocks.append((now + out + self._late, int(level and not hidden)))
            now += self._half
            while pins and min(pins[0][0], clocks[0][0]) < now - back:
                at = min(pins[0][0], clocks[0][0])
                if pins[0][0] == at:
                    _, cs_n, dq, drive = pins.popleft()
                if clocks[0][0] == at:
                    _, sck = clocks.popleft()
                self.chip.set(at, cs_n=cs_n, clk=sck, io=dq, drive=drive)
            ctx.set(self._dq.i, self.chip.read(max(now - back, self.chip.now)) & wired)

    def run(self, *testbenches, background=()):
        m = Module()
        m.submodules.dut = dut = self.dut
        m.domains.fast = ClockDomain(reset_less=True)
        port = SimpleNamespace(cs=self._cs, dq=self._dq, clk=self._clk)
        if self._family == "ecp5":
            self._mclk = Mclk()
            pads = EcpFlashPads(port, mclk=lambda: self._mclk)
        else:
            pads = FlashPads(port, domain="sync" if self.nibbles == 1 else "flash")
        m.submodules.pads = pads
        for name in ("cs_n", "sck", "io_o", "io_oe"):
            m.d.comb += getattr(pads.i, name).eq(getattr(dut.pins, name))
        m.d.comb += dut.pins.io_i.eq(pads.i.io_i.rotate_left(4) if self._swapped else pads.i.io_i)
        sim = Simulator(Fragment.get(m, Ice40() if self._family == "ice40" else None))
        half = self._half * 1e-12
        sim.add_clock(half, phase=half, domain="fast")
        first = half * (1 + self._early)
        if self.nibbles == 2:
            sim.add_clock(2 * half, phase=first, domain="flash")
        sim.add_clock(2 * self.nibbles * half, phase=first)
        for testbench in testbenches:
            sim.add_testbench(testbench)
        for testbench in (self._pins, *background):
            sim.add_testbench(testbench, background=True)
        sim.run()
