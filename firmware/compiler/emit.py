"""Parts, schedules and places to runs, anchor words and table bytes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmware import isa
from firmware.program import AnchorWord, Placed, encode_anchor

from .layout import Layout
from .pack import beats, columns_in_order, rows_in_order
from .parts import Part
from .placement import Piece
from .schedule import Schedule, single_words
from .words import anchor_words

__all__ = ["Emitted", "emit"]


@dataclass(kw_only=True)
class Emitted:
    """``runs``; encoded ``anchors``; ``tables`` as in :class:`firmware.program.Program`; ``origins``: for each run, its entry in META."""

    runs: list[isa.Run] = field(default_factory=list)
    anchors: list[int] = field(default_factory=list)
    tables: list[Placed] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)


def emit(parts: list[Part], schedules: list[Schedule | None], pieces: list[Piece], layout: Layout, *, n_out: int) -> Emitted:
    """One run for each of ``pieces``; ``schedules`` are those of ``parts``, None for a token stage."""
    out = Emitted()
    for number, piece in enumerate(pieces):
        part, stage = parts[piece.item], parts[piece.item].stage
        plan = schedules[piece.item]
        opens = number == 0 or parts[pieces[number - 1].item].stage is not stage
        closes = number == len(pieces) - 1 or parts[pieces[number + 1].item].stage is not stage
        output = stage.region == "output"
        span = slice(piece.start, piece.start + piece.count)
        order = plan.order[span] if plan else (0,)
        pairs = tuple(plan.pairs()[span]) if plan else ()
        words = [encode_anchor(word) for word in _words(part, plan, span, layout)]
        out.runs.append(
            isa.Run(
                table_base=piece.base,
                count=piece.count,
                tier=piece.tier,
                table_log2=part.n_c + part.row_log2,
                row_log2=part.row_log2,
                row_beats=part.row_beats,
                base=layout.output_base if output else 0,
                anchor_base=len(out.anchors) if words else 0,
                anchor_len=len(words),
                n_out=n_out if stage.sort and closes else 1,
                shift=stage.shift if stage.last and closes else 0,
                sync=stage.sync and opens,
                token=stage.token,
                int4=stage.bits == 4,
                first=stage.first and opens,
                last=stage.last and closes,
                residual=stage.residual and closes,
                sort=stage.sort and closes,
                end=number == len(pieces) - 1,
            )
        )
        out.anchors += words
        source = stage.groups[part.group].tables
        chosen = rows_in_order(source, order, pairs)
        if output:
            wanted = np.arange(layout.output_words * isa.LANES, dtype=np.int32)
            columns = np.where(wanted < n_out, wanted, -1)
        else:
            columns = layout.columns
        data = beats(columns_in_order(chosen, columns), bits=stage.bits)
        padded = np.zeros((piece.count << part.n_c, (1 << part.row_log2) * isa.BEAT_BYTES), np.uint8)
        padded[:, : data.shape[-1]] = data.reshape(len(padded), -1)
        out.tables.append(Placed(piece.tier, piece.base, padded.tobytes()[: (piece.end - piece.base) * isa.BEAT_BYTES]))
        out.origins.append({"stage": stage.name, "group": part.group, "tables": list(order), "pairs": [list(p) for p in pairs]})
    return out


def _words(part: Part, plan: Schedule | None, span: slice, layout: Layout) -> list[AnchorWord]:
    """The anchor words of the tables ``span`` of a part's order; of a group that reaches beyond it, each table alone."""
    if plan is None:
        return []
    words: list[AnchorWord] = []
    pairs = plan.pairs()
    at = 0
    for tables, rows in plan.groups:
        inside = range(max(at, span.start), min(at + len(tables), span.stop))
        if len(inside) == len(tables):
            parts = [(tables, rows)]
        else:
            parts = [((plan.order[i],), single_words(pairs[i], comparators=layout.comparators)) for i in inside]
        for members, lines in parts:
            words += anchor_words(part.stage.groups[part.group].anchors, members, lines, layout.copies, comparators=layout.comparators)
        at += len(tables)
    return words
