"""The SDRAM controller's interfaces: the pins of the chip, words written or compared, and how it stands."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

SLOTS = 2  # of the SDRAM's clock in a clock of the core
SAMPLES = 4  # of the lines in a clock of the core
ROW_BITS = 13  # address lines

NOP, ACTIVATE, READ, WRITE, PRECHARGE, REFRESH, MODE = 0b111, 0b011, 0b101, 0b100, 0b010, 0b001, 0b000
"""Commands: RAS#, CAS#, WE#, the first in bit 2."""


def sdram_pins(bits: int) -> wiring.Signature:
    """The signals before the IO cells, Out at the FPGA's side, of a chip with ``bits`` DQ lines. CS# is 0, CKE 1 and DQM 0 always.

    A clock has two slots of the SDRAM's clock, of which slot 0 changes the pins at the edge after the next, and slot 1 half a clock later;
    the chip's clock rises in the middle of each.
    """
    return wiring.Signature(
        {
            "command": Out(3 * SLOTS, init=NOP | NOP << 3),  # of slot 0 in the low half, as all that follows
            "bank": Out(2 * SLOTS),
            "address": Out(ROW_BITS * SLOTS),
            "dq_o": Out(bits),  # in slot 0
            "dq_oe": Out(1),  # drives the lines in slot 0
            "dq_i": In(SAMPLES * bits),  # after an edge: sampled 6/4, 5/4, 4/4 and 3/4 of a clock before it
        }
    )


FarWord = wiring.Signature(
    {
        "strobe": Out(1),
        "compare": Out(1),  # with the word that stands there; else write it
        "address": Out(isa.SDRAM_ADDRESS_BITS - 1),  # in 16-bit words: bank, and word in it
        "data": Out(16),
    }
)
"""Words of an image for the SDRAM, Out at the loader; a strobe at least 24 clocks after another."""

SdramStatus = wiring.Signature(
    {
        "ready": Out(1),  # the start sequence has ended well
        "failed": Out(1),  # it has not: the pattern came back at no instant
        "capture": Out(2),  # when words are sampled: see hdl.sdram.align
    }
)
"""Out at the controller."""
