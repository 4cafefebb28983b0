"""The order of a block's runs: keys are made behind the rows of attention where that is sure to be in time."""

from firmware import isa
from firmware.isa import Mode

from .draft import Draft

QUEUED_KEYS = 240  # that surely fit the index queue, of 256 places, while rows of attention stream
LEAD_WORDS = 8  # anchor words of the keys that are read before the first row comes, at least


def keys_behind_rows(drafts: list[Draft]) -> list[Draft]:
    """Query, key, attend becomes query, attend, key, in each block with one of each whose key indices are made before the first sum of its
    attend run is written back (docs/reference/isa.md, "Rules")."""
    order = list(drafts)
    for at in range(len(order) - 2):
        query, key, attend = order[at : at + 3]
        modes = [draft.run.mode for draft in (query, key, attend)]
        alone = at + 3 == len(order) or order[at + 3].run.mode != Mode.ATTEND
        if modes == [Mode.QUERY, Mode.KEY, Mode.ATTEND] and alone and _in_time(key.run, attend.run):
            order[at + 1 : at + 3] = [attend, key]
    return order


def _in_time(key: isa.Run, attend: isa.Run) -> bool:
    rows = max(0, attend.count - 2)  # the last two may be a couple, and its first sums are written back at once
    return key.count <= QUEUED_KEYS and key.anchor_len <= LEAD_WORDS + rows * attend.row_beats
