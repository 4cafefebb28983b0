"""Small random distortions of training images: turned, scaled, sheared and shifted, sampled bilinearly."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...compiled.kernel import kernel
from ...integer.layer import Int16
from .recipe import Warp


@kernel()
def _sample(image, side, matrix, out):
    """``out`` (side * side): ``image`` read at matrix (2, 3) times (row, column, 1), from the centre; 0 beyond the border."""
    centre = (side - 1) * 0.5
    for row in range(side):
        for column in range(side):
            v, h = row - centre, column - centre
            y = matrix[0, 0] * v + matrix[0, 1] * h + matrix[0, 2] + centre
            x = matrix[1, 0] * v + matrix[1, 1] * h + matrix[1, 2] + centre
            top, left = int(np.floor(y)), int(np.floor(x))
            down, right = y - top, x - left
            value = 0.5
            for a in range(2):
                for b in range(2):
                    r, c = top + a, left + b
                    if 0 <= r < side and 0 <= c < side:
                        value += image[r * side + c] * (down if a else 1 - down) * (right if b else 1 - right)
            out[row * side + column] = int(value)


@kernel()
def _sample_all(images, side, matrices, out):
    for i in range(images.shape[0]):
        _sample(images[i], side, matrices[i], out[i])


def warp(images: Int16, settings: Warp, *, rng: np.random.Generator) -> Int16:
    """(batch, side * side) images of values from 0, each distorted by its own draw; rounded to the nearest value."""
    batch, pixels = images.shape
    side = round(pixels**0.5)
    if side * side != pixels:
        raise ValueError(f"images must be square, not of {pixels} pixels")
    out = np.empty_like(images)
    _sample_all(images, side, _matrices(batch, settings, rng), out)
    return out


def views_of(images: Int16, settings: Warp | None, *, seed: int) -> Callable[[int], Int16]:
    """Views of (batch, side * side) images: number 0, and every ``every``, as they are; the others distorted, each by its own generator."""

    def view(number: int) -> Int16:
        if settings is None or number % settings.every == 0:
            return images
        return warp(images, settings, rng=np.random.default_rng([seed, 3, number]))

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
