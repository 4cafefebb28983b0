"""What a core is generated for: one validated parameter object, shared by every block."""

from dataclasses import dataclass, field

from firmware import isa


@dataclass(frozen=True, kw_only=True)
class CoreParams:
    """Sizes of a core.

    ``width``: its lanes and comparators. ``table_beats``: beats of the table tier, a power of two, or a multiple of those of the longest
    row. ``anchor_words``: words of the anchor memory, a power of two. ``store_clocks``: in which the latency store reads a word, 1, or 2
    with a register behind the memory. ``table_clocks``: in which the table tier reads a beat, 1, or 3 with registers before and behind
    the memory. ``index_depth``: indices that may wait for their rows, a power of two, at least 16. ``far_bytes``: that a far tier
    delivers at once: 0 without one, 1 of a flash, 4 or 8 of an SDRAM. ``learns``: its output tables can learn.
    """

    width: isa.Width = field(default_factory=isa.Width)
    table_beats: int = 16384
    anchor_words: int = isa.ANCHOR_WORDS
    store_clocks: int = 1
    table_clocks: int = 1
    index_depth: int = 256
    far_bytes: int = 0
    learns: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("table_beats", 16, 1 << 22), ("anchor_words", 16, isa.MAX_ANCHOR_WORDS), ("index_depth", 16, 1024)):
            value = getattr(self, name)
            unit = isa.MAX_ROW_BEATS if name == "table_beats" else 0  # the last beat is a row of zeros, of any length
            if not low <= value <= high or (value & (value - 1) and not (unit and value % unit == 0)):
                other = f" or a multiple of {unit}" if unit else ""
                raise ValueError(f"{name} must be a power of two{other} from {low} to {high}, not {value!r}")
        if self.far_bytes not in ((0, 1) if self.width.far_banks == 1 else (4, 8)):
            raise ValueError(f"far_bytes must be 0 or 1, and with an SDRAM 4 or 8, not {self.far_bytes!r}")
        if self.far_bytes > self.width.beat_bytes // 2:
            raise ValueError(f"far_bytes must be at most half a beat of {self.width.beat_bytes} bytes, not {self.far_bytes!r}")
        for name, both in (("store_clocks", (1, 2)), ("table_clocks", (1, 3))):
            if (value := getattr(self, name)) not in both:
                raise ValueError(f"{name} must be {both[0]} or {both[1]}, not {value!r}")

    @property
    def address_bits(self) -> int:
        """Bits of a beat's address, in the tier that needs more."""
        bits = (self.table_beats - 1).bit_length()
        return max(bits, self.width.far_address_bits) if self.far_bytes else bits

    @property
    def anchor_width(self) -> int:
        """Bits of an anchor word in memory: whole 16-bit words."""
        return -(-self.width.anchor_bits // 16) * 16
