"""Program memory: words of instructions, read by index maker and row fetch."""

from types import SimpleNamespace

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import Instruction, ProgramReadPort
from hdl.link.bus import LoadBus


class ProgramMemory(wiring.Component):
    """32 instructions of 8 words, all 0 at power-up. Words of the load bus with space PROGRAM are written."""

    load: In(LoadBus())
    index: Out(ProgramReadPort)  # index maker
    rows: Out(ProgramReadPort)  # row fetch

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION
        m.submodules.words = words = Memory(shape=unsigned(isa.WORD_BITS), depth=depth, init=[])
        index = words.read_port()
        rows = words.read_port()
        wiring.connect(m, wiring.flipped(self.index), index)
        wiring.connect(m, wiring.flipped(self.rows), rows)
        write = words.write_port()
        m.d.comb += [
            write.addr.eq(self.load.address[: len(write.addr)]),
            write.data.eq(self.load.data),
            write.en.eq(self.load.writes(isa.Kind.PROGRAM)),
        ]
        return m


class RunRegisters(SimpleNamespace):
    """A register for each field of an instruction, by its name; one of 128 bits would slow the compiled simulation down."""

    def __init__(self) -> None:
        fields = [(name, field.shape) for name, field in Instruction if not name.startswith("_")]
        super().__init__(**{name: Signal(shape, name=f"run_{name}", reset_less=True) for name, shape in fields})

    def load(self, number: int, word: Value) -> list[Value]:
        """Statements that put program word ``number`` of the instruction into the registers."""
        statements, base = [], isa.WORD_BITS * number
        for name, register in vars(self).items():
            start = Instruction[name].offset - base  # of the field, in bits of the word
            low, high = max(start, 0), min(start + len(register), isa.WORD_BITS)
            if low < high:
                statements.append(register[low - start : high - start].eq(word[low:high]))
        return statements
