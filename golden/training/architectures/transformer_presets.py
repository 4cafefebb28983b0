"""Transformers to train: their options, and ready-made shapes."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from polychron.command.options import word

from ...model.transformer import Shape, Variant
from ..options import INTEGERS, LanguageOptions, run_option, shape_option, tables_option

Tables = tuple[int, int]
Units = tuple[float, float, float, float]


def units_word(word: str) -> tuple[float, ...]:
    """Four powers of two, such as 0.0625x0.125x0.0625x0.0625, or 0, which is the empty tuple."""
    if word == "0":
        return ()
    allowed = {repr(2.0**exponent): 2.0**exponent for exponent in range(-12, 1)}
    units = tuple(allowed.get(part, 0.0) for part in word.split("x"))
    if len(units) != 4 or 0.0 in units:
        raise ValueError(f"must be four powers of two, 2^-12..1, such as 0.0625x0.125x0.0625x0.0625, or 0, not {word!r}")
    return units


@dataclass(frozen=True, kw_only=True)
class TransformerOptions(LanguageOptions):
    """An SNN transformer (Eq. 14, 15) and how to train it.

    A row of attention is added at many distances, so a step of it moves a latency many times: unless ``uneven``, its learning rate is
    divided by the number of distances that have its position bits. With a ``short`` context to begin with, positional encodings stand
    still until the whole one comes.
    """

    opened: ClassVar[dict[str, tuple[str, ...]]] = {"bits": ("units",)}

    n: Annotated[int, shape_option("latencies of a position", low=2, high=1000)] = 32
    blocks: Annotated[int, shape_option("blocks", low=1, high=64)] = 6
    heads: Annotated[int, shape_option("heads of a block", low=1, high=64)] = 4
    tables: Annotated[int, shape_option("tables of a head", low=1, high=9999)] = 16
    pairs: Annotated[int, shape_option("query pairs of a table", low=1, high=15)] = 6
    key_pairs: Annotated[int | None, shape_option("key pairs of a table; left out: as many as query pairs", low=1, high=15)] = None
    place: Annotated[int, shape_option("position bits of a table", low=0, high=14)] = 4
    context: Annotated[int, shape_option("positions that attention sees, its own included", low=2, high=1024)] = 32
    feed: Annotated[Tables, tables_option("tables and pairs of feed-forward layers, such as 16x6")] = (16, 6)
    output: Annotated[Tables, tables_option("tables and pairs of the output layer")] = (16, 6)
    variant: Annotated[Variant, shape_option("the paper's, or the reference program's")] = "paper"
    attention_only: Annotated[bool, shape_option("no feed-forward layers")] = False
    random_places: Annotated[bool, shape_option("position bits begin random, not counting the distance")] = False
    spread: Annotated[float, shape_option("initial latencies of embedder and encodings are uniform in +- this", low=0, high=100)] = 0.5
    units: Annotated[
        Units | tuple[()],
        word("powers of two: of attention, feed-forward, embedder, output; 0: searched for", units_word, metavar="AxFxExO", group=INTEGERS),
    ] = ()
    short: Annotated[int, run_option("context to begin with; 0: the whole one", low=0, high=1024)] = 0
    widened: Annotated[float, run_option("fraction of the run at which the whole context comes", low=0, high=1)] = 0.7
    attention_rate: Annotated[float, run_option("factor of the learning rate for attention tables", low=0, high=1)] = 1.0
    empty_cache: Annotated[bool, run_option("every window starts from an empty cache, not from the keys of the one before")] = False
    uneven: Annotated[bool, run_option("the same learning rate for all rows of attention")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.short == 1:
            raise ValueError("short must be 0 or at least 2, not 1")

    @property
    def shape(self) -> Shape:
        named = {name: getattr(self, name) for name in ("n", "blocks", "heads", "context", "output", "anchors", "variant")}
        feed = None if self.attention_only else self.feed
        sizes = {"n_t": self.tables, "n_c": self.pairs, "n_k": self.key_pairs, "p": self.place}
        return Shape(**named, **sizes, feed=feed, near=not self.random_places)  # type: ignore[arg-type]


TRANSFORMER_PRESETS = {
    "spram": TransformerOptions(
        about="124 KiB, for the 128 KiB of SPRAM of an iCE40 UP5K",
        n=128,
        blocks=2,
        heads=1,
        tables=4,
        pairs=1,
        key_pairs=4,
        place=2,
        feed=(10, 4),
        output=(32, 5),
        units=(1 / 16, 1 / 8, 1 / 16, 1 / 16),
        recent=0.12,
        short=4,
        grown=0.8,
    ),
    "paper": TransformerOptions(
        about="the paper's sizes (Table III: 6 blocks, 4 heads, 16 tables, n = 32) with 9 index bits: 3.5 MB",
        pairs=1,
        key_pairs=5,
        place=3,
        output=(32, 8),
        anchors="grouped",
        units=(1 / 64, 1 / 16, 1 / 64, 1 / 16),
        attention_rate=1 / 16,
        soften=6 / 7,
        jitter=0.3,
        recent=0.12,
        grow=4,
        short=8,
        widened=0.8,
    ),
    "reference": TransformerOptions(
        about="the paper's sizes in the reference program's variant, with 9 index bits: 3.3 MB",
        pairs=3,
        place=3,
        variant="reference",
        units=(1 / 64, 1 / 16, 1 / 64, 1 / 16),
        attention_rate=1 / 16,
        jitter=0.3,
        grown=0.8,
    ),
    "tiny": TransformerOptions(
        about="a first try: a few KiB",
        n=16,
        blocks=2,
        heads=1,
        tables=4,
        pairs=2,
        place=2,
        context=8,
        feed=(4, 3),
        output=(8, 4),
        units=(1 / 16, 1 / 8, 1 / 16, 1 / 16),
        grown=0.8,
    ),
}
TRANSFORMER_PRESETS = {name: replace(options, preset=name, minutes=10.0) for name, options in TRANSFORMER_PRESETS.items()}
