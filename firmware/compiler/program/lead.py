"""Rows of the state that go before the outputs' rows: they fill the clocks in which the outputs' pairs are still being compared."""

from dataclasses import replace

from firmware import isa
from firmware.isa import Mode
from firmware.program import Placed, decode_anchor

from .draft import Draft

RETIRED = 4  # clocks from a run's last row to its sums in the store
CHOSEN = 5  # from the last output read to the symbol, where the sampler draws no second time
NEXT_RUN = 5  # clocks between the anchor words of two runs


def lead_with_state(drafts: list[Draft], tables: list[Placed], width: isa.Width) -> tuple[list[Draft], list[Placed]]:
    """U, S becomes part of S, U, the rest of S, where that makes the step shorter.

    So it is on a wide core, where U's pairs take the comparators longer than its rows take the tier. Both read the state as the step found
    it, and their sums lie apart. ``tables``: the bytes of all runs; those of S become two pieces.
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
    """The words and tables of S that go first: the fewest of those with which the step is shortest."""
    least = 2 if state.run.int4 else 1
    tables = 0
    best = (_clocks(output, state, words=0, tables=0), 0, 0)
    for words, word in enumerate(state.words[:-1], 1):
        made = decode_anchor(word, width).emit
        tables += made
        if made and tables % least == 0:
            best = min(best, (_clocks(output, state, words=words, tables=tables), words, tables))
    return best[1:]


def _clocks(output: Draft, state: Draft, *, words: int, tables: int) -> int:
    """From the first row of a step to the symbol, or to the last row of S, with so much of S first; less what is the same with any share.

    A word is compared a clock, and a beat read. The sorter reads an output in a clock without a word.
    """
    gaps = NEXT_RUN if words else 0
    row_beats = state.run.row_beats
    outputs = max(
        tables * row_beats + output.run.count * output.run.row_beats,  # read
        words + gaps + len(output.words),  # compared
    )
    compared = gaps + len(output.words) + NEXT_RUN + len(state.words)
    symbol = max(outputs + RETIRED, compared) + output.run.n_out + CHOSEN
    return max(symbol, outputs + (state.run.count - tables) * row_beats, compared)
