"""``python -m benchmarks.study.train_rnn``: train a preset of the spiking RNN for so many steps; a line of docs/study/convergence.json.

The trainer of ``python -m golden.train text`` without its checks in between, so that the seconds are the training's own.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from golden.integer.layer import NetworkError
from golden.tasks.text import Text, read_text
from golden.training.recurrent import Recurrent
from golden.training.recurrent_presets import RECURRENT_PRESETS, RecurrentOptions

from .lut_run import timed_run
from .runs import RUNS, Run, put_run

__all__ = ["main", "train"]


def train(text: Text, options: RecurrentOptions, *, name: str) -> Run:
    """A training as ``options`` say; see :func:`benchmarks.study.lut_run.timed_run`."""
    shown = f"--preset {options.preset} --steps {options.steps} --streams {options.streams} --rate {options.rate:g} --grow {options.grow}"
    shown += f" --qat {options.qat:g} --recent {options.recent:g} --seed {options.seed}"
    command = f"python -m benchmarks.study.train_rnn --text {text.name} {shown}"
    return timed_run(Recurrent(), options, text, family="rnn", name=name, command=command)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.train_rnn", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--preset", choices=RECURRENT_PRESETS, default="best-5m")
    parser.add_argument("--steps", type=int, default=1000, help="mini-batches (default: %(default)s)")
    parser.add_argument("--streams", type=int, default=64, help="pieces of 32 characters in a mini-batch (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--grow", type=int, default=3)
    parser.add_argument("--qat", type=float, default=0.5)
    parser.add_argument("--recent", type=float, default=0.12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file of runs (default: docs/study/convergence.json)")
    arguments = parser.parse_args(argv)
    try:
        if not 1 <= arguments.steps <= 1_000_000:
            raise NetworkError(f"--steps must be 1..1000000, not {arguments.steps}")
        if not 1 <= arguments.streams <= 65536:
            raise NetworkError(f"--streams must be 1..65536, not {arguments.streams}")
        names = ("steps", "streams", "rate", "grow", "qat", "recent", "seed")
        given = {name: getattr(arguments, name) for name in names}
        warm = min(200, max(1, arguments.steps // 10))
        options = replace(RECURRENT_PRESETS[arguments.preset], warm=warm, threads=1, **given)
        run = train(read_text(arguments.text), options, name=f"RNN {arguments.preset}")
        put_run(run, arguments.runs)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
