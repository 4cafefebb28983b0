"""Interfaces between the core's blocks: payloads of streams, ports of memories."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from firmware import isa

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
"""What the accumulators do with a beat. The tag travels from the row fetch through the tier, beside the request. Fields as in
docs/reference/isa.md."""


def beat_stream(width: isa.Width) -> stream.Signature:
    """Beats of a tier, with their tags."""
    return stream.Signature(data.StructLayout({"data": 8 * width.beat_bytes, "tag": Tag}), always_ready=True)


def request_stream(address_bits: int) -> stream.Signature:
    """Requests for one beat each."""
    return stream.Signature(
        data.StructLayout(
            {
                "address": address_bits,  # in beats; with ``tag.bytes`` the beat is the next of the flash's, and this counts for nothing
                "read": 1,  # the beat counts as read
                "tag": Tag,  # comes back with it
            }
        )
    )


def latencies_layout(width: isa.Width) -> data.ArrayLayout:
    """All lanes: a word of the latency store, or of the accumulators."""
    return data.ArrayLayout(signed(16), width.lanes)


def write_back_stream(width: isa.Width) -> stream.Signature:
    """Sums on their way to the latency store, a word at a time."""
    return stream.Signature(
        data.StructLayout(
            {
                "sums": latencies_layout(width),  # with a store of two clocks they come a clock later than the rest
                "word": 8,  # of the latency store
                "store": 1,  # write it back, never high without ``valid``; otherwise only the flags below count
                "residual": 1,
                "shift": 2,
                "final": 1,
                "sort": 1,
                "end": 1,
            }
        ),
        always_ready=True,
    )


def row_stream(width: isa.Width) -> stream.Signature:
    """Rows asked of the far tier."""
    spread = {"bank": (width.far_banks - 1).bit_length()} if width.far_banks > 1 else {}
    return stream.Signature(
        data.StructLayout(
            {
                "address": width.far_address_bits,  # of the first beat, absolute, in an SDRAM within the bank
                "more": 7,  # beats that follow it
                **spread,
            }
        )
    )


def far_words(size: int) -> wiring.Signature:
    """Bytes of the rows asked, ``size`` at once, Out at the far tier."""
    return wiring.Signature(
        {
            "data": Out(8 * size),  # the first of them lowest
            "strobe": Out(1),  # ``data`` are bytes
            "ending": Out(1),  # the next clock brings a beat's last ones
        }
    )


class SideBus(wiring.Signature):
    """Single accesses to the table tier beside its requests, Out at the requester: one in each clock with ``valid`` and ``ready``.

    ``words``: of a beat read the requester has the word ``lane`` alone, which stands as long.
    """

    def __init__(self, *, address_bits: int, width: isa.Width, words: bool = False) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "ready": In(1),
                "address": Out(address_bits),  # of the beat
                "write": Out(1),  # write ``data`` to word ``lane`` of it; else read it
                "lane": Out(range(width.side_words)),
                "data": Out(16),
                ("word" if words else "beat"): In(16 if words else 8 * width.beat_bytes),  # what was read, in the clock after
            }
        )


Instruction = data.StructLayout({**isa.INSTRUCTION, "mode": isa.Mode})
"""``firmware.isa.INSTRUCTION`` as a layout."""
ProgramReadPort = ReadPort.Signature(
    addr_width=(isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION - 1).bit_length(), shape=unsigned(isa.WORD_BITS)
)


def store_read_port(width: isa.Width) -> ReadPort.Signature:
    """Reads a word of all banks of the latency store."""
    return ReadPort.Signature(addr_width=8, shape=latencies_layout(width))


def store_write_port(width: isa.Width) -> WritePort.Signature:
    """Writes a word of the enabled banks of the latency store."""
    return WritePort.Signature(addr_width=8, shape=latencies_layout(width), granularity=1)


def address_layout(width: isa.Width) -> data.StructLayout:
    """Address of a latency in the store."""
    return data.StructLayout({"bank": width.bank_bits, "word": 8})


Outputs = data.StructLayout(
    {
        "base": 8,  # first word of the latency store
        "last": 8,  # neuron
    }
)
"""Where a run with ``sort`` leaves its latencies."""


def output_read_stream(width: isa.Width) -> stream.Signature:
    """Latencies asked of the store for the sorter, in neuron order."""
    return stream.Signature(
        data.StructLayout(
            {
                "address": address_layout(width),
                "last": 1,  # of the step
            }
        )
    )


LatencyStream = stream.Signature(
    data.StructLayout(
        {
            "latency": signed(16),
            "last": 1,  # of the step
        }
    )
)
"""Latencies on their way into the sorter, in neuron order."""


def slot_layout(width: isa.Width) -> data.StructLayout:
    """What a slot of the latency store reads."""
    return data.StructLayout({"bank": width.slot_bits - 8, "word": 8})  # ``bank``: within the slot


def operands_layout(width: isa.Width) -> data.ArrayLayout:
    """Latencies compared in a clock: comparator p takes 2 p and 2 p + 1."""
    return data.ArrayLayout(signed(16), 2 * width.comparators)


def pairs_layout(width: isa.Width) -> data.StructLayout:
    """What the comparators ask of the latency store in a clock."""
    return data.StructLayout(
        {
            "slot": data.ArrayLayout(slot_layout(width), width.slots),
            "choice": data.ArrayLayout(unsigned(width.choice_bits), width.slots),  # of each operand: the slot it takes
        }
    )


def anchor_layout(width: isa.Width) -> data.StructLayout:
    """One anchor word (docs/reference/isa.md): what each slot reads, which slots each comparator takes, how many indices leave."""
    lane = data.StructLayout({"valid": 1, "a": width.choice_bits, "b": width.choice_bits})
    return data.StructLayout(
        {
            "slots": data.ArrayLayout(slot_layout(width), width.slots),
            "lanes": data.ArrayLayout(lane, width.comparators),
            "emit": unsigned(width.comparators.bit_length()),
        }
    )
