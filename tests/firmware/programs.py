"""Random programs of everything that docs/reference/isa.md allows, also of what the compiler never makes: settings of runs in any
combination, runs in any order that the rules leave, tables anywhere in both tiers, anchor words of any shape."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from firmware import isa
from firmware.isa import Mode, Run
from firmware.program import AnchorWord, Placed, Program, encode_anchor
from firmware.sampling import Sampling

SUMS = 32_600  # no sum may leave 16 bits, shifted (docs/reference/numbers.md), nor an output without its jitter
JITTER = 99
CACHED = isa.CONTEXT - 1
RUNS = 3  # that add into one region at most
PARTS = 3  # attend runs of a block at most
SHARED = 40 * isa.SIDE_BEATS  # beats of tier 0 that a program with attention keeps for side blocks and copied anchor words


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a core has: its width, beats of tier 0 (at most 16,384) and anchor words; with ``far``, so many beats of a flash from
    ``far_base`` on."""

    width: isa.Width = field(default_factory=isa.Width)
    beats: int = 16_384
    anchor_words: int = isa.ANCHOR_WORDS
    far_base: int = 0
    far: int = 0


def random_program(seed: int, room: Room, *, attention: bool = True) -> Program:
    """One that keeps all rules and fits; ``attention``: with query, key, attend and anchors runs."""
    for number in count():
        writer = _Writer(np.random.default_rng([seed, number]), room, attention=attention)
        writer.write()
        if writer.fits:
            return writer.program()
    raise AssertionError


class _Writer:
    """Runs and anchor words so far. ``dirty``: words of the store written back since the last ``sync``; ``read``: those that the anchor
    words made last name."""

    def __init__(self, rng: np.random.Generator, room: Room, *, attention: bool) -> None:
        self.rng, self.room, self.width, self.attention = rng, room, room.width, attention
        self.runs: list[Run] = []
        self.anchors: list[int] = []
        self.dirty: set[int] = set()
        self.read: set[int] = set()
        self.output: set[int] = set()  # what the sorter reads, which no other run may write
        self.n_out = int(rng.choice([1, 2, 7, 30, 256]))
        self.limit = int(rng.choice([3, 8, 128]))  # of int8 entries
        self.side = room.beats // isa.SIDE_BEATS  # side blocks are taken from the highest down
        self.ceiling = self.source = room.beats - SHARED * attention  # of tables; anchor words to copy are laid from there on
        self.shared: list[tuple[int, bytes]] = []  # beat and content

    @property
    def fits(self) -> bool:
        few = len(self.runs) <= isa.MAX_INSTRUCTIONS and len(self.anchors) <= self.room.anchor_words
        return few and self.source <= self.side * isa.SIDE_BEATS

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def write(self) -> None:
        rng = self.rng
        if self.attention and self.chance(0.5):
            self.block()
        for _ in range(rng.integers(3)):
            self.chain()
        self.chain(sort=True)
        for _ in range(rng.integers(3)):
            for part in rng.permutation([self.tokens, self.block, self.block, self.chain]).tolist():
                if self.chance(0.5) and (self.attention or part != self.block):
                    part()
        self.runs[-1] = replace(self.runs[-1], end=True)

    def program(self) -> Program:
        rng, beat = self.rng, self.width.beat_bytes
        near = bytearray(rng.integers(-self.limit, self.limit, self.room.beats * beat, np.int8).tobytes())
        near[-beat:] = bytes(beat)
        for at, data in self.shared:
            near[at * beat : at * beat + len(data)] = data
        far = rng.integers(-self.limit, self.limit, self.room.far * beat, np.int8).tobytes()
        store = rng.integers(-3000, 3000, self.width.latencies).astype(np.int16)
        store[rng.random(len(store)) < 0.1] = rng.choice([-32768, 32767, 0])
        jitter = rng.integers(-JITTER, JITTER + 1, 256).astype(np.int16)
        jittered = not any(run.sort and run.residual for run in self.runs) and self.chance(0.7)
        return Program(
            width=self.width,
            runs=tuple(self.runs),
            anchors=tuple(self.anchors),
            tables=(Placed(0, 0, bytes(near)), *([Placed(1, self.room.far_base, far)] if far else [])),
            store=store,
            sampling=Sampling(jittered=jittered, k=int(rng.integers(9)), seed=int(rng.integers(1, 1 << 31)), mask=7, jitter=jitter),
        )

    def chain(self, *, sort: bool = False) -> None:
        """One to three runs that add into one region, the last of which writes it back."""
        words = self.words(sort=sort)
        base, runs, shift = self.region(words, keep=sort), int(self.rng.integers(1, RUNS + 1)), int(self.rng.integers(4))
        for number in range(runs):
            shape = self.shape(words)
            tables = max(1, min(self.most(shape, shift), int(self.rng.choice([1, 2, 3, 9, 40], p=[0.3, 0.2, 0.2, 0.2, 0.1]))))
            made = self.index_words(tables, shape["table_log2"] - shape["row_log2"])
            learn = shape["tier"] == 0 and self.chance(0.3)
            last = number == runs - 1
            flags = self.closing(shift, sort=sort) if last else {}
            self.add(Run(count=tables, base=base, first=number == 0, last=last, learn=learn, **flags, **made, **shape), words)

    def tokens(self) -> None:
        """The symbol's rows of one to three tables, added."""
        words, runs, shift = 2 * int(self.rng.integers(1, 4)), int(self.rng.integers(1, RUNS + 1)), int(self.rng.integers(4))
        base, bits = self.region(words), max(1, (self.n_out - 1).bit_length())
        for number in range(runs):
            last = number == runs - 1
            shape = self.shape(words, bits=bits)
            self.add(
                Run(count=1, token=True, base=base, first=number == 0, last=last, **(self.closing(shift) if last else {}), **shape), words
            )

    def block(self) -> None:
        """A query run, a key run, one to three attend runs: each writes back, or they are added up."""
        rng, each = self.rng, self.width.side_words
        counts = rng.integers(1, 3 if self.limit > 8 else 7, rng.integers(1, PARTS + 1)).tolist()
        sides = [-(-tables // each) for tables in counts]
        self.side -= sum(sides)
        side, tables = self.side, each * sum(sides[:-1]) + counts[-1]
        query_bits, key_bits, place_bits = int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(0, 3))
        query, key = self.indices(tables, query_bits), self.indices(tables, key_bits)
        behind = len(counts) == 1 and len(key) <= 8 and self.chance(0.6)
        at, lead = self.laid(query + key, copied=self.chance(0.5))
        quiet = {"count": tables, "side": side, "table_base": 0, "table_log2": 31, "row_beats": int(rng.integers(2, 6))}
        quiet["base"] = int(rng.integers(0, isa.ZERO_WORD - 5))
        size = lead + len(query)
        self.add(Run(mode=Mode.QUERY, row_log2=0, sync=True, anchor_base=at, anchor_len=size, **quiet))
        kept = Run(mode=Mode.KEY, row_log2=query_bits, anchor_base=at + size, anchor_len=len(key), **quiet)
        if not behind:
            self.add(kept)
        places = np.zeros((sum(sides), isa.SIDE_BEATS, each), "<u2")
        places[:, isa.CONTEXT : isa.SIDE_BEATS - 1] = rng.integers(0, 1 << place_bits, (sum(sides), CACHED, each)) << query_bits + key_bits
        self.shared.append((side * isa.SIDE_BEATS, places.tobytes()))
        words, together = 2 * int(rng.integers(1, 6)), self.chance(0.5)
        highest = next(bits for bits in (3, 2, 1, 0) if sum(counts) * CACHED * max(8, self.limit) << bits <= SUMS)
        shift = int(rng.integers(highest + 1))
        base, reach = self.region(words), [int(value) for value in rng.choice([1, 2, 30, 31], len(counts))]
        for number, (one, blocks) in enumerate(zip(counts, sides, strict=True)):
            first, last = number == 0 or not together, number == len(counts) - 1 or not together
            shape = self.shape(words, tables=one, bits=query_bits + key_bits + place_bits)
            shape |= {"side": side, "n_out": reach[number], **(self.closing(shift) if last else {})}
            self.add(Run(mode=Mode.ATTEND, count=one, base=base, first=first, last=last, **shape), words)
            side += blocks
        if behind:
            self.add(kept)

    def laid(self, words: list[int], *, copied: bool) -> tuple[int, int]:
        """Where the anchor words begin; and how many lead them that are empty: one of those that an anchors run copies, which is never
        the first one of a program."""
        if not copied or not self.runs:
            self.anchors += words
            return len(self.anchors) - len(words), 0
        beats, each = self.width.anchor_beats, self.width.side_words
        self.anchors.append(0)
        while len(self.anchors) * beats % each:
            self.anchors.append(0)
        side, length = len(self.anchors) * beats // each, len(words) * beats
        self.shared.append((self.source, b"".join(word.to_bytes(beats * self.width.beat_bytes, "little") for word in words)))
        self.add(Run(mode=Mode.ANCHORS, count=length, table_base=self.source, table_log2=0, row_log2=0, row_beats=2, side=side))
        self.source += length
        self.anchors += [0] * len(words)
        return len(self.anchors) - len(words) - 1, 1

    def add(self, run: Run, words: int = 0) -> None:
        if run.sync:
            self.dirty.clear()
        if run.last:
            self.dirty |= set(range(run.base, run.base + words))
        self.runs.append(run)

    def words(self, *, sort: bool = False) -> int:
        """Of a region, even; of the output, so many that the sorter reads what is written."""
        least = -(-self.n_out // (2 * self.width.lanes)) if sort else 1
        return 2 * max(least, int(self.rng.choice([1, 2, 3, 5, 16, 64], p=[0.3, 0.2, 0.2, 0.2, 0.05, 0.05])))

    def region(self, words: int, *, keep: bool = False) -> int:
        """The first word of one beside the output, which it is with ``keep``."""
        while True:
            highest = isa.ZERO_WORD - words
            base = int(self.rng.choice([0, highest, self.rng.integers(0, highest + 1)]))
            if not self.output & (found := set(range(base, base + words))):
                self.output = found if keep else self.output
                return base

    def shape(self, words: int, *, tables: int = 1, bits: int | None = None) -> dict[str, Any]:
        """Entries, rows and place of at least so many tables with ``bits`` index bits, any number if not given."""
        rng, int4 = self.rng, self.chance(0.5)
        row_beats = words // 2 if int4 else words
        least = (row_beats - 1).bit_length()
        tier = int(self.chance(0.4) and self.room.far >> least + (bits or 0) >= tables)
        beats = self.room.far if tier else self.ceiling
        room = (beats // tables).bit_length() - 1
        row_log2 = int(rng.integers(least, max(least, min(7, room - (bits or 0))) + 1)) if self.chance(0.3) else least
        table_log2 = row_log2 + (int(rng.integers(0, min(6, room - row_log2) + 1)) if bits is None else bits)
        places = (beats >> table_log2) - tables + 1
        place = int(rng.choice([0, places - 1, rng.integers(places)]))
        shape = {"row_beats": row_beats, "row_log2": row_log2, "table_log2": table_log2, "tier": tier, "int4": int4}
        return shape | {"table_base": (place << table_log2) + self.room.far_base * tier}

    def most(self, shape: dict[str, Any], shift: int) -> int:
        """Tables of a shape that lie in the tier, and whose entries, with those of two other runs, leave sums that can be shifted."""
        end = self.room.far_base + self.room.far if shape["tier"] else self.ceiling
        return min((end - shape["table_base"]) >> shape["table_log2"], (SUMS >> shift) // RUNS // (8 if shape["int4"] else self.limit))

    def closing(self, shift: int, *, sort: bool = False) -> dict[str, Any]:
        """What only a write-back looks at."""
        return {"residual": self.chance(0.5), "shift": shift, **({"sort": True, "n_out": self.n_out} if sort else {})}

    def index_words(self, tables: int, bits: int) -> dict[str, Any]:
        """Anchor words of a run's indices, with ``sync`` where they need it and now and then where not."""
        made = self.indices(tables, bits)
        at, lead = self.laid(made, copied=self.attention and self.chance(0.15))
        sync = bool(lead or not self.runs or self.read & self.dirty) or self.chance(0.3)
        return {"anchor_base": at, "anchor_len": lead + len(made), "sync": sync}

    def indices(self, tables: int, bits: int) -> list[int]:
        """Anchor words of ``tables`` indices of ``bits`` bits; any word may leave any lane without a pair."""
        pairs, rng = self.width.comparators, self.rng
        self.read = set()
        made: list[int] = []
        while tables:
            emit = min(tables, int(rng.integers(1, pairs + 1)))
            length = max(pairs, bits) + int(rng.integers(0, 2))
            busy = [set(rng.permutation(length)[: bits if lane < emit else 0].tolist()) for lane in range(pairs)]
            for number in range(length):
                lanes = self.lanes([number in one for one in busy])
                made.append(encode_anchor(AnchorWord(lanes=lanes, emit=emit if number == length - 1 else 0), self.width))
            tables -= emit
        return made

    def lanes(self, busy: list[bool]) -> tuple[tuple[int, int] | None, ...]:
        """A pair for each busy lane: of any two slots, also those that another lane names."""
        rng, width = self.rng, self.width
        words = rng.choice([0, isa.ZERO_WORD, *rng.integers(0, isa.STORE_WORDS, 6).tolist()], width.slots)
        banks = rng.integers(0, width.slot_banks, width.slots)
        read = [int(words[slot] * width.lanes + slot * width.slot_banks + banks[slot]) for slot in range(width.slots)]
        chosen = [
            (read[int(a)], read[int(b)]) if one else None
            for one, (a, b) in zip(busy, rng.integers(0, width.slots, (len(busy), 2)), strict=True)
        ]
        self.read |= {address // width.lanes for pair in chosen if pair for address in pair}
        return tuple(chosen)
