"""One entry of a table, a step up or down ("Words" in docs/reference/learning-rule.md, with no bits below)."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class EntryStep(wiring.Component):
    """An int4 or int8 of a 16-bit word of a table, ``step`` added or subtracted, held at -7..7 or -127..127.

    An int4 is an int8 with four zeros behind it, and its step likewise, one of 15 in place of a larger one: that takes every entry to its
    limit, too. So both leave their range where they leave eight bits, or at the least number of these.

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
        wanted = Signal(10, reset_less=True)
        total = Signal(11)  # one adder for both ways: the lowest bit carries the one that a difference needs
        kept = Signal(8)
        half = self.word.word_select(self.byte, 8)
        upper = Mux(self.int4 & ~self.nibble, half[:4], half[4:])
        most = self.step[4:].any()
        step = Mux(self.int4, Cat(Const(0, 4), self.step[:4] | most.replicate(4)), self.step)
        m.d.comb += total.eq(Cat(Const(1), entry, entry[-1].replicate(2)) + Cat(self.down, (step ^ self.down.replicate(10))[:10]))
        m.d.sync += [entry.eq(Cat(half[:4] & ~self.int4.replicate(4), upper)), wanted.eq(total[1:])]
        sign, above = wanted[9], wanted[7:9]
        m.d.comb += [
            self.held.eq(Mux(sign, ~above.all() | ~wanted[:7].any(), above.any())),
            kept.eq(Mux(self.held, Cat(Const(1), (~sign).replicate(3), Mux(self.int4, 1, ~sign), (~sign).replicate(2), sign), wanted)),
        ]
        for number in range(2):
            old, here = self.word.word_select(number, 8), self.byte == number
            with m.If(here & ~(self.int4 & self.nibble)):
                m.d.comb += self.changed.word_select(2 * number, 4).eq(Mux(self.int4, kept[4:], kept[:4]))
            with m.Else():
                m.d.comb += self.changed.word_select(2 * number, 4).eq(old[:4])
            m.d.comb += self.changed.word_select(2 * number + 1, 4).eq(Mux(here & (~self.int4 | self.nibble), kept[4:], old[4:]))
        return m
