"""cocotb tests of the whole design between its pins, run by test_board_icarus.py: UART by cocotbext-uart, flash by the protocol model.

The host's side is the real driver (firmware.host), in a thread beside the simulation. ``BOARD_IMAGE`` names the image file,
``BOARD_NETWORK`` the network it was compiled from, ``BOARD_BIT_CLOCKS`` the clocks of a UART bit.
"""

import os
from pathlib import Path

import cocotb
import numpy as np
import pytest
from cocotb.clock import Clock
from cocotb.simtime import get_sim_time
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles, First, RisingEdge, Timer, with_timeout
from cocotbext.uart import UartSink, UartSource

import boards
from firmware import isa
from firmware.device import Device
from firmware.host import Host, LinkError
from firmware.image import read_image
from firmware.link import Frame, FrameReader
from firmware.transport import Transport
from golden.file import load
from sim.board import WAKE_SECONDS
from sim.expected import Golden
from sim.flash_model import FlashModel
from sim.preload import memory_words

BOARD = boards.get("icebreaker")
BIT_CLOCKS = int(os.environ.get("BOARD_BIT_CLOCKS", "36"))
BAUD = BOARD.clock_hz / BIT_CLOCKS
PERIOD = round(1e12 / BOARD.clock_hz / 2) * 2  # ps
OUTPUT_DELAY = 6_000  # ps, tCLQV of the chip
BOOT_CLOCKS = 400_000
STEPS = 6


class Bench:
    """Clock, UART and flash at the pins of ``dut``."""

    def __init__(self, dut, *, flash=b""):
        self.dut = dut
        dut.rst.value = 0
        dut.flash_cipo.value = 1
        self.source = UartSource(dut.uart_rx, baud=BAUD, bits=8)
        self.sink = UartSink(dut.uart_tx, baud=BAUD, bits=8)
        self.chip = FlashModel(flash, offset=BOARD.image_offset, wake_time=round(WAKE_SECONDS * 1e12))

    async def start(self):
        # Pins are driven away from the clock's rising edge.
        self.dut.clk.value = 0
        await Timer(PERIOD // 4, unit="ps")
        Clock(self.dut.clk, PERIOD, unit="ps").start(start_high=False)
        cocotb.start_soon(self._flash())

    async def _flash(self):
        dut = self.dut
        while True:
            await First(dut.flash_cs_n.value_change, dut.flash_clk.value_change)
            level = self.chip.pins(int(dut.flash_cs_n.value), int(dut.flash_clk.value), int(dut.flash_copi.value), now=get_sim_time("ps"))
            await Timer(OUTPUT_DELAY, unit="ps")
            dut.flash_cipo.value = level

    async def booted(self):
        await with_timeout(First(RisingEdge(self.dut.led_g), RisingEdge(self.dut.led_r)), BOOT_CLOCKS * PERIOD, "ps")

    async def exchange(self, data):
        """Sends bytes; the one reply frame that comes."""
        await self.source.write(data)
        return await self.reply()

    async def reply(self):
        """The next frame."""
        reader = FrameReader(reply=True)
        while True:
            await with_timeout(self.sink.wait(), 1_000_000_000, "ps")
            if frames := reader.push(bytes(self.sink.read_nowait())):
                return frames[0]


class PinTransport(Transport):
    """The host driver's byte stream, from its thread to the simulation."""

    def __init__(self, bench):
        self._bench = bench

    def write(self, data):
        self._write(data)

    def read(self, size, timeout):
        return self._read(size, timeout)

    @resume
    async def _write(self, data):
        await self._bench.source.write(data)

    @resume
    async def _read(self, size, timeout):
        sink = self._bench.sink
        if sink.empty():
            await sink.wait(round(timeout * 1e9), "ns")
        return bytes(sink.read_nowait(min(size, sink.count())))


def shipped():
    image = Path(os.environ["BOARD_IMAGE"]).read_bytes()
    return load(Path(os.environ["BOARD_NETWORK"])), read_image(image), image


def check_latencies(host, writes):
    """Every latency of a step, read over the UART."""
    for write in writes:
        first = int(write.addresses.min())
        span = host.store(first, int(write.addresses.max()) - first + 1)
        got = [span[address - first] for address in write.addresses]
        assert got == write.values.tolist(), f"op {write.stage}: {got}, golden says {write.values.tolist()}"


def talk(bench, network, program, image):
    """Steps by the host driver, beside golden: symbols of all, latencies of the last."""
    host = Host(PinTransport(bench))
    device = Device(host, image)
    greeting = host.hello()
    assert (greeting.loaded, greeting.error, greeting.loading) == (True, False, False)
    golden = Golden(network, program)
    forced = [1, 0, 3]
    wanted = []
    writes = []
    for given in [*forced, *[None] * (STEPS - len(forced))]:
        writes = golden.step(given)
        wanted.append(golden.symbol)
    assert host.feed(forced) + host.step(STEPS - len(forced)) == wanted
    check_latencies(host, writes)
    assert host.counters().steps == STEPS
    assert host.resent == 0
    return device


@cocotb.test()
async def boots_from_flash(dut):
    """A true boot: a sleeping chip, the image, the green LED; then symbols and latencies over the UART."""
    network, program, image = shipped()
    bench = Bench(dut, flash=image)
    await bench.start()
    await ClockCycles(dut.clk, 100)
    assert (int(dut.led_g.value), int(dut.led_r.value)) == (0, 0)
    await bench.booted()
    await ClockCycles(dut.clk, 10)
    assert (int(dut.led_g.value), int(dut.led_r.value)) == (1, 0)
    assert not bench.chip.asleep
    await bridge(talk)(bench, network, program, image)


@cocotb.test()
async def refuses_a_damaged_image(dut):
    """One bit of the image flipped: the red LED, the error over the UART, and no step."""
    image = shipped()[2]
    damaged = bytearray(image)
    damaged[len(image) // 2] ^= 0x10
    bench = Bench(dut, flash=bytes(damaged))
    await bench.start()
    await bench.booted()
    await ClockCycles(dut.clk, 10)
    assert (int(dut.led_g.value), int(dut.led_r.value)) == (0, 1)

    def ask():
        host = Host(PinTransport(bench))
        greeting = host.hello()
        assert (greeting.loaded, greeting.error, greeting.code) == (False, True, isa.LoadError.SECTION_CRC)
        with pytest.raises(LinkError, match="STEP is refused: the core has no image"):
            host.step(1)

    await bridge(ask)()


def preload(dut, program):
    for name, words in memory_words(program).items():
        memory = dut[f"\\core.{name} "]  # an escaped identifier ends with a space
        for address, word in enumerate(words):
            if word:
                memory[address].value = word


@cocotb.test()
async def answers_a_garbled_frame(dut):
    """A frame with a wrong CRC, one with a broken stop bit and one cut short: each is dropped, counted and answered; then all goes on."""
    bench = Bench(dut)
    await bench.start()
    await ClockCycles(dut.clk, 20)
    good = Frame.request(isa.Command.HELLO, seq=9).encode()
    reply = await bench.exchange(good[:-1] + bytes([good[-1] ^ 1]))
    assert (reply.code, reply.seq, reply.payload) == (isa.Status.BAD_FRAME, 0, b"")
    assert dropped(await bench.exchange(good)) == 1

    dut.uart_rx.value = 0  # a break: its byte has no stop bit
    await ClockCycles(dut.clk, 12 * BIT_CLOCKS)
    dut.uart_rx.value = 1
    assert (await bench.reply()).code == isa.Status.BAD_FRAME
    assert dropped(await bench.exchange(good)) == 2

    assert (await bench.exchange(good[:3])).code == isa.Status.BAD_FRAME  # silence follows
    assert dropped(await bench.exchange(good)) == 3


def dropped(reply):
    assert (reply.code, reply.seq) == (isa.Status.OK, 9)
    return int.from_bytes(reply.payload[5:7], "little")


@cocotb.test()
async def runs_preloaded(dut):
    """The memory preload, then steps: forced and chosen ones, a repeated request, and a new state over the UART."""
    network, program, image = shipped()
    bench = Bench(dut)
    preload(dut, program)
    await bench.start()
    await ClockCycles(dut.clk, 20)
    assert int(dut.led_g.value) == 1
    device = await bridge(talk)(bench, network, program, image)
    await ClockCycles(dut.clk, 1000)

    request = Frame.request(isa.Command.STEP, b"\x01", seq=200).encode()
    first, again = await bench.exchange(request), await bench.exchange(request)
    assert first == again

    def rest():
        host = device.host
        assert host.counters().steps == STEPS + 1
        device.reset()
        golden = Golden(network, program)
        writes = golden.step(2)
        assert host.feed([2]) == [golden.symbol]
        check_latencies(host, writes)

    await bridge(rest)()
    assert np.any(program.store) or network.kind == "rnn"
