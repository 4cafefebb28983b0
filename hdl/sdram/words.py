"""Single words of the SDRAM: written, compared, and the burst of the start's test."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import FarWord
from .reader import access_layout
from .starter import pattern

_BANK_WORDS = isa.SDRAM_ADDRESS_BITS - 3  # bits that name a 16-bit word of a bank


class WordAccess(wiring.Component):
    """One access at a time: of a word that came over ``word``, or of the start's ``test``.

    A written word leaves when the chip has its column; to compare one, its whole beat is read. With 32 lines two words are written
    together, when the second comes. ``bits``: lines of the chip; ``word_bits``: that name a word of a beat.
    """

    def __init__(self, *, width: isa.Width, bits: int, burst_words: int, word_bits: int, address_bits: int) -> None:
        self._width, self._bits, self._burst, self._word_bits, self._address_bits = width, bits, burst_words, word_bits, address_bits
        super().__init__(
            {
                "word": In(FarWord),
                "differs": Out(1),
                "test": In(1),
                "test_write": In(1),
                "test_word": In(range(burst_words)),
                "tested": Out(1),  # one clock: the test's access has ended
                "good": Out(1),  # ... and read what it should
                "access": Out(stream.Signature(access_layout(address_bits=address_bits, word_bits=word_bits))),
                "written": In(1),  # the access is a WRITE, in this clock
                "written_data": Out(bits),
                "comes": In(1),  # ``data`` are words of the access
                "last": In(1),  # ... its last
                "data": In(2 * bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, word = self._bits, self.word
        half = bits // 32  # 16-bit words of the chip's, as a power of two
        pending = Signal()
        compares = Signal(reset_less=True)
        address = Signal.like(word.address, reset_less=True)
        first = Signal(16, reset_less=True)  # with 32 lines: the lower half
        second = Signal(16, reset_less=True)
        with m.If(word.strobe):
            m.d.sync += [pending.eq(word.compare | (word.address[0] if half else 1)), compares.eq(word.compare)]
            m.d.sync += [address.eq(word.address), first.eq(second), second.eq(word.data)]

        sent = Signal()
        payload = self.access.payload
        place = address[half:_BANK_WORDS]
        m.d.comb += [
            self.access.valid.eq((pending | self.test) & ~sent),
            payload.more.eq(0),
            payload.row.eq(0),
        ]
        with m.If(pending):
            m.d.comb += [
                payload.bank.eq(address[_BANK_WORDS:]),
                payload.address.eq(place[self._word_bits :]),
                payload.write.eq(~compares),
                payload.word.eq(Mux(compares, 0, place[: self._word_bits])),
                self.written_data.eq(Cat(first, second) if half else second),
            ]
        with m.Else():
            expected = [Const(_test_word(number, bits), bits) for number in range(self._burst)]
            m.d.comb += [
                payload.write.eq(self.test_write),
                payload.word.eq(self.test_word),
                self.written_data.eq(Array(expected)[self.test_word]),
            ]
        with m.If(self.access.valid & self.access.ready):
            m.d.sync += sent.eq(1)

        number = Signal(range(8 * self._width.beat_bytes // bits // 2), reset_less=True)  # of the words that come, two by two
        wrong = Signal(reset_less=True)
        here = Signal()  # the word to compare is among them
        ended = Signal()
        pairs = [Const(_test_word(2 * at, bits) | _test_word(2 * at + 1, bits) << bits, 2 * bits) for at in range(self._burst // 2)]
        inside = number < self._burst // 2
        m.d.comb += [
            here.eq(self.comes & sent & compares & pending & (number == address[half + 1 :][: len(number)])),
            self.differs.eq(here & (self.data.word_select(address[: half + 1], 16) != second)),
            ended.eq(sent & (self.written | self.last)),
            self.tested.eq(ended & ~pending),
            self.good.eq(~wrong & ~(inside & (self.data != Array(pairs)[number[: (len(pairs) - 1).bit_length()]]))),
        ]
        with m.If(self.comes):
            m.d.sync += [number.eq(number + 1), wrong.eq(wrong | ~self.good)]
        with m.If(~sent):
            m.d.sync += [number.eq(0), wrong.eq(0)]
        with m.If(ended):
            m.d.sync += [sent.eq(0), pending.eq(0)]
        return m


def _test_word(number: int, bits: int) -> int:
    """Of the test's burst, as wide as the chip."""
    low = pattern(number)
    return low if bits == 16 else low | (low ^ 0xFFFF) << 16
