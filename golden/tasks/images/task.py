"""The digits and mnist tasks of ``python -m golden.train`` and ``python -m golden.eval``: progress, card, report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from ...integer.deep import DeepNetwork
from ...integer.file import save_network
from ...integer.layer import NetworkError
from ...integer.network import Network
from ...model.diagnose import diagnose_layer
from ...training.stop import StopRequest
from ..fitting.accuracy import float_accuracy, integer_accuracy
from ..fitting.progress import Progress
from ..fitting.train import with_constants
from ..held_out import Labelled, Lesson
from ..products import check_out, plot_curve, versions
from ..readers.sizes import Size, shown
from . import digits, mnist
from .classifier import CLASSES, Split, train_images
from .recipe import ImageOptions, MnistOptions


def _data(options: ImageOptions) -> tuple[Split, dict[str, Any]]:
    """A task's data, and what its card says of them."""
    if isinstance(options, MnistOptions):
        data = mnist.read_mnist(options.data)
        own_size = {} if data.size == mnist.SIZE else {"size": shown(data.size)}
        return data, {"name": "MNIST", "sha256": data.sha256, "held_out": "the t10k files"} | own_size
    held_out = f"a stratified quarter, train_test_split(random_state={options.seed})"
    return digits.holdout(options.seed), {"name": "scikit-learn digits", "sha256": digits.data_sha256(), "held_out": held_out}


def run(task: str, options: ImageOptions, *, out: Path, command: str) -> dict[str, Any]:
    """Train as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command`` goes into the card."""
    check_out(out)
    recipe = options.recipe
    split, about = _data(options)
    card = {"task": task, "command": command, "data": about, "seed": options.seed, "versions": versions()}
    with StopRequest() as stop, bar(recipe.steps, unit="round") as line:
        progress = Progress(line, stop, options.minutes)
        trained = train_images(split, recipe, seed=options.seed, card=card, tick=progress)
    if trained.stopped:
        print("note: stopped early; the network is what was trained by then")
    with under_way("scoring the held-out images"):
        exact = integer_accuracy(trained.network, split.test_x, split.test_y)
        real = float_accuracy(trained.layer, split.test_x, split.test_y, constants=recipe.constants)
    figures = {"accuracy_integer": round(exact, 4), "accuracy_float": round(real, 4)}
    network = replace(trained.network, card={**card, "figures": figures})
    save_network(network, out)
    with under_way("drawing the learning curve"):
        plot = plot_curve(out, train=progress.curve, checks=[], title=f"{out.stem}: growing, then fitting", unit="nats a sample")
    for name, value in figures.items():
        print(f"held out, {name.replace('_', ' ')}: {value:.2%}")
    seen = with_constants(split.train_x[:5000], recipe.constants)
    found = diagnose_layer(trained.layer, seen * 2.0**-recipe.frac, name="output layer")
    print("diagnosis: " + ("; ".join(found) or "no failure signature found"))
    count = sum(group.n_t * group.n_c for group in network.output.groups)
    print(f"anchor pairs: {count}; tables: {network.table_bytes()} bytes; network: {printable(out)}; {plot}")
    return {
        "file": out,
        "figures": figures,
        "anchor_pairs": count,
        "table_bytes": network.table_bytes(),
        "diagnosis": found,
    }


def held_out(network: Network, *, data: Path | None) -> Labelled:
    """The images that the card says were held out. ``data``: for mnist alone, the folder of the IDX files, or a file of images."""
    if network.card.get("task") == "mnist" and data is not None:
        x, y, found = mnist.read_test(data)
        _check_size(network, found, data)
    else:
        split = _split(network, data=data)
        x, y = split.test_x, split.test_y
    _check_inputs(network, x.shape[1])
    return Labelled(x=x, what="images", labels=y)


def to_learn(network: Network, *, data: Path | None) -> Lesson:
    """The training images, and those that are held out. ``data``: for mnist alone, the folder of the IDX files."""
    split = _split(network, data=data)
    _check_inputs(network, split.train_x.shape[1])
    about: dict[str, Any] = {}
    if isinstance(split, mnist.Mnist):
        was = network.card.get("data")
        about = {"data": {**(was if isinstance(was, dict) else {}), "sha256": split.sha256}}
    test = Labelled(x=split.test_x, what="images", labels=split.test_y)
    return Lesson(x=split.train_x, labels=split.train_y, test=test, card=about)


def _split(network: Network, *, data: Path | None) -> Split:
    """The images of a network's task."""
    task = network.card.get("task")
    if task == "digits":
        if data is not None:
            raise NetworkError("--data is for mnist networks: the images of a digits network are scikit-learn's")
        return digits.holdout(digits.card_seed(network.card.get("seed")))
    if task == "mnist":
        if data is None:
            raise NetworkError("an mnist network needs --data, the folder of the IDX files")
        split = mnist.read_mnist(data)
        _check_size(network, split.size, data)
        return split
    raise NetworkError(f"card field task must be digits or mnist, not {task!r:.60}")


def _check_size(network: Network, found: Size, data: Path) -> None:
    about = network.card.get("data")
    size = about.get("size", shown(mnist.SIZE)) if isinstance(about, dict) else shown(mnist.SIZE)
    if size != shown(found):
        raise NetworkError(f"{printable(data)}: the images are {shown(found)}, those the network was trained on {size!s:.20}")


def _check_inputs(network: Network, inputs: int) -> None:
    if not isinstance(network, DeepNetwork) or network.n_in != inputs or network.n_out < CLASSES:
        task = network.card.get("task")
        raise NetworkError(f"the network must be deep with {inputs} inputs and {CLASSES} outputs to be one for {task}")
