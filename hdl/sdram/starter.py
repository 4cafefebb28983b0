"""The SDRAM's start sequence, and the search for the instant at which its words are sampled."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards import SdramClocks

from .align import CAPTURES
from .bus import MODE, NOP, PRECHARGE, REFRESH, ROW_BITS

_REFRESHES = 8
_CAS_LATENCY = 3
_ALL_BANKS = 1 << 10  # A10 of PRECHARGE
_SINGLE_WRITE = 1 << 9  # of the mode register


def pattern(word: int) -> int:
    """Bits 15..0 of word ``word`` of the burst that is written and read at the start: each line changes from word to word."""
    return (0xA5C3, 0x5A3C, 0x96E1, 0x691E, 0xC35A, 0x3CA5, 0xF00D, 0x0FF2)[word % 8]


class Starter(wiring.Component):
    """PRECHARGE ALL, eight refreshes, the mode register; then a burst is written word by word and read at each capture, the latest first.

    ``capture`` is then the latest one at which the burst came back. If it did at none, ``failed``. Both stay. ``test``: a word is to be
    written, or the burst to be read, once ``done`` tells of the one before; ``good``: in the clock of ``done``, the burst was right.
    """

    def __init__(self, *, clocks: SdramClocks, burst_words: int) -> None:
        self._clocks, self._words = clocks, burst_words
        super().__init__(
            {
                "ready": Out(1),
                "failed": Out(1),
                "capture": Out(2, init=CAPTURES - 1),
                "commanding": Out(1),  # the sequence runs: `command` goes to slot 1
                "command": Out(3, init=NOP),
                "address": Out(ROW_BITS),
                "test": Out(1),
                "write": Out(1),
                "word": Out(range(burst_words)),
                "done": In(1),
                "good": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        clocks, words = self._clocks, self._words
        left = Signal(range(max(clocks.start, clocks.refresh) + 1), init=clocks.start)
        number = Signal(range(max(_REFRESHES, words)), reset_less=True)
        mode = _SINGLE_WRITE | _CAS_LATENCY << 4 | (words.bit_length() - 1)
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.FSM(name="start"):
            with m.State("POWER"):
                m.d.comb += self.commanding.eq(1)
                with m.If(left == 0):
                    m.d.comb += [self.command.eq(PRECHARGE), self.address.eq(_ALL_BANKS)]
                    m.d.sync += [left.eq(clocks.precharge), number.eq(0)]
                    m.next = "REFRESH"
            with m.State("REFRESH"):
                m.d.comb += self.commanding.eq(1)
                with m.If(left == 0):
                    m.d.comb += self.command.eq(REFRESH)
                    m.d.sync += [left.eq(clocks.refresh), number.eq(number + 1)]
                    with m.If(number == _REFRESHES - 1):
                        m.next = "MODE"
            with m.State("MODE"):
                m.d.comb += self.commanding.eq(1)
                with m.If(left == 0):
                    m.d.comb += [self.command.eq(MODE), self.address.eq(mode)]
                    m.d.sync += [left.eq(clocks.refresh), number.eq(0)]
                    m.next = "WRITE"
            with m.State("WRITE"):
                m.d.comb += [self.test.eq(left == 0), self.write.eq(1), self.word.eq(number)]
                with m.If(self.done):
                    m.d.sync += number.eq(number + 1)
                    with m.If(number == words - 1):
                        m.next = "READ"
            with m.State("READ"):
                m.d.comb += self.test.eq(1)
                with m.If(self.done):
                    with m.If(self.good):
                        m.d.sync += self.ready.eq(1)
                        m.next = "END"
                    with m.Elif(self.capture == 0):
                        m.d.sync += self.failed.eq(1)
                        m.next = "END"
                    with m.Else():
                        m.d.sync += self.capture.eq(self.capture - 1)
            with m.State("END"):
                pass
        return m
