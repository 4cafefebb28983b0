"""Streamer: one row, or an int4 couple, to requests for its beats."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.core.layouts import Outputs, request_stream


def rows_layout(address_bits: int) -> data.StructLayout:
    """A row, or two of an int4 couple, and what becomes of their sum; fields as in docs/reference/isa.md."""
    return data.StructLayout(
        {
            "a": address_bits,  # first beat of the first of a couple
            "b": address_bits,  # of the second, or of a single int4 row
            "more": 7,  # beats after the first
            "both": 1,  # int4: ``a`` counts too
            "opens": 1,  # first of the run, which starts from zero
            "closes": 1,  # last of the run
            "int4": 1,
            "flash": 1,  # the beats come in bytes; int4: those at ``b`` are zero
            "last": 1,
            "residual": 1,
            "sort": 1,
            "end": 1,
            "shift": 2,
            "outputs": Outputs,
        }
    )


class Streamer(wiring.Component):
    """Requests beat after beat, one a clock: int8 rows, int4 couples beat by beat alternately, a single int4 row after beats that are not
    read.

    ::

        i --> rows that stream --> request

    ``i`` is ready in the clock of the last request of the rows before: the first request follows in the next clock, or, where int8 follows
    int4, in the one after that. ``far``: whether there may be rows of the far tier.
    """

    def __init__(self, *, address_bits: int, far: bool = False) -> None:
        self._far = far
        super().__init__(
            {
                "i": In(stream.Signature(rows_layout(address_bits))),
                "request": Out(request_stream(address_bits)),
                **({"flash_next": Out(1)} if far else {}),  # no row of the tables tier streams: one of the far tier may be asked
                "outputs": Out(Outputs),  # of the run with ``sort`` whose rows were taken last
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rows = Signal(self.i.payload.shape(), reset_less=True)  # its ``more`` counts down
        active = Signal()
        pause = Signal()
        phase = Signal()  # second of a pair of int4 beats
        beat = Signal(7, reset_less=True)
        at_end = Signal(reset_less=True)
        adding = Signal()
        done = Signal()
        take = Signal()
        tag = self.request.payload.tag
        m.d.comb += [
            adding.eq(~rows.int4 | phase),
            self.request.valid.eq(active & ~pause),
            self.request.payload.address.eq(Mux(phase, rows.b, rows.a) | beat),
            self.request.payload.read.eq(Mux(rows.flash, ~phase, ~rows.int4 | phase | rows.both)),
            tag.hold.eq(~adding),
            tag.bytes.eq(rows.flash & ~phase),
            tag.pair.eq(rows.int4),
            tag.alone.eq(rows.int4 & ~rows.both),
            tag.start.eq(beat == 0),
            tag.first.eq(rows.opens),
            tag.last.eq(rows.closes & rows.last),
            tag.final.eq(rows.closes & at_end & adding),
            tag.residual.eq(rows.residual),
            tag.sort.eq(rows.sort),
            tag.end.eq(rows.end),
            tag.shift.eq(rows.shift),
            tag.base.eq(rows.outputs.base),
            done.eq(self.request.valid & self.request.ready & adding & at_end),
            self.i.ready.eq(~active | done),
            take.eq(self.i.valid & self.i.ready),
        ]
        if self._far:
            m.d.comb += self.flash_next.eq(~active | rows.flash)
        m.d.sync += pause.eq(0)
        with m.If(self.request.valid & self.request.ready):
            with m.If(rows.int4):
                m.d.sync += phase.eq(~phase)
            with m.If(adding):
                m.d.sync += [beat.eq(beat + 1), rows.more.eq(rows.more - 1), at_end.eq(rows.more == 1)]
        with m.If(done):
            m.d.sync += active.eq(0)
        with m.If(take):
            m.d.sync += [
                rows.eq(self.i.payload),
                active.eq(1),
                pause.eq(active & rows.int4 & ~self.i.payload.int4),
                beat.eq(0),
                at_end.eq(self.i.payload.more == 0),
            ]
            with m.If(self.i.payload.sort):
                m.d.sync += self.outputs.eq(self.i.payload.outputs)
        return m
