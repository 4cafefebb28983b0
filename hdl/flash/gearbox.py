"""Between flash pins and bytes, all in registers of the domain ``flash`` (docs/reference/blocks/flash.md)."""

from amaranth.hdl import Cat, DomainRenamer, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.flash.bus import FlashPins

StepWave = wiring.Signature(
    {
        "cs_n": Out(1, init=1),
        "sck": Out(2),  # a pulse in the first slot (bit 0), and in the second
        "oe": Out(1),  # the lines are driven
        "o": Out(8),  # on the lines, the high nibble first
    }
)
"""What the pins do in a step, Out at its source."""


class Gearbox(wiring.Component):
    """Between a controller that works in *steps* (a byte on four lines, high nibble first) and pins that work in *slots* (an SCK period).

    ::

        wave --> one slot at a time --> pins
        data <-- two nibbles <-- delay <-- one of two edges <-- pins

    A step is two slots. ``nibbles`` = 1: a slot is a clock of ``sync``, a step two, and ``step`` is high in the second of them.
    ``nibbles`` = 2: a slot is a clock of the domain ``flash``, twice as fast and rising with ``sync``, and ``step`` is always high.

    SCK is low in the first half of a slot, and high in the second if ``sck`` has the slot's bit. ``cs_n`` rises a slot late, and ``oe``
    falls a slot late: so SCK rests low for a slot before CS# rises. After reset CS# is high and the lines are not driven.

    ``capture`` = 0..3: a nibble is sampled (``capture`` + 1) / 2 slots after the beginning of the slot in which it would be on the lines
    without any delay. The byte of a step is in ``data`` four steps after it, whatever ``capture`` is.
    """

    step: Out(1)  # this clock ends one: inputs may change after it
    wave: In(StepWave)
    setting: In(2)  # `capture`: when the lines are sampled
    ask: In(1)  # a byte is wanted of the next step
    arrives: Out(1)  # it is there in the next clock, and then held
    data: Out(8)
    coming: Out(4)  # bytes on their way: bit k, of the wave k steps ago
    pins: Out(FlashPins)  # in the domain `flash` with 2 nibbles a clock

    def __init__(self, *, nibbles: int) -> None:
        if nibbles not in (1, 2):
            raise ValueError(f"nibbles must be 1 or 2, not {nibbles!r}")
        self._nibbles = nibbles
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first = Signal()  # of the two slots
        if self._nibbles == 1:
            second = Signal(reset_less=True)
            m.d.sync += second.eq(~second)
            m.d.comb += [first.eq(~second), self.step.eq(second)]
        else:
            turn = Signal(reset_less=True)  # with the core's clock
            seen = Signal(reset_less=True)  # by the faster one
            m.d.sync += turn.eq(~turn)
            m.d.flash += seen.eq(turn)
            m.d.comb += [first.eq(turn ^ seen), self.step.eq(1)]

        wave, pins = self.wave, self.pins
        cs_n = Signal(init=1, reset_less=True)
        sck = Signal(reset_less=True)
        oe = Signal(reset_less=True)
        o = Signal(4, reset_less=True)
        m.d.flash += [
            cs_n.eq(wave.cs_n & (~first | cs_n)),
            oe.eq(wave.oe | (first & oe)),
            sck.eq(Mux(first, wave.sck[0], wave.sck[1])),
            o.eq(Mux(first, wave.o[4:], wave.o[:4])),
        ]
        m.d.comb += [pins.cs_n.eq(cs_n), pins.sck.eq(Cat(0, sck)), pins.io_oe.eq(oe), pins.io_o.eq(o)]

        rising, falling = pins.io_i[:4], pins.io_i[4:]
        waited = Signal(4, reset_less=True)  # falling edge, a slot ago
        chosen = Signal(4, reset_less=True)
        second_last = Signal(4, reset_less=True)
        third_last = Signal(4, reset_less=True)
        m.d.flash += [
            waited.eq(falling),
            chosen.eq(Mux(self.setting[0], rising, waited)),
            second_last.eq(chosen),
            third_last.eq(second_last),
        ]
        data = Signal(8, reset_less=True)
        m.d.comb += self.arrives.eq(self.coming[3] & self.step)
        with m.If(self.step):
            m.d.sync += self.coming.eq(Cat(self.ask, self.coming))
        with m.If(self.arrives):
            m.d.sync += data.eq(Mux(self.setting[1], Cat(chosen, second_last), Cat(second_last, third_last)))
        m.d.comb += self.data.eq(data)
        return m if self._nibbles == 2 else DomainRenamer({"flash": "sync"})(m)
