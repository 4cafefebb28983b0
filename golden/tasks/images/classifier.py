"""A classifier of images: one LUT layer, trained on distorted copies of the images too."""

from dataclasses import dataclass
from typing import Any

from ...integer.layer import Int16
from ..classes import classifier
from ..classes.classifier import Labels, Tick, Trained
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
    """:func:`train_classifier` on the training part; what is held out is not looked at."""
    views = views_of(split.train_x, split.size, recipe.warp, seed=seed)
    return classifier.train_classifier(views, split.train_y, recipe, classes=CLASSES, seed=seed, card=card, tick=tick)
