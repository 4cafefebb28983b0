"""One counter through both payloads of a command, and what leaves the request's: symbols, image bytes (docs/reference/blocks/link.md)."""

from amaranth.hdl import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .bus import StepStream
from .frame import PayloadPort


class PayloadFeed(wiring.Component):
    """Offers the bytes of a payload, one after another, until ``total`` have been counted.

    A byte is offered 2 clocks after ``forward`` or ``fetch``, and until it is taken; each needs a ``forward`` of its own. So one counter
    serves both payloads: a step gives one symbol for one symbol. After reset nothing is offered.

    ``cores``: with more than one, steps may ``spread`` over them. The next one is then offered 2 clocks after one was taken, or in the
    clock after a ``forward`` where as many steps as cores were under way: ``ahead`` counts those taken, ``length`` their symbols.
    """

    def __init__(self, *, cores: int = 1) -> None:
        self._cores = cores
        turns = {
            "spread": In(1),  # stands while `running`
            "ahead": Out(8),  # number of the byte that is fetched or offered
        }
        super().__init__(
            {
                "payload": In(PayloadPort),  # of the request
                "total": In(8),
                "step": Out(StepStream),  # while `running`: each byte is one
                "forced": In(1),  # with the byte as its symbol
                "running": In(1),
                "image": Out(stream.Signature(unsigned(8))),  # while `loading`
                "loading": In(1),
                "cancel": In(1),  # what is offered is taken back
                "fetch": In(1),  # the next byte is fetched
                "forward": In(1),  # `length` counts, and the next byte is fetched
                "back": In(1),  # `length` begins anew; wins over `forward`
                "length": Out(8),  # bytes taken of the request's payload, or written of the reply's
                "complete": Out(1),  # a clock ago `length` was `total`
                "fetching": Out(1),  # the byte comes in the next clock
                **(turns if cores > 1 else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        length = Signal(8, reset_less=True)
        complete = Signal(reset_less=True)
        fetching = Signal(reset_less=True)
        offer = Signal()
        equal = length == self.total
        several = self._cores > 1
        at = Signal(8, name="at", reset_less=True) if several else length  # of the byte
        m.d.comb += [
            self.payload.addr.eq(at),
            self.step.payload.symbol.eq(self.payload.data),
            self.step.payload.forced.eq(self.forced),
            self.step.valid.eq(offer & self.running),
            self.image.payload.eq(self.payload.data),
            self.image.valid.eq(offer & ~self.running),
            self.length.eq(length),
            self.complete.eq(complete),
            self.fetching.eq(fetching),
        ]
        taken = offer & Mux(self.running, self.step.ready, self.image.ready)
        following = Mux(self.running & self.spread, taken, self.forward) if several else self.forward
        m.d.sync += [complete.eq(equal), fetching.eq(following | self.fetch)]
        with m.If(self.forward):
            m.d.sync += length.eq(length + 1)
        with m.If(self.back):
            m.d.sync += length.eq(0)
        if several:
            self._go_ahead(m, at=at, following=following, taken=taken, offer=offer, fetching=fetching)
        else:
            with m.If(self.cancel | taken):
                m.d.sync += offer.eq(0)
            with m.Elif(fetching):
                m.d.sync += offer.eq(~equal & (self.running | self.loading))
        return m

    def _go_ahead(self, m: Module, *, at: Signal, following: Value, taken: Value, offer: Signal, fetching: Signal) -> None:
        """The bytes by a counter of their own, ``at``, which is ``length``'s equal where nothing is spread."""
        open_ = Signal(range(self._cores + 1), reset_less=True)  # steps under way
        fetched = Signal()  # the byte is there, and waits for one of them to end
        m.d.comb += self.ahead.eq(at)
        with m.If(following):
            m.d.sync += at.eq(at + 1)
        with m.If(taken & ~self.forward):
            m.d.sync += open_.eq(open_ + 1)
        with m.Elif(self.forward & ~taken):
            m.d.sync += open_.eq(open_ - 1)
        with m.If(self.back | ~self.spread | ~self.running):
            m.d.sync += open_.eq(0)
        with m.If(self.back):
            m.d.sync += at.eq(0)
        with m.If(self.cancel | taken):
            m.d.sync += [offer.eq(0), fetched.eq(0)]
        with m.Elif((fetching | fetched) & (open_ != self._cores)):
            m.d.sync += [offer.eq((at != self.total) & (self.running | self.loading)), fetched.eq(0)]
        with m.Elif(fetching):
            m.d.sync += fetched.eq(1)
