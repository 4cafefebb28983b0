"""Parts, schedules and places to runs, anchor words and table bytes."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.description import Origin
from firmware.isa import Mode
from firmware.program import Placed

from ..stages.attention import block_families
from ..stages.stage import Family, Stage
from ..store.layout import Layout
from ..store.words import span_words
from ..tables.parts import Part
from ..tables.placement import Piece
from .draft import Draft, keys_behind_rows, lay_anchors
from .indices import Plans, copy_draft, index_draft, sides_of, words_of_sides
from .lead import lead_with_state
from .pack import beats, columns_in_order, rows_in_order


@dataclass(frozen=True, kw_only=True)
class Emitted:
    """``runs``; encoded ``anchors``; ``tables`` as in :class:`firmware.program.Program`; ``origins``: of each run."""

    runs: list[isa.Run]
    anchors: list[int]
    tables: list[Placed]
    origins: tuple[Origin, ...]


def emit(stages: list[Stage], parts: list[Part], plans: Plans, pieces: list[Piece], layout: Layout, *, n_out: int, most: int) -> Emitted:
    """The runs of ``stages`` in order: of one that reads tables one for each of its ``pieces``, of any other one. ``most``: runs that a
    program may have; where one more saves clocks, it is made."""
    drafts: list[Draft] = []
    tables: list[Placed] = []
    sides: dict[Family, int] = {}
    for stage in stages:
        mine = [piece for piece in pieces if parts[piece.item].stage is stage]
        if stage.reads:
            for piece in mine:
                part = parts[piece.item]
                side = sides[part.family] + piece.start // layout.width.side_words if stage.mode == Mode.ATTEND else 0
                draft = _tables_run(part, piece, plans, layout, n_out=n_out, side=side, opens=piece is mine[0], closes=piece is mine[-1])
                drafts.append(draft)
                tables += _bytes(part, piece, draft.origin, layout, n_out=n_out)
        elif stage.mode == Mode.ANCHORS:
            drafts.append(copy_draft(stage, mine[0]))
        else:
            if mine:  # the block's side blocks, at its first such run
                families = block_families(stages, stage.block)
                sides |= sides_of(families, mine[0], layout.width)
                tables.append(words_of_sides(families, plans, mine[0], layout.width))
            drafts.append(index_draft(stage, plans, layout, side=sides[stage.families[0]]))
    if len(drafts) < most:
        drafts, tables = lead_with_state(drafts, tables, layout.width)
    anchors, sources = lay_anchors(drafts, layout.width)
    drafts = keys_behind_rows(drafts)
    drafts[-1].run = replace(drafts[-1].run, end=True)
    runs, origins = [draft.run for draft in drafts], tuple(draft.origin for draft in drafts)
    return Emitted(runs=runs, anchors=anchors, tables=tables + sources, origins=origins)


def _tables_run(part: Part, piece: Piece, plans: Plans, layout: Layout, *, n_out: int, side: int, opens: bool, closes: bool) -> Draft:
    """``opens``, ``closes``: whether the piece is the first, the last of its stage."""
    stage, family = part.stage, part.family
    span = slice(piece.start, piece.start + piece.count)
    origin, words = Origin(stage=stage.id, group=part.group, tables=family.numbers), list[int]()
    if not stage.token:
        order = plans[family][0].order[span]
        pairs = zip(*(plan.pairs()[span] for plan in plans[family]), strict=True)
        tables, bits = tuple(family.numbers[table] for table in order), tuple(family.index_bits(list(one)) for one in pairs)
        origin = replace(origin, tables=tables, pairs=bits)
        if stage.mode == Mode.ROWS:
            words = span_words(family.sources[0], plans[family][0], span, layout.copies, layout.width)
    run = isa.Run(
        mode=stage.mode,
        table_base=piece.base,
        count=piece.count,
        tier=piece.tier,
        table_log2=part.family.n_c + part.row_log2,
        row_log2=part.row_log2,
        row_beats=part.row_beats,
        side=side,
        base=layout.output_base if stage.region == "output" else 0,
        n_out=family.reach if stage.mode == Mode.ATTEND else n_out if stage.sort and closes else 1,
        shift=stage.shift if stage.last and closes else 0,
        sync=stage.sync and opens,
        token=stage.token,
        int4=stage.bits == 4,
        first=stage.first and opens,
        last=stage.last and closes,
        residual=stage.residual and closes,
        sort=stage.sort and closes,
    )
    return Draft(stage=stage, run=run, origin=origin, words=words)


def _bytes(part: Part, piece: Piece, origin: Origin, layout: Layout, *, n_out: int) -> list[Placed]:
    """The tables of a piece as they lie in its tier, in the order and with the index bits that ``origin`` names; in a far tier of several
    banks one piece a bank."""
    first = part.family.numbers[0]
    chosen = rows_in_order(part.family.tables, [number - first for number in origin.tables], origin.pairs)
    columns: npt.NDArray[np.int32] = layout.columns
    if part.stage.region == "output":
        wanted = np.arange(layout.output_words * layout.width.lanes, dtype=np.int32)
        columns = np.where(wanted < n_out, wanted, -1)
    data = beats(columns_in_order(chosen, columns), layout.width, bits=part.stage.bits)
    padded = np.zeros((piece.count << part.family.n_c, (1 << part.row_log2) * layout.width.beat_bytes), np.uint8)
    padded[:, : data.shape[-1]] = data.reshape(len(padded), -1)
    banks = layout.width.far_banks if piece.tier else 1
    spread = padded.reshape(piece.count, -1)
    places = [bank * layout.width.far_bank_beats + piece.base for bank in range(min(banks, piece.count))]
    unused = (part.item.stride - part.item.used) * layout.width.beat_bytes  # of the last table
    return [Placed(piece.tier, place, spread[bank::banks].tobytes()[: -unused or None]) for bank, place in enumerate(places)]
