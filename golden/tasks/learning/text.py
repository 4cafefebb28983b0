"""``python -m golden.learn text``: a recurrent network learns a text as a core would."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from polychron.command.terminal import printable
from polychron.system.progress import bar, under_way

from ...compiled.stream import score
from ...integer.file import LEARN, load, load_extra, save_network
from ...integer.layer import ENTRY_LIMIT, LATENCY_MAX, MAX_SHIFT, Layer, NetworkError, TableGroup, require
from ...integer.recurrent import RecurrentNetwork
from ...integer.shipped import find_network
from ...integer.symbols import Symbols, encode
from ...learning.compiled import learn_compiled
from ...learning.rule import Rates
from ...learning.text import PARTS, TextLearner
from ...learning.words import MAX_WORD
from ...model.anchors import random_anchors
from ...model.quantise import log2_unit
from ...training.stop import StopRequest
from ..products import check_out, plot_curve, versions
from ..text import Text, described_vocabulary, read_text, vocabulary
from .beside import Beside, settle
from .options import TextLearnOptions
from .report import Part, diagnosed, first_new, formats, grown, learned_from, risen, told, word_bytes
from .watch import Watch

SPREAD = 0.2
"""Standard deviation of the embedder's entries before anything is learned, in latency."""

CHUNK = 1024
"""Symbols of each stream between two looks at the clock."""

BOARD_CHUNK = 255
"""The same on a board: a request of the link."""

CHECK_BYTES = 20_000


def begun(options: TextLearnOptions, *, symbols: tuple[int, ...]) -> RecurrentNetwork:
    """A network that has learned nothing: tables of zeros, random anchors, an embedder of noise."""
    rng = np.random.default_rng([options.seed, 1])
    frac, limit = -log2_unit(options.hidden_unit), ENTRY_LIMIT[8]

    def layer(shape: tuple[int, int], *, columns: int, shift: int) -> Layer:
        n_t, n_c = shape
        anchors = random_anchors(n_t=n_t, n_c=n_c, n=options.n, rng=rng)
        group = TableGroup(anchors=anchors, tables=np.zeros((n_t, 1 << n_c, columns), np.int8))
        return Layer(groups=(group,), bits=options.bits, shift=shift)

    most = options.output[0] * ENTRY_LIMIT[options.bits]
    shift = max((shift for shift in range(MAX_SHIFT + 1) if most << shift <= LATENCY_MAX // 2), default=0)
    hidden = layer(options.hidden, columns=options.n, shift=0)
    output = layer(options.output, columns=len(symbols), shift=shift)
    noise = rng.normal(0, SPREAD, (len(symbols), options.n)) / options.hidden_unit
    return RecurrentNetwork(
        n=options.n,
        hidden=(hidden,),
        output=output,
        embed=np.clip(np.rint(noise), -limit, limit).astype(np.int8),
        frac=frac,
        out_frac=shift - log2_unit(options.output_unit),
        symbols=symbols,
    ).validate()


def _start(options: TextLearnOptions, text: Text) -> tuple[TextLearner, dict[str, Any]]:
    """The learner, and what its card says of what it begins with."""
    seed = options.seed + 1 & 0xFFFFFFFF or 1
    if options.network is None:
        require(options.layers != "new", "--layers new is for a network that polychron grow has made: name it with --network")
        below = options.bits if options.below is None else options.below
        symbols = vocabulary(text.train, size=options.symbols)
        return TextLearner.start(begun(options, symbols=symbols), below=below, streams=options.streams, seed=seed), {"learned": {}}
    options.refuse_shape()
    path = find_network(options.network)
    network, arrays = load(path), load_extra(path, prefix=LEARN)
    try:
        first = first_new(network) if options.layers == "new" else 0
        if arrays and options.below is None:
            learner = TextLearner.resumed(network, arrays, first=first)
            if learner.streams != options.streams:
                learner.begin(options.streams)
        else:
            below = MAX_WORD - 8 if options.below is None else options.below
            learner = TextLearner.start(network, below=below, streams=options.streams, seed=seed, first=first)
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None
    require(learner.network.symbols is not None, f"{printable(path)}: the network has no symbols, so it reads no text")
    return learner, {"learned": {"from": learned_from(network, path)}} | grown(network)


class _Streams:
    """``count`` evenly placed streams through ``symbols``, around its end. Each of them reads ``total`` symbols in so many ``pieces``,
    evenly placed between its beginning and that of the next stream."""

    def __init__(self, symbols: Symbols, count: int, *, total: int, pieces: int) -> None:
        self._symbols = symbols
        self._first = np.arange(count, dtype=np.int64) * len(symbols) // count
        self._done = 0
        piece = np.arange(pieces, dtype=np.int64)
        self._ends = (piece + 1) * total // pieces
        self._jumps = piece * (len(symbols) // count) // pieces - piece * total // pieces

    def next(self, length: int) -> Symbols:
        """(count, ``length``) symbols."""
        at = self._done + np.arange(length)
        at += self._jumps[np.searchsorted(self._ends, at, side="right").clip(max=len(self._ends) - 1)]
        self._done += length
        return self._symbols[(self._first[:, None] + at) % len(self._symbols)]


def _rates(learner: TextLearner, options: TextLearnOptions, beside: Beside | None) -> Rates:
    """Those to begin with; a board's step is one of the output tables' entries."""
    if beside is None:
        return options.first_rates()
    network = learner.network
    return Rates(output=network.out_frac - network.output.shift - (beside.step.bit_length() - 1))


def _learn(learner: TextLearner, symbols: Symbols, options: TextLearnOptions, watch: Watch, beside: Beside | None) -> int:
    """Read the text as the schedule has it; symbols read of all streams."""
    total, rates = (options.characters or len(symbols)) // learner.streams, _rates(learner, options, beside)
    streams = _Streams(symbols, learner.streams, total=total, pieces=options.pieces)
    chunk = CHUNK if beside is None else BOARD_CHUNK
    done = 0
    for phase, edge in enumerate(options.edges(total)):
        rule: dict[str, Any] = {"steps": options.steps_back, "draws": options.draws, "everything": options.layers == "all"}
        turn = learner.turn(rates.later(phase), **rule)
        while done < edge:
            length = min(chunk, edge - done)
            some = streams.next(length)
            if beside is not None:
                beside.read(some[0])
            learner.learn(some, turn, engine=learn_compiled)
            done += length
            if watch(done / total, length * learner.streams):
                return done * learner.streams
    return done * learner.streams


def run(options: TextLearnOptions, *, out: Path, command: str, beside: Beside | None = None) -> dict[str, Any]:
    """The command: learn as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command``: for the card; ``beside``: a board that learns too, whose tables are then compared."""
    check_out(out)
    text = read_text(options.text)
    if text.note:
        print(f"note: {text.note}")
    learner, origin = _start(options, text)
    names = learner.network.symbols or ()
    symbols = encode(names, text.train)
    total = options.characters or len(symbols)
    if min(total, len(symbols)) // learner.streams < 2:
        raise NetworkError(f"{learner.streams} streams must have two characters each or more to learn, of {min(total, len(symbols))}")
    require(len(text.held_out) > 0, "the text must have a last tenth to hold out")
    print(described_vocabulary(names, text.data))
    parts = [Part(name, learner.formats[name], learner.words()[name]) for name in PARTS]
    parts = parts if options.layers == "all" else [Part("output", learner.formats["output"], learner.output.learns())]
    before = score(learner.now(), text.held_out).bits
    print(f"before: {before:.4f} bits per character, held out")
    check: Callable[[], float] = lambda: score(learner.now(), text.sample(CHECK_BYTES)).bits  # noqa: E731
    if beside is not None:
        beside.begin_text(learner.network, name=str(options.network), seed=int(learner.generator[0]))
    with StopRequest() as stop, bar(total, unit=" characters", unit_scale=True) as line:
        watch = Watch(line, stop, options.minutes, check=check, shown="{:.3f} bits")
        learned = _learn(learner, symbols, options, watch, beside)
    if learned < total // learner.streams * learner.streams:
        print("note: stopped early; the network is what was learned by then")
    settled = settle(beside, learner.now(), learner.output.rows.counts)
    with under_way("scoring the held-out text"):
        found = score(settled.network, text.held_out)
    figures = {
        "bits_per_character": round(found.bits, 4),
        "before_learning": round(before, 4),
        "characters": found.characters,
        "characters_learned": learned,
        "saturations": found.saturations,
    }
    data = {"name": text.name, "bytes": len(text.data), "sha256": text.sha256, "held_out": "the last tenth"}
    card = {"task": "text", "command": command, "data": data, "seed": options.seed, "versions": versions(), "figures": figures}
    network = replace(settled.network, card=card | origin | {"learned": {"words": formats(parts)} | origin["learned"]})
    save_network(network, out, extra=learner.arrays() if settled.equal else {}, prefix=LEARN)
    plot = plot_curve(out, train=[], checks=watch.curve, title=f"{out.stem} on {text.name}", unit="bits per character")
    for name, value in figures.items():
        print(f"{name.replace('_', ' ')}: {value}")
    line_of, counted = told(parts, symbols=learned, each="a character")
    sentences = diagnosed(parts) + risen(watch.curve)
    print(f"learned: {line_of}")
    print("diagnosis: " + ("; ".join(sentences) or "no failure signature found"))
    size = word_bytes([Part(name, learner.formats[name], learner.words()[name]) for name in PARTS])
    print(f"words: {size} bytes; tables: {network.table_bytes()} bytes; network: {printable(out)}; {plot}")
    sizes = {"word_bytes": size, "table_bytes": network.table_bytes()}
    return {"file": out, "figures": figures, **counted, "diagnosis": sentences, **sizes, **settled.figures}
