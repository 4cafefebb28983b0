"""``python -m golden.bench``: training targets a second at two presets' shapes; with ``--to BITS``: the time to reach them."""

import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, Options, option
from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from .integer.symbols import encode
from .tasks.text import Text, read_text, vocabulary
from .training.architectures.recurrent_presets import RECURRENT_PRESETS

if TYPE_CHECKING:
    from .model.rnn import Rnn
    from .training.architectures.recurrent import Recurrent
    from .training.trainer import Trainer

CHECKS = 15  # of the held-out text, in the second half of the schedule


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
    steps: Annotated[int, option("with --to: length of the schedule", low=1, high=1_000_000_000)] = 1800
    rate: Annotated[float, option("with --to: learning rate", low=0, high=1)] = 0.01
    seed: Annotated[int, option("with --to: seed of every random choice", low=0, high=1 << 63)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.preset not in RECURRENT_PRESETS:
            raise ValueError(f"--preset must be one of {', '.join(RECURRENT_PRESETS)}, not {self.preset!r}")


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A goal that was reached with ``bits`` per character after ``steps``; ``wall`` and ``processor``: seconds from the first step on,
    checks included."""

    bits: float
    steps: int
    wall: float
    processor: float
    threads: int

    def __str__(self) -> str:
        which = "bits per character of the last tenth, integer, streamed"
        spent = f"{self.wall:.1f} s of wall time, {self.processor:.1f} s of processor time"
        return f"{self.bits:.3f} {which}, after {self.steps} steps: {spent}, {self.threads} threads"


def reach(kind: "Recurrent", goal: Goal, most: float, text: Text, *, threads: int) -> Reached | None:
    """Train on the first nine tenths of ``text`` until the integer network needs at most ``most`` bits a character of the whole last tenth,
    streamed. None if the schedule ends above it.
    """
    from .compiled.stream import score
    from .training.trainer import Trainer

    options = RECURRENT_PRESETS[goal.preset]
    options = replace(options, rate=goal.rate, grow=min(options.grow, 3), seed=goal.seed, threads=threads)
    symbols = vocabulary(text.train, size=options.symbols)
    data = encode(symbols, text.train)

    def trainer_of() -> "Trainer[Rnn]":
        return Trainer(kind.learner(kind.start(options, n_sym=len(symbols)), options), data)

    def bits(trainer: "Trainer[Rnn]") -> float:
        return score(kind.quantise(trainer.learner.current(), rounding, symbols=symbols, card={}), text.held_out).bits

    with trainer_of() as trainer, under_way("compiling the training loop"):  # what Numba compiles is compiled before the clock starts
        rounding = kind.rounding(trainer.learner.current(), options, lambda units: 0.0)
        trainer.one_step(0.0)
        bits(trainer)
    with trainer_of() as trainer, bar(goal.steps, unit="step", desc=goal.preset) as line:
        start, cpu = time.perf_counter(), time.process_time()
        due = [goal.steps * (CHECKS + check) // (2 * CHECKS) for check in range(1, CHECKS + 1)]
        while trainer.step < goal.steps:
            if trainer.step == goal.steps // 2:
                trainer.learner.round(rounding)
            trainer.one_step(trainer.step / goal.steps)
            line.update()
            if trainer.step in due and (found := bits(trainer)) <= most:
                wall, processor = time.perf_counter() - start, time.process_time() - cpu
                return Reached(bits=found, steps=trainer.step, wall=wall, processor=processor, threads=threads)
    return None


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
    json: Json = False,
) -> int:
    from .training.architectures.recurrent import Recurrent

    kind = Recurrent()
    with reported(json) as figures:
        figures |= {"threads": threads}
        if goal.to is None:
            return _throughput(kind, seconds, figures, threads=threads, streams=streams, window=window)
        text = read_text(goal.text)
        reached = reach(kind, goal, goal.to, text, threads=threads)
        missed = f"{goal.to:g} bits per character were not reached in {goal.steps} steps"
        print(f"{goal.preset} on {printable(text.name)}: {reached or missed}")
        figures |= {
            "preset": goal.preset,
            "text": text.name,
            "goal_bits_per_character": goal.to,
            "reached": reached is not None,
            "bits_per_character": reached and reached.bits,
            "steps": reached and reached.steps,
            "wall_seconds": reached and reached.wall,
            "processor_seconds": reached and reached.processor,
        }
        return 0 if reached else 1


def _throughput(kind: "Recurrent", seconds: float, figures: dict[str, Any], *, threads: int, streams: int, window: int) -> int:
    from .training.trainer import Trainer

    figures |= {"window": window, "streams": streams, "presets": []}
    for name in ("paper-rnn", "icebreaker"):
        shape = replace(RECURRENT_PRESETS[name], threads=threads, streams=streams, window=window, grow=0)
        symbols = np.random.default_rng(0).integers(0, shape.symbols, 1_000_000).astype(np.int32)
        with Trainer(kind.learner(kind.start(shape, n_sym=shape.symbols), shape), symbols) as trainer, under_way(f"training {name}"):
            wall, cpu = trainer.speed(seconds)
        tables = f"n={shape.n}, {shape.hidden[0]} x 2^{shape.hidden[1]}, out {shape.output[0]} x 2^{shape.output[1]} of {shape.symbols}"
        print(f"{name} ({tables}), window {window}")
        print(f"    {wall:,.0f} targets/s with {threads} threads; {cpu:,.0f} per second of processor time")
        figures["presets"].append({"preset": name, "targets_per_second": wall, "targets_per_processor_second": cpu})
    return 0


main = partial(run, app, group="bench")

if __name__ == "__main__":
    sys.exit(main())
