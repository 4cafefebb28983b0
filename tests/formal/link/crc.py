"""Claims of the serial CRC: what a bit does to it, and that its own bits come one after another."""

from collections.abc import Sequence
from functools import partial

from amaranth.hdl import Cat, Mux, ResetSignal
from amaranth.lib.crc import Algorithm, catalog

from hdl.link.crc import SerialCrc

from ..claims import Claims
from ..prove import Proof


def _crc(algorithm: Algorithm, polynomial: int, first: int, *, unused: Sequence[str] = ()) -> Claims:
    """``polynomial``: its lowest power as the highest bit; ``first``: the register before any bit, likewise."""
    c = Claims(SerialCrc(algorithm), unused=unused)
    b, register = c.block, c.signal("register")
    was, begins, passes = c.before(register), c.before(ResetSignal() | b.clear), b.shift & ~b.clear
    stepped = was[1:] ^ Mux(was[0] ^ c.before(b.bit), polynomial, 0)
    c.claim("from a reset or `clear` on no bit has been taken", register == first, when=begins, fault="register[0] inverted")
    c.claim("a bit of the data is divided by the polynomial", register == stepped, when=c.past(passes & ~b.given), fault="back is 0")
    turned = Cat(was[1:], was[0])
    c.claim("the CRC's own bits go round", register == turned, when=c.past(passes & b.given), fault="back is 1")
    c.claim("it stands while none passes", register == was, when=c.past(~b.shift & ~b.clear), fault="register[3] late")
    return c


PROOFS = (
    Proof(
        block="serial CRC, 32 bits", write=partial(_crc, catalog.CRC32_ISO_HDLC, 0xEDB88320, 0xFFFFFFFF, unused=["low"])
    ),  # as in the loader
    Proof(block="serial CRC, 16 bits", write=partial(_crc, catalog.CRC16_XMODEM, 0x8408, 0)),
)
