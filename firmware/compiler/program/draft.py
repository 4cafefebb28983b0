"""Runs that have no anchor words yet, their order, and the words' places: first those that stay, then what each copied block fills anew."""

from dataclasses import dataclass, field, replace

from firmware import isa
from firmware.description import Origin
from firmware.isa import Mode
from firmware.program import Placed

from ..stages.stage import Stage
from ..tables.arrange import region_start

QUEUED_KEYS = 240  # that surely fit the index queue, of 256 places, while rows of attention stream
LEAD_WORDS = 8  # anchor words of the keys that are read before the first row comes, at least


@dataclass(kw_only=True)
class Draft:
    """``run``: all but its anchor words; ``words``: these, encoded; ``origin``: its entry in META."""

    stage: Stage
    run: isa.Run
    origin: Origin
    words: list[int] = field(default_factory=list)


def lay_anchors(drafts: list[Draft], width: isa.Width) -> tuple[list[int], list[Placed]]:
    """The anchor memory as it is loaded, and in tier 0 the words that are copied; the runs of ``drafts`` then name their words."""
    copied = [draft for draft in drafts if draft.run.mode == Mode.ANCHORS]
    blocks = {draft.stage.block for draft in copied}
    memory: list[int] = []
    _lay([draft for draft in drafts if draft.stage.block not in blocks], memory)
    start = region_start(len(memory), width) if copied else len(memory)
    sources: list[Placed] = []
    longest = 0
    for copy in copied:
        mine = [draft for draft in drafts if draft.stage.block == copy.stage.block and draft is not copy]
        there = [0] * start
        _lay(mine, there)
        # the index maker holds one word while it waits for the copy: an empty one, before those that are copied
        mine[0].run = replace(mine[0].run, anchor_base=start - 1, anchor_len=1 + mine[0].run.anchor_len)
        words = there[start:]
        beats = width.anchor_beats
        copy.run = replace(copy.run, count=len(words) * beats, side=start * beats // width.side_words)
        sources.append(Placed(0, copy.run.table_base, b"".join(word.to_bytes(beats * width.beat_bytes, "little") for word in words)))
        longest = max(longest, len(words))
    return memory + [0] * (start - len(memory) + longest), sources


def _lay(drafts: list[Draft], memory: list[int]) -> None:
    """Appends the words of ``drafts`` to ``memory``, but for those that a draft shares with the one before it."""
    base, length = 0, 0
    for draft in drafts:
        if not draft.stage.same_words:
            base, length = len(memory), len(draft.words)
            memory += draft.words
        if length:
            draft.run = replace(draft.run, anchor_base=base, anchor_len=length)


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
