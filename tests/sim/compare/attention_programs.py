"""Random programs with attention, written run by run: shapes and orders beyond the compiler's. Their tables are zero, and so are all
indices: no clock depends on them."""

from dataclasses import replace

import numpy as np

from firmware import isa
from firmware.isa import Mode, Run
from firmware.program import AnchorWord, Placed, Program, encode_anchor

FLASH_BASE = 0x28000  # beats
SIDE = 100  # first side block
SOURCE = 12000  # beats of anchor words that are copied


class _Writer:
    """Runs and anchor words so far; ``copies``: beats of tier 0 from SOURCE on."""

    def __init__(self, rng: np.random.Generator, *, width: isa.Width, flash: bool) -> None:
        self.rng, self.width, self.comparators, self.flash = rng, width, width.comparators, flash
        self.runs: list[Run] = []
        self.anchors: list[int] = []
        self.copies: list[int] = []

    def words(self, count: int) -> list[int]:
        """Anchor words of ``count`` indices, in groups of any size and length."""
        words = []
        while count:
            emit = min(count, int(self.rng.integers(1, self.comparators + 1)))
            for left in reversed(range(int(self.rng.integers(self.comparators, self.comparators + 3)))):
                words.append(encode_anchor(AnchorWord(lanes=(None,) * self.comparators, emit=0 if left else emit), self.width))
            count -= emit
        return words

    def made(self, count: int) -> dict[str, int]:
        """Where ``count`` indices' anchor words lie, behind those so far."""
        words = self.words(count)
        self.anchors += words
        return {"anchor_base": len(self.anchors) - len(words), "anchor_len": len(words)}

    def rows(self, *, tiers: bool = True) -> dict[str, int]:
        """Tier and shape of some tables."""
        row_beats, int4 = int(self.rng.integers(2, 9)), bool(self.rng.random() < 0.5)
        tier = int(tiers and self.flash and self.rng.random() < 0.6)
        if int4 and self.rng.random() < 0.3:
            row_beats = 1
        return {"row_beats": row_beats, "row_log2": 3, "table_log2": 5, "tier": tier, "int4": int4, "table_base": FLASH_BASE * tier}

    def block(self, number: int) -> None:
        """Query, key, anchors now and then, and up to three attend runs, the key before, between or behind them."""
        rng, side = self.rng, SIDE + 4 * number
        count = int(rng.integers(1, 14))
        quiet = {"count": count, "row_beats": int(rng.integers(2, 6)), "side": side, "table_base": 0, "table_log2": 31}
        query, key = self.words(count), self.words(count)
        if rng.random() < 0.5:  # copied behind a word that is empty
            beats, words = self.width.anchor_beats, self.width.side_words
            while (len(self.anchors) + 1) * beats % words:
                self.anchors.append(0)
            side = (len(self.anchors) + 1) * beats // words
            copied = {"table_base": SOURCE + len(self.copies) * beats, "count": len(query + key) * beats, "side": side}
            self.runs.append(Run(mode=Mode.ANCHORS, table_log2=0, row_log2=0, row_beats=2, **copied))
            self.copies += query + key
            query = [0, *query]
            at = len(self.anchors)
            self.anchors += [0] * len(query + key)
        else:
            at = len(self.anchors)
            self.anchors += query + key
        asked = Run(mode=Mode.QUERY, row_log2=0, anchor_base=at, anchor_len=len(query), sync=True, **quiet)
        kept = Run(mode=Mode.KEY, row_log2=1, anchor_base=at + len(query), anchor_len=len(key), **quiet)
        attends = []
        while count:
            tables = count if len(attends) == 2 else int(rng.integers(1, count + 1))
            last = bool(rng.random() < 0.7 or tables == count)
            context = int(rng.choice([2, 3, 6, 31, 32]))
            attends.append(
                Run(mode=Mode.ATTEND, count=tables, n_out=context - 1, side=side + len(attends), first=True, last=last, **self.rows())
            )
            count -= tables
        attends.insert(int(rng.integers(len(attends) + 1)), kept)
        self.runs += [asked, *attends]
        if rng.random() < 0.7:
            tables = int(rng.integers(1, 6))
            self.runs.append(Run(count=tables, sync=True, first=True, last=True, residual=True, **self.made(tables), **self.rows()))


def random_program(seed: int, *, comparators: int = 2, flash: bool = False) -> Program:
    """An output run, a token run and one to three blocks."""
    writer = _Writer(rng := np.random.default_rng([seed, 9]), width=(width := isa.Width(comparators=comparators)), flash=flash)
    tables, n_out = int(rng.integers(1, 20)), int(rng.integers(2, 30))
    output = Run(count=tables, n_out=n_out, base=16, sync=True, sort=True, first=True, last=True, **writer.made(tables), **writer.rows())
    token = Run(count=1, token=True, first=True, last=True, **{**writer.rows(tiers=False), "int4": False, "row_beats": 4})
    writer.runs += [output, token]
    for number in range(rng.integers(1, 4)):
        writer.block(number)
    writer.runs[-1] = replace(writer.runs[-1], end=True)
    copies = b"".join(word.to_bytes(width.anchor_beats * width.beat_bytes, "little") for word in writer.copies)
    return Program(
        width=width,
        runs=tuple(writer.runs),
        anchors=tuple(writer.anchors),
        tables=(Placed(0, SOURCE, copies),) if copies else (),
        store=np.zeros(0, np.int16),
    )
