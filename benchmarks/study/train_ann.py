"""``python -m benchmarks.study.train_ann``: train the standard transformer for so many steps; a line of docs/study/convergence.json."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from golden.integer.layer import NetworkError
from golden.integer.symbols import encode
from golden.model.adam import cosine
from golden.tasks.text import read_text, vocabulary
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.command.options import FLAT, Options, option
from polychron.system.files import check_output

from .models.ann import Ann, round_weights, stream_bits
from .models.ann_shape import AnnShape
from .runs import RUNS, RUNS_FILE, TEXT, Run, put_run


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


@dataclass(frozen=True, kw_only=True)
class AnnOptions(Options):
    """A standard transformer and its training."""

    steps: Annotated[int, option("mini-batches", low=1, high=1_000_000)] = 1000
    width: Annotated[int, option("neurons", low=1, high=1_000_000)] = 96
    layers: Annotated[int, option("layers", low=1, high=1_000_000)] = 2
    heads: Annotated[int, option("heads of a layer", low=1, high=1_000_000)] = 4
    context: Annotated[int, option("positions", low=1, high=1_000_000)] = 64
    batch: Annotated[int, option("pieces of a mini-batch", low=1, high=1_000_000)] = 16
    length: Annotated[int, option("targets of a piece", low=1, high=1_000_000)] = 128
    rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.004
    decay: Annotated[float, option("of weights", low=0, high=1)] = 0.1
    drop: Annotated[float, option("part of the activations that is dropped", low=0, high=1)] = 0.0
    recent: Annotated[float, option("part of the pieces from the last tenth of the training text", low=0, high=1)] = 0.12
    seed: Annotated[int, option("of everything drawn", low=0, high=1 << 63)] = 0


DEFAULT = AnnOptions()
app = make_app(
    "python -m benchmarks.study.train_ann",
    "Train a standard transformer for docs/study/convergence.json.",
    examples=["python -m benchmarks.study.train_ann --text TEXT --steps 1000"],
)


@app.default
def command(
    arguments: Annotated[AnnOptions, FLAT] = DEFAULT, *, text: Annotated[Path, TEXT], runs: Annotated[Path, RUNS_FILE] = RUNS
) -> None:
    if arguments.width % (2 * arguments.heads):
        raise NetworkError(f"--width must be a multiple of twice the heads, {2 * arguments.heads}, not {arguments.width}")
    check_output(runs)
    data = read_text(text)
    symbols = vocabulary(data.train, size=64)
    shape = AnnShape(n_sym=len(symbols), width=arguments.width, layers=arguments.layers, heads=arguments.heads, context=arguments.context)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    model = Ann(shape, drop=arguments.drop)
    names = ("steps", "batch", "length", "rate", "decay", "recent", "seed")
    seconds = train(model, encode(symbols, data.train), Schedule(**{name: getattr(arguments, name) for name in names}))
    bits = stream_bits(model, symbols, encode(symbols, data.held_out))
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
        command=f"python -m benchmarks.study.train_ann --text {data.name} {options}",
    )
    put_run(made, runs)
    print(made)
    round_weights(model)
    print(f"with int8 weights: {stream_bits(model, symbols, encode(symbols, data.held_out)):.4f} bits")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
