"""Write-back: shift, residual and the one saturation between the accumulators and the latency store."""

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import address_layout, store_read_port, store_write_port, write_back_stream
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus
from hdl.memory.later import later


class WriteBack(wiring.Component):
    """y = saturate16((sum << shift) + residual), a neuron a lane and clock (docs/reference/numbers.md).

    ::

        i (sums, word) --> shift --> register --> + --> saturate --> write
             `--> residual (word, else the zero word) --^

    Clock 0: ``i`` is valid, and the store reads the residual. Clock 1: the residual is there, the word is written, and the run is retired
    if this was its last beat. Clock 3: ``saturated``. All but clock 0 comes a clock later where ``params.store_clocks`` are 2, and so must
    ``i.payload.sums``. Throughput: a word a clock.

    Words of the load bus with space STORE take the same path, while nothing else does.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._width, self._wait = params.width, params.store_clocks - 1
        width = params.width
        super().__init__(
            {
                "i": In(write_back_stream(width)),
                "residual": In(store_read_port(width)),  # without a residual the zero word is read
                "write": In(store_write_port(width)),
                "retired": Out(1),  # a run's rows are all added and written back
                "sort": Out(1),  # of that run
                "end": Out(1),  # of that run
                "saturated": Out(range(width.lanes + 1)),  # how many of the neurons did
                "load": In(LoadBus()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word_in, lanes = self.i.payload, self._width.lanes
        m.d.comb += [
            self.residual.en.eq(word_in.store),
            self.residual.addr.eq(Mux(word_in.residual & word_in.store, word_in.word, isa.ZERO_WORD)),
        ]

        sums = word_in.sums
        # what says where they go waits until only a clock is left before the residual is there
        came = later(m, self.i.valid, self._wait, name="came", reset_less=False)
        store = later(m, word_in.store, self._wait, name="store", reset_less=False)
        word_in = later(m, word_in, self._wait, name="waiting")
        active = Signal()
        word = Signal(8, reset_less=True)
        m.d.sync += [
            active.eq(store & (word_in.word != isa.ZERO_WORD)),
            word.eq(word_in.word),
            self.retired.eq(came & word_in.final),
            self.sort.eq(word_in.sort),
            self.end.eq(word_in.end),
        ]

        loading = self.load.writes(isa.Kind.STORE)
        loaded = Mux(loading, self.load.data, 0)
        address = data.View(address_layout(self._width), self.load.address[: self._width.address_bits])
        m.d.comb += [
            self.write.addr.eq(Mux(loading, address.word, word)),
            self.write.en.eq(Mux(loading, Const(1, lanes) << address.bank, active.replicate(lanes))),
        ]

        over = Signal(lanes)
        flags = Signal(lanes)
        for lane in range(lanes):
            shifted = Signal(signed(16), name=f"shifted_{lane}", reset_less=True)
            m.d.sync += shifted.eq(Mux(store, sums[lane] << word_in.shift, 0))
            total = Signal(signed(17), name=f"total_{lane}")
            m.d.comb += [total.eq(shifted + self.residual.data[lane]), over[lane].eq(total[16] ^ total[15])]
            limit = Mux(total[16], Const(-0x8000, signed(16)), Const(0x7FFF, signed(16)))
            m.d.comb += self.write.data[lane].eq(Mux(over[lane], limit, total[:16]) | loaded)
        m.d.sync += [flags.eq(Mux(active, over, 0)), self.saturated.eq(sum(flags[lane] for lane in range(lanes)))]
        return m
