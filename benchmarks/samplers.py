"""Samplers for ``polychron tune``, on the training parts of data sets that scikit-learn has: how much of what could be asked for the shapes
answer that each has drawn.

What could be asked for is an error, bytes and clocks, drawn evenly: the error between none and that of guessing, bytes and clocks by their
logarithm. Every sampler begins with the default shape and draws another one in place of a shape that it knows.

python -m benchmarks.samplers
"""

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import boards
from golden.tasks.tables.task import TASKS, parts
from polychron.tuning.costs import Cost, cost_of_shape
from polychron.tuning.options import TuneClassify, TuneOptions, TuneRegress
from polychron.tuning.shapes import Shape
from polychron.tuning.task import task_of
from polychron.tuning.trial import try_shape

if TYPE_CHECKING:
    import optuna

SETS = {"wine": TuneClassify, "breast_cancer": TuneClassify, "diabetes": TuneRegress}
SHAPES, SEEDS = (20, 40), (1, 2, 3)
QUESTIONS = 100_000


class Answers:
    """What shapes are worth for one set, each found once; ``guess``: the error of guessing."""

    def __init__(self, options: TuneOptions) -> None:
        self.options = options
        self.train, _ = parts(TASKS[options.task], options.training())
        self.task = task_of(self.train, options, boards.get(options.board))
        shares = np.unique(self.train.answers, return_counts=True)[1] / len(self.train.answers)
        self.guess = 1.0 if options.task == "regress" else 1 - float(shares.max())
        self.of = cache(self._of)

    def _of(self, shape: Shape) -> tuple[float, Cost] | None:
        try:
            cost = cost_of_shape(shape, self.task.inputs, self.task.board)
        except ValueError:
            return None
        outcome = try_shape(self.options.task, self.train, self.options.training(shape), (), None)
        assert outcome is not None
        return outcome.errors[-1].value, cost


def sampler(name: str, seed: int, genes: "optuna.samplers.NSGAIISampler") -> "optuna.samplers.BaseSampler":
    """One for the next draw."""
    import optuna

    if name == "TPE":
        return optuna.samplers.TPESampler(seed=seed)
    return genes if name == "NSGA-II" else optuna.samplers.RandomSampler(seed=seed)


def draw(name: str, answers: Answers, seed: int) -> list[tuple[float, Cost] | None]:
    """What the shapes are worth that a sampler has drawn, one after another; None where one fit the board."""
    import optuna

    study = optuna.create_study(directions=["minimize"] * 3)
    study.enqueue_trial(answers.task.space.default._asdict())
    genes = optuna.samplers.NSGAIISampler(seed=seed, population_size=10)
    known: dict[Shape, Any] = {}
    while len(known) < max(SHAPES):
        for attempt in range(1000):
            own = int(np.random.SeedSequence([seed, len(known), attempt]).generate_state(1)[0])
            study.sampler = sampler("random" if attempt else name, own, genes)
            trial = study.ask()
            shape = answers.task.space.drawn(trial)
            if shape not in known:
                break
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        known[shape] = worth = answers.of(shape)
        if worth is None:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, [worth[0], *map(float, worth[1])])
    return list(known.values())


def answered(found: list[tuple[float, Cost] | None], guess: float) -> float:
    """The share of the questions that one of the shapes answers."""
    rng = np.random.default_rng(0)
    error, size, clocks = rng.random(QUESTIONS) * guess, 2 ** rng.uniform(4, 18, QUESTIONS), 2 ** rng.uniform(4, 10, QUESTIONS)
    shapes = [one for one in found if one is not None]
    met = [(error >= wrong) & (size >= cost.bytes) & (clocks >= cost.clocks) for wrong, cost in shapes]
    return float(np.any(met, axis=0).mean())


def main() -> None:
    import optuna
    from sklearn import datasets

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("| set | sampler | " + " | ".join(f"{count} shapes" for count in SHAPES) + " |")
    print("| --- " * (2 + len(SHAPES)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in SETS.items():
            file = Path(folder) / f"{name}.csv"
            getattr(datasets, f"load_{name}")(as_frame=True).frame.to_csv(file, index=False)
            answers = Answers(kind(data=file))
            for drawn_by in ("TPE", "NSGA-II", "random"):
                runs = [draw(drawn_by, answers, seed) for seed in SEEDS]
                shares = [np.mean([answered(run[:count], answers.guess) for run in runs]) for count in SHAPES]
                print(f"| {name} | {drawn_by} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
