"""Accumulators: eight lanes of 16-bit sums in memory, one beat of table entries added a clock."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import BeatStream, FlashBytes, Tag, WriteBackWord

__all__ = ["Accumulators"]


class Accumulators(wiring.Component):
    """Adds beats of int8 or pairs of beats of int4 entries to rows of sums (Eq. 2).

    ::

        bytes ---.
        beat --> hold ----.
             `--> held + beat (int4: 16 sums of 5 bits) --> low half, high half --.
             `--> 8 entries (int8) ------------------------------------------------> + --> o (sums, where to)
                                              accumulator memory, word ------------^  |
                                                               ^----------------------'

    An int8 beat is added 8 columns in the clock after it came; an int4 pair 8 columns in the clock after its second beat and 8 in the one
    after that. A beat with ``bytes`` is what the last eight bytes of ``bytes`` have filled by the end of the clock in which it comes: int8
    is added as any other, int4 is the one to hold. ``o`` is valid in the same clock as each addition (it has no back-pressure). Sums wrap
    at 16 bits; the compiler proves that none does. Throughput: a beat a clock, if no beat that adds (int8) follows an int4 pair at once and
    a word is touched again after 2 clocks at the earliest. All sums are 0 at power-up, word 255 always.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(BeatStream),
                "bytes": In(FlashBytes()),
                "o": Out(stream.Signature(WriteBackWord, always_ready=True)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, tag = self.i.payload.data, self.i.payload.tag
        m.submodules.sums = memory = Memory(shape=16 * isa.LANES, depth=isa.ACC_WORDS, init=[])
        read, write = memory.read_port(), memory.write_port()

        # Clock 1, the beat is here: keep it, or add it to the one kept; address the sums.
        held = Signal(8 * isa.BEAT_BYTES, reset_less=True)
        pairs = Signal(data.ArrayLayout(signed(5), 2 * isa.LANES), reset_less=True)
        adding, high = Signal(), Signal()  # `high`: second half of an int4 pair
        m.d.comb += adding.eq(self.i.valid & ~tag.hold)
        m.d.sync += high.eq(adding & tag.pair)
        with m.If(self.bytes.strobe | (self.i.valid & ~tag.bytes & (tag.hold | ~tag.pair))):
            m.d.sync += held.eq(Mux(self.bytes.strobe, Cat(held[8:], self.bytes.data), beat))
        with m.If(self.i.valid & tag.hold & tag.alone):
            m.d.sync += held.eq(0)
        with m.If(adding & tag.pair):
            for column in range(2 * isa.LANES):
                low = 8 * (column % isa.LANES) + 4 * (column // isa.LANES)
                m.d.sync += pairs[column].eq(held[low : low + 4].as_signed() + beat[low : low + 4].as_signed())

        word, next_word = Signal(8, reset_less=True), Signal(8)
        now, out = Signal(Tag), Signal(Tag, reset_less=True)  # of this clock's addition, and of the one before
        m.d.comb += [next_word.eq(word), now.eq(Mux(high, out, tag))]
        with m.If(adding & tag.start):
            m.d.comb += next_word.eq(tag.base)
        m.d.comb += read.addr.eq(Mux(now.first, isa.ZERO_WORD, next_word))
        step = Signal()
        m.d.comb += step.eq(adding | high)
        with m.If(step):
            m.d.sync += word.eq(next_word + 1)

        # Clock 2, the sums are here: add and write.
        valid, store = Signal(), Signal()
        sum_word, pair_half = Signal(8, reset_less=True), Signal(reset_less=True)
        m.d.sync += [valid.eq(step), store.eq(step & now.last), sum_word.eq(next_word), out.eq(now), pair_half.eq(high)]
        for lane in range(isa.LANES):
            entry = Signal(signed(8), name=f"entry_{lane}")
            half = Mux(pair_half, pairs[isa.LANES + lane], pairs[lane])
            m.d.comb += entry.eq(Mux(out.pair, half, held[8 * lane : 8 * lane + 8].as_signed()))
            m.d.comb += self.o.payload.sums[lane].eq(read.data[16 * lane : 16 * lane + 16].as_signed() + entry)
            m.d.comb += write.data[16 * lane : 16 * lane + 16].eq(self.o.payload.sums[lane])
        m.d.comb += [
            write.addr.eq(sum_word),
            write.en.eq(valid & (sum_word != isa.ZERO_WORD)),
            self.o.valid.eq(valid),
            self.o.payload.word.eq(sum_word),
            self.o.payload.store.eq(store),
            self.o.payload.residual.eq(out.residual),
            self.o.payload.shift.eq(out.shift),
            self.o.payload.final.eq(out.final & (~out.pair | pair_half)),
            self.o.payload.sort.eq(out.sort),
            self.o.payload.end.eq(out.end),
        ]
        return m
