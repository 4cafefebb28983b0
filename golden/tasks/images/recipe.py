"""How classifiers of images are trained: recipes, the presets' among them, and the options of the command."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from polychron.command.options import UNRECORDED, Options, option, word

from ...integer.layer import LATENCY_MAX
from ..fitting.recipe import ChosenBy, Growth, Recipe


@dataclass(frozen=True, kw_only=True)
class Warp:
    """Standard deviations: ``turn`` in degrees, ``scale``, ``shear`` as fractions, ``shift`` in pixels. Each ``every``-th view is plain."""

    turn: float = 6.0
    scale: float = 0.05
    shear: float = 0.05
    shift: float = 0.3
    every: int = 5


@dataclass(frozen=True, kw_only=True)
class ImageRecipe(Recipe):
    """The same for images. ``warp``: train on images so distorted, too."""

    warp: Warp | None = field(default_factory=Warp)
    views: int = 5


RECIPES = {
    "digits": ImageRecipe(n_t=26, n_c=6, growth=Growth(pool=600, rows=2000), drop=0.2),
    "digits-wide": ImageRecipe(n_t=38, n_c=6, growth=Growth(pool=600, rows=2000)),
    "mnist": ImageRecipe(
        n_t=128,
        n_c=7,
        frac=4,
        warp=Warp(scale=0.06, shear=0.06, shift=0.6, every=3),
        growth=Growth(pool=600, rows=12000),
        views=3,
        epochs=24,
        rounded_epochs=9,
        rate=0.01,
        rounded_rate=0.004,
        batch=256,
    ),
}


def constants_word(text: str) -> tuple[int, ...]:
    """Latencies between commas, such as 4,8,12; an empty word is none."""
    try:
        values = tuple(int(part) for part in text.split(",") if part)
    except ValueError:
        raise ValueError(f"must be whole numbers between commas, not {text!r:.60}") from None
    for value in values:
        if abs(value) > LATENCY_MAX:
            raise ValueError(f"must be -{LATENCY_MAX}..{LATENCY_MAX}, not {value}")
    return values


@dataclass(frozen=True, kw_only=True)
class ImageOptions(Options):
    """A classifier of images and how to train it."""

    about: Annotated[str, option("what a preset is for", parse=False), UNRECORDED] = ""
    preset: Annotated[str, option("recipe to begin with; every other option changes it")] = ""
    out: Annotated[Path | None, option("the network file; left out: TASK.safetensors"), UNRECORDED] = None
    seed: Annotated[int, option("of the training and, with digits, of the hold-out", low=0, high=(1 << 32) - 1)] = 0
    anchors: Annotated[ChosenBy, option("how pairs are chosen")] = "gain"
    tables: Annotated[int, option("tables", low=1, high=1023)] = 1
    pairs: Annotated[int, option("anchor pairs of a table", low=1, high=16)] = 1
    constants: Annotated[
        tuple[int, ...], word("latencies of reference neurons, as 4,8,12", constants_word, metavar="LIST", between=",")
    ] = ()
    minutes: Annotated[float | None, option("stop after so long, and keep what is trained by then", low=0, high=1e6)] = None

    @property
    def recipe(self) -> ImageRecipe:
        own = {"anchors": self.anchors, "n_t": self.tables, "n_c": self.pairs, "constants": self.constants}
        return replace(RECIPES[self.preset], **own)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class MnistOptions(ImageOptions):
    """The same, with the folder of the data."""

    data: Annotated[Path, option("folder of the four IDX files, plain or .gz")]


def _preset(name: str) -> ImageOptions:
    recipe = RECIPES[name]
    about = f"{recipe.n_t} tables of {recipe.n_c} pairs"
    return ImageOptions(about=about, preset=name, anchors=recipe.anchors, tables=recipe.n_t, pairs=recipe.n_c, constants=recipe.constants)


DIGITS_PRESETS = {name: _preset(name) for name in ("digits", "digits-wide")}
MNIST_PRESETS = {"mnist": _preset("mnist")}
