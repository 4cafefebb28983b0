"""Memories whose reads can be watched from outside: what a page lights in its memory maps."""

from amaranth.hdl import Module, Signal

from hdl.flash.controller import FlashController
from sim.machines.stall import StallingTier

READ, ADDRESS = "core.tables.watched_read", "core.tables.watched_address"
ROW_READ, ROW_ADDRESS = "flash.watched_read", "flash.watched_address"


class WatchedTier(StallingTier):
    """Beside the tier two registers that nothing in it reads: whether a beat was read at the last edge, and its address."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        request = self.request
        read, address = Signal(name="watched_read"), Signal.like(request.payload.address, name="watched_address")
        mine = request.payload.read & ~request.payload.tag.bytes  # not a beat that comes from the flash
        m.d.sync += [read.eq(request.valid & request.ready & mine), address.eq(request.payload.address)]
        return m


class WatchedFlash(FlashController):
    """The same beside the flash's controller: whether a row was taken at the last edge, and its address."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        read, address = Signal(name="watched_read"), Signal.like(self.row.payload.address, name="watched_address")
        m.d.sync += [read.eq(self.row.valid & self.row.ready), address.eq(self.row.payload.address)]
        return m
