"""The digits task: scikit-learn's 1797 images of 8 x 8 pixels, a quarter held out, stratified by class.

A pixel of value 0..16 is a spike at that latency: 64 inputs, ten outputs.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16, NetworkError
from .classifier import Tick, Trained, train_classifier
from .recipe import Recipe
from .warp import Warp, warp

CLASSES = 10
SIZE = (8, 8)
WARP = Warp(turn=6.0, scale=0.05, shear=0.05, shift=0.3)
UNDISTORTED = 5  # every fifth view of the training images is the images themselves


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """A split: x (batch, 64) int16 latencies 0..16, y (batch,) classes."""

    train_x: Int16
    train_y: npt.NDArray[np.int64]
    test_x: Int16
    test_y: npt.NDArray[np.int64]


def _load() -> tuple[Int16, npt.NDArray[np.int64]]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise NetworkError("the digits data set is scikit-learn's: pip install scikit-learn") from None
    data = load_digits()
    return data.data.astype(np.int16), data.target.astype(np.int64)


def _split(x: Int16, y: npt.NDArray[np.int64], seed: int) -> Holdout:
    from sklearn.model_selection import train_test_split

    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    return Holdout(train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y)


def holdout(seed: int) -> Holdout:
    """The stratified quarter (450 digits) that scikit-learn's ``train_test_split`` holds out with ``random_state=seed``."""
    return _split(*_load(), seed)


def data_sha256() -> str:
    """Of the data set as used: latencies (int16) and classes (int64), little-endian."""
    x, y = _load()
    return hashlib.sha256(x.astype("<i2").tobytes() + y.astype("<i8").tobytes()).hexdigest()


def card_seed(value: object) -> int:
    """The seed of a card, of any type there; ``NetworkError`` unless :func:`holdout` takes it."""
    if not isinstance(value, int) or not 0 <= value < 1 << 32:
        raise NetworkError(f"card field seed must be 0..{(1 << 32) - 1}, not {value!r:.60}")
    return value


def inner_holdout(seed: int) -> Holdout:
    """The training part of ``holdout(seed)``, split once more: choices are made here, the outer quarter unseen."""
    outer = holdout(seed)
    return _split(outer.train_x, outer.train_y, seed + 1000)


def holdout_digits(seed: int) -> Iterator[tuple[Int16, int]]:
    """The 450 held-out digits of ``holdout(seed)``, one by one: (64,) int16 latencies and the class."""
    split = holdout(seed)
    for x, y in zip(split.test_x, split.test_y, strict=True):
        yield x, int(y)


def digits_views(x: Int16, *, seed: int) -> Callable[[int], Int16]:
    """Views of (batch, 64) training images: each fifth the images themselves, the others distorted, each by its own generator."""

    def view(number: int) -> Int16:
        return x if number % UNDISTORTED == 0 else warp(x, SIZE, WARP, rng=np.random.default_rng([seed, 3, number]))

    return view


def train_digits(
    split: Holdout,
    recipe: Recipe,
    *,
    seed: int,
    card: dict[str, Any] | None = None,
    tick: Tick = lambda phase, loss: None,
) -> Trained:
    """Train on the split's training part; the held-out part is not looked at."""
    views = digits_views(split.train_x, seed=seed) if recipe.distort else lambda number: split.train_x
    return train_classifier(views, split.train_y, recipe, classes=CLASSES, seed=seed, card=card or {}, tick=tick)
