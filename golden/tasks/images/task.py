"""The digits and mnist tasks of ``python -m golden.train`` and ``python -m golden.eval``: progress, card, report."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from polychron.command.terminal import printable

from ...integer.deep import DeepNetwork, classifier
from ...integer.file import save_network
from ...integer.layer import Int16, NetworkError
from ...integer.network import Network
from ...model.diagnose import diagnose_layer
from ...training.stop import StopRequest
from ..card import versions
from ..out import check_out
from ..plot import plot_curve
from . import digits, mnist
from .classifier import Labels, Tick, Trained, float_accuracy, integer_accuracy
from .recipe import ImageOptions, MnistOptions, Recipe


class _Progress:
    """The bar, the learning curve, and when to stop: on request, or past the time limit."""

    def __init__(self, bar: "tqdm[Any]", stop: StopRequest, minutes: float | None) -> None:
        self.bar, self.stop = bar, stop
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.curve: list[tuple[float, float]] = []

    def __call__(self, phase: str, loss: float) -> bool:
        self.curve.append((len(self.curve) + 1, loss))
        self.bar.set_postfix_str(f"{phase}, loss {loss:.3f}", refresh=False)
        self.bar.update()
        return self.stop.made or (self.end is not None and time.monotonic() > self.end)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A task's data as its card has it, its training, the training latencies, the held-out latencies and classes."""

    about: dict[str, Any]
    train: Callable[[dict[str, Any], Tick], Trained]
    train_x: Int16
    test_x: Int16
    test_y: Labels


def _digits(options: ImageOptions, recipe: Recipe) -> _Job:
    seed = options.seed
    split = digits.holdout(seed)
    held_out = f"a stratified quarter, train_test_split(random_state={seed})"
    return _Job(
        about={"name": "scikit-learn digits", "sha256": digits.data_sha256(), "held_out": held_out},
        train=lambda card, tick: digits.train_digits(split, recipe, seed=seed, card=card, tick=tick),
        train_x=split.train_x,
        test_x=split.test_x,
        test_y=split.test_y,
    )


def _mnist(options: MnistOptions, recipe: Recipe) -> _Job:
    data = mnist.read_mnist(options.data)
    own_size = {} if data.size == mnist.SIZE else {"size": mnist.shown(data.size)}
    return _Job(
        about={"name": "MNIST", "sha256": data.sha256, "held_out": "the t10k files"} | own_size,
        train=lambda card, tick: mnist.train_mnist(data, recipe, seed=options.seed, card=card, tick=tick),
        train_x=data.train_x,
        test_x=data.test_x,
        test_y=data.test_y,
    )


def run(task: str, options: ImageOptions, *, out: Path, command: str) -> None:
    """Train as ``options`` say, write the network and its learning curve, print the figures. ``command`` goes into the card."""
    check_out(out)
    recipe = options.recipe
    job = _mnist(options, recipe) if isinstance(options, MnistOptions) else _digits(options, recipe)
    card = {"task": task, "command": command, "data": job.about, "seed": options.seed, "versions": versions()}
    with StopRequest() as stop, tqdm(total=recipe.steps, unit="round", dynamic_ncols=True) as bar:
        progress = _Progress(bar, stop, options.minutes)
        trained = job.train(card, progress)
    if trained.stopped:
        print("note: stopped early; the network is what was trained by then")
    figures = {
        "accuracy_integer": round(integer_accuracy(trained.network, job.test_x, job.test_y), 4),
        "accuracy_float": round(float_accuracy(trained.layer, job.test_x, job.test_y, constants=recipe.constants), 4),
    }
    network = replace(trained.network, card={**card, "figures": figures})
    save_network(network, out)
    plot = plot_curve(out, train=progress.curve, checks=[], title=f"{out.stem}: growing, then fitting", unit="nats a sample")
    for name, value in figures.items():
        print(f"held out, {name.replace('_', ' ')}: {value:.2%}")
    seen = np.concatenate([job.train_x, np.broadcast_to(network.constants, (len(job.train_x), network.n_ref))], axis=1)[:5000]
    found = diagnose_layer(trained.layer, seen * 2.0**-recipe.frac, name="output layer")
    print("diagnosis: " + ("; ".join(found) or "no failure signature found"))
    count = sum(group.n_t * group.n_c for group in network.output.groups)
    print(f"anchor pairs: {count}; tables: {network.table_bytes()} bytes; network: {printable(out)}; {plot}")


def held_out(network: Network, *, data: Path | None) -> tuple[Int16, Labels]:
    """What the card of a digits or mnist network says was held out: latencies (images, inputs) and classes (images,).

    ``data``: the folder of the IDX files, for mnist alone.
    """
    task = network.card.get("task")
    if task == "digits":
        if data is not None:
            raise NetworkError("--data is for mnist networks: the images of a digits network are scikit-learn's")
        split = digits.holdout(digits.card_seed(network.card.get("seed")))
        x, y = split.test_x, split.test_y
    elif task == "mnist":
        if data is None:
            raise NetworkError("an mnist network needs --data, the folder of the IDX files")
        files = mnist.read_mnist(data)
        x, y = files.test_x, files.test_y
        about = network.card.get("data")
        size = about.get("size", mnist.shown(mnist.SIZE)) if isinstance(about, dict) else mnist.shown(mnist.SIZE)
        if size != mnist.shown(files.size):
            raise NetworkError(f"{data}: the images are {mnist.shown(files.size)}, those the network was trained on {size!s:.20}")
    else:
        raise NetworkError(f"card field task must be digits or mnist, not {task!r:.60}")
    if not isinstance(network, DeepNetwork) or network.n_in != x.shape[1] or network.n_out < digits.CLASSES:
        raise NetworkError(f"the network must be deep with {x.shape[1]} inputs and {digits.CLASSES} outputs to be one for {task}")
    return x, y


def evaluate(network: Network, *, data: Path | None) -> dict[str, float]:
    """Figures of a digits or mnist network on what was :func:`held_out`."""
    x, y = held_out(network, data=data)
    return {"images": float(len(x)), "accuracy_integer": integer_accuracy(classifier(network), x, y)}
