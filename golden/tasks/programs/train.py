"""Training a text network on true programs; what is held out is a split that shares none with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polychron.system.progress import under_way

from ...programs.generator import programs
from ...programs.training_set import TrainingSet
from ...training.learner import Architecture
from ..language import run as train_text
from ..text import Text
from .options import RecurrentPrograms, TransformerPrograms

HELD_OUT = 4000  # programs


@dataclass(frozen=True, kw_only=True)
class ProgramText(Text):
    """The tokens of a training set, and of as many held-out programs as a training is scored on."""

    held: bytes
    made: TrainingSet

    @property
    def train(self) -> bytes:
        return self.data

    @property
    def held_out(self) -> bytes:
        return self.held

    def card(self) -> dict[str, Any]:
        return {"task": "programs", "data": self.made.card}


def program_text(made: TrainingSet) -> ProgramText:
    """The training set as a text."""
    with under_way("writing programs"):
        held = programs(made.world, "held", min(HELD_OUT, max(1, made.count // 20))).data()
        name = f"{made.count} programs of the world {made.world.seed}"
        return ProgramText(data=made.lines.data(), held=held, made=made, name=name)


def run(kind: Architecture[Any, Any], options: RecurrentPrograms | TransformerPrograms, *, out: Path, command: str) -> dict[str, Any]:
    """As a training on a text (golden/tasks/language.py); the card says exactly what the training set is."""
    made = TrainingSet(world=options.chosen(), count=options.programs, planted=options.planted())
    return train_text(kind, options, out=out, command=command, read=lambda: program_text(made))
