"""Transformers to train: their options, and ready-made shapes."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from polychron.command.options import option, word

from ...model.transformer import Shape, Variant
from ..options import INTEGERS, RUN, SHAPE, LanguageOptions
from ..words import tables_word, units_word

Tables = tuple[int, int]
Units = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class TransformerOptions(LanguageOptions):
    """An SNN transformer (Eq. 14, 15) and how to train it.

    A row of attention is added at many distances, so a step of it moves a latency many times: unless ``uneven``, its learning rate is
    divided by the number of distances that have its position bits. With a ``short`` context to begin with, positional encodings stand
    still until the whole one comes.
    """

    opened: ClassVar[dict[str, tuple[str, ...]]] = {"bits": ("units",)}

    n: Annotated[int, option("latencies of a position", low=2, high=1000, group=SHAPE)] = 32
    blocks: Annotated[int, option("blocks", low=1, high=64, group=SHAPE)] = 6
    heads: Annotated[int, option("heads of a block", low=1, high=64, group=SHAPE)] = 4
    tables: Annotated[int, option("tables of a head", low=1, high=9999, group=SHAPE)] = 16
    pairs: Annotated[int, option("query pairs of a table", low=1, high=15, group=SHAPE)] = 6
    key_pairs: Annotated[int | None, option("key pairs of a table; left out: as many as query pairs", low=1, high=15, group=SHAPE)] = None
    place: Annotated[int, option("position bits of a table", low=0, high=14, group=SHAPE)] = 4
    context: Annotated[int, option("positions that attention sees, its own included", low=2, high=1024, group=SHAPE)] = 32
    feed: Annotated[Tables, word("tables and pairs of feed-forward layers, such as 16x6", tables_word, metavar="NTxNC", group=SHAPE)] = (
        16,
        6,
    )
    output: Annotated[Tables, word("tables and pairs of the output layer", tables_word, metavar="NTxNC", group=SHAPE)] = (16, 6)
    variant: Annotated[Variant, option("the paper's, or the reference program's", group=SHAPE)] = "paper"
    attention_only: Annotated[bool, option("no feed-forward layers", group=SHAPE)] = False
    random_places: Annotated[bool, option("position bits begin random, not counting the distance", group=SHAPE)] = False
    spread: Annotated[float, option("initial latencies of embedder and encodings are uniform in +- this", low=0, high=100, group=SHAPE)] = (
        0.5
    )
    units: Annotated[
        Units | tuple[()],
        word("powers of two: of attention, feed-forward, embedder, output; 0: searched for", units_word, metavar="AxFxExO", group=INTEGERS),
    ] = ()
    short: Annotated[int, option("context to begin with; 0: the whole one", low=0, high=1024, group=RUN)] = 0
    widened: Annotated[float, option("fraction of the run at which the whole context comes", low=0, high=1, group=RUN)] = 0.7
    attention_rate: Annotated[float, option("factor of the learning rate for attention tables", low=0, high=1, group=RUN)] = 1.0
    empty_cache: Annotated[bool, option("every window starts from an empty cache, not from the keys of the one before", group=RUN)] = False
    uneven: Annotated[bool, option("the same learning rate for all rows of attention", group=RUN)] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.short == 1:
            raise ValueError("short must be 0 or at least 2, not 1")

    @property
    def shape(self) -> Shape:
        return Shape(
            n=self.n,
            blocks=self.blocks,
            heads=self.heads,
            n_t=self.tables,
            n_c=self.pairs,
            n_k=self.key_pairs,
            p=self.place,
            context=self.context,
            feed=None if self.attention_only else self.feed,
            output=self.output,
            near=not self.random_places,
            anchors=self.anchors,
            variant=self.variant,
        )


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
        minutes=10.0,
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
        minutes=10.0,
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
        minutes=10.0,
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
        minutes=10.0,
    ),
}
TRANSFORMER_PRESETS = {name: replace(options, preset=name) for name, options in TRANSFORMER_PRESETS.items()}
