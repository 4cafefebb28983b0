"""Boot reader: wakes a serial NOR flash, sees that it answers, and streams bytes from a fixed offset.

Reference page: docs/reference/blocks/flash.md. Single bit, SPI mode 0, commands of the W25Q128JV: ABh, 9Fh, 03h.
"""

from amaranth.hdl import Cat, Const, Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["FlashReader"]

_ID_BYTES = 3


class FlashReader(wiring.Component):
    """Runs once, from reset: what is at flash address ``offset`` and after comes out of ``o``.

    Four transactions, each after a pause of 2^``pause_bits`` clocks with CS# high: FFh (leaves a continuous read that an earlier
    configuration began: 8 clocks with all lines high), ABh (wakes the chip; the pause must last its 3 us), 9Fh and three bytes of id, 03h
    and the address, then data until ``stop``. An id of all zeros or all ones means that nothing answers: ``fail`` for one clock, and the
    end.

    One bit takes 2 clocks (SCK is half the clock), a byte 17; SCK rests low while ``o`` waits. CIPO is sampled when SCK falls, a whole SCK
    period after the chip was told to change it. ``active`` from reset to ``stop`` or ``fail``; ``stop`` may come at any time. ``enabled``:
    False never begins, for simulations that need no flash.
    """

    def __init__(self, *, offset: int, pause_bits: int = 8, enabled: bool = True) -> None:
        if not 0 <= offset < 1 << 24:
            raise ValueError(f"offset must be 0..{(1 << 24) - 1}, not {offset!r}")
        if not 1 <= pause_bits <= 24:
            raise ValueError(f"pause_bits must be 1..24, not {pause_bits!r}")
        self._offset, self._pause_bits = offset, pause_bits
        super().__init__(
            {
                "cs_n": Out(1, init=1),
                "clk": Out(1),
                "copi": Out(1, init=1),
                "cipo": In(1),
                "stop": In(1),
                "fail": Out(1),
                "active": Out(1, init=int(enabled)),
                "o": Out(stream.Signature(unsigned(8))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # what is sent, byte after byte; a pause comes before the bytes in `begins`
        script = [0xFF, 0xAB, 0x9F, *[0] * _ID_BYTES, 0x03, *self._offset.to_bytes(3, "big")]
        begins = (0, 1, 2, 3 + _ID_BYTES)
        last_id = 2 + _ID_BYTES
        columns = [Const(sum((byte >> bit & 1) << at for at, byte in enumerate(script)), 16) for bit in range(8)]
        ends = Const(sum(1 << at - 1 for at in begins[1:]), 16)

        position = Signal(range(16))  # in the script; its length and more: data
        bits = Signal(8, reset_less=True)  # out at the top, in at the bottom
        count = Signal(range(8))
        pause = Signal(self._pause_bits + 1)
        low, high = Signal(reset_less=True), Signal(reset_less=True)  # the id has a 0, a 1
        m.d.comb += [self.copi.eq(bits[7]), self.o.payload.eq(bits)]

        m.d.sync += self.active.eq(self.active & ~self.stop & ~self.fail)
        with m.If(~self.active):
            m.d.sync += [self.cs_n.eq(1), self.clk.eq(0)]
        with m.Else(), m.FSM(name="flash"):
            with m.State("PAUSE"):
                m.d.sync += [pause.eq(pause + 1), self.cs_n.eq(1)]
                with m.If(pause[-1]):
                    m.d.sync += pause.eq(0)
                    m.next = "BYTE"
            with m.State("BYTE"):
                m.d.sync += [bits.eq(Cat(column.bit_select(position, 1) for column in columns)), self.cs_n.eq(0)]
                m.next = "LOW"
            with m.State("LOW"):
                m.d.sync += self.clk.eq(1)
                m.next = "HIGH"
            with m.State("HIGH"):
                m.d.sync += [self.clk.eq(0), bits.eq(Cat(self.cipo, bits)), count.eq(count + 1)]
                m.d.sync += [low.eq(low | ~self.cipo), high.eq(high | self.cipo)]
                m.next = "LOW"
                with m.If(count == 7):
                    m.next = "NEXT"
            with m.State("NEXT"):
                with m.If(position == len(script)):
                    m.d.comb += self.o.valid.eq(1)
                    with m.If(self.o.ready):
                        m.next = "LOW"
                with m.Else():
                    m.d.sync += position.eq(position + 1)
                    m.next = "BYTE"
                    with m.If(ends.bit_select(position, 1)):
                        m.next = "PAUSE"
                with m.If(position == begins[2]):
                    m.d.sync += [low.eq(0), high.eq(0)]
                m.d.comb += self.fail.eq((position == last_id) & ~(low & high))
        return m
