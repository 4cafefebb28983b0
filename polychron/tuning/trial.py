"""One trial of a search: the error of a shape by cross-validation within the training part."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from golden.tasks.fitting.training import fit_numbers
from golden.tasks.tables.read import Samples
from golden.tasks.tables.task import TASKS
from golden.training.stop import StopRequest

from .errors import Error
from .options import Trained
from .subjects import SUBJECTS, Said


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
    task: str, train: Samples, options: Trained, rivals: Sequence[Rival], seconds: float | None, stop: StopRequest | None = None
) -> Outcome | None:
    """The errors that networks trained by ``options`` make on the folds of ``train`` that they were not trained on, given up after a fold
    where a rival is clearly better: their intervals are apart. None where ``seconds`` or a request ended a training."""
    kind, subject, limit = TASKS[task], SUBJECTS[task], Limit(seconds, stop)
    parts = subject.parts(train, options)
    said: list[Said] = []
    errors: list[Error] = []
    for part, rest in parts:
        training = kind.training(part, options)
        try:
            fit = fit_numbers(part.x, training, training.inputs(part.x), names=None, parameters={}, seed=options.seed, tick=limit)
        except MemoryError:
            return Outcome(errors=tuple(errors), reason="its training takes more memory than there is")
        if fit.stopped:
            return None
        said.append(subject.said(fit, rest))
        due, found = (np.concatenate(every) for every in zip(*said, strict=True))
        errors.append(subject.error(due, found, options))
        done = len(errors)
        better = [rival for rival in rivals if rival.errors[done - 1].high < errors[-1].low]
        if better and done < len(parts):
            first = min(better, key=lambda rival: rival.errors[done - 1])
            told = f"error {errors[-1]}; {first.name}, which take no more: {first.errors[done - 1]}"
            return Outcome(errors=tuple(errors), reason=f"given up after {done} of {len(parts)} folds: {told}")
    return Outcome(errors=tuple(errors))
