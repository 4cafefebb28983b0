"""What stands at the pins of a whole FPGA in Icarus Verilog, for cocotb: the flash chip, and the host driver's byte stream at the UART.

Only a simulator makes these; cocotb comes with the extra ``test``.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from firmware.host.transport import Transport
from sim.flash import FlashChip, Pads


class FlashPins:
    """``chip`` at the pins of ``dut``, the module bench of a family.

    Pins change at the cells of the FPGA; the chip sees that ``pads.out`` ps later, and the FPGA what the chip does ``pads.back`` ps after
    it. While an output of the chip is unstable, and where nobody drives, levels are random.
    """

    def __init__(self, dut: Any, chip: FlashChip, pads: Pads) -> None:
        self.dut, self.chip, self._pads = dut, chip, pads
        self._rng = random.Random(1)
        self._cs_n, self._clk = 1, 0

    async def run(self) -> None:
        """Sees the FPGA's pins change."""
        from cocotb import start_soon
        from cocotb.triggers import ReadOnly, Timer

        dut = self.dut
        while True:
            await dut.flash_pins.value_change
            await ReadOnly()
            pins = [pin.value for pin in (dut.cs_n, dut.sck, dut.fpga_oe)]
            if all(pin.is_resolvable for pin in pins):  # not so before the cells' first clock
                cs_n, clk, oe = map(int, pins)
                start_soon(self._later(cs_n, clk, int(dut.io.value) if oe else 0, 15 * oe))
            await Timer(1, unit="ps")

    async def _later(self, cs_n: int, clk: int, io: int, drive: int) -> None:
        """They reach the chip."""
        from cocotb.simtime import get_sim_time
        from cocotb.triggers import Timer

        await Timer(self._pads.out, unit="ps")
        chip, timing, now = self.chip, self.chip.timing, int(get_sim_time("ps"))
        before = chip.driven(now)
        chip.set(now, cs_n=cs_n, clk=clk, io=io, drive=drive)
        if cs_n and not self._cs_n and before:
            self._show(0, self._rng.randrange(16), before)
            self._show(timing.shqz, 0, 0)
        elif self._clk and not clk:
            levels, mask = chip.out(now + timing.clqv)
            if mask:
                self._show(timing.clqx, self._rng.randrange(16), mask)
                self._show(timing.clqv, levels, mask)
        self._cs_n, self._clk = cs_n, clk
        self.dut.loose.value = self._rng.randrange(16)

    def _show(self, delay: int, levels: int, mask: int) -> None:
        """What the chip drives reaches the FPGA."""
        from cocotb import start_soon
        from cocotb.triggers import Timer

        async def later() -> None:
            await Timer(delay + self._pads.back, unit="ps")
            self.dut.chip_o.value, self.dut.chip_oe.value = levels, mask

        start_soon(later())


class UartPins(Transport):
    """The host driver's byte stream, from its thread to the simulation: through cocotbext-uart's ``source`` and ``sink``."""

    def __init__(self, source: Any, sink: Any) -> None:
        self._source, self._sink = source, sink

    def write(self, data: bytes) -> None:
        self._carry_out(lambda: self._source.write(data))

    def read(self, size: int, timeout: float) -> bytes:
        return bytes(self._carry_out(lambda: self._read(size, timeout)))

    def now(self) -> float:
        return float(self._carry_out(self._now))

    def _carry_out(self, work: Callable[[], Awaitable[Any]]) -> Any:
        from cocotb.task import resume

        async def job() -> Any:
            return await work()

        return resume(job)()

    async def _now(self) -> float:
        from cocotb.simtime import get_sim_time

        return float(get_sim_time("step")) * 1e-12

    async def _read(self, size: int, timeout: float) -> bytes:
        if self._sink.empty():
            await self._sink.wait(round(timeout * 1e9), "ns")
        return bytes(self._sink.read_nowait(min(size, self._sink.count())))
