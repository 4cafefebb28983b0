"""One entry of a table, a step up or down ("Words" in docs/reference/learning-rule.md, with no bits below)."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class EntryStep(wiring.Component):
    """An int4 or int8 of a 16-bit word of a table, ``step`` added or subtracted, held at -7..7 or -127..127.

    Delay: two clocks, throughout which all inputs stand.
    """

    word: In(16)
    int4: In(1)
    byte: In(1)  # which one
    nibble: In(1)  # int4: which one of it
    step: In(7)
    down: In(1)
    changed: Out(16)  # ``word`` with the entry changed
    held: Out(1)  # a limit held it

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry = Signal(signed(8), reset_less=True)
        wanted = Signal(signed(9), reset_less=True)
        kept = Signal(signed(8))
        half = self.word.word_select(self.byte, 8)
        m.d.sync += [
            entry.eq(Mux(self.int4, half.word_select(self.nibble, 4).as_signed(), half.as_signed())),
            wanted.eq(Mux(self.down, entry - self.step, entry + self.step)),
        ]
        sign = wanted[-1]
        below = Signal(7)  # the bits of ``wanted`` that an entry has, without its sign
        above = Signal(5)  # and those from there to the sign
        m.d.comb += [
            below.eq(Mux(self.int4, wanted[:3], wanted[:7])),
            above.eq(Mux(self.int4, wanted[3:8], wanted[7].replicate(5))),
            self.held.eq(Mux(sign, ~above.all() | ~below.any(), above.any())),
            kept.eq(wanted),
        ]
        with m.If(self.held):
            m.d.comb += kept.eq(Cat(Const(1), ~sign, ~sign, Mux(self.int4, sign, ~sign), ~sign, ~sign, ~sign, sign))
        low = Mux(self.int4 & self.nibble, half[:4], kept[:4])
        high = Mux(self.int4, Mux(self.nibble, kept[:4], half[4:]), kept[4:])
        new = Cat(low, high)
        m.d.comb += self.changed.eq(Mux(self.byte, Cat(self.word[:8], new), Cat(new, self.word[8:])))
        return m
