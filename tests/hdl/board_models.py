"""What the board-side blocks are tested against: a scripted core, images and frames made by hand, stream drivers with random stalls."""

import random
import zlib

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from firmware import isa
from hdl.core.layouts import far_words, row_stream
from hdl.link.bus import LoadBus, ReadDataStream, ReadRequestStream, StepStream, SymbolStream

CLOCK = 1e-6


class ScriptedCore(wiring.Component):
    """Looks like the core. A step takes ``delay`` clocks and ends in the symbol ``forced ^ 0x55``, or in the number of free steps since
    reset; with ``hang`` it does not end. A word read is ``address ^ (space << 12) ^ mark``, after 3 clocks, or never with ``hang``.
    ``rows`` asks for what a test sets there."""

    def __init__(self):
        super().__init__(
            {
                "load": In(LoadBus()),
                "step": In(StepStream),
                "symbol": Out(SymbolStream),
                "read_request": In(ReadRequestStream),
                "read_data": Out(ReadDataStream),
                "delay": In(8, init=5),
                "hang": In(1),
                "mark": In(16),
                "begun": Out(16),
                "rows": Out(row_stream(isa.Width())),
                "flash": In(far_words(1)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        free, left = Signal(8), Signal(8)
        with m.FSM(name="core"):
            with m.State("IDLE"):
                m.d.comb += self.step.ready.eq(1)
                with m.If(self.step.valid):
                    payload = self.step.payload
                    m.d.sync += [self.symbol.payload.eq(Mux(payload.forced, payload.symbol ^ 0x55, free)), left.eq(self.delay)]
                    m.d.sync += [free.eq(free + ~payload.forced), self.begun.eq(self.begun + 1)]
                    m.next = "STEP"
            with m.State("STEP"):
                with m.If(left != 0):
                    m.d.sync += left.eq(left - 1)
                with m.Elif(~self.hang):
                    m.next = "SYMBOL"
            with m.State("SYMBOL"):
                m.d.comb += self.symbol.valid.eq(1)
                with m.If(self.symbol.ready):
                    m.next = "IDLE"
        with m.FSM(name="reader"):
            with m.State("IDLE"):
                m.d.comb += self.read_request.ready.eq(1)
                with m.If(self.read_request.valid):
                    asked = self.read_request.payload
                    m.d.sync += self.read_data.payload.eq(asked.address ^ (asked.space << 12) ^ self.mark)
                    m.next = "WAIT"
            with m.State("WAIT"), m.If(~self.hang):
                m.next = "DATA"
            with m.State("DATA"):
                m.d.comb += self.read_data.valid.eq(1)
                with m.If(self.read_data.ready):
                    m.next = "IDLE"
        return m


def simulate(design, *testbenches, background=()):
    """Runs the testbenches on ``design`` (clock ``sync``) until all are done."""
    sim = Simulator(design)
    sim.add_clock(CLOCK)
    for testbench in testbenches:
        sim.add_testbench(testbench)
    for testbench in background:
        sim.add_testbench(testbench, background=True)
    sim.run()


async def put(ctx, port, items, *, stalls=None):
    """Sends ``items``; before each, up to ``stalls[0]`` clocks of rest, drawn from ``stalls[1]``."""
    for item in items:
        rest = stalls[1].randint(0, stalls[0]) if stalls else 0
        if rest:
            await ctx.tick().repeat(rest)
        ctx.set(port.payload, item)
        ctx.set(port.valid, 1)
        await ctx.tick().until(port.ready)
        ctx.set(port.valid, 0)


async def get(ctx, port, *, stall=0, limit=20_000):
    """The next item of a stream, after ``stall`` clocks of rest; ``None`` if none comes within ``limit`` clocks."""
    if stall:
        await ctx.tick().repeat(stall)
    ctx.set(port.ready, 1)
    try:
        for _ in range(limit):
            _, _, valid, payload = await ctx.tick().sample(port.valid, port.payload)
            if valid:
                return payload
        return None
    finally:
        ctx.set(port.ready, 0)


def crc16(data):
    """CRC-16/XMODEM, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
            crc &= 0xFFFF
    return crc


def frame(seq, command, payload=b"", *, start=0xA5):
    body = bytes([seq, command, len(payload)]) + bytes(payload)
    return bytes([start]) + body + crc16(body).to_bytes(2, "little")


def header(*, magic=b"PLYC", version=2, comparators=2, lanes=8, spare=0, size=0):
    body = magic + bytes([version, comparators, lanes, spare]) + size.to_bytes(4, "little")
    return body + zlib.crc32(body).to_bytes(4, "little")


def section(kind, address=0, payload=b""):
    body = bytes([kind]) + address.to_bytes(3, "little") + len(payload).to_bytes(4, "little") + bytes(payload)
    return body + zlib.crc32(body).to_bytes(4, "little")


def image(*sections, version=2):
    """Sections between a header and an END section."""
    body = b"".join(sections) + section(0xFF)
    return header(version=version, size=16 + len(body)) + body


def words(kind, address, payload):
    """What a section writes: (space, address, word) in order."""
    return [(kind, address + at // 2, payload[at] | payload[at + 1] << 8) for at in range(0, len(payload), 2)]


def random_sections(rng, *, count=6, size=40):
    """Sections that fit, as (kind, address, payload), one META among them."""
    limits = {0: 65536, 1: 2048, 2: 256, 3: 2040, 4: 256, 5: 4}
    made = [(0x10, 0, b'{"n": 1}' + b" " * 2 * rng.randint(0, 5))]
    for _ in range(count):
        kind = rng.choice(sorted(limits))
        length = rng.randint(0, min(size, limits[kind]))
        made.append((kind, rng.randint(0, limits[kind] - length), rng.randbytes(2 * length)))
    rng.shuffle(made)
    return made


def seeded(seed):
    return random.Random(seed)
