"""Accumulators: lanes of 16-bit sums in memory, one beat of table entries added a clock."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import Tag, beat_stream, far_words, latencies_layout, write_back_stream
from hdl.memory.later import later


def _int4_entries(beat: Signal) -> list[Value]:
    """The columns of a beat, two a byte: the low nibbles of its bytes, then the high ones."""
    size = len(beat) // 8
    nibbles = data.View(data.ArrayLayout(signed(4), 2 * size), beat)
    return [nibbles[2 * byte + half] for half in range(2) for byte in range(size)]


class Accumulators(wiring.Component):
    """Adds beats of int8 or pairs of beats of int4 entries to rows of sums (Eq. 2).

    ::

        bytes ---.
        beat --> hold ----.
             `--> held + beat (int4: two sums of 5 bits a lane) --> low half, high half --.
             `--> 8 entries (int8) ------------------------------------------------> + --> o (sums, where to)
                                              accumulator memory, word ------------^  |
                                                               ^----------------------'

    The columns of an int8 beat, one a lane, are added in the clock after it. Of an int4 pair, one column a lane is added in the clock after
    its second beat and one in the clock after that. A beat with the tag bit ``bytes`` consists of the last bytes, one a lane, that have
    come over ``bytes`` by the end of its clock: an int8 one is added like any other, an int4 one is held. ``o`` is valid in the clock of
    each addition and has no backpressure. Sums wrap at 16 bits; the compiler proves that none does. Throughput: a beat a clock, provided
    that no int8 beat directly follows an int4 pair and that a word is used again after 2 clocks at the earliest. At power-up all sums are
    0; word 255 always is.

    With ``clocks`` of 2, a register stands behind the memory: all additions, and ``o.payload.sums`` with them, come a clock later than the
    rest of ``o``. A word used again after 2 clocks is then read while it is written, and its sum is taken from a register.

    ``far_bytes``: bytes that come at once over ``bytes``, 0 if none do.
    """

    def __init__(self, *, width: isa.Width, far_bytes: int = 0, clocks: int = 1) -> None:
        self._width, self._far_bytes, self._clocks = width, far_bytes, clocks
        super().__init__(
            {
                "i": In(beat_stream(width)),
                **({"bytes": In(far_words(far_bytes))} if far_bytes else {}),
                "o": Out(write_back_stream(width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, tag = self.i.payload.data, self.i.payload.tag
        m.submodules.sums = memory = Memory(shape=latencies_layout(self._width), depth=isa.ACC_WORDS, init=[])
        read = memory.read_port()
        write = memory.write_port()

        # Clock 1, the beat is here: keep it, or add it to the one kept; address the sums.
        lanes = self._width.lanes
        held = Signal(8 * self._width.beat_bytes, reset_less=True)
        pairs = Signal(data.ArrayLayout(signed(5), 2 * lanes), reset_less=True)
        adding = Signal()
        high = Signal()  # second half of an int4 pair
        m.d.comb += adding.eq(self.i.valid & ~tag.hold)
        m.d.sync += high.eq(adding & tag.pair)
        with m.If(self.i.valid & ~tag.bytes & (tag.hold | ~tag.pair)):
            m.d.sync += held.eq(beat)
        if self._far_bytes:
            with m.If(self.bytes.strobe):
                m.d.sync += held.eq(Cat(held[8 * self._far_bytes :], self.bytes.data))
        with m.If(self.i.valid & tag.hold & tag.alone):
            m.d.sync += held.eq(0)
        with m.If(adding & tag.pair):
            for column, (kept, new) in enumerate(zip(_int4_entries(held), _int4_entries(beat), strict=True)):
                m.d.sync += pairs[column].eq(kept + new)

        word = Signal(8, reset_less=True)
        next_word = Signal(8)
        now = Signal(Tag)  # of this clock's addition
        out = Signal(Tag, reset_less=True)  # of the one before
        step = Signal()
        m.d.comb += [next_word.eq(word), now.eq(Mux(high, out, tag)), step.eq(adding | high)]
        with m.If(adding & tag.start):
            m.d.comb += next_word.eq(tag.base)
        m.d.comb += read.addr.eq(Mux(now.first, isa.ZERO_WORD, next_word))
        with m.If(step):
            m.d.sync += word.eq(next_word + 1)

        # Clock 2, the sums are here.
        valid = Signal()
        store = Signal()
        sum_word = Signal(8, reset_less=True)
        pair_half = Signal(reset_less=True)
        m.d.sync += [valid.eq(step), store.eq(step & now.last), sum_word.eq(next_word), out.eq(now), pair_half.eq(high)]
        sums, before = self.o.payload.sums, read.data
        writes, place = valid & (sum_word != isa.ZERO_WORD), sum_word
        if self._clocks == 2:
            before = Signal.like(read.data, name="before", reset_less=True)
            wrote = Signal.like(before, name="wrote", reset_less=True)
            again = Signal(reset_less=True)  # the word that is there was read in the clock of its write
            m.d.sync += [again.eq(write.en & (write.addr == read.addr)), wrote.eq(sums), before.eq(Mux(again, wrote, read.data))]
            writes, place = later(m, writes, 1, name="writes", reset_less=False), later(m, sum_word, 1, name="place")

        # Add and write, in this clock or the next.
        int8 = data.View(data.ArrayLayout(signed(8), lanes), held)
        for lane in range(lanes):
            entry = Signal(signed(8), name=f"entry_{lane}")
            half = Mux(pair_half, pairs[lanes + lane], pairs[lane])
            m.d.comb += entry.eq(Mux(out.pair, half, int8[lane]))
            m.d.comb += sums[lane].eq(before[lane] + later(m, entry, self._clocks - 1, name=f"adding_{lane}"))
        m.d.comb += [write.addr.eq(place), write.data.eq(sums), write.en.eq(writes)]
        m.d.comb += [self.o.valid.eq(valid), self.o.payload.word.eq(sum_word), self.o.payload.store.eq(store)]
        m.d.comb += [self.o.payload.residual.eq(out.residual), self.o.payload.shift.eq(out.shift)]
        m.d.comb += [
            self.o.payload.final.eq(out.final & (~out.pair | pair_half)),
            self.o.payload.sort.eq(out.sort),
            self.o.payload.end.eq(out.end),
        ]
        return m
