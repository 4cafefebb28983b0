"""A table tier whose reads can be watched from outside: what a page lights in its memory map."""

from amaranth.hdl import Module, Signal

from sim.machines.stall import StallingTier

READ, ADDRESS = "core.tables.watched_read", "core.tables.watched_address"


class WatchedTier(StallingTier):
    """Beside the tier two registers that nothing in it reads: whether a beat was read at the last edge, and its address."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        request = self.request
        read, address = Signal(name="watched_read"), Signal.like(request.payload.address, name="watched_address")
        m.d.sync += [read.eq(request.valid & request.ready & request.payload.read), address.eq(request.payload.address)]
        return m
