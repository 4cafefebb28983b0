"""Counters that the host reads: running clocks, rows, beats, saturations, steps, beats of flash, and what has been learned."""

from amaranth.hdl import Array, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa


class Counters(wiring.Component):
    """One counter for each of ``firmware.isa.counters``, of its width: 0 at power-up, wrapping, never cleared, not even by a reset.

    ``learns``: the core has a learning unit.
    """

    def __init__(self, *, width: isa.Width, learns: bool = False) -> None:
        self._learns = learns
        learning = {"write": In(1), "held": In(1)}
        super().__init__(
            {
                "clock": In(1),  # count 1 in this clock
                "row": In(1),
                "beat": In(1),
                "saturated": In(range(width.lanes + 1)),  # count so many
                "step": In(1),
                "flash": In(1),
                **(learning if learns else {}),
                "address": In(range(2 * len(isa.counters(learns=learns)))),  # word 2 i (low) or 2 i + 1 (high) of counter i
                "data": Out(16),  # combinational
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        added: dict[isa.Counter | isa.LearnCounter, Value] = {
            isa.Counter.CLOCKS: self.clock,
            isa.Counter.ROWS: self.row,
            isa.Counter.BEATS: self.beat,
            isa.Counter.SATURATIONS: self.saturated,
            isa.Counter.STEPS: self.step,
            isa.Counter.FLASH: self.flash,
        }
        if self._learns:
            added |= {isa.LearnCounter.WRITES: self.write, isa.LearnCounter.HELD: self.held}
        words = []
        for counter, amount in sorted(added.items()):
            value = Signal(counter.bits, name=counter.name.lower(), reset_less=True)
            m.d.sync += value.eq(value + amount)
            words += [value[:16], value[16:] if counter.bits > 16 else Const(0, 16)]
        m.d.comb += self.data.eq(Array(words)[self.address])
        return m
