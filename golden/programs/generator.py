"""Programs drawn at random, none twice, and which split each belongs to (docs/user/programs.md says how they are drawn)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..compiled.kernel import kernel
from .options import World, WorldError
from .templates import FAMILIES, OPERANDS, SPLITS, Rule, templates
from .tokens import DIGITS, SIGN, SPACE
from .writer import Bytes, Ints, Written, write

BATCH = 1 << 15  # programs drawn at first; each time twice as many
DOUBLINGS = 5
BITS = 7  # of a magnitude
HELD = 32  # one program in so many is held out
PAIRS = 16  # one pair of values in so many is never seen
FEWEST = 10_000  # a batch with fewer new programs than one in so many is the end
PRIME = np.uint64(0x9E3779B97F4A7C15)
FIRST_DIGIT, LAST_DIGIT, MINUS, BLANK = DIGITS[0], DIGITS[-1], SIGN, SPACE


class Drawn(NamedTuple):
    """Templates' numbers (count,) and operands (count, 4), those that a template hasn't 0."""

    numbers: Ints
    operands: Ints

    def keys(self) -> Ints:
        """A number for each program, no two programs having the same."""
        key = self.numbers.copy()
        for column in self.operands.T:
            key = key << 8 | column & 255
        return key


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Programs of one split in the order in which they were drawn."""

    drawn: Drawn
    written: Written

    def __len__(self) -> int:
        return len(self.drawn.numbers)

    @cached_property
    def families(self) -> npt.NDArray[np.int64]:
        """The place in :data:`~golden.programs.templates.FAMILIES` of each."""
        return _families()[self.drawn.numbers]

    def data(self) -> bytes:
        """All programs one after another, as networks read them."""
        return self.written.text.tobytes()


@cache
def _families() -> Ints:
    return np.array([FAMILIES.index(template.family) for template in templates()])


@cache
def never_seen() -> npt.NDArray[np.bool_]:
    """(256, 256): the pairs of values, each + 128, of which no training program has one beside the other; in either order."""
    chosen = np.random.default_rng(PAIRS).integers(0, PAIRS, (256, 256)) == 0
    lower = np.tril(chosen)
    return lower | lower.T


def split_of(drawn: Drawn, written: Written) -> npt.NDArray[np.int64]:
    """The place in :data:`~golden.programs.templates.SPLITS` of each program; -1: of none, since it isn't true, or new in two ways."""
    own = np.array([SPLITS.index(template.split) for template in templates()])[drawn.numbers]
    new = np.zeros(len(own), np.bool_)
    _find_pairs(written.text, written.ends, never_seen(), new)
    held = (drawn.keys().astype(np.uint64) * PRIME >> np.uint64(32)) % np.uint64(HELD) == 0
    found = np.where(held, SPLITS.index("held"), 0)
    found[new] = SPLITS.index("pairs")
    found = np.where(own > 0, np.where(new, -1, own), found)
    found[np.diff(written.ends) == 0] = -1
    return found


@kernel()
def _find_pairs(text, ends, table, found):
    """Whether a program has two literals of ``table`` with one space between them."""
    for i in range(found.shape[0]):
        before, value, sign, digits = 999, 0, 1, False
        for at in range(ends[i], ends[i + 1]):
            token = text[at]
            if FIRST_DIGIT <= token <= LAST_DIGIT:
                value, digits = value * 10 + token - FIRST_DIGIT, True
                continue
            if digits:
                value *= sign
                if before != 999 and table[before + 128, value + 128]:
                    found[i] = True
                before = value if token == BLANK else 999
            elif token != MINUS:
                before = 999
            value, sign, digits = 0, -1 if token == MINUS else 1, False


class _Draws:
    """Batches of drawn programs of the templates of a split."""

    def __init__(self, world: World, split: str) -> None:
        self.world = world
        own = split if split in ("compositions", "longer") else "train"
        self.seed = [world.seed, world.largest, SPLITS.index(own)]
        chosen = [(number, FAMILIES.index(one.family)) for number, one in enumerate(templates()) if one.split == own]
        self.lists = [np.array([number for number, of in chosen if of == family]) for family in sorted({of for _, of in chosen})]
        self.counts = np.array([one.operands for one in templates()])
        self.rules = np.array([int(one.rule) for one in templates()])
        self.joins = np.array([ord(one.text[7]) if one.operands == 3 else 0 for one in templates()])  # of NEAR: + or - or neither

    def batch(self, place: int) -> Drawn:
        rng = np.random.default_rng([*self.seed, place])
        size = BATCH << min(place, DOUBLINGS)
        family, choice = rng.integers(0, len(self.lists), size), rng.integers(0, 1 << 30, size)
        sizes = np.array([len(one) for one in self.lists])
        padded = np.stack([np.resize(one, sizes.max()) for one in self.lists])
        numbers = padded[family, choice % sizes[family]]
        operands = self._values(rng, size)
        rules = self.rules[numbers]
        operands[rules == Rule.STEADY, 1] //= 4
        self._bring_near(rng, numbers, operands)
        operands[np.arange(OPERANDS) >= self.counts[numbers][:, None]] = 0
        inside = (np.abs(operands) <= self.world.largest).all(axis=1)
        return Drawn(numbers[inside], operands[inside])

    def _values(self, rng: np.random.Generator, count: int) -> Ints:
        """Operands: half of the magnitudes uniform, half below a power of two that is drawn; a quarter negative."""
        shape, largest = (count, OPERANDS), self.world.largest
        low = rng.integers(0, 1 << 30, shape) % (1 << rng.integers(0, BITS + 1, shape)) % (largest + 1)
        size = np.where(rng.integers(0, 2, shape) == 0, low, rng.integers(0, largest + 1, shape))
        return np.where(rng.integers(0, 4, shape) == 0, -size, size)

    def _bring_near(self, rng: np.random.Generator, numbers: Ints, operands: Ints) -> None:
        """Half of what equality compares is equal, a quarter differs by 1 or 10."""
        kind, off = rng.integers(0, 4, len(numbers)), rng.integers(0, 4, len(numbers))
        joins = self.joins[numbers]
        a, b = operands[:, 0], operands[:, 1]
        target = np.where(joins == ord("+"), a + b, np.where(joins == ord("-"), a - b, a))
        target = target + np.where(kind < 2, 0, np.array([-10, -1, 1, 10])[off])
        near = np.flatnonzero((self.rules[numbers] == Rule.NEAR) & (kind < 3))
        operands[near, self.counts[numbers[near]] - 1] = target[near]


def batches(world: World, split: str) -> Iterator[Programs]:
    """The programs of a split as they are drawn, none twice, without an end where the world has none."""
    draws, wanted = _Draws(world, split), SPLITS.index(split)
    seen = np.zeros(0, np.int64)  # in rising order
    place = 0
    while True:
        drawn = draws.batch(place)
        place += 1
        keys = drawn.keys()
        _, first = np.unique(keys, return_index=True)
        first = np.sort(first[~_among(keys[first], seen)])
        drawn = Drawn(drawn.numbers[first], drawn.operands[first])
        written = write(*drawn)
        kept = np.flatnonzero(split_of(drawn, written) == wanted)
        drawn = Drawn(drawn.numbers[kept], drawn.operands[kept])
        yield Programs(drawn=drawn, written=only(written, kept))
        if len(kept) * FEWEST < len(keys):
            return
        seen = np.sort(np.concatenate([seen, np.sort(drawn.keys())]), kind="stable")


def _among(keys: Ints, seen: Ints) -> npt.NDArray[np.bool_]:
    """Which of ``keys`` are in ``seen``, which rises."""
    if not len(seen):
        return np.zeros(len(keys), np.bool_)
    return seen[np.minimum(np.searchsorted(seen, keys), len(seen) - 1)] == keys


def only(written: Written, kept: Ints) -> Written:
    """The programs ``kept``, in that order."""
    low, sizes = written.ends[kept], np.diff(written.ends)[kept]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    places = np.repeat(low - ends[:-1], sizes) + np.arange(ends[-1])
    return Written(text=written.text[places], ends=ends, cuts=written.cuts[kept])


def programs(world: World, split: str, count: int) -> Programs:
    """The first ``count`` programs of a split of ``world``; fewer in it is a :class:`WorldError`."""
    parts: list[Programs] = []
    have = 0
    for part in batches(world, split):
        parts.append(part)
        have += len(part)
        if have >= count:
            return _joined(parts, count)
    raise WorldError(f"this world has only {have} programs of the split {split}, not {count}: ask for fewer, or for larger operands")


def _joined(parts: list[Programs], count: int) -> Programs:
    drawn = Drawn(*(np.concatenate([getattr(part.drawn, name) for part in parts])[:count] for name in Drawn._fields))
    sizes = np.concatenate([np.diff(part.written.ends) for part in parts])[:count]
    text: Bytes = np.concatenate([part.written.text for part in parts])[: sizes.sum()]
    cuts = np.concatenate([part.written.cuts for part in parts])[:count]
    return Programs(drawn=drawn, written=Written(text=text, ends=np.concatenate([[0], np.cumsum(sizes)]), cuts=cuts))
