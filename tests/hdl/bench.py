"""One clock of a block at a time: the shared way to drive and watch it."""

from collections.abc import Awaitable, Callable
from typing import Any

from amaranth.lib import wiring
from amaranth.sim import Simulator


def simulate(dut: wiring.Component, bench: Callable[[Any], Awaitable[None]]) -> None:
    """Run ``bench`` on ``dut`` with a clock of 1 us."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


async def load(ctx: Any, bus: Any, space: int, address: int, data: int) -> None:
    """Write one word over a load bus; takes two clocks, one for the space alone."""
    ctx.set(bus.space, space)
    await ctx.tick()
    ctx.set(bus.address, address)
    ctx.set(bus.data, data & 0xFFFF)
    ctx.set(bus.strobe, 1)
    await ctx.tick()
    ctx.set(bus.strobe, 0)


def saturate(value: int) -> int:
    return max(-0x8000, min(0x7FFF, value))


def wrap(value: int) -> int:
    """``value`` as 16 bits, two's complement."""
    return (value + 0x8000) % 0x10000 - 0x8000
