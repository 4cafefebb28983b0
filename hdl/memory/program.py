"""Program memory: words of instructions, read by index maker and row fetch."""

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import ProgramReadPort
from hdl.link.bus import LoadBus

__all__ = ["ProgramMemory"]


class ProgramMemory(wiring.Component):
    """32 instructions of 8 words, all 0 at power-up. Words of the load bus with space PROGRAM are written."""

    def __init__(self) -> None:
        super().__init__(
            {
                "load": In(LoadBus()),
                "index": Out(ProgramReadPort),  # index maker
                "rows": Out(ProgramReadPort),  # row fetch
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION
        m.submodules.words = words = Memory(shape=unsigned(isa.WORD_BITS), depth=depth, init=[])
        wiring.connect(m, wiring.flipped(self.index), words.read_port())
        wiring.connect(m, wiring.flipped(self.rows), words.read_port())
        write = words.write_port()
        m.d.comb += [
            write.addr.eq(self.load.address[: len(write.addr)]),
            write.data.eq(self.load.data),
            write.en.eq(self.load.writes(isa.Kind.PROGRAM)),
        ]
        return m
