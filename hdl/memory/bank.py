"""Table banks: memory of beats, in the UP5K's SPRAM or in any memory that synthesis infers."""

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa

_CHIPS = 4
_SPRAM_DEPTH = 16384


class BankSignature(wiring.Signature):
    """Interface of a table bank, Out at the bank: reads a beat, or writes one 16-bit part of it."""

    def __init__(self, *, address_bits: int, width: isa.Width) -> None:
        super().__init__(
            {
                "address": In(address_bits),  # of the beat
                "read_data": Out(8 * width.beat_bytes),  # the beat addressed a clock ago; undefined after a write
                "write": In(1),
                "quarter": In(range(width.side_words)),  # which 16 bits ``write_data`` goes to
                "write_data": In(16),
            }
        )


class SpramBank(wiring.Component):
    """The four SB_SPRAM256KA of a UP5K side by side, 16,384 beats (Lattice FPGA-TN-02022, SPRAM usage guide). Contents are undefined at
    power-up; it can't be initialised."""

    def __init__(self, *, beats: int, width: isa.Width) -> None:
        if beats != _SPRAM_DEPTH:
            raise ValueError(f"beats must be {_SPRAM_DEPTH} on SPRAM, not {beats!r}")
        if width.side_words != _CHIPS:
            raise ValueError(f"lanes must be {2 * _CHIPS} on SPRAM, not {width.lanes}")
        super().__init__(BankSignature(address_bits=14, width=width))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        outputs = []
        for chip in range(_CHIPS):
            output = Signal(16, name=f"output_{chip}")
            m.submodules[f"spram_{chip}"] = Instance(
                "SB_SPRAM256KA",
                i_CLOCK=ClockSignal(),
                i_ADDRESS=self.address,
                i_DATAIN=self.write_data,
                i_MASKWREN=Const(0b1111, 4),
                i_WREN=self.write & (self.quarter == chip),
                i_CHIPSELECT=Const(1, 1),
                i_STANDBY=Const(0, 1),
                i_SLEEP=Const(0, 1),
                i_POWEROFF=Const(1, 1),
                o_DATAOUT=output,
            )
            outputs.append(output)
        m.d.comb += self.read_data.eq(Cat(outputs))
        return m


class GenericBank(wiring.Component):
    """The same interface on a memory that any family can infer. Contents are 0 at power-up."""

    def __init__(self, *, beats: int, width: isa.Width) -> None:
        self._beats, self._parts = beats, width.side_words
        super().__init__(BankSignature(address_bits=(beats - 1).bit_length(), width=width))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=16 * self._parts, depth=self._beats, init=[])
        read = memory.read_port()
        write = memory.write_port(granularity=16)
        m.d.comb += [read.addr.eq(self.address), read.en.eq(~self.write), self.read_data.eq(read.data), write.addr.eq(self.address)]
        m.d.comb += [
            write.data.eq(self.write_data.replicate(self._parts)),
            write.en.eq(Mux(self.write, Const(1, self._parts) << self.quarter, 0)),
        ]
        return m


class PartedBank(wiring.Component):
    """Memories of powers of two beats beside each other, the largest first, for a number of beats that is none.

    Synthesis would make one memory of such a depth out of rows of block RAMs, and choose among up to dozens of them at every bit.
    """

    def __init__(self, *, beats: int, width: isa.Width) -> None:
        self._beats, self._width = beats, width
        super().__init__(BankSignature(address_bits=(beats - 1).bit_length(), width=width))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        base = 0
        for bits in reversed(range(self._beats.bit_length())):
            if not self._beats >> bits & 1:
                continue
            m.submodules[f"part_{bits}"] = part = GenericBank(beats=1 << bits, width=self._width)
            here = Signal(name=f"here_{bits}")
            read = Signal(name=f"read_{bits}")
            m.d.comb += [
                here.eq(self.address[bits:] == base >> bits),
                part.address.eq(self.address[:bits]),
                part.write.eq(self.write & here),
                part.quarter.eq(self.quarter),
                part.write_data.eq(self.write_data),
            ]
            m.d.sync += read.eq(here)
            with m.If(read):
                m.d.comb += self.read_data.eq(part.read_data)
            base += 1 << bits
        return m


def block_ram_bank(*, beats: int, width: isa.Width) -> GenericBank | PartedBank:
    """A bank of any number of beats in block RAM."""
    return PartedBank(beats=beats, width=width) if beats & (beats - 1) else GenericBank(beats=beats, width=width)
