"""Small random distortions of training images: turned, scaled, sheared and shifted, sampled bilinearly."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...compiled.kernel import kernel
from ...integer.layer import Int16
from .recipe import Warp


@kernel()
def _sample(image, height, width, matrix, out):
    """``out`` (height * width): ``image`` read at matrix (2, 3) times (row, column, 1), from the centre; 0 beyond the border."""
    middle, centre = (height - 1) * 0.5, (width - 1) * 0.5
    for row in range(height):
        for column in range(width):
            v, h = row - middle, column - centre
            y = matrix[0, 0] * v + matrix[0, 1] * h + matrix[0, 2] + middle
            x = matrix[1, 0] * v + matrix[1, 1] * h + matrix[1, 2] + centre
            top, left = int(np.floor(y)), int(np.floor(x))
            down, right = y - top, x - left
            value = 0.5
            for a in range(2):
                for b in range(2):
                    r, c = top + a, left + b
                    if 0 <= r < height and 0 <= c < width:
                        value += image[r * width + c] * (down if a else 1 - down) * (right if b else 1 - right)
            out[row * width + column] = int(value)


@kernel()
def _sample_all(images, height, width, matrices, out):
    for i in range(images.shape[0]):
        _sample(images[i], height, width, matrices[i], out[i])


def warp(images: Int16, size: tuple[int, int], settings: Warp, *, rng: np.random.Generator) -> Int16:
    """(batch, height * width) images of ``size`` (height, width), values from 0, each distorted by its own draw, rounded to nearest."""
    batch, pixels = images.shape
    if size[0] * size[1] != pixels:
        raise ValueError(f"images must have {size[0]} x {size[1]} pixels, not {pixels}")
    out = np.empty_like(images)
    _sample_all(images, *size, _matrices(batch, settings, rng), out)
    return out


def views_of(images: Int16, size: tuple[int, int], settings: Warp | None, *, seed: int) -> Callable[[int], Int16]:
    """Views of images, see :func:`warp`: number 0 and each ``every``-th as they are, the others distorted, each by its own generator."""

    def view(number: int) -> Int16:
        if settings is None or number % settings.every == 0:
            return images
        return warp(images, size, settings, rng=np.random.default_rng([seed, 3, number]))

    return view


def _matrices(batch: int, settings: Warp, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(batch, 2, 3): rotation times scale plus shear, and shift."""
    angle = np.deg2rad(rng.normal(0, settings.turn, batch))
    tall, wide = np.exp(rng.normal(0, settings.scale, (2, batch)))
    matrices = np.empty((batch, 2, 3))
    matrices[:, 0, 0], matrices[:, 0, 1] = np.cos(angle) * tall, np.sin(angle) * wide
    matrices[:, 1, 0], matrices[:, 1, 1] = -np.sin(angle) * tall + rng.normal(0, settings.shear, batch), np.cos(angle) * wide
    matrices[:, :, 2] = rng.normal(0, settings.shift, (batch, 2))
    return matrices
