"""A memory tier: requests for table beats in, beats out."""

from collections.abc import Callable

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import BeatStream, SideBus, Tag, request_stream
from hdl.link.bus import LoadBus

__all__ = ["BankTier"]


class BankTier(wiring.Component):
    """The tier of on-chip table banks: a beat a clock.

    ::

        request (address, tag) --> bank --> beat (data, tag)
        side bus, load bus --------^

    Latency: one clock. Throughput: a beat a clock. ``stall`` refuses requests while it is high; the board ties it to 0, tests drive it.
    A request with ``tag.bytes`` waits until ``ending``; its tag leaves a clock later, as any other's, beside data that counts for nothing.
    ``side`` comes before requests; only the int4 beat after one with ``tag.bytes`` comes before it, as the flash's next byte follows. Words
    of the load bus with space TABLES are written; none may come while a request or an access of ``side`` does.
    """

    def __init__(self, *, beats: int, bank: Callable[..., wiring.Component]) -> None:
        self._beats = beats
        self._bank = bank
        super().__init__(
            {
                "request": In(request_stream((beats - 1).bit_length())),
                "beat": Out(BeatStream),
                "side": In(SideBus(address_bits=(beats - 1).bit_length())),
                "load": In(LoadBus()),
                "stall": In(1),
                "ending": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = self._bank(beats=self._beats)
        writing = self.load.strobe & (self.load.space == isa.Kind.TABLES)
        tag, side = self.request.payload.tag, self.side
        urgent, beside = Signal(), Signal()  # `urgent`: the beat that must follow one of bytes at once
        m.d.sync += urgent.eq(self.request.valid & self.request.ready & tag.bytes & tag.pair)
        m.d.comb += [
            beside.eq(side.valid & ~urgent),
            side.ready.eq(~urgent),
            side.beat.eq(bank.read_data),
            self.request.ready.eq(Mux(tag.bytes, self.ending, ~self.stall & ~beside)),
            bank.address.eq(Mux(beside, side.address, Mux(self.request.valid, self.request.payload.address, self.load.address[2:]))),
            bank.write.eq(writing | (beside & side.write)),
            bank.quarter.eq(Mux(side.valid, side.lane, self.load.address[:2])),
            bank.write_data.eq(Mux(side.valid, side.data, self.load.data)),
            self.beat.payload.data.eq(bank.read_data),
        ]
        kept = Signal(Tag, reset_less=True)
        m.d.comb += self.beat.payload.tag.eq(kept)
        m.d.sync += [self.beat.valid.eq(self.request.valid & self.request.ready), kept.eq(tag)]
        return m
