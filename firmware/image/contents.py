"""What every section of an image holds, in words: for a scrub that stops at a number, and for readers of an image."""

from dataclasses import dataclass
from textwrap import shorten

from .. import isa
from ..description import Origin, StageId, Work
from .image import read_image
from .sections import unpack

PLAIN = {
    isa.Kind.META: "names and placement",
    isa.Kind.PROGRAM: "the program",
    isa.Kind.ANCHORS: "anchor words",
    isa.Kind.STORE: "initial latencies",
    isa.Kind.JITTER: "the jitter table",
    isa.Kind.CONFIG: "the sampler's registers",
    isa.Kind.SIGNATURE: "the image's signature",
    isa.Kind.REST: "end of what is loaded",
    isa.Kind.PAD: "filler",
    isa.Kind.END: "end of the image",
}


@dataclass(frozen=True, kw_only=True)
class Content:
    """Section ``number`` (from 0) of an image: bytes ``start`` .. ``end - 1`` of it.

    ``stage``: hidden.L, output, embed, blocks.B.feed or blocks.B.part.P, with ``tables`` the network's numbers of the tables, where it
    holds some; blocks.B.side or blocks.B.anchors where it holds side blocks or anchor words.
    """

    number: int
    kind: isa.Kind
    start: int
    end: int
    stage: StageId | None = None
    tables: tuple[int, ...] = ()

    def __str__(self) -> str:
        what = PLAIN.get(self.kind, "the zero beat")
        if self.stage is not None and not self.tables:
            what = str(self.stage)
        elif self.stage is not None:
            what = f"{self.stage}, table{'s' if len(self.tables) > 1 else ''} {shorten(_ranges(self.tables), 200, placeholder=' ...')}"
        return f"section {self.number} ({self.kind.name}, bytes {self.start}..{self.end - 1} of the image): {what}"


def contents(image: bytes) -> list[Content]:
    """Every section of the image of a program, END included."""
    program = read_image(image)
    origins: dict[tuple[int, int], Origin] = {}
    for run, origin in zip(program.runs, program.meta.placement.runs, strict=True):
        if run.mode == isa.Mode.QUERY:
            origins[0, isa.SIDE_BEATS * run.side] = Origin(stage=StageId(Work.SIDE, origin.stage.number))
        elif run.mode != isa.Mode.KEY:
            origins[run.tier, run.table_base] = origin
    found = []
    at = 0
    for number, section in enumerate(unpack(image)[1]):
        at = section.at + section.size
        source: Origin | None = None
        bank, banks = 0, 1
        if section.kind in (isa.Kind.TABLES, isa.Kind.FLASH, isa.Kind.SDRAM):
            beat = section.address // program.width.side_words
            if section.kind != isa.Kind.TABLES:
                bank, beat = divmod(beat, program.width.far_bank_beats)
                banks = program.width.far_banks
            source = origins.get((int(section.kind != isa.Kind.TABLES), beat))
        found.append(
            Content(
                number=number,
                kind=section.kind,
                start=section.at,
                end=at,
                stage=None if source is None else source.stage,
                tables=() if source is None else source.tables[bank::banks],
            )
        )
    return [*found, Content(number=len(found), kind=isa.Kind.END, start=at, end=len(image))]


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers in order, neighbours joined: 0..3, 7."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(f"{low}" if low == high else f"{low}..{high}" for low, high in spans)
