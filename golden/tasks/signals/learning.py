"""The training of a classifier of signals, as a training of samples of any kind."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from ..fitting.outputs.base import Answers
from ..fitting.train import Tick
from ..fitting.training import Made, Training
from ..inputs import X
from .classes import SignalClasses
from .goals import WholeSignal
from .recipe import SignalRecipe
from .steps import Steps
from .train import fit_signals


@dataclass(frozen=True, kw_only=True)
class SignalLearning(Training):
    """``answers``: the label of each signal; ``lags`` and ``timed``: what a step is given (:class:`Steps`)."""

    phases: ClassVar[str] = "training, then rounding"

    answers: Answers
    outputs: SignalClasses
    recipe: SignalRecipe
    lags: int
    timed: bool

    @property
    def unit(self) -> str:
        return "nats a signal"

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def inputs(self, x: X) -> Steps:
        return Steps.fit(x, lags=self.lags, timed=self.timed)

    def of(self, answers: Answers) -> Self:
        return replace(self, answers=answers)

    def train(self, x: X, inputs: Steps, *, seed: int, tick: Tick) -> Made:
        goal = WholeSignal(targets=self.outputs.targets(self.answers))
        made = fit_signals(inputs.latencies(x), goal, self.recipe, seed=seed, tick=tick)
        return Made(network=made.network, outputs=self.outputs, stopped=made.stopped)
