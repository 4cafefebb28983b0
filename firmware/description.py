"""What a program says of itself: names, units, and where everything of the network lies. Written to META by firmware.image.meta."""

from dataclasses import dataclass, field
from enum import Enum


class Work(Enum):
    """What a stage does; the value is its name in META."""

    OUTPUT = "output"
    EMBED = "embed"
    HIDDEN = "hidden"
    FEED = "feed"
    QUERY = "query"
    KEY = "key"
    PART = "part"
    ANCHORS = "anchors"
    SIDE = "side"

    @property
    def in_block(self) -> bool:
        """Whether it belongs to a block of a transformer."""
        return self not in (Work.OUTPUT, Work.EMBED, Work.HIDDEN)


@dataclass(frozen=True)
class StageId:
    """A stage of a network: ``number`` is the hidden layer's or the block's, ``part`` that of a block's part."""

    work: Work
    number: int | None = None
    part: int | None = None

    @property
    def block(self) -> int | None:
        """The block it belongs to, None outside transformers' blocks."""
        return self.number if self.work.in_block else None

    def __str__(self) -> str:
        """output, embed, hidden.L, blocks.B.feed, blocks.B.part.P and so on."""
        before = ["blocks", self.number] if self.work.in_block else []
        after = [self.part] if self.work is Work.PART else [self.number] if self.work is Work.HIDDEN else []
        return ".".join(map(str, [*before, self.work.value, *after]))

    @classmethod
    def parse(cls, text: str) -> "StageId":
        """The inverse of ``str``; ``ValueError`` for any other text."""
        head, *rest = text.split(".")
        if head == "blocks" and len(rest) in (2, 3):
            found = cls(Work(rest[1]), int(rest[0]), *map(int, rest[2:]))
        else:
            found = cls(Work(head), *map(int, rest[:1]))
        if str(found) != text:
            raise ValueError(f"{text!r} is no stage")
        return found


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a run comes from: tables of group ``group`` of a stage, in the core's order by the network's numbers.

    ``pairs``: of each table, the network's number of every bit of the core's index, the highest first; none of a token's table.
    """

    stage: StageId
    group: int = 0
    tables: tuple[int, ...] = ()
    pairs: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Placement:
    """``neurons``: the store addresses of each. ``state_words``: of the store, that a write-back of the state fills. ``output``: address
    of the first output; ``output_range``: the least and the greatest output latency. ``constants``: of the reference neurons. ``runs``:
    the origin of each run."""

    neurons: tuple[tuple[int, ...], ...] = ()
    state_words: int = 0
    output: int = 0
    output_range: tuple[int, int] = (0, 0)
    constants: tuple[int, ...] = ()
    runs: tuple[Origin, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Fields as in docs/reference/image.md, META. ``symbols``: the byte of each symbol, -1 the unknown one; None without."""

    name: str = ""
    kind: str = "deep"
    n: int = 1
    n_in: int = 1
    n_out: int = 1
    frac: int = 0
    out_frac: int = 0
    symbols: tuple[int, ...] | None = None
    placement: Placement = field(default_factory=Placement)

    @property
    def n_written(self) -> int:
        """Neurons that layers write, the first of the ``n``: of a signal network those of its state."""
        return self.n - self.n_in - len(self.placement.constants) if self.kind == "signal" else self.n
