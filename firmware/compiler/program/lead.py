"""Rows of the state that go before the outputs' rows: they fill the clocks in which the outputs' pairs are still being compared."""

from dataclasses import replace

from firmware import isa
from firmware.isa import Mode
from firmware.program import Placed, decode_anchor

from .draft import Draft

SORT_CLOCKS = 16  # from the outputs' last row to the symbol, beyond a clock an output
NEXT_RUN = 5  # clocks between the anchor words of two runs


def lead_with_state(drafts: list[Draft], tables: list[Placed], width: isa.Width) -> tuple[list[Draft], list[Placed]]:
    """U, S becomes part of S, U, the rest of S, where U's pairs take the comparators longer than its rows take the tier.

    That is so on a wide core. Both read the state as the step found it, and their sums lie apart. What remains of S is enough to hide the
    sorter, which chooses the symbol meanwhile. ``tables``: the bytes of all runs; those of S become two pieces.
    """
    if len(drafts) < 2 or not _led(drafts[0], drafts[1]):
        return drafts, tables
    output, state, *rest = drafts
    words, count = _share(output, state, width)
    if not count:
        return drafts, tables
    run, origin = state.run, state.origin
    beats = count << run.table_log2
    lead = Draft(
        stage=state.stage,
        run=replace(run, count=count, sync=True),
        origin=replace(origin, tables=origin.tables[:count], pairs=origin.pairs[:count]),
        words=state.words[:words],
    )
    state.run = replace(run, count=run.count - count, table_base=run.table_base + beats, first=False)
    state.origin = replace(origin, tables=origin.tables[count:], pairs=origin.pairs[count:])
    state.words = state.words[words:]
    output.run = replace(output.run, sync=False)
    (whole,) = (piece for piece in tables if (piece.tier, piece.beat) == (run.tier, run.table_base))
    size = beats * width.beat_bytes
    parts = [whole._replace(data=whole.data[:size]), whole._replace(beat=whole.beat + beats, data=whole.data[size:])]
    return [lead, output, state, *rest], [piece for piece in tables if piece is not whole] + parts


def _led(output: Draft, state: Draft) -> bool:
    """Whether the two are all of U's tables and S's first, on chip and of the state that the step found."""
    run, after = output.run, state.run
    own = run.mode == after.mode == Mode.ROWS and run.tier == after.tier == 0 and run.first and run.last and run.sort
    return own and after.first and not (after.last or after.sync or after.token)


def _share(output: Draft, state: Draft, width: isa.Width) -> tuple[int, int]:
    """The words and tables of S that go first: the fewest that leave the tier no gap, or as many as hide no less of the sorter."""
    row_beats, least = state.run.row_beats, 2 if state.run.int4 else 1
    gap = len(output.words) + NEXT_RUN - output.run.count * output.run.row_beats
    found = tables = 0
    best = (0, 0)
    if gap + len(state.words) + 2 * NEXT_RUN > state.run.count * row_beats:  # the comparators hold S back, too
        return best
    for words, word in enumerate(state.words, 1):
        tables += decode_anchor(word, width).emit
        if found >= gap or (state.run.count - tables) * row_beats < output.run.n_out + SORT_CLOCKS:
            break
        if tables > best[1] and tables % least == 0:
            best, found = (words, tables), tables * row_beats - words
    return best
