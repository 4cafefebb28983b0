"""The digits and mnist tasks of ``python -m golden.train`` and ``python -m golden.eval``: options, progress, card, report."""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ...integer.file import save_network
from ...integer.network import LATENCY_MAX, Int16, Network, NetworkError
from ...model.diagnose import diagnose_layer
from ..language import versions
from ..out import check_out
from ..plot import plot_curve
from . import digits, mnist
from .classifier import Labels, Recipe, Trained, float_accuracy, integer_accuracy

__all__ = ["OPTIONS", "TASKS", "add_arguments", "evaluate", "run"]

TASKS = ("digits", "mnist")
PRESETS: dict[str, dict[str, Recipe]] = {"digits": digits.PRESETS, "mnist": mnist.PRESETS}
OPTIONS = ("preset", "data", "seed", "anchors", "tables", "pairs", "constants", "minutes")


def add_arguments(parser: argparse.ArgumentParser, task: str) -> None:
    """The options of ``python -m golden.train TASK``."""
    presets = PRESETS[task]
    shapes = "; ".join(f"{name}: {recipe.n_t} tables of {recipe.n_c} pairs" for name, recipe in presets.items())
    parser.add_argument("--preset", choices=presets, default=task, help=f"{shapes} (default: %(default)s)")
    if task == "mnist":
        parser.add_argument("--data", type=Path, required=True, help="folder of the four IDX files, plain or .gz")
    parser.add_argument("--out", type=Path, default=Path(f"{task}.safetensors"), help="the network file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the training" + (" and of the hold-out" if task == "digits" else ""))
    parser.add_argument("--minutes", type=float, help="stop after so long, and keep what is trained by then (default: until done)")
    parser.add_argument("--anchors", choices=["gain", "random", "covering"], default="gain", help="(default: %(default)s)")
    parser.add_argument("--tables", type=int, help="tables (default: the preset's)")
    parser.add_argument("--pairs", type=int, help="anchor pairs a table (default: the preset's)")
    parser.add_argument("--constants", help="latencies of reference neurons, as 4,8,12 (default: the preset's)")


def _recipe(arguments: argparse.Namespace) -> Recipe:
    limits = [
        ("seed", arguments.seed, 0, (1 << 32) - 1),
        ("minutes", arguments.minutes, 0, 1_000_000),
        ("tables", arguments.tables, 1, 1023),
        ("pairs", arguments.pairs, 1, 16),
    ]
    for name, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise NetworkError(f"--{name} must be {low}..{high}, not {value}")
    check_out(arguments.out)
    recipe = PRESETS[arguments.task][arguments.preset]
    return replace(
        recipe,
        anchors=arguments.anchors,
        n_t=recipe.n_t if arguments.tables is None else arguments.tables,
        n_c=recipe.n_c if arguments.pairs is None else arguments.pairs,
        constants=recipe.constants if arguments.constants is None else _constants(arguments.constants),
    )


def _constants(text: str) -> tuple[int, ...]:
    try:
        values = tuple(int(word) for word in text.split(",") if word)
    except ValueError:
        raise NetworkError(f"--constants must be whole numbers between commas, not {text!r:.60}") from None
    for value in values:
        if abs(value) > LATENCY_MAX:
            raise NetworkError(f"--constants must be -{LATENCY_MAX}..{LATENCY_MAX}, not {value}")
    return values


class _Progress:
    """The bar, the learning curve, and the time limit: past it, a tick is an interrupt."""

    def __init__(self, bar: "tqdm[Any]", minutes: float | None) -> None:
        self.bar = bar
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.curve: list[tuple[float, float]] = []

    def __call__(self, phase: str, loss: float) -> None:
        self.curve.append((len(self.curve) + 1, loss))
        self.bar.set_postfix_str(f"{phase}, loss {loss:.3f}", refresh=False)
        self.bar.update()
        if self.end is not None and time.monotonic() > self.end:
            raise KeyboardInterrupt


Train = Callable[[dict[str, Any], _Progress], Trained]


def _prepare(arguments: argparse.Namespace, recipe: Recipe) -> tuple[dict[str, Any], Train, Int16, Int16, Labels]:
    """The card's data, the training to start, the training latencies, and the held-out latencies and classes."""
    if arguments.task == "digits":
        split = digits.holdout(arguments.seed)
        about: dict[str, Any] = {"name": "scikit-learn digits", "sha256": digits.data_sha256()}
        about["held_out"] = f"a stratified quarter, train_test_split(random_state={arguments.seed})"
        return (
            about,
            lambda card, tick: digits.train_digits(split, recipe, seed=arguments.seed, card=card, tick=tick),
            split.train_x,
            split.test_x,
            split.test_y,
        )
    data = mnist.read_mnist(arguments.data)
    return (
        {"name": "MNIST", "sha256": data.sha256, "held_out": "the t10k files"},
        lambda card, tick: mnist.train_mnist(data, recipe, seed=arguments.seed, card=card, tick=tick),
        data.train_x,
        data.test_x,
        data.test_y,
    )


def run(arguments: argparse.Namespace, *, command: str) -> None:
    """Train as ``arguments`` say, write the network and its learning curve, print the figures. ``command`` goes into the card."""
    recipe = _recipe(arguments)
    about, train, train_x, test_x, test_y = _prepare(arguments, recipe)
    card = {"task": arguments.task, "command": command, "data": about, "seed": arguments.seed, "versions": versions()}
    with tqdm(total=recipe.steps, unit="round", dynamic_ncols=True) as bar:
        progress = _Progress(bar, arguments.minutes)
        trained = train(card, progress)
    if trained.interrupted:
        print("note: stopped early; the network is what was trained by then")
    figures = {
        "accuracy_integer": round(integer_accuracy(trained.network, test_x, test_y), 4),
        "accuracy_float": round(float_accuracy(trained.layer, test_x, test_y, constants=recipe.constants), 4),
    }
    network = replace(trained.network, card={**card, "figures": figures})
    save_network(network, arguments.out)
    plot = arguments.out.with_suffix(".png")
    plot_curve(plot, train=progress.curve, checks=[], title=f"{arguments.out.stem}: growing, then fitting", unit="nats a sample")
    for name, value in figures.items():
        print(f"held out, {name.replace('_', ' ')}: {value:.2%}")
    seen = np.concatenate([train_x, np.broadcast_to(network.constants, (len(train_x), network.n_ref))], axis=1)[:5000]
    found = diagnose_layer(trained.layer, seen * 2.0**-recipe.frac, name="output layer")
    print("diagnosis: " + ("; ".join(found) or "no failure signature found"))
    count = sum(group.n_t * group.n_c for group in network.output.groups)
    print(f"anchor pairs: {count}; tables: {network.table_bytes()} bytes; network: {arguments.out}; learning curve: {plot}")


def evaluate(network: Network, *, data: Path | None) -> dict[str, float]:
    """Figures of a digits or mnist network on the data its card says were held out; mnist needs the folder ``data``."""
    task = network.card.get("task")
    if task == "digits":
        seed = network.card.get("seed")
        if not isinstance(seed, int) or not 0 <= seed < 1 << 32:
            raise NetworkError(f"card field seed must be 0..{(1 << 32) - 1}, not {seed!r:.60}")
        split = digits.holdout(seed)
        x, y = split.test_x, split.test_y
    elif task == "mnist":
        if data is None:
            raise NetworkError("an mnist network needs --data, the folder of the IDX files")
        files = mnist.read_mnist(data)
        x, y = files.test_x, files.test_y
    else:
        raise NetworkError(f"card field task must be digits or mnist, not {task!r:.60}")
    if network.kind != "deep" or network.n - network.n_ref != x.shape[1] or network.n_out < digits.CLASSES:
        raise NetworkError(f"the network must be deep with {x.shape[1]} inputs and {digits.CLASSES} outputs to be one for {task}")
    return {"images": float(len(x)), "accuracy_integer": integer_accuracy(network, x, y)}
