"""What a search has found: the frontier as a table, with the command that makes each shape of it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from boards import Board

from ..command.options import words_of
from ..command.terminal import printable
from .options import Pick, Trained, TuneOptions
from .shapes import Shape, counted
from .subjects import SUBJECTS
from .tried import Found, Tried, frontier, picked, trained

HEAD = ("error", "bytes", "clocks", "us", "tables", "pairs", "epochs", "")
DEFAULT = "the default"


def train_command(task: str, options: Trained) -> str:
    """The command that trains by ``options``."""
    words = words_of(options, defaults=type(options)(data=Path()), always=("tables", "pairs", "epochs"))
    return shlex.join(["polychron", "train", task, *map(str, words)])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table, whose first and last column are words and the others numbers."""
    first, *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *numbers, last in rows:
        cells = [name.ljust(first), *(number.rjust(width) for number, width in zip(numbers, widths, strict=True)), last]
        lines.append("  ".join(cells).rstrip())
    return lines


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """``tried``: all shapes of the study. ``samples``: of the training part, in ``folds``; ``held_out``: those that had no part in the
    search. ``stopped``: whether it was interrupted."""

    options: TuneOptions
    board: Board
    tried: tuple[Tried, ...]
    default: Shape
    samples: int
    folds: int
    held_out: int
    stopped: bool

    @property
    def frontier(self) -> list[Found]:
        """The shapes that no other beats in error, bytes and clocks, the least error first."""
        return frontier(trained(self.tried))

    @property
    def picked(self) -> Found | None:
        """The one that ``--pick`` names; None where no shape was trained."""
        found = self.frontier
        return picked(found, self.options.pick or "best") if found else None

    def command(self, shape: Shape) -> str:
        """The command that trains a shape."""
        return train_command(self.options.task, self.options.training(shape))

    def microseconds(self, found: Found) -> float:
        """Of a sample, at the board's clock."""
        return round(found.cost.clocks / self.board.clock_hz * 1e6, 3)

    @property
    def figures(self) -> dict[str, Any]:
        """The same for ``--json`` (docs/user/json.md)."""
        given_up = [one for one in self.tried if one.reason is not None]
        known = {one.shape: one for one in trained(self.tried)}
        default = known.get(self.default)
        return {
            "study": self.options.file,
            "board": self.board.name,
            "clock_mhz": self.board.clock_hz / 1e6,
            "samples": self.samples,
            "folds": self.folds,
            "held_out": self.held_out,
            "interrupted": self.stopped,
            "shapes_trained": len(known),
            "frontier": [self._figures(one) for one in self.frontier],
            "default": None if default is None else self._figures(default),
            "picked": None if self.options.out is None or self.picked is None else self._figures(self.picked),
            "not_trained": [{**one.shape._asdict(), "folds": len(one.errors), "reason": one.reason} for one in given_up],
        }

    def _figures(self, found: Found) -> dict[str, Any]:
        error = found.error
        return {
            **found.shape._asdict(),
            "error": error.value,
            "error_low": error.low,
            "error_high": error.high,
            "table_bytes": found.cost.bytes,
            "clocks_per_step": found.cost.clocks,
            "microseconds": self.microseconds(found),
            "command": self.command(found.shape),
        }

    def __str__(self) -> str:
        options, found = self.options, self.frontier
        lines = [
            f"{printable(options.data)}: {self.samples} samples in {self.folds} folds; the {self.held_out} held out have no part in it",
            f"{self._counts()}; kept in {printable(options.file)}",
        ]
        default = next((one for one in self.tried if one.shape == self.default), None)
        if default is not None and default.reason is not None:
            lines += [f"{DEFAULT}, {default.shape}: {default.reason}"]
        if not found:
            return "\n".join(lines)
        lines += [f"the frontier on the {self.board.name}, whose clock is {self.board.clock_hz / 1e6:g} MHz:"]
        shown = found + [one for one in trained(self.tried) if one.shape == self.default and one not in found]
        lines += aligned([HEAD, *map(self._cells, shown)])
        lines += [f"error: {SUBJECTS[options.task].meaning}, by cross-validation, with its 95 % interval"]
        commands = {one.shape: ", ".join(self._picks(one)) for one in found if self._picks(one)}
        wide = max(map(len, commands.values()))
        lines += [
            "smallest, fastest: of those whose error is within the interval of the best",
            "to train one, and any other by its numbers:",
        ]
        lines += [f"  {picks:<{wide}}  {printable(self.command(shape), limit=1000)}" for shape, picks in commands.items()]
        return "\n".join(lines)

    def _counts(self) -> str:
        """How many shapes there are, and what became of them."""
        refused = len([one for one in self.tried if one.cost is None])
        given_up = len([one for one in self.tried if one.cost is not None and one.reason is not None])
        trained = len(self.tried) - refused - given_up
        parts = [(trained, "trained"), (given_up, "given up"), (refused, f"too large for the {self.board.name}")]
        return f"{counted(len(self.tried), 'shape')}: {', '.join(f'{count} {what}' for count, what in parts if count) or 'none done yet'}"

    def _cells(self, found: Found) -> tuple[str, ...]:
        cost, marks = found.cost, self._picks(found) + [DEFAULT] * (found.shape == self.default)
        figures = str(found.error), f"{cost.bytes:,}", f"{cost.clocks:,}", f"{self.microseconds(found):.2f}"
        return *figures, *map(str, found.shape), ", ".join(marks)

    def _picks(self, found: Found) -> list[str]:
        """The words of ``--pick`` that name it."""
        return [pick for pick in get_args(Pick) if picked(self.frontier, pick) == found]
