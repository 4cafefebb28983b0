"""cocotb tests of the whole FPGA (pins.v in sim/netlist/ice40 and sim/netlist/ecp5) with a flash chip at its pins, and an SDRAM, run by
test_fpga.py.

Pins change at the cells of the FPGA; the chip sees that ``FPGA_OUT`` ps later, and the FPGA what the chip does ``FPGA_BACK`` ps after
it. While an output of the chip is unstable, and where nobody drives, levels are random. ``FPGA_BOARD`` names the board, ``FPGA_BAUD`` is
its UART's rate, ``FPGA_IMAGE`` names the image file, ``FPGA_NETWORK`` the network it was compiled from.
"""

import os
import random
from pathlib import Path

import cocotb
import pytest
from cocotb.simtime import get_sim_time
from cocotb.task import bridge
from cocotb.triggers import First, ReadOnly, RisingEdge, Timer, with_timeout
from cocotb_host import talk
from cocotbext.uart import UartSink, UartSource

import boards
from firmware import isa
from firmware.host.host import Host, LinkError
from firmware.image.image import read_image
from golden.integer.file import load
from sim.flash import FlashChip, Found, Pads, Power
from sim.netlist.pins import FlashPins, UartPins
from sim.sdram import SdramChip

BOARD = boards.get(os.environ["FPGA_BOARD"])
OUT, BACK = (int(os.environ.get(f"FPGA_{name}", "1000")) for name in ("OUT", "BACK"))
BAUD = int(os.environ["FPGA_BAUD"])
BOOT_TIME = 30_000_000_000  # ps
STEPS = 20


class Sdram:
    """The SDRAM at the pins of ``dut``."""

    def __init__(self, dut):
        self.dut, self._rng = dut, random.Random(2)
        self.chip = SdramChip(BOARD.sdram.sdram[0])
        self._clk = 0

    async def run(self):
        """Sees the FPGA's pins change."""
        dut = self.dut
        pins = (dut.sdram_clk, dut.sdram_command, dut.sdram_ba, dut.sdram_a, dut.dq_oe)
        while True:
            await First(*(pin.value_change for pin in pins))
            await ReadOnly()
            if all(pin.value.is_resolvable for pin in pins):  # not so before the cells' first clock
                clk, command, bank, address, oe = (int(pin.value) for pin in pins)
                dq = int(dut.dq.value) if oe else 0
                cocotb.start_soon(self._later(clk=clk, command=command, bank=bank, address=address, dq=dq, drive=0xFFFF * oe))
            await Timer(1, unit="ps")

    async def _later(self, **pins):
        """They reach the chip, and what it then drives comes back."""
        await Timer(OUT, unit="ps")
        chip, now = self.chip, get_sim_time("ps")
        chip.set(now, **pins)
        if pins["clk"] and not self._clk:
            levels, mask = chip.out(now + chip.part.t_ac)
            self._show(chip.part.t_oh, self._rng.randrange(1 << 16), bool(mask))
            self._show(chip.part.t_ac, levels, bool(mask))
            self.dut.sdram_loose.value = self._rng.randrange(1 << 16)
        self._clk = pins["clk"]

    def _show(self, delay, levels, drives):
        async def later():
            await Timer(delay + BACK, unit="ps")
            self.dut.sdram_o.value, self.dut.sdram_oe.value = levels, drives

        cocotb.start_soon(later())


class Bench:
    """UART, flash chip and SDRAM, if the board has one, at the pins of ``dut``."""

    def __init__(self, dut, content, found=None):
        self.dut = dut
        self.source = UartSource(dut.uart_rx, baud=BAUD, bits=8)
        self.sink = UartSink(dut.uart_tx, baud=BAUD, bits=8)
        self.chip = FlashChip(content, found, offset=BOARD.image_offset)
        cocotb.start_soon(FlashPins(dut, self.chip, Pads(out=OUT, back=BACK)).run())
        self.sdram = Sdram(dut) if BOARD.sdram else None
        if self.sdram:
            cocotb.start_soon(self.sdram.run())

    async def booted(self):
        """The LEDs, once one is lit."""
        await with_timeout(First(RisingEdge(self.dut.led_g), RisingEdge(self.dut.led_r)), BOOT_TIME, "ps")
        await Timer(1, unit="us")
        return int(self.dut.led_g.value), int(self.dut.led_r.value)


def shipped():
    image = Path(os.environ["FPGA_IMAGE"]).read_bytes()
    return load(Path(os.environ["FPGA_NETWORK"])), read_image(image), image


@cocotb.test()
async def runs_from_flash(dut):
    """A true boot of a sleeping chip, then characters with rows from flash: symbols of all, latencies of the last."""
    network, program, image = shipped()
    assert 1 in {run.tier for run in program.runs}
    bench = Bench(dut, image)
    assert await bench.booted() == (1, 0)
    device = await bridge(talk)(bench, network, program, image, steps=STEPS)
    assert (await bridge(device.host.counters)()).flash > STEPS
    assert not bench.chip.violations
    assert not (bench.sdram and bench.sdram.chip.violations)


@cocotb.test()
async def refuses_a_damaged_image(dut):
    """One bit of what is loaded flipped: the red LED, the error over the UART, and no step. The chip was left in continuous reading."""
    damaged = bytearray(shipped()[2])
    damaged[200] ^= 0x10
    bench = Bench(dut, bytes(damaged), Found(power=Power.CONTINUOUS, jedec=0xEF4018))
    assert await bench.booted() == (0, 1)

    def ask():
        host = Host(UartPins(bench.source, bench.sink))
        greeting = host.hello()
        assert (greeting.loaded, greeting.error, greeting.code) == (False, True, isa.LoadError.SECTION_CRC)
        with pytest.raises(LinkError, match="STEP is refused: the core has no image"):
            host.step(1)

    await bridge(ask)()
    assert not bench.chip.violations


@cocotb.test()
async def finds_a_changed_table(dut):
    """The negative control: one bit of every byte of the tables in flash flipped, and the symbols or latencies are others."""
    network, program, image = shipped()
    changed = bytearray(image)
    for piece in program.tables:
        if piece.tier:
            first = image.index(piece.data) if BOARD.sdram else piece.beat * BOARD.lanes - BOARD.image_offset
            changed[first : first + len(piece.data)] = bytes(byte ^ 0x08 for byte in piece.data)
    bench = Bench(dut, bytes(changed))
    assert await bench.booted() == (1, 0)
    with pytest.raises(AssertionError):
        await bridge(talk)(bench, network, program, image, steps=4)
