"""A memory tier: requests for table beats in, beats out."""

from collections.abc import Callable

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import SideBus, beat_stream, request_stream
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus
from hdl.memory.later import later


class BankTier(wiring.Component):
    """The tier of on-chip table banks: a beat a clock.

    ::

        request (address, tag) --> bank --> beat (data, tag)
        side, load, spare ---------^

    Delay: ``params.table_clocks``, where more than one of ``side`` too, which is ready in the last of them and then has its next turn.
    Throughput of requests: a beat a clock. ``side`` has priority over them, except over the int4 beat after one with ``tag.bytes``, because
    the flash's next byte follows. The tag of a request with ``tag.bytes`` leaves as late as any other, beside data that are not used. Words
    of the load bus with space TABLES are written; none may come in the clock of a request or of an access of ``side``.

    With ``params.far_bytes`` there may be requests with ``tag.bytes``; ``bank``: makes the memory. With ``params.learns`` there is
    ``spare``, of the same delay as ``side``, which gets the clocks that neither requests nor ``side`` want: nothing waits for it.
    """

    def __init__(self, *, params: CoreParams, bank: Callable[..., wiring.Component]) -> None:
        self._params, self._bank = params, bank
        width, address_bits = params.width, (params.table_beats - 1).bit_length()
        spare = {
            "spare": In(SideBus(address_bits=address_bits, width=width, words=True)),
            "accessed": Out(1),  # an access of ``spare`` begins in this clock, which no reset stops any more
        }
        super().__init__(
            {
                "request": In(request_stream(address_bits)),
                "beat": Out(beat_stream(width)),
                "side": In(SideBus(address_bits=address_bits, width=width)),
                "load": In(LoadBus()),
                # a beat of bytes ends in the next clock: the request that waits for it is taken
                **({"ending": In(1)} if params.far_bytes else {}),
                **(spare if params.learns else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        params = self._params
        m.submodules.bank = bank = self._bank(beats=params.table_beats, width=params.width)
        tag, side = self.request.payload.tag, self.side
        taken = Signal()
        urgent = Signal()  # the beat that must follow one of bytes at once
        beside = Signal()
        loading = Signal(reset_less=True)  # a clock ago the load bus was about tables; images are loaded while the core is in reset
        m.d.sync += [urgent.eq(taken & tag.bytes & tag.pair), loading.eq(self.load.space == isa.Kind.TABLES)]
        wait = (params.table_clocks - 1) // 2  # before the memory, and behind it
        m.d.comb += taken.eq(self.request.valid & self.request.ready)
        if wait:
            under_way = Signal(params.table_clocks - 1)
            m.d.sync += under_way.eq(Cat(beside, under_way))
            m.d.comb += [beside.eq(side.valid & ~urgent & (under_way == 0)), side.ready.eq(under_way[-1])]
        else:
            m.d.comb += [beside.eq(side.valid & ~urgent), side.ready.eq(~urgent)]
        read = later(m, bank.read_data, wait, name="read")
        m.d.comb += [side.beat.eq(read), self.request.ready.eq(Mux(tag.bytes, self.ending, ~beside) if params.far_bytes else ~beside)]
        beat, quarter, data = self.load.address[len(side.lane) :], self.load.address[: len(side.lane)], self.load.data
        write = (self.load.strobe & loading) | (beside & side.write)
        if params.learns:
            spare = self.spare
            self._spare(m, read)
            beat, quarter, data = (
                Mux(spare.valid, of_spare, of_load)
                for of_spare, of_load in ((spare.address, beat), (spare.lane, quarter), (spare.data, data))
            )
            write |= self.accessed & spare.write
        address = Mux(beside, side.address, Mux(self.request.valid, self.request.payload.address, beat))
        quarter = Mux(side.valid, side.lane, quarter)
        m.d.comb += [
            bank.address.eq(later(m, address, wait, name="address")),
            bank.write.eq(later(m, write, wait, name="write")),
            bank.quarter.eq(later(m, quarter, wait, name="quarter")),
            bank.write_data.eq(later(m, Mux(side.valid, side.data, data), wait, name="write_data")),
            self.beat.payload.data.eq(read),
        ]
        m.d.sync += self.beat.valid.eq(later(m, taken, params.table_clocks - 1, name="came", reset_less=False))
        m.d.comb += self.beat.payload.tag.eq(later(m, tag, params.table_clocks, name="kept"))
        return m

    def _spare(self, m: Module, read: Value) -> None:
        """When ``spare`` has its turn, and which word it gets of the beat ``read``."""
        spare, clocks = self.spare, self._params.table_clocks
        free = Signal()
        m.d.comb += [free.eq(~self.request.valid & ~self.side.valid), spare.word.eq(read.word_select(spare.lane, 16))]
        if clocks > 1:
            passing = Signal(clocks - 1)
            m.d.sync += passing.eq(Cat(self.accessed, passing))
            m.d.comb += [self.accessed.eq(spare.valid & free & (passing == 0)), spare.ready.eq(passing[-1])]
        else:
            m.d.comb += [self.accessed.eq(spare.valid & free), spare.ready.eq(free)]
