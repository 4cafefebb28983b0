"""Step by step: what a flash is told, how many steps there are, what the pins do in each. Sections are those of the W25Q128JV's data sheet.

Reference page: docs/reference/blocks/flash.md.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from boards import FlashPart
from firmware import isa
from hdl.flash.gearbox import StepWave


class Command(enum.IntEnum, shape=3):  # type: ignore[call-arg]
    """The start sequence's bytes on one line, in order."""

    END_READ = 0  # ends a continuous read
    END_READ_AGAIN = 1  # of a chip found in the middle of something
    WAKE = 2  # 8.2.22
    VOLATILE = 3  # the next write is lost without power (8.2.2)
    WRITE_STATUS = 4  # the one with QE (8.2.5); the byte to write follows in the same transaction
    QUAD_ENABLE = 5  # that byte
    IDENTIFY = 6  # as of a W25Q128JV manufacturer and device on four lines (8.2.25); from here on address, mode and data follow
    READ = 7  # the reading begins (8.2.11)


_READ = 0xEB
_MODE_CONTINUES = 0xA0  # after an address: the next transaction begins with an address; with FFh, with a command
ADDRESS_STEPS = 6  # 3 address, 1 mode, 2 dummies


def commands(part: FlashPart) -> bytes:
    """The byte of each :class:`Command` to ``part``."""
    return bytes([*part.start, part.probe, _READ])


Phase = data.StructLayout(
    {
        "idle": 1,  # CS# is high
        "command": 1,  # eight steps: a bit each, on one line
        "address": 1,  # three bytes, mode, dummies
        "data": 1,
    }
)
"""Of a transaction: one of them is 1."""


class StepCounter(wiring.Component):
    """Counts the steps of a phase, and in groups of eight those of a row's data and of a pause. After reset the first step begins.

    ``pause``: groups of eight steps, less one, for which CS# is high before a command. ``width``: of the core; a beat takes a step a byte.
    """

    step: In(1)  # this clock ends one
    phase: In(Phase)
    starting: In(1)  # the start sequence runs: CS# is high for a pause, else for a step
    reading: In(1)  # the data are without end
    row: In(1)  # they are a row's, else eight bytes
    more: In(7)  # beats of the row after the first
    steps: Out(3)  # number of the step in its phase, modulo 8
    addressed: Out(1)  # it is the address's last
    last: Out(1)  # it is the last of data, or of a pause

    def __init__(self, *, pause: int, width: isa.Width) -> None:
        self._pause, self._beat_bits = pause, width.bank_bits
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        phase = self.phase
        eights = Cat(*[Const(1)] * (self._beat_bits - 3), self.more)  # of a row, less one
        more = Signal(len(eights), reset_less=True)  # how many eights after this one
        none = Signal()  # more == 0; a clock late, which no one can see: `more` has changed steps before the last of eight
        pause = Signal()  # its length is loaded
        load = Signal()  # that of data is
        m.d.comb += [
            self.addressed.eq(self.steps[2] & self.steps[0]),
            self.last.eq(none & self.steps.all()),
            pause.eq(phase.command | (phase.idle & ~self.starting) | (phase.data & self.last)),
            load.eq(phase.address & ~self.steps[2]),
        ]
        m.d.sync += none.eq(more == 0)
        with m.If(self.step):
            m.d.sync += self.steps.eq(self.steps + 1)
            with m.If((phase.idle & ~self.starting) | (phase.address & self.addressed) | (phase.data & self.reading)):
                m.d.sync += self.steps.eq(0)
            with m.If(self.steps.all() | pause | load):
                m.d.sync += more.eq(Mux(pause, self._pause, Mux(load, eights, more - 1)))
            with m.If(phase.address & ~self.row):
                m.d.sync += more.eq(0)
        return m


class WaveMaker(wiring.Component):
    """Turns the phase of a transaction into the wave of the step after it: ``wave`` changes with the clock that ends a step.

    ``parts``: those that may be there; with several the port ``part`` says which one is told. ``offset``: the address that READ is sent
    with, and IDENTIFY of a part without an answer of its own. ``width``: of the core. After reset CS# is high and SCK low.
    """

    def __init__(self, *, offset: int, parts: Sequence[FlashPart], width: isa.Width) -> None:
        self._offset, self._parts, self._beat_bits = offset, parts, width.bank_bits
        super().__init__(
            {
                "step": In(1),  # this clock ends one
                "phase": In(Phase),
                "steps": In(3),  # number of the step in its phase, modulo 8
                "command": In(Command),  # the one to send; in the other phases the one after it
                "row": In(width.far_address_bits),  # the beat whose address is sent
                "rows": In(1),  # what is addressed is a row
                "issue": In(1),  # a byte is asked for
                "wave": Out(StepWave),
                **({"part": In(range(len(parts)))} if len(parts) > 1 else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        phase, steps = self.phase, self.steps
        identifies = self.command[0]  # in the address phase: what was sent is IDENTIFY, not READ
        sent = b"".join(map(commands, self._parts))
        script = Const(sum((code >> 7 - at & 1) << 8 * index + at for index, code in enumerate(sent) for at in range(8)), 8 * len(sent))
        part = [self.part] if len(self._parts) > 1 else []
        bit = Signal()
        mode = Signal()  # it is the mode's step
        serving = Signal(3)  # a byte of a row's address, the highest first
        fixed = Signal(8)  # all that depends on no row
        m.d.comb += [
            bit.eq(script.bit_select(Cat(steps, self.command, *part), 1)),
            mode.eq(phase.address & (steps == 3)),
            fixed.eq((~phase.address | (mode & identifies)).replicate(8) | (mode.replicate(8) & _MODE_CONTINUES)),
        ]
        with m.If(phase.command):
            m.d.comb += [fixed[0].eq(bit), fixed[4].eq(bit)]
        located = ~identifies  # it is sent with the image's address
        for number, one in enumerate(self._parts):
            if not one.answer:
                located |= self.part == number if part else 1
        for at in range(3):
            m.d.comb += serving[at].eq(phase.address & self.rows & (steps == at))
            with m.If(phase.address & ~self.rows & located & (steps == at)):
                m.d.comb += fixed.eq(self._offset >> 16 - 8 * at & 0xFF)

        # sums of products, because a multiplexer takes more cells
        address = Cat(Const(0, self._beat_bits), self.row)
        parts = [(address[bit] & serving[2]) | (address[8 + bit] & serving[1]) | (address[16 + bit] & serving[0]) for bit in range(8)]
        o = Signal(8, reset_less=True)
        m.d.comb += self.wave.o.eq(o)
        with m.If(self.step):
            m.d.sync += [
                self.wave.cs_n.eq(phase.idle),
                self.wave.oe.eq(phase.command | (phase.address & ~steps[2])),
                self.wave.sck.eq(Cat(~phase.idle, phase.address | self.issue)),
                o.eq(fixed | Cat(parts)),
            ]
            with m.If(phase.data & ~self.issue):
                m.d.sync += self.wave.sck.eq(0)
        return m
