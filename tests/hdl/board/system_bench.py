"""The board side at its pins: a scripted core, the flash chip's model behind IO cells, and a host at the UART."""

from dataclasses import replace

from amaranth.sim import Simulator

import boards
from boards import Tier
from boards.icebreaker import FLASH
from hdl.board.system import System
from sim.flash import FlashChip, FlashTiming, Found, IoCells

from ..board_models import ScriptedCore, crc16, frame

BIT = 4
PAUSE_BITS = 4  # 0.44 us
QUICK = FlashTiming(res1=400_000)
SYNC = 27_776  # ps
PLAIN = replace(boards.get("icebreaker"), tiers=boards.get("icebreaker").tiers[:1])
"""A board without a flash tier."""
MODES = {mode: boards.flash_mode(replace(PLAIN, tiers=(*PLAIN.tiers, FLASH)), mode) for mode in boards.FLASH_MODES}

SERIAL = {lines: replace(PLAIN, image_flash=Tier(name="flash", kind="qspi", size=0, modes=(), lines=lines)) for lines in (1, 2)}
"""Boards whose flash holds the image alone, by the lines on which it is read."""


class Pins:
    """A host at the UART's pins, in a testbench: bytes in and out, whole frames checked."""

    def __init__(self, ctx, dut):
        self.ctx, self.dut = ctx, dut

    async def send(self, data):
        for byte in data:
            for bit in [0, *(byte >> at & 1 for at in range(8)), 1]:
                self.ctx.set(self.dut.uart_rx, bit)
                await self.ctx.tick().repeat(BIT)

    async def byte(self, limit):
        for _ in range(limit):
            *_, level = await self.ctx.tick().sample(self.dut.uart_tx)
            if not level:
                break
        else:
            return None
        await self.ctx.tick().repeat(BIT // 2)
        bits = []
        for _ in range(9):
            await self.ctx.tick().repeat(BIT - 1)
            *_, level = await self.ctx.tick().sample(self.dut.uart_tx)
            bits.append(level)
        assert bits[8] == 1
        return sum(bit << at for at, bit in enumerate(bits[:8]))

    async def ask(self, seq, command, payload=b"", *, limit=4000):
        await self.send(frame(seq, command, payload))
        return await self.reply(limit=limit)

    async def reply(self, *, limit=4000):
        data = bytearray()
        while len(data) < 4 or len(data) < 6 + data[3]:
            byte = await self.byte(limit)
            if byte is None:
                return bytes(data)
            data.append(byte)
        assert data[0] == 0x5A
        assert crc16(data[1:-2]) == int.from_bytes(data[-2:], "little")
        return data[1], data[2], bytes(data[4:-2])


def on_board(script, *, content=b"", loaded=False, mode="byte", strict=True, **found):
    """Runs ``script(pins, dut, ctx, chip)`` beside a flash that is ``found`` so; returns what was written on the load bus. ``mode``: one of
    :data:`MODES`, or the lines of :data:`SERIAL`; None: a board without."""
    board, core = (MODES | SERIAL)[mode] if mode else PLAIN, ScriptedCore()
    dut = System(board, core=core, loaded=loaded, bit_clocks=BIT, pause_bits=PAUSE_BITS, gap_bits=8, watchdog_bits=12)
    chip = FlashChip(content, Found(timing=QUICK, **found), offset=board.image_offset, strict=strict)
    writes = []

    async def bench(ctx):
        await ctx.tick()
        await script(Pins(ctx, dut), dut, ctx, chip)

    async def watch(ctx):
        bus = core.load
        async for _, _, strobe, *write in ctx.tick().sample(bus.strobe, bus.space, bus.address, bus.data):
            if strobe:
                writes.append(tuple(write))

    async def flash(ctx):
        cells, pins = IoCells(chip, period=period), dut.flash
        domain = "flash" if mode == "byte" else "sync"
        while True:
            *_, cs_n, sck, io_o, io_oe = await ctx.tick(domain).sample(pins.cs_n, pins.sck, pins.io_o, pins.io_oe)
            ctx.set(pins.io_i, cells.edge(cs_n=cs_n, sck=sck, io_o=io_o, io_oe=io_oe))

    sim = Simulator(dut)
    period = SYNC // 2 if mode == "byte" else SYNC
    if mode == "byte":
        sim.add_clock(period * 1e-12, phase=period * 1e-12, domain="flash")
    sim.add_clock(SYNC * 1e-12, phase=period * 1e-12)
    sim.add_testbench(bench)
    for testbench in (watch, flash) if mode else (watch,):
        sim.add_testbench(testbench, background=True)
    sim.run()
    return writes


async def lit(ctx, dut, *, limit=20_000):
    """Waits for an LED; returns (green, red)."""
    for _ in range(limit):
        if ctx.get(dut.led_g) or ctx.get(dut.led_r):
            break
        await ctx.tick()
    return ctx.get(dut.led_g), ctx.get(dut.led_r)
