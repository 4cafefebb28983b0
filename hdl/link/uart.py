"""UART, 8 data bits, no parity, 1 stop bit: bytes to and from a line that idles high (docs/reference/blocks/uart.md)."""

from amaranth.hdl import C, Cat, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

ReceivedByte = data.StructLayout(
    {
        "data": 8,
        "error": 1,  # the stop bit was low
    }
)
"""A byte off the line."""


def _check(clocks: int) -> int:
    if not 4 <= clocks <= 65536:
        raise ValueError(f"clocks must be 4..65536, not {clocks!r}")
    return clocks


class UartReceiver(wiring.Component):
    """Line to bytes.

    A byte transfers for one clock in the middle of a stop bit, 9.5 bits and a clock after the falling edge, and can't be refused. Its
    payload stays until the next start bit. After a low stop bit the line must rise before the next start bit counts, so that a break is
    one byte with ``error``; so it must after reset. A low pulse shorter than half a bit is ignored.
    """

    rx: In(1, init=1)  # the line, synchronous to the clock
    o: Out(stream.Signature(ReceivedByte, always_ready=True))

    def __init__(self, *, clocks: int) -> None:
        self._clocks = _check(clocks)
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        timer = Signal(range(self._clocks), reset_less=True)
        bits = Signal(9, reset_less=True)  # start bit enters first; once it is at the bottom, all data bits are in
        high = Signal()  # the line was, since the last byte
        first = Signal(reset_less=True)  # the next bit is the start bit
        due = Signal()
        m.d.comb += due.eq(timer == 0)
        m.d.comb += self.o.payload.data.eq(bits[1:])
        m.d.sync += self.o.valid.eq(0)

        with m.FSM(name="receiver"):
            with m.State("IDLE"):
                m.d.sync += [timer.eq(self._clocks // 2 - 1), high.eq(high | self.rx)]
                with m.If(high & ~self.rx):
                    m.d.sync += [bits.eq(0x1FF), first.eq(1)]
                    m.next = "BITS"
            with m.State("BITS"):
                m.d.sync += [timer.eq(timer - 1), high.eq(0)]
                with m.If(due):
                    m.d.sync += [timer.eq(self._clocks - 1), first.eq(0)]
                    with m.If(~bits[0]):
                        m.d.sync += [self.o.valid.eq(1), self.o.payload.error.eq(~self.rx)]
                        m.next = "IDLE"
                    with m.Elif(first & self.rx):
                        m.next = "IDLE"
                    with m.Else():
                        m.d.sync += bits.eq(Cat(bits[1:], self.rx))
        return m


class UartTransmitter(wiring.Component):
    """Bytes to line.

    A byte takes 10 bits of ``clocks`` clocks; the start bit begins the clock after the transfer. ``i`` is ready while the line idles and
    in the last clock of a stop bit, so that bytes follow each other without a gap. After reset the line is high.
    """

    i: In(stream.Signature(unsigned(8)))
    tx: Out(1, init=1)  # the line

    def __init__(self, *, clocks: int) -> None:
        self._clocks = _check(clocks)
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        timer = Signal(range(self._clocks))
        bits = Signal(10, init=1)  # the lowest is on the line; the stop bit is the last 1
        m.d.comb += self.tx.eq(bits[0])
        with m.If(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(bits[1:].any()):
            m.d.sync += [bits.eq(bits[1:]), timer.eq(self._clocks - 1)]
        with m.Else():
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += [bits.eq(Cat(C(0, 1), self.i.payload, C(1, 1))), timer.eq(self._clocks - 1)]
        return m
