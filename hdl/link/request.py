"""Whether a request may be executed, and the arguments in its payload (docs/reference/link.md, docs/reference/blocks/link.md)."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import ReadRequest
from .frame import Command, request_layout


class RequestCheck(wiring.Component):
    """Judges a request by command, length and seq, a clock after it came. After reset no seq is known.

    ``flash``: whether there is one to scrub. ``cores``: of several, the command may name one, or all, where it is for cores.
    """

    def __init__(self, *, flash: bool, cores: int = 1) -> None:
        self._flash, self._cores = flash, cores
        super().__init__(
            {
                "request": In(request_layout(cores)),
                "booting": In(1),  # the flash is read: no LOAD, no SCRUB
                "accept": In(1),  # the request is executed: its seq counts from the next clock on
                "fits": Out(1),  # the command exists, may come now, names cores that there are, and has a payload of the right length
                "again": Out(1),  # the request has the seq of the one accepted last
                "known": Out(1),  # there is such a seq: the request accepted last was not HELLO
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request = self.request
        seq = Signal(8, reset_less=True)  # accepted last
        m.d.sync += self.again.eq(self.known & (seq == request.seq))
        with m.If(self.accept):
            m.d.sync += [seq.eq(request.seq), self.known.eq(request.command != Command.HELLO)]

        with m.Switch(request.command):
            with m.Case(Command.HELLO, Command.ABORT):
                m.d.sync += self.fits.eq(request.length == 0)
            with m.Case(Command.LOAD_BEGIN, Command.FEED):
                m.d.sync += self.fits.eq(1)
            with m.Case(Command.LOAD):
                m.d.sync += self.fits.eq(~self.booting)
            with m.Case(Command.STEP):
                m.d.sync += self.fits.eq(request.length == 1)
            with m.Case(Command.READ):
                m.d.sync += self.fits.eq(request.length == 4)
            with m.Case(Command.SCRUB):
                m.d.sync += self.fits.eq((request.length == 0) & ~self.booting if self._flash else 0)
            with m.Default():
                m.d.sync += self.fits.eq(0)
        if self._cores > 1:
            runs = (request.command == Command.FEED) | (request.command == Command.STEP)
            one = Mux(runs | (request.command == Command.READ), request.core < self._cores, request.core == 0)
            with m.If(~one & ~(runs & (request.core == isa.ALL_CORES))):
                m.d.sync += self.fits.eq(0)
        return m


class ArgumentReader(wiring.Component):
    """Takes the arguments of STEP (count) and READ (space, address low and high, count), a byte a clock.

    What it says of them changes in the clock after ``begin``, ``take`` and ``advance``; after reset it is undefined.

    ``cores``: with more than one, it keeps which the command named. ``learns``: there are tables to read.
    """

    def __init__(self, *, width: isa.Width, cores: int = 1, learns: bool = False) -> None:
        self._address_bits, self._cores, self._learns = width.address_bits, cores, learns
        named = {
            "core": Out(range(cores)),
            "spread": Out(1),  # all cores by turns
        }
        super().__init__(
            {
                "request": In(request_layout(cores)),
                "begin": In(1),  # it is executed: `total` is its length
                "take": In(1),  # `byte` is an argument of STEP or READ
                "at": In(3),  # its number, from 1
                "byte": In(8),
                "last": Out(1),  # it is the last one
                "advance": In(1),  # on to the next address
                "forced": Out(1),  # FEED
                "reading": Out(1),  # READ
                "total": Out(8),  # payload bytes to load or to feed, steps to run, bytes to read
                "valid": Out(1),  # there is something to run or to read, and READ asks for words that there are
                "word": Out(ReadRequest),  # the next one
                **(named if cores > 1 else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request, byte = self.request, self.byte
        forced = Signal(reset_less=True)
        reading = Signal(reset_less=True)
        total = Signal(8, reset_less=True)
        valid = Signal(reset_less=True)
        word = Signal(ReadRequest, reset_less=True)
        address = word.address if self._learns else word.address[: self._address_bits]
        spaces = len(isa.ReadSpace) - (not self._learns)
        m.d.comb += [self.forced.eq(forced), self.reading.eq(reading), self.total.eq(total), self.valid.eq(valid), self.word.eq(word)]
        m.d.comb += self.last.eq(self.at == Mux(reading, 4, 1))
        with m.If(self.begin):
            m.d.sync += [forced.eq(request.command == Command.FEED), reading.eq(request.command == Command.READ)]
            m.d.sync += [total.eq(request.length), valid.eq(request.length.any())]
        if self._cores > 1:
            with m.If(self.begin):
                m.d.sync += [self.core.eq(request.core), self.spread.eq(request.core == isa.ALL_CORES)]
        with m.If(self.take):
            m.d.sync += total.eq(Mux(reading, byte << 1, byte))
            with m.Switch(self.at):
                with m.Case(1):
                    m.d.sync += [word.space.eq(byte[: len(word.space)]), valid.eq(Mux(reading, byte < spaces, byte.any()))]
                with m.Case(2):
                    m.d.sync += address[:8].eq(byte)
                with m.Case(3):
                    beyond = byte[self._address_bits - 8 :].any()
                    if self._learns:
                        beyond &= word.space != isa.ReadSpace.TABLES
                    m.d.sync += [address[8:].eq(byte), valid.eq(valid & ~beyond)]
                with m.Case(4):
                    m.d.sync += valid.eq(valid & byte.any() & ~byte[7])
        with m.If(self.advance):
            m.d.sync += address.eq(address + 1)
        return m
