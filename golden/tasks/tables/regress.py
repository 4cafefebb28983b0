"""A regression of the rows of a table: its figures are R2, MAE and RMSE with their intervals, and others' beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..fitting.card import Fitted
from ..fitting.learning import Learning
from ..fitting.outputs.base import Answers
from ..fitting.outputs.values import Values
from ..fitting.quantiles import Numbers
from ..fitting.recipe import MAX_OUTPUTS
from ..fitting.training import Training
from ..inputs import Latencies
from ..interval import interval
from .kind import LISTED, Judge, Kind, Peer
from .options import RegressOptions
from .read import Samples
from .target import Numeric, Target

MEASURES = ("r2", "mae", "rmse")
Ends = Callable[..., tuple[npt.NDArray[Any], npt.NDArray[Any]]]
SEPARATE: Ends = partial(interval, paired=True)
"""Of samples that have nothing to do with one another."""


def errors(due: Floats, found: Floats, axis: int = -1) -> Numbers:
    """The :data:`MEASURES` of numbers along ``axis``, stacked. R2: 1 less the squares of the errors over those about the mean of ``due``;
    where all of ``due`` are the same, 1 if there is no error and else 0.

    Errors are measured in the largest magnitude there is, so that no square leaves what a float holds.
    """
    most = max(float(np.abs(due).max()), float(np.abs(found).max())) or 1.0
    error, about = (found - due) / most, (due - due.mean(axis=axis, keepdims=True)) / most
    squares, spread = (error**2).sum(axis=axis), (about**2).sum(axis=axis)
    varied = np.ptp(due, axis=axis) > 0
    r2 = np.where(varied, 1 - squares / np.where(varied, spread, 1.0), np.where(squares > 0, 0.0, 1.0))
    return np.stack([r2, most * np.abs(error).mean(axis=axis), most * np.sqrt((error**2).mean(axis=axis))])


def _rounded(name: str, value: float) -> float:
    return round(float(value), 4) if name == "r2" else float(f"{value:.5g}")


def plain(due: Numbers, found: Numbers) -> dict[str, float]:
    """The :data:`MEASURES` of (samples,) numbers by name."""
    return {name: _rounded(name, value) for name, value in zip(MEASURES, errors(due, found), strict=True)}


def with_intervals(due: Numbers, found: Numbers, *, ends: Ends = SEPARATE) -> dict[str, float]:
    """The same, each with ``_low`` and ``_high``: the ends of its interval."""
    figures: dict[str, float] = {}
    for name, value, low, high in zip(MEASURES, errors(due, found), *ends(errors, due, found), strict=True):
        figures |= {name: _rounded(name, value), f"{name}_low": _rounded(name, low), f"{name}_high": _rounded(name, high)}
    return figures


@dataclass(frozen=True, kw_only=True)
class NumberJudge(Judge):
    """``due``: (samples, targets) numbers, NaN where none is due; ``outputs`` of the network, whose latencies are in units of ``unit``;
    ``names`` of the targets. ``how`` intervals are found."""

    how: ClassVar[str] = "the bootstrap"

    due: Numbers
    outputs: Values
    unit: float
    names: Sequence[str]

    def found(self, outputs: Int16 | Floats) -> npt.NDArray[np.float64]:
        return self.outputs.answers(outputs, unit=self.unit)

    def _each(self, found: Numbers, measure: Any) -> dict[str, Any]:
        """The mean R2, and what ``measure`` says of each target of which a number is due; None where there is none."""
        targets = []
        for place, (due, given) in enumerate(zip(self.due[: len(found)].T, found.T, strict=True)):
            there = ~np.isnan(due)
            if there.any():
                targets.append({**self.about(place), **measure(due[there], given[there])})
        return {"r2": round(float(np.mean([target["r2"] for target in targets])), 4) if targets else None, "targets": targets}

    def about(self, place: int) -> dict[str, Any]:
        """What tells a target from others."""
        return {"target": self.names[place]}

    def plainest(self) -> Peer:
        """What is told without a network."""
        return Peer("the mean of what was trained on", np.broadcast_to(self.outputs.offset, self.due.shape))

    def score(self, outputs: Int16 | Floats) -> dict[str, Any]:
        return self._each(self.found(outputs), plain)

    def tell(self, outputs: Int16 | Floats, chosen: Sequence[int]) -> tuple[str, dict[str, Any]]:
        """Without R2, which a few samples say little about."""
        found = self.found(outputs)
        figures = [{key: value for key, value in one.items() if key != "r2"} for one in self._each(found, plain)["targets"]]
        shown = [f"{self._which(one)}MAE {one['mae']:g}, RMSE {one['rmse']:g}" for one in figures[:LISTED]]
        return "; ".join(shown) or "none is due", {"targets": figures, "numbers": found.tolist()}

    def _which(self, one: dict[str, Any]) -> str:
        """The target's name, where there are several."""
        return f"{printable(one['target'], limit=24)}: " if len(self.names) > 1 else ""

    def figures(self, found: Answers) -> dict[str, Any]:
        return self._each(found, with_intervals)

    def report(self, outputs: Int16 | Floats, others: Sequence[Peer]) -> None:
        """R2, MAE and RMSE of each target."""
        found = self.found(outputs)
        for name, given in (Peer("this network", found), *others, self.plainest()):
            for one in self.figures(given)["targets"][:LISTED]:
                shown = [f"{label} {one[key]:g} ({one[f'{key}_low']:g} to {one[f'{key}_high']:g})" for key, label in LABELS]
                print(f"held out, {name}: {self._which(one)}{', '.join(shown)}")
        print(f"in brackets: 95 % intervals by {self.how}")


LABELS = (("r2", "R2"), ("mae", "MAE"), ("rmse", "RMSE"))


class Regress(Kind[Values, RegressOptions]):
    outputs = Values
    fewest = 2

    def target(self, known: Values | None) -> Target:
        return Numeric()

    def again(self, train: Samples) -> Target:
        return Numeric()

    def training(self, train: Samples, options: RegressOptions) -> Training:
        return Learning(
            answers=train.answers,
            outputs=Values.of(train.answers, names=train.targets),
            tables=options.tables,
            pairs=options.pairs,
            epochs=options.epochs,
        )

    def check(self, samples: Samples) -> None:
        if (count := len(samples.targets)) > MAX_OUTPUTS:
            raise NetworkError(f"there must be at most {MAX_OUTPUTS} targets, not {count}")

    def strata(self, answers: Answers) -> Answers | None:
        return None

    def judge(self, x: Latencies, samples: Samples, *, outputs: Values, unit: float) -> Judge:
        if samples.answers.shape[1] != outputs.count:
            raise NetworkError(f"there must be {self.described(outputs)} to compare with, not {samples.answers.shape[1]}")
        names = outputs.names or [str(number) for number in range(outputs.count)]
        return NumberJudge(x=x, what="samples", due=samples.answers, outputs=outputs, unit=unit, names=names)

    def described(self, outputs: Values) -> str:
        return "1 target" if outputs.count == 1 else f"{outputs.count} targets"

    def peers(self) -> list[tuple[str, Any]]:
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import Ridge
        from sklearn.multioutput import MultiOutputRegressor
        from sklearn.neighbors import KNeighborsRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return [
            ("ridge regression", make_pipeline(SimpleImputer(), StandardScaler(), Ridge())),
            ("gradient boosting", MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0))),
            ("1-NN", make_pipeline(SimpleImputer(), StandardScaler(), KNeighborsRegressor(1))),
        ]

    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        return train.x, train.answers, test.x
