"""The flash controller's interfaces: the pins of the chip, and the state of reading it (docs/reference/blocks/flash.md)."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

FlashPins = wiring.Signature(
    {
        "cs_n": Out(1, init=1),  # leaves at the next edge
        "sck": Out(2),  # in the first half of the clock after it (bit 0), and in the second
        "io_o": Out(4),  # the four lines, at the next edge
        "io_oe": Out(1),  # drives them
        "io_i": In(8),  # sampled at an edge (low 4 bits) and half a clock later, both seen after the edge that follows
    }
)
"""The signals before the IO cells, Out at the FPGA's side, as ``amaranth.lib.io``'s FFBuffer and DDRBuffer take them on iCE40."""

FlashStatus = wiring.Signature(
    {
        "active": Out(1),  # an image is wanted
        "ready": Out(1),  # `capture` is found, and rows are served
        "capture": Out(2),  # when answers are sampled: see hdl.flash.gearbox
    }
)
"""Out at the controller."""
