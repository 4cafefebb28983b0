"""``python -m golden.transformer_bench``: training throughput of transformers in positions that receive a loss, a second.

At the reference program's sizes with n_c = 3 and p = 3, over whole steps (forward, backward, Adam) on random symbols.
"""

import argparse
import sys
import time

import numpy as np

from .model.transformer import VARIANTS, Shape, Transformer, Variant
from .training.trainer import Trainer
from .training.transformer import TransformerLearner
from .training.transformer_presets import TransformerOptions

__all__ = ["main", "throughput"]

SYMBOLS = 256


def throughput(
    variant: Variant, *, carry: bool, threads: int, streams: int, window: int = 32, seconds: float, shape: Shape | None = None
) -> tuple[float, float]:
    """Positions a second of wall time, and of processor time. ``carry``: 31 pairs a position, else 15.5 on average."""
    shape = Shape(n_c=3, p=3, feed=(16, 3), output=(16, 3), variant=variant) if shape is None else shape
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(0))
    symbols = np.random.default_rng(0).integers(0, SYMBOLS, 1_000_000).astype(np.int32)
    options = TransformerOptions(
        streams=streams, window=window, empty_cache=not carry, jitter=0.0, every_row=True, rate=0.003, threads=threads
    )
    with Trainer(TransformerLearner(model, options), symbols) as trainer:
        for _ in range(2):
            trainer.one_step(0.5)
        start, cpu, first = time.perf_counter(), time.process_time(), trainer.step
        while time.perf_counter() - start < seconds:
            trainer.one_step(0.5)
        positions = (trainer.step - first) * streams * window
        return positions / (time.perf_counter() - start), positions / (time.process_time() - cpu)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.transformer_bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="a measurement (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--streams", type=int, default=512)
    arguments = parser.parse_args(argv)
    if arguments.threads < 1 or arguments.streams < 1:
        print("error: --threads and --streams must be at least 1", file=sys.stderr)
        return 2
    for variant in VARIANTS:
        for carry in (False, True):
            options = {"threads": arguments.threads, "streams": arguments.streams, "seconds": arguments.seconds}
            wall, cpu = throughput(variant, carry=carry, **options)
            kind = "carried caches" if carry else "windows of their own"
            print(f"{variant}, {kind}: {wall:,.0f} positions/s with {arguments.threads} threads; {cpu:,.0f} per second of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
