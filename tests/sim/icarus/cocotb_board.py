"""cocotb tests of the whole design behind its IO cells, run by test_board.py: UART by cocotbext-uart, no flash chip.

The host's side is the real driver (firmware.host.host), in a thread beside the simulation. ``BOARD_IMAGE`` names the image file,
``BOARD_NETWORK`` the network it was compiled from, ``BOARD_BIT_CLOCKS`` the clocks of a UART bit.
"""

import os
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import bridge
from cocotb.triggers import ClockCycles, Timer, with_timeout
from cocotb_host import check_latencies, talk
from cocotbext.uart import UartSink, UartSource

import boards
from firmware import isa
from firmware.host.link import Frame, FrameReader
from firmware.image.image import read_image
from golden.integer.file import load
from sim.compare.expected import Golden
from sim.machines.preload import memory_words

BOARD = boards.get("icebreaker")
BIT_CLOCKS = int(os.environ.get("BOARD_BIT_CLOCKS", "36"))
BAUD = BOARD.clock_hz / BIT_CLOCKS
PERIOD = round(1e12 / BOARD.clock_hz / 2) * 2  # ps
STEPS = 6


class Bench:
    """Clock and UART at the pins of ``dut``; the flash's lines are high."""

    def __init__(self, dut):
        self.dut = dut
        dut.rst.value = 0
        dut.flash__io_i.value = 0xFF
        self.source = UartSource(dut.uart_rx, baud=BAUD, bits=8)
        self.sink = UartSink(dut.uart_tx, baud=BAUD, bits=8)

    async def start(self):
        # Pins are driven away from the clock's rising edge.
        self.dut.clk.value = 0
        await Timer(PERIOD // 4, unit="ps")
        Clock(self.dut.clk, PERIOD, unit="ps").start(start_high=False)

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


def shipped():
    image = Path(os.environ["BOARD_IMAGE"]).read_bytes()
    return load(Path(os.environ["BOARD_NETWORK"])), read_image(image), image


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
    return reply.payload[7]


@cocotb.test()
async def runs_preloaded(dut):
    """The memory preload, then steps: forced and chosen ones, a repeated request, and a new state over the UART."""
    network, program, image = shipped()
    bench = Bench(dut)
    preload(dut, program)
    await bench.start()
    await ClockCycles(dut.clk, 20)
    assert int(dut.led_g.value) == 1
    device = await bridge(talk)(bench, network, program, image, steps=STEPS)
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
