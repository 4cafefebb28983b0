"""``python -m golden.train classify``: a classifier of the rows of a table, and its figures on the rows held out."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from ...integer.deep import classifier, deep_outputs
from ...integer.file import save_network
from ...integer.forward import earliest
from ...integer.layer import Int16, NetworkError
from ...integer.network import Network
from ...training.stop import StopRequest
from ..classes.calibration import best_temperature, calibrated, calibration_error, nats_of
from ..classes.card import card_of, read_card
from ..classes.classifier import Labels, Trained
from ..classes.cross_validation import FOLDS, unseen
from ..classes.numbers import recipe_for, train_numbers
from ..classes.progress import Progress
from ..classes.quantiles import MOST_BOUNDS, Numbers, Quantiles
from ..classes.recipe import MAX_CLASSES
from ..products import check_out, plot_curve, versions
from ..readers.sizes import Size, shown, size_word
from .labels import numbered
from .measure import Peer, calibration_of, described, figures_of, peers, report
from .options import TableOptions
from .read import Samples, read_samples

HELD_OUT = 0.25
QUARTER = "a quarter, drawn by the seed"
OWN = "the t10k files"


def run(options: TableOptions, *, out: Path, command: str) -> dict[str, Any]:
    """Train as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command`` goes into the card."""
    check_out(out)
    with under_way("reading the samples"):
        samples = read_samples(options.data, target=options.target, group=options.group, size=options.size)
        train, test = _parts(samples, options)
    if out.exists() and any(out.samefile(file) for file in (*samples.files, *test.files)):
        raise NetworkError(f"--out: {printable(out)} is the file of the samples, and would be overwritten")
    if (count := len(np.unique(samples.labels))) > MAX_CLASSES:
        where = f"{printable(options.data)}: column {printable(samples.target)!r}"
        raise NetworkError(f"{where} must have at most {MAX_CLASSES} classes, not {count}")
    values, labels = np.unique(train.labels, return_inverse=True)
    quantiles = Quantiles.fit(train.x)
    if (count := sum(map(len, quantiles.edges))) > MOST_BOUNDS:
        needed = f"{len(samples.names)} inputs take {count} bounds between their numbers"
        raise NetworkError(f"{printable(options.data)}: {needed}, and a network's file holds {MOST_BOUNDS}: leave some columns out")
    shape = {"tables": options.tables, "pairs": options.pairs, "epochs": options.epochs}
    card = card_of(quantiles, values, names=np.array(samples.names), parameters=shape)
    about = {"name": options.data.name, "sha256": samples.sha256, "target": samples.target, "group": options.group}
    about["size"] = None if samples.size is None else shown(samples.size)
    about["held_out"] = options.test.name if options.test is not None else OWN if samples.held_out else QUARTER
    card |= {"command": command, "data": {key: value for key, value in about.items() if value is not None}}
    card |= {"seed": options.seed, "versions": versions()}
    recipe = recipe_for(len(train.x), **shape)  # type: ignore[arg-type]
    with StopRequest() as stop, bar(recipe.steps * (1 + FOLDS * options.calibrate), unit="round") as line:
        progress = Progress(line, stop, options.minutes)
        trained = train_numbers(
            train.x, labels, recipe, quantiles=quantiles, classes=len(values), seed=options.seed, card=card, tick=progress
        )
        save_network(trained.network, out)  # kept, whatever comes while it is calibrated and scored
        temperature = None
        if options.calibrate and not trained.stopped:
            temperature = _temperature(train, labels, shape, seed=options.seed, classes=len(values), progress=progress)
    if trained.stopped:
        print("note: stopped early; the network is what was trained by then")
    elif options.calibrate and temperature is None:
        print("note: no temperature was fitted: stopped early, or there are too few samples")
    with under_way("scoring the held-out samples"):
        outputs = deep_outputs(trained.network, quantiles.latencies(test.x))
        found = earliest(outputs)
        due, classes = numbered(test.labels, values.tolist())
        figures = figures_of(due, found) | calibration_of(due, nats_of(trained.network, outputs), temperature)
    card |= {} if temperature is None else {"temperature": temperature}
    network = replace(trained.network, card={**card, "figures": {"accuracy_integer": figures["accuracy_integer"]}})
    save_network(network, out)
    plot = plot_curve(out, train=progress.curve, checks=[], title=f"{out.stem}: growing, then fitting", unit="nats a sample")
    images = "" if samples.size is None else f" ({shown(samples.size)})"
    print(f"{len(train.x)} samples trained on, {len(test.x)} held out; {len(samples.names)} inputs{images}, {len(values)} classes")
    others = list(_others(train.x, labels, test.x)) if options.compare else []
    report(due, found, others, classes)
    print(described(figures))
    count = sum(group.n_t * group.n_c for group in network.output.groups)
    print(f"anchor pairs: {count}; tables: {network.table_bytes()} bytes; network: {printable(out)}; {plot}")
    peer_figures = {peer.name: figures_of(due, peer.found)["accuracy_integer"] for peer in others}
    return {"file": out, "figures": figures, "peers": peer_figures, "anchor_pairs": count, "table_bytes": network.table_bytes()}


def _temperature(train: Samples, labels: Labels, shape: dict[str, Any], *, seed: int, classes: int, progress: Progress) -> float | None:
    """Fitted to what networks of the same shape say of the parts of the training samples that they were not trained on; None where
    that can't be known."""

    def again(x: Numbers, some: Labels, quantiles: Quantiles) -> Trained:
        recipe, tick = recipe_for(len(x), **shape), progress.another()
        return train_numbers(x, some, recipe, quantiles=quantiles, classes=classes, seed=seed, card={}, tick=tick)

    found = unseen(train.x, labels, train.groups, again, seed=seed)
    return None if found is None else best_temperature(*found)


def _others(x: Numbers, labels: Labels, test: Numbers) -> Iterator[Peer]:
    for name, model in peers():
        try:
            with under_way(f"fitting {name}"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of features that are missing, and of fits that are not at their end
                found = np.asarray(model.fit(x, labels).predict(test))
        except ValueError as error:  # such as of a single class; the network is saved
            print(f"note: no {name}: {printable(error, limit=300)}")
        else:
            yield Peer(name, found)


def _parts(samples: Samples, options: TableOptions) -> tuple[Samples, Samples]:
    """What is trained on and what is held out."""
    if options.test is None:
        return _own(samples) if samples.held_out else _quarter(samples, seed=options.seed)
    if samples.held_out:
        raise NetworkError(f"--test: {printable(options.data)} has {OWN} to be held out; name its file of training images with --data")
    test = read_samples(options.test, target=samples.target, group=options.group, size=samples.size, known=samples.labels)
    if test.sha256 == samples.sha256:
        raise NetworkError(f"--test: {printable(options.test)} is the file that is trained on; what is held out must be another")
    if test.names != samples.names:
        raise NetworkError(f"{printable(options.test)}: the columns must be those of {options.data.name}, in the same order")
    return samples, test


def _own(samples: Samples) -> tuple[Samples, Samples]:
    """What the source itself holds out is."""
    first = len(samples.x) - samples.held_out
    return _some(samples, np.arange(first)), _some(samples, np.arange(first, len(samples.x)))


def _quarter(samples: Samples, *, seed: int) -> tuple[Samples, Samples]:
    """A quarter is held out: whole groups where there are any, else samples, stratified where every class has two."""
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    numbers = np.arange(len(samples.x))
    if samples.groups is not None:
        if len(np.unique(samples.groups)) < 2:
            raise NetworkError("--group: there must be two groups or more, or nothing is left to hold out")
        train, test = next(GroupShuffleSplit(1, test_size=HELD_OUT, random_state=seed).split(numbers, groups=samples.groups))
    else:
        _, counts = np.unique(samples.labels, return_counts=True)
        stratify = samples.labels if counts.min() >= 2 and len(counts) <= HELD_OUT * len(numbers) else None
        train, test = train_test_split(numbers, test_size=HELD_OUT, random_state=seed, stratify=stratify)
    return _some(samples, train), _some(samples, test)


def _some(samples: Samples, numbers: npt.NDArray[np.integer]) -> Samples:
    groups = None if samples.groups is None else samples.groups[numbers]
    return replace(samples, x=samples.x[numbers], labels=samples.labels[numbers], groups=groups)


def held_out(network: Network, *, data: Path | None) -> tuple[Int16, Labels]:
    """Latencies (samples, inputs) and classes (samples,) of the file or folder ``data``: the part that was held out if it is the one that
    the network was trained on, else all of it; -1 where a label was not among those trained on."""
    integer = classifier(network)
    fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out)
    if data is None:
        raise NetworkError("a classifier of a table needs --data, the file or folder of the samples")
    about = integer.card.get("data")
    about = about if isinstance(about, dict) else {}
    target, group = (about[name] if isinstance(about.get(name), str) else None for name in ("target", "group"))
    samples = read_samples(data, target=target, group=group, size=_size(about), known=fitted.labels)
    if fitted.names is not None and list(samples.names) != fitted.names:
        names = printable(", ".join(fitted.names), limit=300)
        raise NetworkError(f"{printable(data)}: the columns must be those that the network was trained on: {names}")
    seed = integer.card.get("seed")
    if samples.sha256 == about.get("sha256"):
        if about.get("held_out") == OWN and samples.held_out:
            samples = _own(samples)[1]
        elif about.get("held_out") != QUARTER or not isinstance(seed, int) or not 0 <= seed < 1 << 32:
            raise NetworkError(f"{printable(data)}: the network was trained on all of it; --data must be the file that was held out")
        else:
            samples = _quarter(samples, seed=seed)[1]
    labels, _ = numbered(samples.labels, fitted.labels.tolist())
    return fitted.quantiles.latencies(samples.x), np.where(labels < len(fitted.labels), labels, -1)


def _size(about: dict[str, Any]) -> Size | None:
    """Of the images that a card is about, if it is."""
    try:
        return size_word(about["size"]) if isinstance(about.get("size"), str) else None
    except ValueError as error:
        raise NetworkError(f"card field data.size {error}") from None


def evaluate(network: Network, *, data: Path | None) -> dict[str, float]:
    """Figures of a classifier of a table on what was :func:`held_out`."""
    x, labels = held_out(network, data=data)
    integer = classifier(network)
    outputs = deep_outputs(integer, x)
    error = calibration_error(calibrated(nats_of(integer, outputs), integer.card), labels)
    return {
        "samples": float(len(x)),
        "accuracy_integer": float((earliest(outputs) == labels).mean()),
        "calibration_error": round(error, 4),
    }
