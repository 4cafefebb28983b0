"""``python -m golden.bench``: training throughput in targets a second, at the paper's RNN shape and at the shipped network's."""

import argparse
import sys
import time

import numpy as np

from .presets import TEXT_PRESETS
from .trainer import RnnTrainer, Settings

__all__ = ["main", "throughput"]


def throughput(preset: str, *, threads: int, seconds: float, streams: int, context: int) -> tuple[float, float]:
    """Targets a second of wall time, and of processor time, over whole steps (forward, backward, Adam) on random symbols."""
    shape = TEXT_PRESETS[preset]
    symbols = np.random.default_rng(0).integers(0, shape.symbols, 1_000_000).astype(np.int32)
    settings = Settings(threads=threads, streams=streams, context=context, jitter=shape.jitter)
    with RnnTrainer(shape.model(n_sym=shape.symbols, seed=0), symbols, settings) as trainer:
        trainer.run(lambda done, bits: None, steps=5, minutes=None)  # compiles, and fills the caches
        start, cpu, first = time.perf_counter(), time.process_time(), trainer.step
        while time.perf_counter() - start < seconds:
            trainer.one_step(0.5)
        targets = (trainer.step - first) * streams * context
        return targets / (time.perf_counter() - start), targets / (time.process_time() - cpu)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="a measurement (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--context", type=int, default=32)
    arguments = parser.parse_args(argv)
    for name in ("paper-rnn", "icebreaker"):
        options = {"threads": arguments.threads, "seconds": arguments.seconds, "streams": arguments.streams, "context": arguments.context}
        wall, cpu = throughput(name, **options)
        shape = TEXT_PRESETS[name]
        tables = f"n={shape.n}, {shape.hidden[0]} x 2^{shape.hidden[1]}, out {shape.output[0]} x 2^{shape.output[1]} of {shape.symbols}"
        print(f"{name} ({tables}), context {arguments.context}")
        print(f"    {wall:,.0f} targets/s with {arguments.threads} threads; {cpu:,.0f} per second of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
