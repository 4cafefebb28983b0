"""Numbers that count while they turn, bit by bit.

Time is plenty between two bytes of an image and cells are not: a counter that can be loaded takes two LUTs a bit, a shift register none.
Reference page: docs/reference/blocks/loader.md.
"""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class SerialCounter(wiring.Component):
    """A number of ``width`` bits that counts by one (``down``: backwards) while it turns once, a bit a clock, the lowest first.

    After reset ``value`` and ``carry`` are undefined.
    """

    def __init__(self, *, width: int, down: bool = False) -> None:
        self._width, self._down = width, down
        super().__init__(
            {
                "enter": In(1),  # `bit` enters at the top
                "bit": In(1),
                "turn": In(1),  # the lowest bit goes to the top, counted; not together with `enter`
                "add": In(1),  # one is counted, at the lowest bit of the next clock; wins over what `turn` carries
                "clear": In(1),  # nothing is counted
                "top": Out(1),  # what goes to the top in this clock
                "carry": Out(1),  # after a whole turn: the number went round
                "value": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        value = Signal(self._width, reset_less=True)
        carry = Signal(reset_less=True)
        low = value[0]
        m.d.comb += [self.value.eq(value), self.carry.eq(carry), self.top.eq(low ^ carry)]
        with m.If(self.enter):
            m.d.comb += self.top.eq(self.bit)
        with m.If(self.enter | self.turn):
            m.d.sync += value.eq(Cat(value[1:], self.top))
        with m.If(self.turn):
            m.d.sync += carry.eq(carry & (~low if self._down else low))
        with m.If(self.add):
            m.d.sync += carry.eq(1)
        with m.If(self.clear):
            m.d.sync += carry.eq(0)
        return m
