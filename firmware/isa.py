"""Instruction set, memory spaces, constants of image and link: plain data, imported by compiler, simulators and gateware.

Reference pages: docs/reference/isa.md, image.md, link.md. Nothing of ours is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from itertools import accumulate
from typing import Any, Protocol

STORE_WORDS = 256  # words a bank
ACC_WORDS = 256  # words a lane
ZERO_WORD = 255  # of store and accumulators: always zero
ANCHOR_WORDS = 512  # of most cores
MAX_ANCHOR_WORDS = 4096
MAX_ROW_BEATS = 128
FLASH_ADDRESS_BITS = 24  # of a byte in a flash tier: 16 MB
SDRAM_ADDRESS_BITS = 25  # of a byte in an SDRAM tier: four banks of 8 MB, the bank in the two highest
SDRAM_BANKS = 4
CONTEXT = 32  # positions of an index cache: entries of a ring
SIDE_BEATS = 2 * CONTEXT  # of a side block: a ring of key indices, then position bits
SPIKES = 8  # the earliest of a step, kept for the host
QUERIES = 256  # query indices kept at a time
WORD_BITS = 16  # of program memory and load bus
WORDS_PER_INSTRUCTION = 8
MAX_INSTRUCTIONS = 32

IMAGE_MAGIC = b"PLYC"
IMAGE_VERSION = 2
OLD_IMAGE_HEAD = IMAGE_MAGIC + bytes([1, 2, 8, 0])  # of every memory image of version 1: only a core of Width() takes it
LINK_VERSION = 3
REQUEST_START = 0xA5  # first byte of a frame
REPLY_START = 0x5A
CORE_SHIFT = 4  # of a command byte: the core that is meant, above the command
ALL_CORES = 15  # in its place: all of them by turns
FRAME_OVERHEAD = 6  # bytes of a frame besides its payload: start, seq, code, len and the CRC
MAX_PAYLOAD = 255  # bytes
MAX_READ = 127  # words of one READ


class Kind(IntEnum):
    """Section kinds of an image; 0..5 are also the spaces of the load bus, and with an SDRAM 7."""

    TABLES = 0
    ANCHORS = 1
    PROGRAM = 2
    STORE = 3
    JITTER = 4
    CONFIG = 5
    SIGNATURE = 6
    SDRAM = 7
    META = 0x10
    REST = 0x11
    PAD = 0x12
    FLASH = 0x13
    END = 0xFF


OWN_SPACES = (Kind.STORE, Kind.JITTER, Kind.CONFIG)
"""Those that one of several cores can be given its own of: the number of the core, from 1, is in the section's address from bit OWN_SHIFT
on; 0 there means all."""
OWN_SHIFT = 13
MAX_CORES = 4


def own_address(address: int, core: int | None) -> int:
    """The address of a section in one of the OWN_SPACES, for all cores (None) or for one."""
    return address if core is None else address | core + 1 << OWN_SHIFT


class Mode(IntEnum):
    """What a run does with its indices (docs/reference/isa.md, "Attention")."""

    ROWS = 0
    ATTEND = 1
    QUERY = 4
    KEY = 5
    ANCHORS = 6


class LoadError(IntEnum):
    NONE = 0
    HEADER = 1
    HEADER_CRC = 2
    SECTION_CRC = 3
    SECTION = 4
    FLASH = 5
    SDRAM = 6


class Command(IntEnum):
    HELLO = 0
    LOAD_BEGIN = 1
    LOAD = 2
    FEED = 3
    STEP = 4
    READ = 5
    ABORT = 6
    SCRUB = 7


class Status(IntEnum):
    OK = 0
    BAD_FRAME = 1
    BAD_COMMAND = 2
    NOT_LOADED = 3
    BUSY = 4
    ABORTED = 5
    FAULT = 6


class Greeting(IntEnum):
    """Bytes of HELLO's reply; SIGNATURE is the lowest of the four that end it. The high nibbles of COMPARATORS and CAPTURE tell of an
    SDRAM: its banks, and when it is sampled. LANES has the binary logarithm of the number of cores from bit CORES_SHIFT on."""

    VERSION = 0
    COMPARATORS = 1
    LANES = 2
    STATE = 3
    ERROR = 4
    SECTION = 5
    CAPTURE = 6
    DROPPED = 7
    SIGNATURE = 8


GREETING_BYTES = Greeting.SIGNATURE + 4
CORES_SHIFT = 6


class State(IntFlag):
    """Bits of HELLO's state; LOAD is answered with LOADED, ERROR, or neither while it wants more."""

    LOADED = 1
    ERROR = 2
    READING = 4
    FLASH_READY = 8
    FLASH_SAME = 16
    SDRAM_READY = 32
    LEARNS = 64
    CHANGED = 128


class ReadSpace(IntEnum):
    """Of TABLES, which only a core that learns has, a READ reaches 2**16 words; the register PAGE says which."""

    STORE = 0
    COUNTERS = 1
    RESULTS = 2
    TABLES = 3


class Counter(IntEnum):
    """Index of a counter; its words are 2 * index (low) and 2 * index + 1 (high)."""

    CLOCKS = 0
    ROWS = 1
    BEATS = 2
    SATURATIONS = 3
    STEPS = 4
    FLASH = 5

    @property
    def bits(self) -> int:
        """Width; what is above it reads as 0."""
        return 16 if self in (Counter.SATURATIONS, Counter.STEPS) else 32


class LearnCounter(IntEnum):
    """The same of a core that learns, besides: entries written, and those of them that a limit held."""

    WRITES = 6
    HELD = 7

    @property
    def bits(self) -> int:
        """Width; what is above it reads as 0."""
        return 24


def counters(*, learns: bool) -> list[Counter | LearnCounter]:
    """Those of a core, by their index."""
    return [*Counter, *LearnCounter] if learns else [*Counter]


class Wide(Protocol):
    """What has a width: a board."""

    @property
    def lanes(self) -> int: ...
    @property
    def comparators(self) -> int: ...
    @property
    def far_banks(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Width:
    """How wide a core is, which its programs and images must be made for.

    ``lanes``: accumulator lanes, banks of the latency store and bytes of a beat: 8, 16 or 32. ``comparators``: P, pairs of latencies
    compared in a clock: 1, 2 or 4. With more, indices would still leave one a clock. ``far_banks``: banks of the far tier over which the
    tables of a run are spread: 4 in an SDRAM, else 1.
    """

    lanes: int = 8
    comparators: int = 2
    far_banks: int = 1

    @classmethod
    def of(cls, board: "Wide") -> "Width":
        """That of a board's core."""
        return cls(lanes=board.lanes, comparators=board.comparators, far_banks=board.far_banks)

    def __post_init__(self) -> None:
        for name, choices in (("lanes", (8, 16, 32)), ("comparators", (1, 2, 4)), ("far_banks", (1, SDRAM_BANKS))):
            if (value := getattr(self, name)) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {value!r}")

    def __str__(self) -> str:
        far = " and an SDRAM" if self.far_banks > 1 else ""
        return f"{self.lanes} lanes and {self.comparators} comparator{'s' if self.comparators > 1 else ''}{far}"

    @property
    def beat_bytes(self) -> int:
        return self.lanes

    @property
    def bank_bits(self) -> int:
        """Bits that name a bank of the latency store."""
        return (self.lanes - 1).bit_length()

    @property
    def address_bits(self) -> int:
        """Of a latency: word * lanes + bank."""
        return 8 + self.bank_bits

    @property
    def store_latencies(self) -> int:
        """Of the latency store, its zero word included."""
        return STORE_WORDS * self.lanes

    @property
    def latencies(self) -> int:
        """Room for neurons: the store without its zero word."""
        return ZERO_WORD * self.lanes

    @property
    def image_head(self) -> bytes:
        """The first eight bytes of every memory image of the present version for such a core (docs/reference/image.md)."""
        return IMAGE_MAGIC + bytes([IMAGE_VERSION, self.comparators, self.lanes, self.far_banks if self.far_banks > 1 else 0])

    @property
    def far_address_bits(self) -> int:
        """Of a beat in the far tier, in an SDRAM of one in its bank."""
        bits = FLASH_ADDRESS_BITS if self.far_banks == 1 else SDRAM_ADDRESS_BITS - (self.far_banks - 1).bit_length()
        return bits - self.bank_bits

    @property
    def far_bank_beats(self) -> int:
        """Beats from a bank of the far tier to the next, in the tier's own addresses."""
        return 1 << self.far_address_bits

    @property
    def side_words(self) -> int:
        """Words of 16 bits a beat: tables that share a side block."""
        return self.beat_bytes // 2

    @property
    def slots(self) -> int:
        """Of the latency store, neighbouring banks each: a slot reads one latency a clock."""
        return 2 * self.comparators

    @property
    def slot_banks(self) -> int:
        """Banks of a slot."""
        return self.lanes // self.slots

    @property
    def slot_bits(self) -> int:
        """Bits of a slot's field in an anchor word: bank within the slot, and word."""
        return self.address_bits - self.choice_bits

    @property
    def choice_bits(self) -> int:
        """Bits that name a slot."""
        return self.slots.bit_length() - 1

    @property
    def anchor_bits(self) -> int:
        """Bits of one anchor word: the slots, valid and two slots' names a comparator, and emit (0..P)."""
        return self.slots * self.slot_bits + self.comparators * (1 + 2 * self.choice_bits) + self.comparators.bit_length()

    @property
    def anchor_columns(self) -> int:
        """16-bit words that an image gives an anchor word: a power of two, 4 at least."""
        return max(4, 1 << (-(-self.anchor_bits // WORD_BITS) - 1).bit_length())

    @property
    def anchor_beats(self) -> int:
        """Beats that an anchor word takes in tier 0, from where anchors runs copy it."""
        return max(1, self.anchor_columns // self.side_words)

    def slot_of(self, address: int) -> int:
        """The slot that reads a latency."""
        return address % self.lanes // self.slot_banks


INSTRUCTION = {
    "sync": 1,
    "token": 1,
    "int4": 1,
    "first": 1,
    "last": 1,
    "residual": 1,
    "sort": 1,
    "end": 1,
    "shift": 3,
    "tier": 2,
    "mode": 3,
    "anchor_base": 12,
    "_word_1": 4,
    "anchor_len": 10,
    "_word_2": 6,
    "table_base": 24,
    "row_log2": 3,
    "_word_4": 5,
    "count": 10,
    "table_log2": 5,
    "learn": 1,
    "row_beats": 8,  # less one
    "side": 8,
    "base": 8,
    "n_out": 8,  # less one
}
"""Bits of an instruction's fields, from the lowest bit of its first word up; what they mean is in docs/reference/isa.md. Those with a
leading underscore stay 0. The gateware's layout is made of it (hdl/core/layouts.py)."""

_OFFSET = dict(zip(INSTRUCTION, accumulate(INSTRUCTION.values(), initial=0), strict=False))
_LESS_ONE = ("row_beats", "n_out")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One instruction: ``count`` equal tables added into one accumulator region.

    Fields are those of docs/reference/isa.md, in its units. A value that does not fit its field raises ``ValueError``.
    """

    table_base: int
    count: int
    table_log2: int
    row_log2: int
    row_beats: int
    base: int = 0
    anchor_base: int = 0
    anchor_len: int = 0
    n_out: int = 1
    shift: int = 0
    tier: int = 0
    mode: int = Mode.ROWS
    side: int = 0
    sync: bool = False
    token: bool = False
    int4: bool = False
    first: bool = False
    last: bool = False
    residual: bool = False
    sort: bool = False
    end: bool = False
    learn: bool = False

    def __post_init__(self) -> None:
        for name in _RUN_FIELDS:
            value, low = int(getattr(self, name)), int(name in _LESS_ONE)
            high = low + (1 << INSTRUCTION[name]) - 1
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low}..{high}, not {value}")

    def encode(self) -> list[int]:
        """The instruction's 8 program words."""
        bits = 0
        for name in _RUN_FIELDS:
            bits |= (int(getattr(self, name)) - (name in _LESS_ONE)) << _OFFSET[name]
        return [bits >> WORD_BITS * word & ((1 << WORD_BITS) - 1) for word in range(WORDS_PER_INSTRUCTION)]

    @classmethod
    def decode(cls, words: list[int]) -> "Run":
        """The inverse of :meth:`encode`; ``words`` are 8 program words."""
        if len(words) != WORDS_PER_INSTRUCTION:
            raise ValueError(f"an instruction must be {WORDS_PER_INSTRUCTION} words, not {len(words)}")
        bits = sum(word << WORD_BITS * number for number, word in enumerate(words))
        values: dict[str, Any] = {}
        for name, kind in _RUN_FIELDS.items():
            values[name] = kind((bits >> _OFFSET[name] & ((1 << INSTRUCTION[name]) - 1)) + (name in _LESS_ONE))
        return cls(**values)


_RUN_FIELDS = {field.name: bool if field.default is False else int for field in fields(Run)}


class Config(IntEnum):
    """Registers: words of the space CONFIG; the last three of a core that learns.

    MODE: k in bits 0..3, jitter on or off in bit 8. LEARN: on or off in bit 0, by the margin rule in bit 1, the step in the highest 7 bits.
    MARGIN: of outputs, unsigned. PAGE: of READ's TABLES.
    """

    SEED_LOW = 0
    SEED_HIGH = 1
    MODE = 2
    MASK = 3
    LEARN = 4
    MARGIN = 5
    PAGE = 6


SAMPLER_WORDS = 4
PAGE_WORDS = 1 << 16
K_BITS = 4
JITTER_BIT = 8
LEARN_STEP_BIT = 9
LEARN_STEP_BITS = 7


def sampler_registers(*, seed: int, k: int, jittered: bool, mask: int) -> list[int]:
    """The words of CONFIG in order."""
    words = {Config.SEED_LOW: seed & 0xFFFF, Config.SEED_HIGH: seed >> 16, Config.MODE: k | jittered << JITTER_BIT, Config.MASK: mask}
    return [words[Config(register)] for register in range(SAMPLER_WORDS)]


def read_sampler_registers(words: Sequence[int]) -> tuple[int, int, bool, int]:
    """seed, k, jittered and mask; ``ValueError`` where other bits are set."""
    mode = words[Config.MODE]
    k, jittered = mode & (1 << K_BITS) - 1, mode >> JITTER_BIT & 1
    if mode != k | jittered << JITTER_BIT:
        raise ValueError(f"MODE must have k and the jitter bit alone, not {mode:#06x}")
    return words[Config.SEED_LOW] | words[Config.SEED_HIGH] << 16, k, bool(jittered), words[Config.MASK]
