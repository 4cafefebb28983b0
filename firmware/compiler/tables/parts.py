"""What a stage has in the memories: the tables of each family, side blocks, anchor words that are copied."""

from dataclasses import dataclass

from firmware import isa
from firmware.description import StageId, Work
from firmware.isa import Mode

from ..errors import CompileError
from ..stages.attention import block_families, side_blocks
from ..stages.stage import Family, Stage
from .placement import Item


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What has to be known of the store plan. ``output_words``, ``state_words``: words of a row of each region. ``anchor_words``: of each
    block, and of what is in none (None)."""

    output_words: int
    state_words: int
    anchor_words: dict[int | None, int]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What has to be placed of a stage, ``item``: the tables of its family number ``group``, or words in whole beats."""

    stage: Stage
    group: int
    row_beats: int
    item: Item

    @property
    def row_log2(self) -> int:
        return (self.row_beats - 1).bit_length()

    @property
    def family(self) -> Family:
        return self.stage.families[self.group]


def make_parts(stages: list[Stage], sizes: Sizes, copied: dict[int, int], width: isa.Width) -> list[Part]:
    """The parts of all stages in order, ``copied``: the anchor words that a block's anchors run copies at most."""
    parts: list[Part] = []
    for stage in stages:
        if stage.reads:
            words = sizes.output_words if stage.region == "output" else sizes.state_words
            row_beats = words // (1 if stage.bits == 8 else 2)
            if row_beats > isa.MAX_ROW_BEATS:
                raise CompileError(f"a row of {stage.id} takes {row_beats} beats, the core reads rows of at most {isa.MAX_ROW_BEATS}")
            parts += [_tables(stage, group, row_beats, width) for group in range(len(stage.families))]
        elif stage.mode == Mode.ANCHORS:
            assert stage.block is not None
            parts.append(_words(stage, str(stage.id), width, count=copied[stage.block] * width.anchor_beats, beats=1))
        elif stage.mode == Mode.QUERY and stage.sync:  # the first of a block
            count = sum(side_blocks(family, width) for family in block_families(stages, stage.block))
            parts.append(_words(stage, str(StageId(Work.SIDE, stage.block)), width, count=count, beats=isa.SIDE_BEATS))
    return parts


def _tables(stage: Stage, group: int, row_beats: int, width: isa.Width) -> Part:
    family = stage.families[group]
    row_log2 = (row_beats - 1).bit_length()
    rows = family.rows or 1 << family.n_c
    columns = family.tables.shape[2]
    grain = width.side_words if stage.mode == Mode.ATTEND else 1  # attention's tables are parted where a side block begins
    item = Item(
        name=str(stage.id) if len(stage.families) == 1 else f"{stage.id} (n_c = {family.n_c})",
        count=family.n_t,
        stride=1 << family.n_c + row_log2,
        used=((rows - 1) << row_log2) + row_beats,
        data_bytes=family.n_t * rows * -(-columns * stage.bits // 8),
        row_beats=row_beats,
        int4=stage.bits == 4,
        reads=family.reach,
        together=0 if stage.token else max(2, grain, width.comparators),
        grain=grain,
    )
    return Part(stage=stage, group=group, row_beats=row_beats, item=item)


def _words(stage: Stage, name: str, width: isa.Width, *, count: int, beats: int) -> Part:
    """``count`` times ``beats`` beats of words, in one piece."""
    used = beats - 1 if beats > 1 else beats  # nothing stands in the last beat of a side block
    item = Item(name=name, count=count, stride=beats, used=used, data_bytes=count * beats * width.beat_bytes, together=0, pinned=True)
    return Part(stage=stage, group=0, row_beats=1, item=item)
