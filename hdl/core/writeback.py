"""Write-back: shift, residual and the one saturation between the accumulators and the latency store."""

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import WriteBackWord
from hdl.link.bus import LoadBus

__all__ = ["WriteBack"]


class WriteBack(wiring.Component):
    """y = saturate16((sum << shift) + residual), eight neurons a clock (docs/reference/numbers.md).

    ::

        i (sums, word) --> shift --> register --> + --> saturate --> store (word, value, enable)
             `--> store read (residual: word, else the zero word) --^

    Clock 0: ``i`` is here, the store reads ``read_word``; ``reading`` is high when the word is needed. Clock 1: ``old`` is the store's
    answer, ``word``, ``value``, ``enable`` write it; ``retired`` is high if this was
    the last beat of a run, ``sort`` and ``end`` are its flags. Clock 3: ``saturated`` tells how many of the neurons saturated.
    Throughput: a word a clock.

    Words of the load bus with space STORE go the same way while nothing else does.
    """

    def __init__(self) -> None:
        lanes = data.ArrayLayout(signed(16), isa.LANES)
        super().__init__(
            {
                "i": In(stream.Signature(WriteBackWord, always_ready=True)),
                "reading": Out(1),
                "read_word": Out(8),
                "old": In(lanes),
                "word": Out(8),
                "value": Out(lanes),
                "enable": Out(isa.LANES),
                "retired": Out(1),
                "sort": Out(1),
                "end": Out(1),
                "saturated": Out(4),
                "load": In(LoadBus()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word_in = self.i.payload
        m.d.comb += [
            self.reading.eq(word_in.store),
            self.read_word.eq(Mux(word_in.residual & word_in.store, word_in.word, isa.ZERO_WORD)),
        ]

        active, word = Signal(), Signal(8, reset_less=True)
        m.d.sync += [
            active.eq(word_in.store & (word_in.word != isa.ZERO_WORD)),
            word.eq(word_in.word),
            self.retired.eq(self.i.valid & word_in.final),
            self.sort.eq(word_in.sort),
            self.end.eq(word_in.end),
        ]

        loading = self.load.strobe & (self.load.space == isa.Kind.STORE)
        loaded = Mux(loading, self.load.data, 0)
        low = isa.ADDRESS_BITS - 8
        m.d.comb += [
            self.word.eq(Mux(loading, self.load.address[low : isa.ADDRESS_BITS], word)),
            self.enable.eq(Mux(loading, Const(1, isa.LANES) << self.load.address[:low], active.replicate(isa.LANES))),
        ]

        over, flags = Signal(isa.LANES), Signal(isa.LANES)
        for lane in range(isa.LANES):
            shifted = Signal(signed(16), name=f"shifted_{lane}", reset_less=True)
            m.d.sync += shifted.eq(Mux(word_in.store, word_in.sums[lane] << word_in.shift, 0))
            total = Signal(signed(17), name=f"total_{lane}")
            m.d.comb += [total.eq(shifted + self.old[lane]), over[lane].eq(total[16] ^ total[15])]
            limit = Mux(total[16], Const(-0x8000, signed(16)), Const(0x7FFF, signed(16)))
            m.d.comb += self.value[lane].eq(Mux(over[lane], limit, total[:16]) | loaded)
        m.d.sync += [flags.eq(Mux(active, over, 0)), self.saturated.eq(sum(flags[lane] for lane in range(isa.LANES)))]
        return m
