"""A classifier of images: one LUT layer, trained on distorted copies of the images too."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...integer.layer import Int16
from ..fitting.accuracy import Labels
from ..fitting.aims import SOFTMAX
from ..fitting.train import Tick, Trained, train_layer
from .recipe import ImageRecipe
from .warp import views_of

CLASSES = 10


@dataclass(frozen=True, kw_only=True)
class Split:
    """What is trained on, and what is held out: (batch, n) latencies and (batch,) classes. ``size``: height and width of an image."""

    train_x: Int16
    train_y: Labels
    test_x: Int16
    test_y: Labels
    size: tuple[int, int]


def train_images(
    split: Split, recipe: ImageRecipe, *, seed: int, card: dict[str, Any] | None = None, tick: Tick = lambda phase, loss: None
) -> Trained:
    """:func:`train_layer` on the training part; what is held out is not looked at."""
    views = views_of(split.train_x, split.size, recipe.warp, seed=seed)
    target = np.eye(CLASSES, dtype=np.float32)[split.train_y]
    return train_layer(views, target, recipe, aim=SOFTMAX, seed=seed, card=card, tick=tick)
