"""The training set: what is in it, said exactly, and whether a program is."""

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .find import find
from .generator import Programs, programs, split_of
from .machine import run
from .options import MOST_COPIES, MOST_PLANTED, MOST_PROGRAMS, MOST_SEED, Planted, World, WorldError
from .planted.lines import NONE, Lines, plant
from .templates import FAMILIES, SPLITS, templates
from .writer import Ints, write

MOST = {"generator": 1 << 16, "seed": MOST_SEED, "largest": 127, "programs": MOST_PROGRAMS}
"""Fields of a card that say how to make the training set, with their ends."""

MOST_OF_PLANTED = {"contradictions": MOST_PLANTED, "duplicates": MOST_PLANTED, "copies": MOST_COPIES}
"""Those of its field ``planted``, which a training set without planted lines hasn't."""

NOTHING_PLANTED = Planted()

VERSION = 1
"""Of the generator: another one writes other programs for the same seed."""


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """The first ``count`` training programs of ``world``, and lines ``planted`` among them."""

    world: World
    count: int
    planted: Planted = NOTHING_PLANTED

    @classmethod
    def of_card(cls, card: Any) -> "TrainingSet":
        """The training set that a card describes; ``WorldError`` where it describes none, or this generator makes another."""
        fields = card if isinstance(card, dict) else {}
        lines = fields.get("planted", {})
        if not _within(fields, MOST) or (lines and not (_within(lines, MOST_OF_PLANTED) and lines["copies"])):
            raise WorldError("the card describes no training set of programs")
        planted = Planted(**{name: lines[name] for name in MOST_OF_PLANTED}) if lines else Planted()
        made = cls(world=World(seed=card["seed"], largest=card["largest"]), count=card["programs"], planted=planted)
        if card["generator"] != VERSION or made.card["sha256"] != card.get("sha256"):
            raise WorldError("the training set was made by another generator: what it holds can't be told")
        return made

    @cached_property
    def programs(self) -> Programs:
        """The true programs, none twice."""
        return programs(self.world, "train", self.count)

    @cached_property
    def lines(self) -> Lines:
        """What is trained on: the programs, and what is planted among them."""
        return plant(self.programs, self.planted, seed=self.world.seed)

    @cached_property
    def _order(self) -> tuple[Ints, Ints]:
        """The keys in rising order, and the place of each in the training set."""
        keys = self.programs.drawn.keys()
        order = np.argsort(keys)
        return keys[order], order

    def place(self, program: bytes) -> int | None:
        """The line of ``program`` in the training set, from 0, its copies apart; None where it isn't in it. Exact: a program has one key, a
        key one program, and those that aren't true are planted."""
        found = self._number(program)
        if found is not None:
            return int(self.lines.places(NONE)[found]) if self.planted else found
        for number in range(self.lines.false if self.planted else 0):
            first = int(self.lines.places(number)[0])
            if self.lines.written.program(first) == program:
                return first
        return None

    def _number(self, program: bytes) -> int | None:
        drawn = find(program)
        if drawn is None:
            return None
        keys, order = self._order
        at = int(np.searchsorted(keys, drawn.keys()[0]))
        return int(order[at]) if at < len(keys) and keys[at] == drawn.keys()[0] else None

    def told(self, program: bytes) -> dict[str, Any]:
        """``seen``, ``place`` and, where the generator can write it, ``family``, ``split`` and ``template`` of a program; what the machine
        says of it as ``verdict``.
        """
        found: dict[str, Any] = {
            "verdict": str(run(program)),
            "seen": False,
            "place": None,
            "family": None,
            "split": None,
            "template": None,
        }
        drawn = find(program)
        if drawn is not None:
            template = templates()[int(drawn.numbers[0])]
            split = int(split_of(drawn, write(*drawn))[0])
            found |= {"family": template.family, "template": template.text, "split": SPLITS[split] if split >= 0 else None}
        place = self.place(program)
        return found | {"seen": place is not None, "place": place}

    @cached_property
    def card(self) -> dict[str, Any]:
        """What is in the training set (:func:`card_of`)."""
        found = card_of(self.world, "train", self.programs)
        if self.planted:
            data = self.lines.data()
            found |= {"tokens": len(data), "sha256": hashlib.sha256(data).hexdigest(), "planted": asdict(self.planted)}
        return found


def _within(fields: Any, most: dict[str, int]) -> bool:
    """Whether ``fields`` is an object in which each of ``most`` is a number from 0 to its end."""
    return isinstance(fields, dict) and all(isinstance(fields.get(name), int) and 0 <= fields[name] <= high for name, high in most.items())


def card_of(world: World, split: str, made: Programs) -> dict[str, Any]:
    """What is among the first programs of a split: how to make them, their hash, and how many there are of each family and template."""
    families = Counter(FAMILIES[family] for family in made.families.tolist())
    counts = Counter(templates()[number].text for number in made.drawn.numbers.tolist())
    data = made.data()
    return {
        "generator": VERSION,
        "seed": world.seed,
        "largest": world.largest,
        "split": split,
        "programs": len(made),
        "tokens": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "families": {name: families[name] for name in FAMILIES},
        "templates": dict(sorted(counts.items())),
    }
