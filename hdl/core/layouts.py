"""Interfaces between the core's blocks: payloads of streams, ports of memories."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from firmware import isa

BEAT_BITS = 8 * isa.BEAT_BYTES

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

Beat = data.StructLayout({"data": BEAT_BITS, "tag": Tag})
BeatStream = stream.Signature(Beat, always_ready=True)


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


Latencies = data.ArrayLayout(signed(16), isa.LANES)
"""Eight lanes: a word of the latency store, or of the accumulators."""

WriteBackWord = data.StructLayout(
    {
        "sums": Latencies,
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

RowStream = stream.Signature(
    data.StructLayout(
        {
            "address": isa.FLASH_ADDRESS_BITS,  # of the first beat, absolute
            "more": 7,  # beats that follow it
        }
    )
)
"""Rows asked of the flash."""


FlashBytes = wiring.Signature(
    {
        "data": Out(8),
        "strobe": Out(1),  # ``data`` is a byte
        "ending": Out(1),  # the next clock brings a beat's last byte
    }
)
"""Bytes of the rows asked, Out at the flash."""


class SideBus(wiring.Signature):
    """Single accesses to the table tier beside its requests, Out at the requester: one in each clock with ``valid`` and ``ready``."""

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "ready": In(1),
                "address": Out(address_bits),  # of the beat
                "write": Out(1),  # write ``data`` to word ``lane`` of it; else read it
                "lane": Out(2),
                "data": Out(16),
                "beat": In(BEAT_BITS),  # what was read, in the clock after
            }
        )


Instruction = data.StructLayout({**isa.INSTRUCTION, "mode": isa.Mode})
"""``firmware.isa.INSTRUCTION`` as a layout."""
ProgramReadPort = ReadPort.Signature(
    addr_width=(isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION - 1).bit_length(), shape=unsigned(isa.WORD_BITS)
)
StoreReadPort = ReadPort.Signature(addr_width=8, shape=Latencies)
"""Reads a word of all banks of the latency store."""
StoreWritePort = WritePort.Signature(addr_width=8, shape=Latencies, granularity=1)
"""Writes a word of the enabled banks of the latency store."""

Address = data.StructLayout({"bank": isa.ADDRESS_BITS - 8, "word": 8})
"""Of a latency in the store."""

Outputs = data.StructLayout(
    {
        "base": 8,  # first word of the latency store
        "last": 8,  # neuron
    }
)
"""Where a run with ``sort`` leaves its latencies."""

OutputReadStream = stream.Signature(
    data.StructLayout(
        {
            "address": Address,
            "last": 1,  # of the step
        }
    )
)
"""Latencies asked of the store for the sorter, in neuron order."""

LatencyStream = stream.Signature(
    data.StructLayout(
        {
            "latency": signed(16),
            "last": 1,  # of the step
        }
    )
)
"""Latencies on their way into the sorter, in neuron order."""


def slot_layout(comparators: int) -> data.StructLayout:
    """What a slot of the latency store reads."""
    return data.StructLayout({"bank": isa.slot_bits(comparators) - 8, "word": 8})  # ``bank``: within the slot


def operands_layout(comparators: int) -> data.ArrayLayout:
    """Latencies compared in a clock: comparator p takes 2 p and 2 p + 1."""
    return data.ArrayLayout(signed(16), 2 * comparators)


def pairs_layout(comparators: int) -> data.StructLayout:
    """What the comparators ask of the latency store in a clock."""
    slots = 2 * comparators
    return data.StructLayout(
        {
            "slot": data.ArrayLayout(slot_layout(comparators), slots),
            "choice": data.ArrayLayout(unsigned(isa.choice_bits(comparators)), slots),  # of each operand: the slot it takes
        }
    )


def anchor_layout(comparators: int) -> data.StructLayout:
    """One anchor word (docs/reference/isa.md): what each slot reads, which slots each lane compares, how many indices leave."""
    name = isa.choice_bits(comparators)
    lane = data.StructLayout({"valid": 1, "a": name, "b": name})
    return data.StructLayout(
        {
            "slots": data.ArrayLayout(slot_layout(comparators), 2 * comparators),
            "lanes": data.ArrayLayout(lane, comparators),
            "emit": unsigned(comparators.bit_length()),
        }
    )
