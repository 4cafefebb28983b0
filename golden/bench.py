"""``python -m golden.bench``: training targets a second at two presets' shapes; with ``--to BITS``: seconds to reach so many bits."""

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .compiled.stream import score
from .integer.layer import NetworkError
from .integer.symbols import encode
from .model.rnn import Rnn
from .tasks.text import Text, default_text, read_text, vocabulary
from .training.recurrent import Recurrent
from .training.recurrent_presets import RECURRENT_PRESETS
from .training.trainer import Trainer

__all__ = ["Reached", "main", "seconds_to", "throughput"]

STEPS = 1800  # length of the schedule of a short training
RATE = 0.01
CHECKS = 15  # of the held-out text, in the second half of the schedule


def throughput(preset: str, *, threads: int, seconds: float, streams: int, context: int) -> tuple[float, float]:
    """Targets a second of wall time, and of processor time, over whole steps (forward, backward, Adam) on random symbols."""
    options = replace(RECURRENT_PRESETS[preset], threads=threads, streams=streams, window=context, grow=0)
    symbols = np.random.default_rng(0).integers(0, options.symbols, 1_000_000).astype(np.int32)
    kind = Recurrent()
    with Trainer(kind.learner(kind.start(options, n_sym=options.symbols), options), symbols) as trainer:
        trainer.run(lambda done, bits: None, steps=5)  # compiles, and fills the caches
        start, cpu, first = time.perf_counter(), time.process_time(), trainer.step
        while time.perf_counter() - start < seconds:
            trainer.one_step(0.5)
        targets = (trainer.step - first) * streams * context
        return targets / (time.perf_counter() - start), targets / (time.process_time() - cpu)


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Of a training to a goal: seconds of wall time and of processor time from its first step on, checks included; steps; bits then."""

    wall: float
    processor: float
    steps: int
    bits: float


def seconds_to(
    goal: float, text: Text, *, preset: str, threads: int, steps: int = STEPS, rate: float = RATE, seed: int = 0
) -> Reached | None:
    """Train ``preset`` on the first nine tenths of ``text`` until its integer network needs at most ``goal`` bits a character of the whole
    last tenth, streamed. None if the schedule of ``steps`` ends above it. What Numba compiles is compiled before the clock starts.
    """
    options = RECURRENT_PRESETS[preset]
    options = replace(options, rate=rate, grow=min(options.grow, 3), seed=seed, threads=threads)
    symbols = vocabulary(text.train, size=options.symbols)
    data = encode(symbols, text.train)
    kind = Recurrent()

    def trainer_of() -> Trainer[Rnn]:
        return Trainer(kind.learner(kind.start(options, n_sym=len(symbols)), options), data)

    def bits(trainer: Trainer[Rnn]) -> float:
        return score(kind.quantise(trainer.current(), rounding, symbols=symbols, card={}), text.held_out).bits

    with trainer_of() as trainer:
        rounding = kind.rounding(trainer.current(), options, lambda units: 0.0)
        trainer.one_step(0.0)
        bits(trainer)
    with trainer_of() as trainer:
        start, cpu = time.perf_counter(), time.process_time()
        due = [steps * (CHECKS + check) // (2 * CHECKS) for check in range(1, CHECKS + 1)]
        while trainer.step < steps:
            if trainer.step == steps // 2:
                trainer.round(rounding)
            trainer.one_step(trainer.step / steps)
            if trainer.step in due and (found := bits(trainer)) <= goal:
                return Reached(wall=time.perf_counter() - start, processor=time.process_time() - cpu, steps=trainer.step, bits=found)
    return None


def _throughputs(arguments: argparse.Namespace) -> None:
    for name in ("paper-rnn", "icebreaker"):
        options = {"threads": arguments.threads, "seconds": arguments.seconds, "streams": arguments.streams, "context": arguments.context}
        wall, cpu = throughput(name, **options)
        shape = RECURRENT_PRESETS[name]
        tables = f"n={shape.n}, {shape.hidden[0]} x 2^{shape.hidden[1]}, out {shape.output[0]} x 2^{shape.output[1]} of {shape.symbols}"
        print(f"{name} ({tables}), context {arguments.context}")
        print(f"    {wall:,.0f} targets/s with {arguments.threads} threads; {cpu:,.0f} per second of processor time")


def _reach(arguments: argparse.Namespace) -> int:
    text = default_text() if arguments.text is None else read_text(arguments.text)
    options = {"preset": arguments.preset, "threads": arguments.threads, "steps": arguments.steps, "rate": arguments.rate}
    reached = seconds_to(arguments.to, text, **options, seed=arguments.seed)
    if reached is None:
        print(f"{arguments.preset} on {text.name}: {arguments.to:g} bits per character were not reached in {arguments.steps} steps")
        return 1
    print(
        f"{arguments.preset} on {text.name}: {reached.bits:.3f} bits per character of the last tenth, integer, streamed, "
        f"after {reached.steps} steps: {reached.wall:.1f} s of wall time, {reached.processor:.1f} s of processor time, "
        f"{arguments.threads} threads"
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="a measurement (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--context", type=int, default=32)
    parser.add_argument("--to", type=float, metavar="BITS", help="measure the time to so many bits per character instead")
    parser.add_argument("--text", type=Path, help="with --to: the text; its last tenth is held out (default: Python's own help topics)")
    parser.add_argument("--preset", choices=RECURRENT_PRESETS, default="best-5m", help="with --to (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="with --to: length of the schedule (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=RATE, help="with --to: learning rate (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        if not 1 <= arguments.threads <= 256:
            raise NetworkError(f"--threads must be 1..256, not {arguments.threads}")
        if arguments.to is not None:
            if not arguments.to > 0:
                raise NetworkError(f"--to must be above 0, not {arguments.to:g}")
            if not 1 <= arguments.steps <= 1_000_000_000:
                raise NetworkError(f"--steps must be 1..1e+09, not {arguments.steps}")
            return _reach(arguments)
        _throughputs(arguments)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
