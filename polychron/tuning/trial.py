"""One trial of a search: the error of a shape by cross-validation within the training part."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from golden.tasks.asking import ask
from golden.tasks.fitting.cross_validation import folds
from golden.tasks.fitting.training import fit_numbers
from golden.tasks.tables.options import LearnOptions
from golden.tasks.tables.read import Samples, some
from golden.tasks.tables.task import TASKS
from golden.training.stop import StopRequest

from .errors import MEASURES, Error


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A shape that takes no more bytes and clocks, by its name, and its errors over the first fold, the first two, and so on."""

    name: str
    errors: tuple[Error, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``errors`` over the first fold, the first two, and so on; ``reason`` why it wasn't trained to the end, or None."""

    errors: tuple[Error, ...]
    reason: str | None = None


class Limit:
    """Ends a training: on request, or after so many seconds."""

    def __init__(self, seconds: float | None, stop: StopRequest | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self._stop = stop

    def __call__(self, phase: str, loss: float) -> bool:
        return (self._stop is not None and self._stop.made) or (self._end is not None and time.monotonic() > self._end)


def try_shape(
    task: str, train: Samples, options: LearnOptions, rivals: Sequence[Rival], seconds: float | None, stop: StopRequest | None = None
) -> Outcome | None:
    """The errors that networks trained by ``options`` make on the folds of ``train`` that they were not trained on, given up after a fold
    where a rival is clearly better: their intervals are apart. None where ``seconds`` or a request ended a training."""
    kind, limit = TASKS[task], Limit(seconds, stop)
    strata = kind.strata(train.answers)
    parts = list(folds(np.arange(len(train.x)) if strata is None else strata, train.groups, seed=options.seed))
    due, found = [], []
    errors: list[Error] = []
    for used, rest in parts:
        part = some(train, used)
        training = kind.training(part, options)
        try:
            fit = fit_numbers(part.x, training, training.inputs(part.x), names=None, parameters={}, seed=options.seed, tick=limit)
        except MemoryError:
            return Outcome(errors=tuple(errors), reason="its training takes more memory than there is")
        if fit.stopped:
            return None
        due.append(train.answers[rest])
        found.append(fit.fitted.meaning(fit.network, ask(fit.network, fit.fitted.latencies(train.x[rest]))))
        errors.append(MEASURES[task](np.concatenate(due), np.concatenate(found)))
        done = len(errors)
        better = [rival for rival in rivals if rival.errors[done - 1].high < errors[-1].low]
        if better and done < len(parts):
            first = min(better, key=lambda rival: rival.errors[done - 1])
            told = f"error {errors[-1]}; {first.name}, which take no more: {first.errors[done - 1]}"
            return Outcome(errors=tuple(errors), reason=f"given up after {done} of {len(parts)} folds: {told}")
    return Outcome(errors=tuple(errors))
