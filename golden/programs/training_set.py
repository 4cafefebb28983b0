"""The training set: what is in it, said exactly, and whether a program is."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .find import find
from .generator import Programs, programs, split_of
from .machine import run
from .options import MOST_PROGRAMS, MOST_SEED, World, WorldError
from .templates import FAMILIES, SPLITS, templates
from .writer import Ints, write

MOST = {"generator": 1 << 16, "seed": MOST_SEED, "largest": 127, "programs": MOST_PROGRAMS}
"""Fields of a card that say how to make the training set, with their ends."""

VERSION = 1
"""Of the generator: another one writes other programs for the same seed."""


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """The first ``count`` training programs of ``world``."""

    world: World
    count: int

    @classmethod
    def of_card(cls, card: Any) -> "TrainingSet":
        """The training set that a card describes; ``WorldError`` where it describes none, or this generator makes another."""
        fields = card if isinstance(card, dict) else {}
        if not all(isinstance(fields.get(name), int) and 0 <= fields[name] <= high for name, high in MOST.items()):
            raise WorldError("the card describes no training set of programs")
        made = cls(world=World(seed=card["seed"], largest=card["largest"]), count=card["programs"])
        if card["generator"] != VERSION or made.card["sha256"] != card.get("sha256"):
            raise WorldError("the training set was made by another generator: what it holds can't be told")
        return made

    @cached_property
    def programs(self) -> Programs:
        return programs(self.world, "train", self.count)

    @cached_property
    def _order(self) -> tuple[Ints, Ints]:
        """The keys in rising order, and the place of each in the training set."""
        keys = self.programs.drawn.keys()
        order = np.argsort(keys)
        return keys[order], order

    def place(self, program: bytes) -> int | None:
        """The place of ``program`` in the training set, from 0; None where it isn't in it. Exact: a program has one key, a key one
        program."""
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
            found |= {"seen": place is not None, "place": place}
        return found

    @cached_property
    def card(self) -> dict[str, Any]:
        """What is in the training set (:func:`card_of`)."""
        return card_of(self.world, "train", self.programs)


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
