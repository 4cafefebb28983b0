"""The shapes that a study has tried, and which of them are worth having."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .costs import Cost
from .errors import Error
from .options import Pick
from .shapes import Shape

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True, kw_only=True)
class Tried:
    """``cost`` on the board, None where the shape doesn't fit; ``errors`` over the first fold, the first two, and so on; ``reason`` why it
    wasn't trained, or not to the end."""

    shape: Shape
    cost: Cost | None
    errors: tuple[Error, ...] = ()
    reason: str | None = None

    @classmethod
    def read(cls, trial: "FrozenTrial") -> Self:
        """As the study keeps it; ``ValueError`` or the like where it doesn't."""
        kept = trial.user_attrs
        found = cls(
            shape=Shape(**trial.params),
            cost=Cost(*map(int, kept["cost"])) if "cost" in kept else None,
            errors=tuple(Error(*map(float, error)) for error in kept["errors"]),
            reason=None if kept.get("reason") is None else str(kept["reason"]),
        )
        if trial.values is not None and [one.measures for one in trained([found])] != [tuple(trial.values)]:
            raise ValueError(f"trial {trial.number} has other values than it was trained to")
        return found

    def kept(self) -> dict[str, Any]:
        """What the study keeps beside the shape: JSON."""
        words: dict[str, Any] = {"errors": [list(error) for error in self.errors]}
        words |= {} if self.cost is None else {"cost": list(self.cost)}
        return words | ({} if self.reason is None else {"reason": self.reason})


@dataclass(frozen=True, kw_only=True)
class Found:
    """A shape that was trained to the end, its ``errors`` over the first fold, the first two, and so on to all, and its ``cost``."""

    shape: Shape
    errors: tuple[Error, ...]
    cost: Cost

    @property
    def error(self) -> Error:
        """Over all folds."""
        return self.errors[-1]

    @property
    def measures(self) -> tuple[float, int, int]:
        """What is to be small."""
        return self.error.value, self.cost.bytes, self.cost.clocks

    def beats(self, other: "Found") -> bool:
        """No worse in error, bytes and clocks, and better in one of them."""
        pairs = list(zip(self.measures, other.measures, strict=True))
        return all(own <= theirs for own, theirs in pairs) and any(own < theirs for own, theirs in pairs)


def trained(tried: Sequence[Tried]) -> list[Found]:
    """Those that were trained to the end."""
    return [Found(shape=one.shape, errors=one.errors, cost=one.cost) for one in tried if one.cost and one.errors and not one.reason]


def frontier(found: Sequence[Found]) -> list[Found]:
    """Those that no other beats, by their error; of equal ones the first by tables, pairs and epochs."""
    first = {one.measures: one for one in sorted(found, key=lambda one: one.shape, reverse=True)}
    kept = [one for one in first.values() if not any(other.beats(one) for other in found)]
    return sorted(kept, key=lambda one: one.measures)


def picked(found: Sequence[Found], pick: Pick) -> Found:
    """Of a frontier: the one of the least error; or, of those whose error is within the interval of that, the one with the fewest bytes or
    clocks."""
    best = found[0]
    close = [one for one in found if one.error.value <= best.error.high]
    return {"best": best, "smallest": min(close, key=lambda one: one.cost), "fastest": min(close, key=lambda one: one.cost[::-1])}[pick]
