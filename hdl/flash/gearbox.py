"""Gearbox: two slots of the flash's clock for every byte, and the capture of what the chip answers.

Reference page: docs/reference/blocks/flash.md. All registers of the domain ``flash`` stand here.
"""

from amaranth.hdl import Cat, DomainRenamer, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Gearbox"]


class Gearbox(wiring.Component):
    """Between a controller that thinks in *steps* (a byte on four lines, high nibble first) and pins that think in *slots* (an SCK period).

    ::

        cs_n, sck, oe, o --> one slot at a time --> pin_*
        data <-- two nibbles <-- delay <-- one of two edges <-- pin_i

    A step is two slots. ``nibbles`` = 1: a slot is a clock of ``sync``, a step two, and ``step`` is high in the second of them.
    ``nibbles`` = 2: a slot is a clock of the domain ``flash``, twice as fast and rising with ``sync``, and ``step`` is always high. The
    inputs may change only after a clock with ``step``.

    Pins: as :class:`amaranth.lib.io.DDRBuffer` and ``FFBuffer`` take them. SCK is low in the first half of a slot, and high in the second
    if ``sck`` has the slot's bit (bit 0: the first slot). ``cs_n`` rises a slot late, and ``oe`` falls a slot late: so SCK rests low for a
    slot before CS# rises.

    ``capture`` = 0..3: a nibble is sampled (``capture`` + 1) / 2 slots after the beginning of the slot in which it would stand on the lines
    without any delay. The byte of a step is in ``data`` four steps after it, for every ``capture``; it is taken at the end of a step with
    ``take`` and then held.
    """

    def __init__(self, *, nibbles: int) -> None:
        if nibbles not in (1, 2):
            raise ValueError(f"nibbles must be 1 or 2, not {nibbles!r}")
        self._nibbles = nibbles
        super().__init__(
            {
                "step": Out(1),
                "cs_n": In(1, init=1),
                "sck": In(2),
                "oe": In(1),
                "o": In(8),
                "capture": In(2),
                "take": In(1),
                "data": Out(8),
                "pin_cs_n": Out(1, init=1),
                "pin_sck": Out(2),
                "pin_oe": Out(1),
                "pin_o": Out(4),
                "pin_i": In(8),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first = Signal()  # of the two slots
        if self._nibbles == 1:
            second = Signal(reset_less=True)
            m.d.sync += second.eq(~second)
            m.d.comb += [first.eq(~second), self.step.eq(second)]
        else:
            turn, seen = Signal(reset_less=True), Signal(reset_less=True)  # turns with the core's clock; seen by the faster one
            m.d.sync += turn.eq(~turn)
            m.d.flash += seen.eq(turn)
            m.d.comb += [first.eq(turn ^ seen), self.step.eq(1)]

        cs_n, sck, oe, o = Signal(init=1, reset_less=True), Signal(reset_less=True), Signal(reset_less=True), Signal(4, reset_less=True)
        m.d.flash += [
            cs_n.eq(self.cs_n & (~first | cs_n)),
            oe.eq(self.oe | (first & oe)),
            sck.eq(Mux(first, self.sck[0], self.sck[1])),
            o.eq(Mux(first, self.o[4:], self.o[:4])),
        ]
        m.d.comb += [self.pin_cs_n.eq(cs_n), self.pin_sck.eq(Cat(0, sck)), self.pin_oe.eq(oe), self.pin_o.eq(o)]

        rising, falling = self.pin_i[:4], self.pin_i[4:]
        waited, chosen, second_last, third_last = (Signal(4, reset_less=True) for _ in range(4))
        m.d.flash += [
            waited.eq(falling),
            chosen.eq(Mux(self.capture[0], rising, waited)),
            second_last.eq(chosen),
            third_last.eq(second_last),
        ]
        data = Signal(8, reset_less=True)
        with m.If(self.take & self.step):
            m.d.sync += data.eq(Mux(self.capture[1], Cat(chosen, second_last), Cat(second_last, third_last)))
        m.d.comb += self.data.eq(data)
        return m if self._nibbles == 2 else DomainRenamer({"flash": "sync"})(m)
