"""``python -m golden.transformer_bench``: training throughput of transformers of the reference program's sizes, n_c = 3 and p = 3."""

import sys
from functools import partial
from typing import Annotated

import numpy as np

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import option
from polychron.system.progress import under_way

from .model.transformer import VARIANTS, Shape, Transformer, Variant
from .training.architectures.transformer_presets import TransformerOptions

SYMBOLS = 256


def throughput(
    variant: Variant, *, carry: bool, threads: int, streams: int, window: int = 32, seconds: float, shape: Shape | None = None
) -> tuple[float, float]:
    """Positions a second of wall time, and of processor time. ``carry``: 31 pairs a position, else 15.5 on average."""
    from .training.architectures.transformer import TransformerLearner
    from .training.trainer import Trainer

    shape = Shape(n_c=3, p=3, feed=(16, 3), output=(16, 3), variant=variant) if shape is None else shape
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(0))
    symbols = np.random.default_rng(0).integers(0, SYMBOLS, 1_000_000).astype(np.int32)
    options = TransformerOptions(
        streams=streams, window=window, empty_cache=not carry, jitter=0.0, every_row=True, rate=0.003, threads=threads
    )
    with Trainer(TransformerLearner(model, options), symbols) as trainer:
        return trainer.speed(seconds)


app = make_app(
    "transformer",
    "Training throughput of transformers, in positions that receive a loss, a second.",
    examples=["polychron bench transformer --seconds 10"],
)


@app.default
def measure(
    *,
    seconds: Annotated[float, option("how long a measurement takes", low=0.01, high=3600)] = 5.0,
    threads: Annotated[int, option("threads", low=1, high=256)] = 2,
    streams: Annotated[int, option("texts read side by side", low=1, high=1 << 16)] = 512,
    json: Json = False,
) -> None:
    with reported(json) as figures:
        figures |= {"threads": threads, "streams": streams, "variants": []}
        for variant in VARIANTS:
            for carry in (False, True):
                kind = "carried caches" if carry else "windows of their own"
                with under_way(f"{variant}, {kind}"):
                    wall, cpu = throughput(variant, carry=carry, threads=threads, streams=streams, seconds=seconds)
                print(f"{variant}, {kind}: {wall:,.0f} positions/s with {threads} threads; {cpu:,.0f} per second of processor time")
                speed = {"positions_per_second": wall, "positions_per_processor_second": cpu}
                figures["variants"].append({"variant": variant, "carried_caches": carry, **speed})


main = partial(run, app, group="bench")

if __name__ == "__main__":
    sys.exit(main())
