"""Payloads of the streams between the core's blocks."""

from amaranth.hdl import Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

__all__ = ["Beat", "BeatStream", "FlashBytes", "RowStream", "SideBus", "Tag", "WriteBackWord", "anchor_layout", "field", "request_stream"]

Tag = data.StructLayout(
    {
        "hold": 1,  # first of a pair of int4 beats: keep it, add nothing
        "pair": 1,  # int4: add this beat to the one held, 16 columns
        "alone": 1,  # int4 of a single table: the beat to hold counts as zero
        "bytes": 1,  # the beat has come byte by byte and is held already
        "start": 1,  # first beat of a row
        "first": 1,  # start from zero
        "last": 1,  # write back
        "final": 1,  # last beat of the run
        "residual": 1,
        "sort": 1,
        "end": 1,
        "shift": 2,
        "base": 8,
    }
)
"""What the accumulators do with a beat; it travels from the row fetch through the tier beside the request. Fields as in
docs/reference/isa.md."""

Beat = data.StructLayout({"data": 8 * isa.BEAT_BYTES, "tag": Tag})
BeatStream = stream.Signature(Beat, always_ready=True)

WriteBackWord = data.StructLayout(
    {
        "sums": data.ArrayLayout(signed(16), isa.LANES),
        "word": 8,  # of the latency store
        "store": 1,  # write it back, never high without ``valid``; otherwise only the flags below count
        "residual": 1,
        "shift": 2,
        "final": 1,
        "sort": 1,
        "end": 1,
    }
)
"""Eight sums on their way to the latency store."""


RowStream = stream.Signature(data.StructLayout({"address": isa.FLASH_ADDRESS_BITS, "more": 7}))
"""Rows asked of the flash: the first beat (absolute, 8 bytes each), and how many beats follow it."""


class FlashBytes(wiring.Signature):
    """Bytes of the rows asked, Out at the flash: ``data`` in clocks with ``strobe``; ``ending`` in the clock before a beat's last byte."""

    def __init__(self) -> None:
        super().__init__({"data": Out(8), "strobe": Out(1), "ending": Out(1)})


class SideBus(wiring.Signature):
    """Single accesses to the table tier beside its requests, Out at the one who asks.

    ``valid`` with ``ready``: the beat at ``address`` is read and stands in ``beat`` in the next clock; with ``write``, ``data`` is written
    to word ``lane`` of it instead.
    """

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "ready": In(1),
                "address": Out(address_bits),
                "write": Out(1),
                "lane": Out(2),
                "data": Out(16),
                "beat": In(8 * isa.BEAT_BYTES),
            }
        )


def request_stream(address_bits: int) -> stream.Signature:
    """Requests for one beat each: ``address`` in beats, and the tag that comes back with it. ``read``: the beat counts as read; one with
    ``tag.bytes`` is the next of the flash's, and its address counts for nothing."""
    return stream.Signature(data.StructLayout({"address": address_bits, "read": 1, "tag": Tag}))


def anchor_layout(comparators: int) -> data.StructLayout:
    """One anchor word (docs/reference/isa.md): what each slot reads, which slots each lane compares, how many indices leave."""
    name = isa.choice_bits(comparators)
    lane = data.StructLayout({"valid": 1, "a": name, "b": name})
    return data.StructLayout(
        {
            "slots": data.ArrayLayout(unsigned(isa.slot_bits(comparators)), 2 * comparators),
            "lanes": data.ArrayLayout(lane, comparators),
            "emit": unsigned(comparators.bit_length()),
        }
    )


def field(word: Value, name: str) -> Value:
    """The bits of an instruction's field in the program word that holds it (``firmware.isa.place``)."""
    _, low, width = isa.place(name)
    return word[low : low + width]
