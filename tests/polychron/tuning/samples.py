"""Small samples for searches, and what a study says of them."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from optuna import load_study
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from sklearn.model_selection import train_test_split

from polychron.tuning.journal import NAME

ROOT = Path(__file__).parents[3]
SAMPLES = 80


def made() -> pandas.DataFrame:
    """Samples of two classes that overlap; the last column tells them apart."""
    rng = np.random.default_rng(1)
    kind = np.arange(SAMPLES) % 2
    frame = pandas.DataFrame(rng.normal(size=(SAMPLES, 3)), columns=["a", "b", "c"])
    frame["a"] += 1.5 * kind
    frame["b"] -= kind
    return frame.assign(kind=kind)


def held_out(frame: pandas.DataFrame) -> np.ndarray:
    """The rows that a training of seed 0 holds out."""
    numbers = np.arange(len(frame))
    return np.asarray(train_test_split(numbers, test_size=0.25, random_state=0, stratify=frame["kind"])[1])


def finished(path: Path) -> list[tuple[Any, ...]]:
    """The shapes of a study, as Optuna itself reads it, and all that is known of them."""
    study = load_study(study_name=NAME, storage=JournalStorage(JournalFileBackend(str(path))))
    trials = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    return [(trial.params, trial.values, trial.user_attrs) for trial in trials]


def words(*more: str, trials: int = 6, task: str = "classify") -> Sequence[str]:
    return ["tune", task, "--data", f"{task}.csv", "--trials", str(trials), *more]


def wait_for(study: Path, count: int) -> None:
    """Until so many shapes are finished."""
    for _ in range(6000):
        if study.exists() and study.read_bytes().count(b'"datetime_complete"') >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {count} shapes")
