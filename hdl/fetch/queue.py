"""Rows between their addresses and the streamer, so that several can be asked of the far tier ahead."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out

from hdl.fetch.streamer import rows_layout

DEPTH = 8  # rows, a power of two: what is asked of the far tier goes on while a next distance of attention is begun


class RowQueue(wiring.Component):
    """A row is there for the streamer the clock after it came. ``far_next``: no row of the tables tier waits, and none streams unless
    ``streams_far``: one of the far tier may be asked, whose bytes come whether or not somebody takes them. ``tight``: they come as fast as
    int4 beats are added; the clock that the streamer leaves out before an int8 row would then lose a beat, so such a row is not asked
    before the int4 rows have been streamed.
    """

    def __init__(self, *, address_bits: int, tight: bool = False) -> None:
        layout = rows_layout(address_bits)
        self._tight = tight
        super().__init__(
            {
                "i": In(stream.Signature(layout)),
                "o": Out(stream.Signature(layout)),
                "streams_far": In(1),  # what streams is of the far tier, or nothing does
                "streams": In(1),
                "far_next": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.rows = rows = SyncFIFO(width=len(self.i.payload.as_value()), depth=DEPTH)
        far = Signal(reset_less=True)  # the row that came last is of the far tier; then all that wait are
        int4 = Signal(reset_less=True)  # ... and is int4
        apart = Signal()  # what stands at `i` must not follow it at once
        if self._tight:
            m.d.comb += apart.eq(int4 & ~self.i.payload.int4 & (rows.r_rdy | self.streams))
        m.d.comb += [
            rows.w_data.eq(self.i.payload),
            rows.w_en.eq(self.i.valid),
            self.i.ready.eq(rows.w_rdy),
            self.o.payload.eq(rows.r_data),
            self.o.valid.eq(rows.r_rdy),
            rows.r_en.eq(self.o.ready),
            self.far_next.eq((~rows.r_rdy | far) & self.streams_far & ~apart),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [far.eq(self.i.payload.flash), int4.eq(self.i.payload.int4)]
        return m
