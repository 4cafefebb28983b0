"""The digits task: scikit-learn's 1797 images of 8 x 8 pixels, a quarter held out, stratified by class.

A pixel of value 0..16 is a spike at that latency: 64 inputs, ten outputs.
"""

import hashlib

import numpy as np

from ...integer.layer import Int16, NetworkError
from ..fitting.accuracy import Labels
from .classifier import Split


def _load() -> tuple[Int16, Labels]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise NetworkError("the digits data set is scikit-learn's: pip install scikit-learn") from None
    data = load_digits()
    return data.data.astype(np.int16), data.target.astype(np.int64)


def _split(x: Int16, y: Labels, seed: int) -> Split:
    from sklearn.model_selection import train_test_split

    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    return Split(train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y, size=(8, 8))


def holdout(seed: int) -> Split:
    """Latencies 0..16 of (batch, 64) pixels; held out: the stratified quarter of scikit-learn's ``train_test_split(random_state=seed)``."""
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


def inner_holdout(seed: int) -> Split:
    """The training part of ``holdout(seed)``, split once more: choices are made here, the outer quarter unseen."""
    outer = holdout(seed)
    return _split(outer.train_x, outer.train_y, seed + 1000)
