"""``python -m golden.train classify``, ``regress``, ``anomaly``, ``stream``, ``forecast``: a network for the rows of a table, or for
signals in it, and its figures on what is held out."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from ...integer.deep import classifier
from ...integer.file import save_network
from ...integer.latencies import LatencyNetwork
from ...integer.layer import NetworkError
from ...integer.network import Network
from ...integer.signal import signal_network
from ...training.stop import StopRequest
from ..asking import ask
from ..fitting.card import Fitted, read_card
from ..fitting.cross_validation import FOLDS, unseen
from ..fitting.outputs.base import Answers, Outputs
from ..fitting.outputs.classes import Classes
from ..fitting.progress import Progress
from ..fitting.quantiles import MOST_BOUNDS, Numbers
from ..fitting.training import Fit, Training, fit_numbers
from ..held_out import Lesson
from ..inputs import Inputs, X
from ..products import check_out, check_spared, plot_curve, versions
from ..readers.content import named
from ..readers.sizes import Size, shown, size_word
from .anomaly import Anomaly
from .classify import Classify
from .forecast import Forecast
from .kind import Judge, Kind, Peer
from .labels import numbered
from .options import TableOptions
from .read import Samples, read_samples, some
from .regress import Regress
from .stream import Stream

HELD_OUT = 0.25
QUARTER = "a quarter, drawn by the seed"
LAST = "the last quarter of each signal"
OWN = "the t10k files"

TASKS: dict[str, Kind[Any, Any]] = {kind.outputs.task: kind for kind in (Classify(), Regress(), Anomaly(), Stream(), Forecast())}


def run(task: str, options: TableOptions, *, out: Path, command: str) -> dict[str, Any]:
    """Train as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command`` goes into the card."""
    kind = TASKS[task]
    check_out(out)
    train, test = parts(kind, options)
    check_spared(out, "--out", *train.files, *test.files, of="the samples")
    train = kind.chosen(train, options)
    training = kind.training(train, options)
    inputs = inputs_of(training, train, options)
    more = {"command": command, "data": _about(kind, train, options), "seed": options.seed, "versions": versions()}
    calibrated = None
    with StopRequest() as stop, bar(training.steps * (1 + FOLDS * options.calibrated), unit="round") as line:
        progress = Progress(line, stop, options.minutes)
        known: dict[str, Any] = {"names": train.names, "parameters": options.parameters, "more": more}
        fit = fit_numbers(train.x, training, inputs, **known, seed=options.seed, tick=progress)
        save_network(fit.network, out)  # kept, whatever comes while it is calibrated and scored
        if options.calibrated and not fit.stopped:
            calibrated = _calibrated(fit, training, train, seed=options.seed, progress=progress)
    if fit.stopped:
        print("note: stopped early; the network is what was trained by then")
    elif options.calibrated and calibrated is None:
        print("note: no temperature was fitted: stopped early, or there are too few samples")
    outputs = calibrated or fit.fitted.outputs
    with under_way("scoring the held-out samples"):
        unit = 2.0**-fit.network.out_frac
        judge = kind.judge(fit.fitted.latencies(test.x), test, outputs=outputs, unit=unit)
        latencies = ask(fit.network, judge.x, joined=judge.joined)
        figures = judge.of_network(latencies)
    first = next(iter(figures))
    kept = {} if figures[first] is None else {first: figures[first]}
    network = replace(fit.network, card={**fit.network.card, **outputs.fields(), "figures": kept})
    save_network(network, out)
    plot = ""
    if training.unit is not None:
        title = f"{out.stem}: {training.phases}"
        plot = "; " + plot_curve(out, train=progress.curve, checks=[], title=title, unit=training.unit)
    images = "" if train.size is None else f" ({shown(train.size)})"
    column = "channel" if kind.signals else "input"
    shape = f"{len(train.names)} {column}{'s' * (len(train.names) != 1)}{images}, {kind.described(outputs)}"
    print(f"{kind.divided(train, test)}; {shape}")
    others = list(_others(kind, *kind.lesson(fit.fitted, train, test))) if options.compare else []
    judge.report(latencies, others)
    count = sum(group.n_t * group.n_c for layer in network.layers().values() for group in layer.groups)
    print(f"anchor pairs: {count}; tables: {network.table_bytes()} bytes; network: {printable(out)}{plot}")
    peers = {peer.name: judge.figures(peer.found)[first] for peer in others}
    return {"file": out, "figures": figures, "peers": peers, "anchor_pairs": count, "table_bytes": network.table_bytes()}


def parts(kind: Kind[Any, Any], options: TableOptions) -> tuple[Samples, Samples]:
    """What is trained on and what is held out, read as ``options`` say."""
    with under_way("reading the samples"):
        train, test = _divided(kind, options)
    with named(options.data):
        kind.check_parts(train, test, options)
    return train, test


def inputs_of(training: Training, train: Samples, options: TableOptions) -> Inputs:
    """The map of the samples; ``NetworkError`` where no network's file could hold it."""
    inputs = training.inputs(train.x)
    if (count := sum(map(len, inputs.edges))) > MOST_BOUNDS:
        needed = f"{len(train.names)} inputs take {count} bounds between their numbers"
        raise NetworkError(f"{printable(options.data)}: {needed}, and a network's file holds {MOST_BOUNDS}: leave some columns out")
    return inputs


def _calibrated(fit: Fit, training: Training, train: Samples, *, seed: int, progress: Progress) -> Outputs | None:
    """The outputs, calibrated by what networks of the same training say of the parts of the training samples that they were not trained
    on; None where that can't be known."""

    def again(x: X, answers: Answers) -> Fit:
        part = training.of(answers)
        return fit_numbers(x, part, part.inputs(x), names=None, parameters={}, seed=seed, tick=progress.another())

    found = unseen(train.x, train.answers, train.groups, again, seed=seed)
    return None if found is None else fit.fitted.outputs.calibrated(*found)


def _about(kind: Kind[Any, Any], samples: Samples, options: TableOptions) -> dict[str, Any]:
    """What the card says of the data."""
    target = samples.targets[0] if len(samples.targets) == 1 else list(samples.targets) or None
    about = {"name": options.data.name, "sha256": samples.sha256, "target": target, "group": options.group}
    about |= {"series": options.steps_of, "time": options.moments}
    about["sound"] = samples.heard
    about["size"] = None if samples.size is None else shown(samples.size)
    about["held_out"] = _part_of(kind, samples) if options.test is None else options.test.name
    return {key: value for key, value in about.items() if value is not None}


def _part_of(kind: Kind[Any, Any], samples: Samples) -> str:
    """What is held out of them where nothing is said, as the card has it."""
    if samples.held_out:
        return OWN
    return LAST if kind.ordered and samples.groups is None else QUARTER


def _others(kind: Kind[Any, Any], x: Numbers, answers: Answers, test: Numbers) -> Iterator[Peer]:
    for name, model in kind.peers():
        try:
            with under_way(f"fitting {name}"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of features that are missing, and of fits that are not at their end
                found = kind.asked(model.fit(x, answers), test).reshape(len(test), *answers.shape[1:])
        except ValueError as error:  # such as of a single class; the network is saved
            print(f"note: no {name}: {printable(error, limit=300)}")
        else:
            yield Peer(name, found)


def _divided(kind: Kind[Any, Any], options: TableOptions) -> tuple[Samples, Samples]:
    signals = kind.read_as(series=options.steps_of, time=options.moments)
    columns: dict[str, Any] = {"group": options.group, "signals": signals}
    samples = read_samples(options.data, kind.target(None), target=options.target, size=options.images, **columns)
    with named(options.data):
        kind.check(samples)
    if options.test is None:
        return _own(samples) if samples.held_out else _held_back(kind, samples, seed=options.seed)
    if samples.held_out:
        raise NetworkError(f"--test: {printable(options.data)} has {OWN} to be held out; name its file of training images with --data")
    test = read_samples(options.test, kind.again(samples), target=samples.targets, size=samples.size, scored=True, **columns)
    if test.sha256 == samples.sha256:
        raise NetworkError(f"--test: {printable(options.test)} is the file that is trained on; what is held out must be another")
    if test.names != samples.names:
        raise NetworkError(f"{printable(options.test)}: the columns must be those of {options.data.name}, in the same order")
    return samples, test


def _own(samples: Samples) -> tuple[Samples, Samples]:
    """What the source itself holds out is."""
    first = len(samples.x) - samples.held_out
    return some(samples, np.arange(first)), some(samples, np.arange(first, len(samples.x)))


def _held_back(kind: Kind[Any, Any], samples: Samples, *, seed: int) -> tuple[Samples, Samples]:
    """The ends of the samples are held out, or a quarter of them."""
    return kind.ends(samples) or _quarter(kind, samples, seed=seed)


def _quarter(kind: Kind[Any, Any], samples: Samples, *, seed: int) -> tuple[Samples, Samples]:
    """A quarter is held out: whole groups where there are any, else samples, stratified where every class has two."""
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    numbers = np.arange(len(samples.x))
    if samples.groups is not None:
        if len(np.unique(samples.groups)) < 2:
            raise NetworkError("--group: there must be two groups or more, or nothing is left to hold out")
        train, test = next(GroupShuffleSplit(1, test_size=HELD_OUT, random_state=seed).split(numbers, groups=samples.groups))
    else:
        train, test = train_test_split(numbers, test_size=HELD_OUT, random_state=seed, stratify=_strata(kind, samples.answers))
    return some(samples, train), some(samples, test)


def _strata(kind: Kind[Any, Any], answers: Answers) -> Answers | None:
    """What is stratified by, if every value of it is there twice, and each can be held out."""
    strata = kind.strata(answers)
    if strata is None:
        return None
    _, counts = np.unique(strata, return_counts=True)
    return strata if counts.min() >= 2 and len(counts) <= HELD_OUT * len(answers) else None


def held_out(network: Network, *, data: Path | None) -> Judge:
    """Of the file or folder ``data``: the part that was held out if it is the one that the network was trained on, else all of it."""
    known = _Known.of(network, data)
    if known.same:
        _, test = known.parts()
        return known.judge(test)
    return known.judge(known.samples)


def to_learn(network: Network, *, data: Path | None, seed: int) -> Lesson:
    """Of ``data``: what the network's training left to train on, if it is what it was trained on; else what the source doesn't hold out,
    or three quarters of it, drawn by ``seed``. Labels are numbers of outputs."""
    known = _Known.of(network, data)
    if not isinstance(known.fitted.outputs, Classes) or known.kind.signals:
        raise NetworkError("only a classifier learns labelled samples")
    if known.same:
        (train, test), card = known.parts(), {}
    else:
        train, test = _own(known.samples) if known.samples.held_out else _quarter(known.kind, known.samples, seed=seed)
        about = {key: value for key, value in known.about.items() if key in ("target", "group", "size")}
        about |= {"name": known.data.name, "sha256": known.samples.sha256, "held_out": OWN if known.samples.held_out else QUARTER}
        card = {"data": about, "seed": seed}
    labels, classes = numbered(train.answers, known.fitted.outputs.labels.tolist())
    if len(classes) > known.fitted.outputs.count:
        new = printable(classes[known.fitted.outputs.count], limit=60)
        raise NetworkError(f"{printable(known.data)}: the label {new} is none of the network's classes")
    return Lesson(x=np.asarray(known.fitted.latencies(train.x), np.int16), labels=labels, test=known.judge(test), card=card)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Samples of the file or folder ``data``, as a network's card has them: ``about`` is its word on the data it was trained on."""

    network: LatencyNetwork
    data: Path
    fitted: Fitted
    kind: Kind[Any, Any]
    samples: Samples
    about: dict[str, Any]

    @classmethod
    def of(cls, network: Network, data: Path | None) -> Self:
        kind = TASKS[str(network.card.get("task"))]
        integer: LatencyNetwork = signal_network(network) if kind.signals else classifier(network)
        fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out)
        if data is None:
            raise NetworkError(f"a network of a table needs --data, the file or folder of the {kind.what}")
        about = integer.card.get("data")
        about = about if isinstance(about, dict) else {}
        said = about["target"] if isinstance(about.get("target"), list) else [about.get("target")]
        targets = tuple(name for name in said if isinstance(name, str))
        group, series, time = (about[name] if isinstance(about.get(name), str) else None for name in ("group", "series", "time"))
        columns: dict[str, Any] = {"group": group, "signals": kind.read_as(series=series, time=time)}
        samples = read_samples(data, kind.target(fitted.outputs), target=targets or None, size=_size(about), scored=True, **columns)
        if samples.heard is not None and samples.heard != about.get("sound"):
            heard = f"recordings as {samples.heard} hears them"
            raise NetworkError(f"{printable(data)}: the network must have been trained on {heard}, not {about.get('sound')!r:.60}")
        if fitted.names is not None and samples.names != fitted.names:
            names = printable(", ".join(fitted.names), limit=300)
            raise NetworkError(f"{printable(data)}: the columns must be those that the network was trained on: {names}")
        return cls(network=integer, data=data, fitted=fitted, kind=kind, samples=samples, about=about)

    @property
    def same(self) -> bool:
        """Whether the network was trained on them."""
        return self.samples.sha256 == self.about.get("sha256")

    def parts(self) -> tuple[Samples, Samples]:
        """What it was trained on, and what was held out."""
        seed, samples = self.network.card.get("seed"), self.samples
        if self.about.get("held_out") == OWN and samples.held_out:
            return _own(samples)
        if self.about.get("held_out") != _part_of(self.kind, samples) or not isinstance(seed, int) or not 0 <= seed < 1 << 32:
            where = printable(self.data)
            raise NetworkError(f"{where}: the network was trained on all of it; --data must be the file that was held out")
        return _held_back(self.kind, samples, seed=seed)

    def judge(self, samples: Samples) -> Judge:
        unit = 2.0**-self.network.out_frac
        with named(self.data):
            return self.kind.judge(self.fitted.latencies(samples.x), samples, outputs=self.fitted.outputs, unit=unit)


def _size(about: dict[str, Any]) -> Size | None:
    """Of the images that a card is about, if it is."""
    try:
        return size_word(about["size"]) if isinstance(about.get("size"), str) else None
    except ValueError as error:
        raise NetworkError(f"card field data.size {error}") from None
