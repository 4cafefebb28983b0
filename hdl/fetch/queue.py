"""Rows between their addresses and the streamer, so that several can be asked of the far tier ahead."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out

from hdl.fetch.streamer import rows_layout

DEPTH = 4  # rows, a power of two


class RowQueue(wiring.Component):
    """A row is there for the streamer the clock after it came. ``far_next``: no row of the tables tier waits, and none streams unless
    ``streams_far``: one of the far tier may be asked, whose bytes come whether or not somebody takes them.
    """

    def __init__(self, *, address_bits: int) -> None:
        layout = rows_layout(address_bits)
        super().__init__(
            {
                "i": In(stream.Signature(layout)),
                "o": Out(stream.Signature(layout)),
                "streams_far": In(1),  # what streams is of the far tier, or nothing does
                "far_next": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.rows = rows = SyncFIFO(width=len(self.i.payload.as_value()), depth=DEPTH)
        far = Signal(reset_less=True)  # the row that came last is of the far tier; then all that wait are
        m.d.comb += [
            rows.w_data.eq(self.i.payload),
            rows.w_en.eq(self.i.valid),
            self.i.ready.eq(rows.w_rdy),
            self.o.payload.eq(rows.r_data),
            self.o.valid.eq(rows.r_rdy),
            rows.r_en.eq(self.o.ready),
            self.far_next.eq((~rows.r_rdy | far) & self.streams_far),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += far.eq(self.i.payload.flash)
        return m
