"""A CRC, a bit a clock, that also tells its own bits one after another: to compare those that come, or to send them."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.crc import Algorithm
from amaranth.lib.wiring import In, Out


class SerialCrc(wiring.Component):
    """The CRC ``algorithm`` over bits, in the order it takes them: of each byte the lowest first if it reflects, else the highest.

    First the bits of the data pass, one in each clock with ``shift``; then, with ``given``, those of the CRC itself, as its bytes stand
    in a frame, the lowest byte first. After reset no bit has been taken.

    ``amaranth.lib.crc`` makes the same CRC, but its processor takes 16 to 27 LUTs more in each of the three places (iCE40).
    """

    bit: In(1)  # of the data
    shift: In(1)  # this clock takes `bit`, or goes on to the CRC's next bit
    given: In(1)  # the CRC itself passes
    clear: In(1)  # no bit has been taken; wins over `shift`
    expected: Out(1)  # the CRC's bit that is due
    low: Out(8)  # the eight that are due next, as a byte

    def __init__(self, algorithm: Algorithm) -> None:
        if algorithm.reflect_input != algorithm.reflect_output:
            raise ValueError(f"algorithm must reflect input and output alike, not {algorithm!r}")
        self._algorithm = algorithm
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        algorithm = self._algorithm
        width, reflect = algorithm.crc_width, algorithm.reflect_input
        # the bit that leaves stands at the bottom: a register that reflects nothing lies upside down
        parts = (algorithm.initial_crc, algorithm.polynomial, algorithm.xor_output)
        initial, polynomial, inverted = (int(f"{value:0{width}b}"[::-1], 2) for value in parts)
        if reflect:  # the polynomial is written upside down all the same
            initial, inverted = algorithm.initial_crc, algorithm.xor_output
        register = Signal(width, init=initial)
        back = Signal()
        m.d.comb += back.eq((register[0] ^ self.bit) & ~self.given)
        shifted = Cat(register[1:], register[0] & self.given)
        with m.If(self.clear):
            m.d.sync += register.eq(initial)
        with m.Elif(self.shift):
            m.d.sync += register.eq(shifted ^ (back.replicate(width) & Const(polynomial, width)))

        value = register ^ Const(inverted, width)
        due = value[:8] if reflect else value[width - 8 :]  # with the highest bit at the bottom, the lowest byte is at the top
        m.d.comb += [self.low.eq(due if reflect else due[::-1]), self.expected.eq(due[0])]
        return m
