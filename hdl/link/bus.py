"""The faces between the core and the board side: load bus, read port, step request.

Reference pages: docs/reference/image.md (spaces), docs/reference/link.md (read spaces), docs/reference/blocks/loader.md.
"""

from typing import Any

from amaranth.hdl import Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Out

from firmware import isa


class LoadBus(wiring.Signature):
    """A write-only bus, Out at the loader; a word can't be refused. Strobes are at least 8 clocks apart."""

    def __init__(self) -> None:
        super().__init__(
            {
                "space": Out(3),  # firmware.isa.Kind 0..5, or 7; stands from a clock before the strobe
                "address": Out(24),  # of the word in its space, 16-bit words
                "data": Out(isa.WORD_BITS),
                "strobe": Out(1),  # the word is written in this clock
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> "_LoadBusInterface":
        return _LoadBusInterface(self, path=path, src_loc_at=1 + src_loc_at)


class _LoadBusInterface(wiring.PureInterface):
    space: Value
    strobe: Value

    def writes(self, space: isa.Kind) -> Value:
        """A word of ``space`` is written in this clock."""
        return self.strobe & (self.space == space)


ReadRequest = data.StructLayout(
    {
        "space": 2,  # firmware.isa.ReadSpace
        "address": 16,  # in words of that space
    }
)
"""One word asked of the core."""

StepRequest = data.StructLayout(
    {
        "forced": 1,  # the step takes ``symbol``, else the one its sorter chooses
        "symbol": 8,
    }
)
"""One step asked of the core."""

ReadRequestStream = stream.Signature(ReadRequest)
ReadDataStream = stream.Signature(unsigned(16))
StepStream = stream.Signature(StepRequest)
SymbolStream = stream.Signature(unsigned(8))
