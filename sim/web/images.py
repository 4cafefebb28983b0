"""The images that a page's classifier takes, and ten drawn digits to begin with."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16, NetworkError
from golden.integer.network import Network

_ROUND = ((0.5, 0.04), (0.24, 0.16), (0.14, 0.5), (0.24, 0.84), (0.5, 0.96), (0.76, 0.84), (0.86, 0.5), (0.76, 0.16), (0.5, 0.04))
_STROKES = (
    _ROUND,
    ((0.56, 0.04), (0.48, 0.96)),
    ((0.2, 0.2), (0.45, 0.04), (0.75, 0.15), (0.72, 0.4), (0.2, 0.95), (0.82, 0.95)),
    ((0.2, 0.08), (0.7, 0.08), (0.74, 0.3), (0.45, 0.47), (0.78, 0.68), (0.66, 0.92), (0.2, 0.94)),
    ((0.42, 0.04), (0.16, 0.6), (0.86, 0.6), (0.62, 0.6), (0.66, 0.36), (0.58, 0.96)),
    ((0.78, 0.05), (0.26, 0.05), (0.24, 0.45), (0.62, 0.42), (0.78, 0.66), (0.62, 0.92), (0.2, 0.94)),
    ((0.6, 0.04), (0.3, 0.35), (0.2, 0.72), (0.42, 0.96), (0.74, 0.84), (0.7, 0.6), (0.28, 0.64)),
    ((0.16, 0.06), (0.82, 0.06), (0.56, 0.5), (0.42, 0.96)),
    ((0.5, 0.46), (0.24, 0.26), (0.5, 0.04), (0.74, 0.24), (0.5, 0.46), (0.22, 0.74), (0.5, 0.96), (0.78, 0.74), (0.5, 0.46)),
    ((0.74, 0.3), (0.5, 0.46), (0.26, 0.28), (0.5, 0.05), (0.74, 0.3), (0.7, 0.7), (0.4, 0.96)),
)
"""Of each digit, the points of a line in a box of 1 x 1, y downwards."""
BRUSH, EDGE = 0.035, 0.11  # of the image's height: the line's half width, and how far out it fades


@dataclass(frozen=True, kw_only=True)
class Format:
    """Images of ``height`` x ``width`` pixels, each a latency of 0 (paper) to ``ink``; ``margin`` pixels around a digit are left free."""

    height: int
    width: int
    ink: int
    margin: int


def image_format(network: Network) -> Format:
    """What the network's card says; a ``NetworkError`` where it is no task with images."""
    card = network.card
    if card.get("task") == "digits" and network.n_in == 64:
        return Format(height=8, width=8, ink=16, margin=1)
    about = card.get("data")
    size = about.get("size", "28 x 28") if isinstance(about, dict) else "28 x 28"
    sides = re.fullmatch(r"(\d{1,4}) x (\d{1,4})", size) if isinstance(size, str) else None
    if card.get("task") == "mnist" and sides and int(sides[1]) * int(sides[2]) == network.n_in:
        height, width = int(sides[1]), int(sides[2])
        return Format(height=height, width=width, ink=255, margin=round(min(height, width) / 7))
    raise NetworkError(
        f"its card names no images of {network.n_in} pixels (task digits or mnist): a page can't tell how its inputs are drawn"
    )


def examples(form: Format) -> Int16:
    """(10, height * width): the ten digits, each drawn with a brush as the page draws."""
    box = np.array([form.width, form.height]) - 2 * form.margin
    y, x = np.mgrid[: form.height, : form.width]
    points = np.stack([x, y], axis=-1) + 0.5
    return np.stack([_drawn(points, form.margin + np.array(stroke) * box, form) for stroke in _STROKES])


def _drawn(pixels: npt.NDArray[Any], line: npt.NDArray[Any], form: Format) -> Int16:
    near = np.full(pixels.shape[:2], np.inf)
    for a, b in pairwise(line):
        along = np.clip(((pixels - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        near = np.minimum(near, np.hypot(*np.moveaxis(pixels - a - along[..., None] * (b - a), -1, 0)))
    fade = np.clip((BRUSH + EDGE - near / form.height) / EDGE, 0, 1)
    return np.rint(form.ink * fade).astype(np.int16).reshape(-1)
