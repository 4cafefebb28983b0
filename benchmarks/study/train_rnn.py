"""``python -m benchmarks.study.train_rnn``: train a preset of the spiking RNN for so many steps; a line of docs/study/convergence.json.

The trainer of ``python -m golden.train text`` without its checks in between, so that the seconds are the training's own.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from golden.tasks.text import Text, read_text
from golden.training.architectures.recurrent import Recurrent
from golden.training.architectures.recurrent_presets import RECURRENT_PRESETS, RecurrentOptions
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.command.options import FLAT, Options, option
from polychron.system.files import check_output

from .lut_run import timed_run
from .runs import RUNS, RUNS_FILE, TEXT, Run, put_run


def train(text: Text, options: RecurrentOptions, *, name: str) -> Run:
    """A training as ``options`` say; see :func:`benchmarks.study.lut_run.timed_run`."""
    shown = f"--preset {options.preset} --steps {options.steps} --streams {options.streams} --rate {options.rate:g} --grow {options.grow}"
    shown += f" --qat {options.qat:g} --recent {options.recent:g} --seed {options.seed}"
    command = f"python -m benchmarks.study.train_rnn --text {text.name} {shown}"
    return timed_run(Recurrent(), options, text, family="rnn", name=name, command=command)


@dataclass(frozen=True, kw_only=True)
class Chosen(Options):
    """What the study varies."""

    preset: Annotated[str, option(f"shape: {', '.join(RECURRENT_PRESETS)}", metavar="NAME")] = "best-5m"
    steps: Annotated[int, option("mini-batches", low=1, high=1_000_000)] = 1000
    streams: Annotated[int, option("pieces of 32 characters in a mini-batch", low=1, high=65536)] = 64
    grow: Annotated[int, option("anchor pairs a table begins with", low=0, high=16)] = 3
    rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.01
    qat: Annotated[float, option("last part of the training, with rounded tables", low=0, high=1)] = 0.5
    recent: Annotated[float, option("part of the streams that read the last tenth of the training text", low=0, high=1)] = 0.12
    seed: Annotated[int, option("of everything drawn", low=0, high=1 << 63)] = 0


DEFAULT = Chosen()
app = make_app(
    "python -m benchmarks.study.train_rnn",
    "Train a recurrent network for docs/study/convergence.json.",
    examples=["python -m benchmarks.study.train_rnn --text TEXT --steps 1000"],
)


@app.default
def command(chosen: Annotated[Chosen, FLAT] = DEFAULT, *, text: Annotated[Path, TEXT], runs: Annotated[Path, RUNS_FILE] = RUNS) -> None:
    if chosen.preset not in RECURRENT_PRESETS:
        raise ValueError(f"--preset must be one of {', '.join(RECURRENT_PRESETS)}, not {chosen.preset!r}")
    given = {name: getattr(chosen, name) for name in ("steps", "streams", "rate", "grow", "qat", "recent", "seed")}
    options = replace(RECURRENT_PRESETS[chosen.preset], warm=min(200, max(1, chosen.steps // 10)), threads=1, **given)
    check_output(runs)
    run = train(read_text(text), options, name=f"RNN {chosen.preset}")
    put_run(run, runs)
    print(run)


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
