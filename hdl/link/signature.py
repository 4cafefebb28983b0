"""Which image is loaded, by its section SIGNATURE (docs/reference/image.md, docs/reference/blocks/loader.md)."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import LoadBus


class ImageSignature(wiring.Component):
    """The signature of the program, anchor words and tables that are in the memories; 0 where an image without one wrote any of them.

    ``sdram``: tables may be in an SDRAM too.

    While a signature passes, ``value`` turns bit by bit; what was there after its 32 bits stands a clock later.
    """

    load: In(LoadBus())  # a word of program, anchors or tables takes the signature away
    begin: In(1)  # one clock, before the bits: a section SIGNATURE comes
    take: In(1)  # `bit` passes, the lowest first
    bit: In(1)
    checking: In(1)  # the bits are compared, not kept
    flashed: In(1)  # they come from the flash
    doubt: In(1)  # what was read of the flash so far tells nothing of it
    value: Out(32)
    same: Out(1)  # the flash, when it was last read, held the image of this signature

    def __init__(self, *, sdram: bool = False) -> None:
        self._sdram = sdram
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        value, same = self.value, self.same
        replaced = Signal()
        tables = self.load.space <= isa.Kind.PROGRAM
        if self._sdram:
            tables |= self.load.space == isa.Kind.SDRAM
        m.d.comb += replaced.eq(self.load.strobe & tables)
        with m.If(self.take):
            m.d.sync += value.eq(value[1:])
            m.d.sync += value[-1].eq(Mux(self.checking, value[0], self.bit))
        with m.If(replaced):
            m.d.sync += value.eq(0)

        with m.If(self.begin):
            m.d.sync += same.eq(self.checking | self.flashed)
        with m.If(self.take & self.checking & (self.bit != value[0])):
            m.d.sync += same.eq(0)
        with m.If(replaced | self.doubt):
            m.d.sync += same.eq(0)
        return m
