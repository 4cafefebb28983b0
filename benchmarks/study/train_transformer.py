"""``python -m benchmarks.study.train_transformer``: train a preset of the SNN transformer; a line of docs/study/convergence.json.

The trainer of ``python -m golden.train transformer`` without its checks in between, so that the seconds are the training's own.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from golden.integer.layer import NetworkError
from golden.tasks.text import Text, read_text
from golden.training.transformer import TransformerArchitecture
from golden.training.transformer_presets import TRANSFORMER_PRESETS, TransformerOptions

from .lut_run import timed_run
from .runs import RUNS, Run, put_run

__all__ = ["main", "train"]


def train(text: Text, options: TransformerOptions, *, name: str) -> Run:
    """A training as ``options`` say; see :func:`benchmarks.study.lut_run.timed_run`."""
    shown = f"--preset {options.preset} --steps {options.steps} --rate {options.rate:g} --qat {options.qat:g}"
    shown += f" --recent {options.recent:g} --seed {options.seed}"
    command = f"python -m benchmarks.study.train_transformer --text {text.name} {shown}"
    return timed_run(TransformerArchitecture(), options, text, family="transformer", name=name, command=command)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.train_transformer", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--preset", choices=TRANSFORMER_PRESETS, default="spram")
    parser.add_argument("--steps", type=int, default=1000, help="mini-batches of 64 x 32 characters (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--qat", type=float, default=0.5)
    parser.add_argument("--recent", type=float, default=0.12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file of runs (default: docs/study/convergence.json)")
    arguments = parser.parse_args(argv)
    try:
        if not 1 <= arguments.steps <= 1_000_000:
            raise NetworkError(f"--steps must be 1..1000000, not {arguments.steps}")
        names = ("steps", "rate", "qat", "recent", "seed")
        given = {name: getattr(arguments, name) for name in names}
        warm = min(200, max(1, arguments.steps // 10))
        options = replace(TRANSFORMER_PRESETS[arguments.preset], warm=warm, threads=1, **given)
        run = train(read_text(arguments.text), options, name=f"transformer {arguments.preset}")
        put_run(run, arguments.runs)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
