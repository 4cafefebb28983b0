"""Runs whose anchor words have no place yet, and the places: first those that stay, then a region that each copied block fills anew."""

from dataclasses import dataclass, field, replace

from firmware import isa
from firmware.description import Origin
from firmware.isa import Mode
from firmware.program import Placed

from ..stages.stage import Stage
from ..tables.copies import REGION, region_start

WORD_BYTES = isa.BEAT_BYTES  # a beat holds one anchor word


@dataclass(kw_only=True)
class Draft:
    """``run``: all but its anchor words; ``words``: these, encoded; ``origin``: its entry in META."""

    stage: Stage
    run: isa.Run
    origin: Origin
    words: list[int] = field(default_factory=list)

    def lay(self, memory: list[int], before: "Draft | None") -> None:
        """Appends the words to ``memory``, unless they are those of the draft ``before``."""
        if self.stage.same_words:
            assert before is not None
            self.run = replace(self.run, anchor_base=before.run.anchor_base, anchor_len=before.run.anchor_len)
        elif self.words:
            self.run = replace(self.run, anchor_base=len(memory), anchor_len=len(self.words))
            memory += self.words


def lay_anchors(drafts: list[Draft]) -> tuple[list[int], list[Placed]]:
    """The anchor memory as it is loaded, and in tier 0 the words that are copied; the runs of ``drafts`` then name their words."""
    copied = [draft for draft in drafts if draft.run.mode == Mode.ANCHORS]
    blocks = {draft.stage.block for draft in copied}
    memory: list[int] = []
    _lay([draft for draft in drafts if draft.stage.block not in blocks], memory)
    start = region_start(len(memory)) if copied else len(memory)
    sources: list[Placed] = []
    longest = 0
    for copy in copied:
        mine = [draft for draft in drafts if draft.stage.block == copy.stage.block and draft is not copy]
        there = [0] * start
        _lay(mine, there)
        # the index maker holds one word while it waits for the copy: an empty one, before those that are copied
        mine[0].run = replace(mine[0].run, anchor_base=start - 1, anchor_len=1 + mine[0].run.anchor_len)
        words = there[start:]
        copy.run = replace(copy.run, count=len(words), side=start // REGION)
        sources.append(Placed(0, copy.run.table_base, b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)))
        longest = max(longest, len(words))
    return memory + [0] * (start - len(memory) + longest), sources


def _lay(drafts: list[Draft], memory: list[int]) -> None:
    before: Draft | None = None
    for draft in drafts:
        draft.lay(memory, before)
        before = draft
