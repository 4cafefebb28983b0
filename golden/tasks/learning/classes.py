"""``python -m golden.learn classify``: a classifier learns labelled samples as a core would."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from ...integer.deep import DeepNetwork, classifier
from ...integer.file import LEARN, load, load_extra, save_network
from ...integer.layer import ENTRY_LIMIT, Layer, NetworkError, TableGroup
from ...integer.network import Network
from ...integer.shipped import find_network
from ...learning.classes import ClassLearner
from ...learning.compiled_classes import learn_classes_compiled
from ...training.stop import StopRequest
from ..asking import ask
from ..held_out import HeldOut, Lesson
from ..products import check_out, plot_curve, versions
from ..scoring import to_learn
from .beside import Beside, settle
from .options import ClassLearnOptions
from .report import Part, diagnosed, first_new, formats, learned_from, told, word_bytes
from .watch import Watch

CHUNK = 1000
BOARD_CHUNK = 20
CHECKED = 2000
"""Held-out samples that a check looks at."""


def _layer(layer: Layer, options: ClassLearnOptions) -> Layer:
    """The output layer as learning begins with it."""
    bits = options.bits or layer.bits
    groups = layer.groups
    if options.zero:
        groups = tuple(TableGroup(anchors=group.anchors, tables=np.zeros_like(group.tables)) for group in groups)
    largest = max(int(np.abs(group.tables.astype(np.int16)).max()) for group in groups)
    if largest > ENTRY_LIMIT[bits]:
        raise NetworkError(f"--bits {bits} holds no entry of magnitude {largest}: begin with --zero, or keep {layer.bits} bits")
    return replace(layer, groups=groups, bits=bits)


def _start(network: DeepNetwork, path: Path, options: ClassLearnOptions) -> ClassLearner:
    arrays = load_extra(path, prefix=LEARN)
    try:
        first = first_new(network) if options.layers == "new" else 0
        if arrays and options.below is None and not options.zero and options.bits in (None, network.output.bits):
            return ClassLearner.resumed(network, arrays, first=first)
        begun = replace(network, output=_layer(network.output, options))
        below = (2 if begun.output.bits == 4 else 0) if options.below is None else options.below
        return ClassLearner.start(begun, below=below, first=first)
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None


def _accuracy(network: Network, test: HeldOut, *, some: int | None = None) -> float:
    return float(test.score(ask(network, test.x[:some]))["accuracy_integer"])


def _learn(learner: ClassLearner, lesson: Lesson, options: ClassLearnOptions, watch: Watch, beside: Beside | None) -> int:
    """All passes, or as many samples as are asked for; samples that were learned."""
    margin = _margin(learner, options)
    chunk = CHUNK if beside is None else BOARD_CHUNK
    total, learned = _total(lesson, options), 0
    while learned < total:
        order = np.random.default_rng([options.seed, 3, learner.passes]).permutation(len(lesson.x))[: total - learned]
        learner.passes += 1
        for low in range(0, len(order), chunk):
            some = order[low : low + chunk]
            x, labels = lesson.x[some], lesson.labels[some].astype(np.int32)
            if beside is not None:
                beside.teach(x, labels)
            learner.learn(x, labels, margin, engine=learn_classes_compiled)
            learned += len(some)
            if watch(learned / total, len(some)):
                return learned
    return learned


def _margin(learner: ClassLearner, options: ClassLearnOptions) -> int:
    return learner.margin() if options.margin is None else options.margin


def _total(lesson: Lesson, options: ClassLearnOptions) -> int:
    return min(len(lesson.x) * options.passes, options.samples or len(lesson.x) * options.passes)


def run(options: ClassLearnOptions, *, out: Path, command: str, beside: Beside | None = None) -> dict[str, Any]:
    """The command: learn as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command``: for the card; ``beside``: a board that learns too, whose tables are then compared."""
    check_out(out)
    path = find_network(options.network)
    network = classifier(load(path), name=printable(path))
    with under_way("reading the samples"):
        lesson = to_learn(network, data=options.data, seed=options.seed)
    learner = _start(network, path, options)
    parts = [Part("output", learner.format, learner.output.learns())]
    before = _accuracy(learner.now(), lesson.test)
    print(f"before: {before:.2%} right, held out")
    total = _total(lesson, options)
    if beside is not None:
        beside.begin_classes(learner.now(), name=options.network, margin=_margin(learner, options))
    with StopRequest() as stop, bar(total, unit=" samples", unit_scale=True) as line:
        check: Callable[[], float] = lambda: _accuracy(learner.now(), lesson.test, some=CHECKED)  # noqa: E731
        watch = Watch(line, stop, options.minutes, check=check, shown="{:.2%} right")
        learned = _learn(learner, lesson, options, watch, beside)
    if learned < total:
        print("note: stopped early; the network is what was learned by then")
    settled = settle(beside, learner.now(), learner.output.rows.counts)
    figures = {
        "accuracy_integer": round(_accuracy(settled.network, lesson.test), 4),
        "before_learning": round(before, 4),
        "samples_learned": learned,
    }
    kept = {key: value for key, value in network.card.items() if key not in ("temperature", "learned")} | lesson.card
    learnt = {"words": formats(parts), "from": learned_from(network, path), "zero": options.zero, "seed": options.seed}
    card = kept | {"command": command, "versions": versions(), "figures": figures, "learned": learnt}
    made = replace(settled.network, card=card)
    save_network(made, out, extra=learner.arrays() if settled.equal else {}, prefix=LEARN)
    plot = plot_curve(out, train=[], checks=watch.curve, title=f"{out.stem}: learning", unit="part right")
    print(f"held out: {figures['accuracy_integer']:.2%} right, after {learned:,} samples")
    line_of, counted = told(parts, symbols=learned, each="a sample")
    sentences = diagnosed(parts)
    print(f"learned: {line_of}")
    print("diagnosis: " + ("; ".join(sentences) or "no failure signature found"))
    size = word_bytes(parts)
    print(f"words: {size} bytes; tables: {made.table_bytes()} bytes; network: {printable(out)}; {plot}")
    sizes = {"word_bytes": size, "table_bytes": made.table_bytes()}
    return {"file": out, "figures": figures, **counted, "diagnosis": sentences, **sizes, **settled.figures}
