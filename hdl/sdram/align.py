"""Which of the samples of the lines are words: SDRAM data as the design sees them, in clocks of the core."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .bus import SAMPLES

CAPTURES = 4
DELAY = 7  # clocks from the one in which a READ stands at the pins' signals to the one in which its first two words stand at ``words``


class Align(wiring.Component):
    """Two words a clock out of samples a quarter of a clock apart.

    ``capture`` = 0..3: the first word of a burst is sampled (8 + ``capture``) / 4 clocks after the edge with which its READ left, the next
    half a clock later. ``words`` comes out of a register, whatever ``capture`` is :data:`DELAY` clocks after the READ.
    """

    def __init__(self, *, bits: int) -> None:
        self._bits = bits
        super().__init__({"dq_i": In(SAMPLES * bits), "capture": In(2), "words": Out(2 * bits)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = self._bits
        before = Signal(SAMPLES * bits, reset_less=True)
        words = Signal(2 * bits, reset_less=True)
        samples = Cat(before, self.dq_i)
        m.d.sync += before.eq(self.dq_i)
        with m.Switch(self.capture):
            for capture in range(CAPTURES):
                with m.Case(capture):
                    m.d.sync += words.eq(Cat(samples.word_select(2 + capture, bits), samples.word_select(4 + capture, bits)))
        m.d.comb += self.words.eq(words)
        return m
