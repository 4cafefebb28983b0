"""``python -m golden.bench``: training targets a second at two presets' shapes; with ``--to BITS``: the time to reach them."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, Options, option
from polychron.command.terminal import printable

from .integer.symbols import encode
from .tasks.text import Text, default_text, read_text, vocabulary
from .training.architectures.recurrent_presets import RECURRENT_PRESETS

if TYPE_CHECKING:
    from .model.rnn import Rnn
    from .training.trainer import Trainer

STEPS = 1800  # length of the schedule of a short training
RATE = 0.01
CHECKS = 15  # of the held-out text, in the second half of the schedule


def throughput(preset: str, *, threads: int, seconds: float, streams: int, window: int) -> tuple[float, float]:
    """Targets a second of wall time, and of processor time, over whole steps (forward, backward, Adam) on random symbols."""
    from .training.architectures.recurrent import Recurrent
    from .training.trainer import Trainer

    options = replace(RECURRENT_PRESETS[preset], threads=threads, streams=streams, window=window, grow=0)
    symbols = np.random.default_rng(0).integers(0, options.symbols, 1_000_000).astype(np.int32)
    kind = Recurrent()
    with Trainer(kind.learner(kind.start(options, n_sym=options.symbols), options), symbols) as trainer:
        trainer.run(lambda done, bits: None, steps=5)  # compiles, and fills the caches
        start, cpu, first = time.perf_counter(), time.process_time(), trainer.step
        while time.perf_counter() - start < seconds:
            trainer.one_step(0.5)
        targets = (trainer.step - first) * streams * window
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
    from .compiled.stream import score
    from .training.architectures.recurrent import Recurrent
    from .training.trainer import Trainer

    options = RECURRENT_PRESETS[preset]
    options = replace(options, rate=rate, grow=min(options.grow, 3), seed=seed, threads=threads)
    symbols = vocabulary(text.train, size=options.symbols)
    data = encode(symbols, text.train)
    kind = Recurrent()

    def trainer_of() -> "Trainer[Rnn]":
        return Trainer(kind.learner(kind.start(options, n_sym=len(symbols)), options), data)

    def bits(trainer: "Trainer[Rnn]") -> float:
        return score(kind.quantise(trainer.learner.current(), rounding, symbols=symbols, card={}), text.held_out).bits

    with trainer_of() as trainer:
        rounding = kind.rounding(trainer.learner.current(), options, lambda units: 0.0)
        trainer.one_step(0.0)
        bits(trainer)
    with trainer_of() as trainer:
        start, cpu = time.perf_counter(), time.process_time()
        due = [steps * (CHECKS + check) // (2 * CHECKS) for check in range(1, CHECKS + 1)]
        while trainer.step < steps:
            if trainer.step == steps // 2:
                trainer.learner.round(rounding)
            trainer.one_step(trainer.step / steps)
            if trainer.step in due and (found := bits(trainer)) <= goal:
                return Reached(wall=time.perf_counter() - start, processor=time.process_time() - cpu, steps=trainer.step, bits=found)
    return None


@dataclass(frozen=True, kw_only=True)
class Goal(Options):
    """A training to a goal; ``seconds``, ``streams`` and ``window`` are those of throughput alone."""

    to: Annotated[
        float | None, option("measure the time until a network reaches BITS bits per character instead", low=0.01, high=8, metavar="BITS")
    ] = None
    text: Annotated[
        Path | None, option("with --to: the text; its last tenth is held out. Left out: Python's own help topics", metavar="FILE")
    ] = None
    preset: Annotated[str, option(f"with --to: {', '.join(RECURRENT_PRESETS)}", metavar="NAME")] = "best-5m"
    steps: Annotated[int, option("with --to: length of the schedule", low=1, high=1_000_000_000)] = STEPS
    rate: Annotated[float, option("with --to: learning rate", low=0, high=1)] = RATE
    seed: Annotated[int, option("with --to: seed of every random choice", low=0, high=1 << 63)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.preset not in RECURRENT_PRESETS:
            raise ValueError(f"--preset must be one of {', '.join(RECURRENT_PRESETS)}, not {self.preset!r}")


NO_GOAL = Goal()
app = make_app(
    "train",
    "Training targets a second of recurrent networks at two presets' shapes; or the time to a goal.",
    examples=["polychron bench train --seconds 5", "polychron bench train --to 2.5 --text FILE"],
)


@app.default
def measure(
    goal: Annotated[Goal, FLAT] = NO_GOAL,
    *,
    seconds: Annotated[float, option("how long a measurement takes", low=0.01, high=3600)] = 10.0,
    threads: Annotated[int, option("threads", low=1, high=256)] = 2,
    streams: Annotated[int, option("texts read side by side", low=1, high=1 << 16)] = 64,
    window: Annotated[int, option("symbols of each stream in a step", low=1, high=1 << 16)] = 32,
) -> int:
    if goal.to is not None:
        return _reach(goal, goal.to, threads=threads)
    for name in ("paper-rnn", "icebreaker"):
        wall, cpu = throughput(name, threads=threads, seconds=seconds, streams=streams, window=window)
        shape = RECURRENT_PRESETS[name]
        tables = f"n={shape.n}, {shape.hidden[0]} x 2^{shape.hidden[1]}, out {shape.output[0]} x 2^{shape.output[1]} of {shape.symbols}"
        print(f"{name} ({tables}), window {window}")
        print(f"    {wall:,.0f} targets/s with {threads} threads; {cpu:,.0f} per second of processor time")
    return 0


def _reach(goal: Goal, bits: float, *, threads: int) -> int:
    text = default_text() if goal.text is None else read_text(goal.text)
    reached = seconds_to(bits, text, preset=goal.preset, threads=threads, steps=goal.steps, rate=goal.rate, seed=goal.seed)
    if reached is None:
        print(f"{goal.preset} on {printable(text.name)}: {bits:g} bits per character were not reached in {goal.steps} steps")
        return 1
    print(
        f"{goal.preset} on {printable(text.name)}: {reached.bits:.3f} bits per character of the last tenth, integer, streamed, "
        f"after {reached.steps} steps: {reached.wall:.1f} s of wall time, {reached.processor:.1f} s of processor time, "
        f"{threads} threads"
    )
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv, group="bench")


if __name__ == "__main__":
    sys.exit(main())
