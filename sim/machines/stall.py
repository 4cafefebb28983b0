"""A table tier that refuses requests when it is told to: what a slow memory would do to the core."""

from typing import Any

from amaranth.hdl import Module, Signal

from hdl.memory.tier import BankTier


class StallingTier(BankTier):
    """Refuses requests while ``stall`` is high, a signal of one bit that whoever makes the tier drives; but for those with ``tag.bytes``.

    Not for programs with int4 rows in flash, whose zeros must come in time.
    """

    def __init__(self, *, stall: Signal, **options: Any) -> None:
        super().__init__(**options)
        self._stall = stall

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        with m.If(self._stall & ~self.request.payload.tag.bytes):
            m.d.comb += self.request.ready.eq(0)
        return m
