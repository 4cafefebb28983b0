"""The link between a host that speaks bytes, the real loader and the scripted core."""

from amaranth.hdl import Module, ResetInserter, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.board.parts import connect_core, connect_cores
from hdl.flash.bus import FlashStatus
from hdl.link.link import Link
from hdl.link.loader import Loader
from hdl.link.section import space_words
from hdl.link.uart import ReceivedByte

from ..board_models import ScriptedCore, crc16, frame, get, simulate

BYTE_CLOCKS = 16  # between two bytes from the host; the checks of a byte take less
GAP_BITS = 8
WATCHDOG_BITS = 10  # where a test needs the watchdog to bite


class LinkBench(wiring.Component):
    """``i``, ``o``: bytes from and to the host; a framing error is a byte with ``error``. ``core``: the first of ``cores``."""

    def __init__(self, *, loaded=True, watchdog_bits=24, flash=True, cores=1):
        self.cores, self.with_flash = [ScriptedCore() for _ in range(cores)], flash
        self.core = self.cores[0]
        width = isa.Width()
        self.link = Link(width=width, flash=flash, cores=cores, gap_bits=GAP_BITS, watchdog_bits=watchdog_bits)
        self.loader = Loader(words=space_words(table_bytes=131_072, width=width), width=width, cores=cores, loaded=loaded)
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),
                "o": Out(stream.Signature(unsigned(8))),
                "flash": In(FlashStatus),
                "section": In(8),
                "image_signature": In(32),
                "same": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        link, loader = self.link, self.loader
        m.submodules.link = link
        m.submodules.loader = loader
        for number, core in enumerate(self.cores):
            m.submodules[f"core_{number}"] = ResetInserter(link.core_reset)(core)
        wiring.connect(m, wiring.flipped(self.i), link.i)
        wiring.connect(m, link.o, wiring.flipped(self.o))
        wiring.connect(m, link.image, loader.i)
        if len(self.cores) == 1:
            connect_core(m, self.core, link, loader, steps=link.step)
        else:
            connect_cores(m, self.cores, link, loader)
        m.d.comb += [loader.start.eq(link.image_start), loader.scrub.eq(link.scrub)]
        status = loader.status
        m.d.comb += [link.load.done.eq(status.done), link.load.error.eq(status.error), link.load.code.eq(status.code)]
        m.d.comb += [link.load.section.eq(self.section), link.load.image_signature.eq(self.image_signature), link.load.same.eq(self.same)]
        if self.with_flash:
            ended = Signal()
            m.d.sync += ended.eq(ended | link.image_start)
            m.d.comb += [link.flash.active.eq(self.flash.active & ~ended), link.flash.ready.eq(self.flash.ready)]
            m.d.comb += link.flash.capture.eq(self.flash.capture)
        return m


class Host:
    """The other end of the line, in a testbench. ``rng``: the host rests at random, sending and taking."""

    def __init__(self, ctx, dut, *, rng=None):
        self.ctx, self.dut, self.rng = ctx, dut, rng

    async def send(self, data, *, error_at=None):
        ctx, port = self.ctx, self.dut.i
        for at, byte in enumerate(data):
            ctx.set(port.payload, {"data": byte, "error": at == error_at})
            ctx.set(port.valid, 1)
            await ctx.tick()
            ctx.set(port.valid, 0)
            ctx.set(port.payload, {"data": 0xEE, "error": 1})
            await ctx.tick().repeat(BYTE_CLOCKS + (self.rng.choice((0, 0, 0, 150)) if self.rng else 0))

    async def reply(self, *, limit=6_000):
        """The next reply (seq, status, payload), its frame checked; ``None`` if none begins within ``limit`` clocks."""
        data = bytearray()
        while len(data) < 4 or len(data) < 6 + data[3]:
            stall = self.rng.choice((0, 0, 0, 40)) if self.rng else 0
            byte = await get(self.ctx, self.dut.o, stall=stall, limit=limit)
            if byte is None:
                assert not data, f"the reply stops after {data.hex()}"
                return None
            data.append(byte)
        assert data[0] == 0x5A
        assert crc16(data[1:-2]) == int.from_bytes(data[-2:], "little")
        return data[1], data[2], bytes(data[4:-2])

    async def ask(self, seq, command, payload=b""):
        await self.send(frame(seq, command, payload))
        return await self.reply()

    async def quiet(self, clocks=600):
        assert await self.reply(limit=clocks) is None

    async def dropped(self):
        _, _, payload = await self.ask(0, 0)
        return payload[7]


def talk(script, *, loaded=True, rng=None, watchdog_bits=24, flash=True):
    """Runs ``script(host, dut, ctx)``; returns what was written on the load bus."""
    dut, writes = LinkBench(loaded=loaded, watchdog_bits=watchdog_bits, flash=flash), []

    async def bench(ctx):
        await script(Host(ctx, dut, rng=rng), dut, ctx)

    async def watch(ctx):
        bus = dut.core.load
        async for _, _, strobe, *write in ctx.tick().sample(bus.strobe, bus.space, bus.address, bus.data):
            if strobe:
                writes.append(tuple(write))

    simulate(dut, bench, background=[watch])
    return writes
