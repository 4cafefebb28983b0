"""What a search is for, where tasks differ: which parts of the training part are held back, how errors on them are measured, and what a
shape of the task's networks costs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from golden.integer.layer import NetworkError
from golden.tasks.asking import ask
from golden.tasks.fitting.cross_validation import FOLDS, folds
from golden.tasks.fitting.learning import Learning
from golden.tasks.fitting.outputs.base import Answers
from golden.tasks.fitting.training import Fit, Training
from golden.tasks.inputs import Inputs as Map
from golden.tasks.signals.forecasting import Forecasting
from golden.tasks.signals.values import NextValues
from golden.tasks.tables.forecast import Forecast
from golden.tasks.tables.options import ForecastOptions, LearnOptions
from golden.tasks.tables.read import Samples, some
from golden.tasks.tables.task import TASKS

from .costs import Draft, Inputs, SignalInputs
from .errors import Error, unexplained, untold, wrong
from .options import Trained
from .shapes import Shape, Space

FORECAST = Forecast()
LEAST_TABLES = 4
"""Of networks that read signals."""

Parts = list[tuple[Samples, Samples]]
"""What is trained on, and what is held back."""


class Said(NamedTuple):
    """Of what was held back: what is ``due``, and what a network has ``found``."""

    due: Answers
    found: Answers


class Subject(ABC):
    """Of a task; ``meaning`` of its errors, in words."""

    meaning: str

    @abstractmethod
    def parts(self, train: Samples, options: Trained) -> Parts:
        """Those of the training part. None where there are too few samples; ``NetworkError`` where there is too little in one."""

    @abstractmethod
    def said(self, fit: Fit, rest: Samples) -> Said: ...

    @abstractmethod
    def error(self, due: Answers, found: Answers, options: Trained) -> Error: ...

    @abstractmethod
    def space(self, train: Samples, training: Training, options: Trained, *, gentle: bool) -> Space: ...

    @abstractmethod
    def draft(self, train: Samples, training: Training, inputs: Map, *, seed: int) -> Draft:
        """What makes networks of a shape that are not trained."""

    def count(self, samples: Samples) -> int:
        """How many there are."""
        return len(samples.x)


def in_folds(task: str, train: Samples, *, seed: int) -> Parts:
    """By cross-validation, in which groups stay whole."""
    strata = TASKS[task].strata(train.answers)
    numbers = np.arange(len(train.x)) if strata is None else strata
    return [(some(train, used), some(train, rest)) for used, rest in folds(numbers, train.groups, seed=seed)]


@dataclass(frozen=True, kw_only=True)
class Rows(Subject):
    """Of samples that have nothing to do with one another. ``measure`` of what is due and what was found."""

    task: str
    meaning: str
    measure: Callable[[Any, Any], Error]

    def parts(self, train: Samples, options: Trained) -> Parts:
        return in_folds(self.task, train, seed=options.seed)

    def said(self, fit: Fit, rest: Samples) -> Said:
        return Said(rest.answers, fit.fitted.meaning(fit.network, ask(fit.network, fit.fitted.latencies(rest.x))))

    def error(self, due: Answers, found: Answers, options: Trained) -> Error:
        return self.measure(due, found)

    def space(self, train: Samples, training: Training, options: Trained, *, gentle: bool) -> Space:
        assert isinstance(training, Learning)
        assert isinstance(options, LearnOptions)
        return Space.of(len(train.x), aim=training.outputs.aim, options=options, gentle=gentle)

    def draft(self, train: Samples, training: Training, inputs: Map, *, seed: int) -> Draft:
        assert isinstance(training, Learning)
        latencies = np.asarray(inputs.latencies(train.x))
        vary = np.flatnonzero(np.ptp(latencies, axis=0) > 0)
        vary = vary if len(vary) else np.zeros(1, np.int64)  # any, as growing takes it
        return Inputs(count=latencies.shape[1], vary=vary, outputs=training.outputs.count)


@dataclass(frozen=True, kw_only=True)
class Ahead(Subject):
    """Of what comes next in signals. Without groups slices of time are held back, each told by a network of what is before it."""

    meaning: str = "1 - R2, the share of variance not told before it comes"

    def parts(self, train: Samples, options: Trained) -> Parts:
        assert isinstance(options, ForecastOptions)
        found = list(FORECAST.slices(train, FOLDS)) if train.groups is None else in_folds("forecast", train, seed=options.seed)
        for number, (part, rest) in enumerate(found, start=1):
            try:
                FORECAST.check_parts(part, rest, options)
            except NetworkError as error:
                raise NetworkError(f"too few steps for a search, in fold {number} of {len(found)}: {error}") from None
        return found

    def said(self, fit: Fit, rest: Samples) -> Said:
        outputs = fit.fitted.outputs
        assert isinstance(outputs, NextValues)
        judge = FORECAST.judge(fit.fitted.latencies(rest.x), rest, outputs=outputs, unit=2.0**-fit.network.out_frac)
        return Said(judge.due, judge.found(ask(fit.network, judge.x, joined=judge.joined)))

    def error(self, due: Answers, found: Answers, options: Trained) -> Error:
        assert isinstance(options, ForecastOptions)
        return untold(due, found, ahead=options.horizon)

    def space(self, train: Samples, training: Training, options: Trained, *, gentle: bool) -> Space:
        assert isinstance(options, ForecastOptions)
        default = Shape(options.tables, options.pairs, options.epochs)
        return Space.around(default, samples=self.count(train), least=LEAST_TABLES)

    def draft(self, train: Samples, training: Training, inputs: Map, *, seed: int) -> Draft:
        assert isinstance(training, Forecasting)
        return SignalInputs(count=inputs.count, outputs=training.outputs.count, seed=seed)

    def count(self, samples: Samples) -> int:
        return FORECAST.counted(samples)


SUBJECTS: dict[str, Subject] = {
    "classify": Rows(task="classify", meaning="the share of samples taken for another class", measure=wrong),
    "regress": Rows(task="regress", meaning="1 - R2, the share of variance not explained", measure=unexplained),
    "forecast": Ahead(),
}
