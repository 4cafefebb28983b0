"""The runs that make the indices of a transformer's block, and its side blocks."""

import numpy as np

from firmware import isa
from firmware.description import Origin
from firmware.isa import Mode
from firmware.program import Placed

from ..errors import CompileError
from ..stages.attention import side_blocks
from ..stages.stage import Family, Stage
from ..store.layout import Layout
from ..store.schedule import Schedule
from ..store.words import span_words
from ..tables.placement import Piece
from .draft import Draft

ZERO_ROW = 2  # beats of the row of zeros that such a run ends with
NO_STRIDE = 31
SIDES = 256  # side blocks that a run can name

Plans = dict[Family, tuple[Schedule, ...]]
"""The schedules of each family, one a source."""


def sides_of(families: list[Family], piece: Piece, width: isa.Width) -> dict[Family, int]:
    """The first side block of each part of a transformer's block, whose side blocks lie at ``piece``."""
    at = np.cumsum([piece.base // isa.SIDE_BEATS, *(side_blocks(family, width) for family in families)]).tolist()
    if at[-1] > SIDES:
        raise CompileError(f"the index cache would reach to side block {at[-1] - 1}, the core's limit is {SIDES - 1} (the first 128 KiB)")
    return dict(zip(families, at, strict=False))


def words_of_sides(families: list[Family], plans: Plans, piece: Piece, width: isa.Width) -> Placed:
    """The side blocks of a block's ``families``, as they are loaded; the last beat of the last one is left out."""
    words = np.concatenate([family.side_words(plans[family][0].order, width) for family in families])
    return Placed(0, piece.base, words.astype("<u2").tobytes()[: (piece.end - piece.base) * width.beat_bytes])


def index_draft(stage: Stage, plans: Plans, layout: Layout, *, side: int) -> Draft:
    """A query or a key run; ``side``: its first side block."""
    words, tables, pairs = [], [], []
    for family in stage.families:
        plan = plans[family][stage.source]
        words += span_words(family.sources[stage.source], plan, slice(0, family.n_t), layout.copies, layout.width)
        tables += [family.numbers[table] for table in plan.order]
        pairs += list(plan.pairs())
    run = isa.Run(
        mode=stage.mode,
        table_base=0,
        count=len(tables),
        table_log2=NO_STRIDE,
        row_log2=stage.families[0].query_bits if stage.mode == Mode.KEY else 0,
        row_beats=ZERO_ROW,
        side=side,
        sync=stage.sync,
    )
    return Draft(stage=stage, run=run, origin=Origin(stage=stage.id, tables=tuple(tables), pairs=tuple(pairs)), words=words)


def copy_draft(stage: Stage, piece: Piece) -> Draft:
    """An anchors run that copies from ``piece`` on; how much, and where to, is for the anchor memory to say."""
    run = isa.Run(mode=stage.mode, table_base=piece.base, count=1, table_log2=0, row_log2=0, row_beats=ZERO_ROW)
    return Draft(stage=stage, run=run, origin=Origin(stage=stage.id))
