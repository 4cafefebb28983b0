"""``python -m benchmarks.study.train_ann``: train the standard transformer for so many steps; a line of docs/study/convergence.json."""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from golden.integer.network import NetworkError
from golden.tasks.text import encode, read_text, vocabulary
from golden.training.adam import cosine

from .ann import Ann, round_weights, stream_bits
from .ann_shape import AnnShape
from .runs import RUNS, Run, put_run

__all__ = ["main", "train"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``steps`` mini-batches of ``batch`` pieces; ``decay``: of weights in matrices."""

    steps: int
    batch: int
    length: int
    rate: float
    decay: float
    recent: float
    seed: int


def train(model: Ann, symbols: np.ndarray, schedule: Schedule) -> float:
    """AdamW, rate rising over 100 steps (a tenth if fewer), then half a cosine; pieces of ``length`` targets drawn anywhere, a part
    ``recent`` of them in the last tenth, as the other trainings of the study do. Seconds of processor time.
    """
    steps, batch, length, rate, recent = schedule.steps, schedule.batch, schedule.length, schedule.rate, schedule.recent
    rng = np.random.default_rng(schedule.seed)
    matrices = [weight for weight in model.parameters() if weight.ndim == 2]
    vectors = [weight for weight in model.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": schedule.decay}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    top = len(symbols) - length - 1
    late = round(recent * batch)
    warm = max(1, min(100, steps // 10))
    model.train()
    start = time.process_time()
    losses = []
    with tqdm(total=steps, unit="step", dynamic_ncols=True) as bar:
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = rate * cosine(step / steps, step=step + 1, warm=warm)
            at = rng.integers(0, top, batch)
            at[:late] = rng.integers(top * 9 // 10, top, late)
            pieces = torch.from_numpy(symbols[at[:, None] + np.arange(length + 1)].astype(np.int64))
            loss = functional.cross_entropy(model(pieces[:, :-1]).flatten(0, 1), pieces[:, 1:].flatten())
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            losses.append(loss.item() / np.log(2))
            bar.update()
            if len(losses) % 50 == 0:
                bar.set_postfix_str(f"train {np.mean(losses[-50:]):.3f}", refresh=False)
    return time.process_time() - start


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.train_ann", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16, help="pieces of a mini-batch (default: %(default)s)")
    parser.add_argument("--length", type=int, default=128, help="targets of a piece (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.004)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--drop", type=float, default=0.0)
    parser.add_argument("--recent", type=float, default=0.12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file of runs (default: docs/study/convergence.json)")
    return parser


def run(arguments: argparse.Namespace) -> None:
    for name in ("steps", "width", "layers", "heads", "batch", "length"):
        if not 1 <= getattr(arguments, name) <= 1_000_000:
            raise NetworkError(f"--{name} must be 1..1000000, not {getattr(arguments, name)}")
    if arguments.width % (2 * arguments.heads):
        raise NetworkError(f"--width must be a multiple of twice the heads, {2 * arguments.heads}, not {arguments.width}")
    text = read_text(arguments.text)
    symbols = vocabulary(text.train, size=64)
    shape = AnnShape(n_sym=len(symbols), width=arguments.width, layers=arguments.layers, heads=arguments.heads, context=arguments.context)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    model = Ann(shape, drop=arguments.drop)
    names = ("steps", "batch", "length", "rate", "decay", "recent", "seed")
    seconds = train(model, encode(symbols, text.train), Schedule(**{name: getattr(arguments, name) for name in names}))
    bits = stream_bits(model, symbols, encode(symbols, text.held_out))
    options = " ".join(f"--{name} {getattr(arguments, name):g}" for name in (*names, "width", "layers", "heads", "context", "drop"))
    made = Run(
        model=f"ANN {arguments.layers} x {arguments.width}",
        family="ANN",
        characters=arguments.steps * arguments.batch * arguments.length,
        seconds=round(seconds, 1),
        bits=round(bits, 4),
        table_bytes=shape.weights(),
        bytes_read=shape.bytes_read(),
        seed=arguments.seed,
        command=f"python -m benchmarks.study.train_ann --text {text.name} {options}",
    )
    put_run(made, arguments.runs)
    print(made)
    round_weights(model)
    print(f"with int8 weights: {stream_bits(model, symbols, encode(symbols, text.held_out)):.4f} bits")


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        run(arguments)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
