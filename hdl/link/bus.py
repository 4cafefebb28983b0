"""The faces between the core and the board side: load bus, read port, step request.

Reference pages: docs/reference/image.md (spaces), docs/reference/link.md (read spaces), docs/reference/blocks/loader.md.
"""

from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Out

__all__ = ["LoadBus", "ReadDataStream", "ReadRequest", "ReadRequestStream", "StepRequest", "StepStream", "SymbolStream"]


class LoadBus(wiring.Signature):
    """A write-only bus, Out at the loader: one 16-bit word is written in each clock with ``strobe``; it can't be refused.

    ``space``: firmware.isa.Kind 0..5. ``address``: the word's address in its space, 16-bit words. Strobes are at least 8 clocks apart.
    """

    def __init__(self) -> None:
        super().__init__({"space": Out(unsigned(3)), "address": Out(24), "data": Out(16), "strobe": Out(1)})


ReadRequest = data.StructLayout({"space": 2, "address": 16})
"""One word asked of the core: ``space`` (firmware.isa.ReadSpace), ``address`` in words of that space."""

StepRequest = data.StructLayout({"forced": 1, "symbol": 8})
"""One step asked of the core: with ``forced`` the step takes ``symbol``, else the symbol its sorter chooses."""

ReadRequestStream = stream.Signature(ReadRequest)
ReadDataStream = stream.Signature(unsigned(16))
StepStream = stream.Signature(StepRequest)
SymbolStream = stream.Signature(unsigned(8))
