"""One counter through both payloads of a command, and what leaves the request's: symbols, image bytes (docs/reference/blocks/link.md)."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .bus import StepStream
from .frame import PayloadPort


class PayloadFeed(wiring.Component):
    """Offers the bytes of a payload, one after another, until ``total`` have been counted.

    A byte is offered 2 clocks after ``forward`` or ``fetch``, and until it is taken; each needs a ``forward`` of its own. So one counter
    serves both payloads: a step gives one symbol for one symbol. After reset nothing is offered.
    """

    payload: In(PayloadPort)  # of the request
    total: In(8)  # bytes to go through
    step: Out(StepStream)  # while `running`: each byte is one
    forced: In(1)  # with the byte as its symbol
    running: In(1)
    image: Out(stream.Signature(unsigned(8)))  # while `loading`
    loading: In(1)
    cancel: In(1)  # what is offered is taken back
    fetch: In(1)  # the byte at `length` is fetched
    forward: In(1)  # `length` counts, and the next byte is fetched
    back: In(1)  # `length` begins anew; wins over `forward`
    length: Out(8)  # bytes taken of the request's payload, or written of the reply's
    complete: Out(1)  # a clock ago `length` was `total`
    fetching: Out(1)  # the byte comes in the next clock

    def elaborate(self, platform: object) -> Module:
        m = Module()
        length = Signal(8, reset_less=True)
        complete = Signal(reset_less=True)
        fetching = Signal(reset_less=True)
        offer = Signal()
        equal = length == self.total
        m.d.comb += [
            self.payload.addr.eq(length),
            self.step.payload.symbol.eq(self.payload.data),
            self.step.payload.forced.eq(self.forced),
            self.step.valid.eq(offer & self.running),
            self.image.payload.eq(self.payload.data),
            self.image.valid.eq(offer & ~self.running),
            self.length.eq(length),
            self.complete.eq(complete),
            self.fetching.eq(fetching),
        ]
        m.d.sync += [complete.eq(equal), fetching.eq(self.forward | self.fetch)]
        with m.If(self.forward):
            m.d.sync += length.eq(length + 1)
        with m.If(self.back):
            m.d.sync += length.eq(0)
        with m.If(self.cancel | (offer & Mux(self.running, self.step.ready, self.image.ready))):
            m.d.sync += offer.eq(0)
        with m.Elif(fetching):
            m.d.sync += offer.eq(~equal & (self.running | self.loading))
        return m
