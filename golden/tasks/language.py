"""Training a text network of any architecture: schedule, checks, rounding, card, report."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polychron.command.terminal import printable
from polychron.system import progress

from ..compiled.stream import score
from ..integer.file import load, load_extra, save_network
from ..integer.layer import NetworkError, require
from ..integer.network import Network
from ..integer.symbols import UNKNOWN, encode, unseen
from ..model.layer import TextModel, forward
from ..model.rnn import cross_entropy
from ..training.learner import Architecture
from ..training.options import LanguageOptions
from ..training.stop import StopRequest
from ..training.trainer import Trainer
from .ngram import comparison, ngram_bits
from .products import check_out, plot_curve, versions
from .text import Text, described_vocabulary, read_text, vocabulary

if TYPE_CHECKING:
    from tqdm import tqdm

CHECK_BYTES = 20_000
CHECKS = (0.01, 0.03, *np.arange(0.05, 1.0, 0.05).tolist())
MEAN_OF = 20  # steps, of a point of the training's curve
DIAGNOSED = 4096  # bytes of the training text
Points = list[tuple[float, float]]
Kind = Architecture[Any, Any]


def float_bits(kind: Kind, model: TextModel, symbols: tuple[int, ...], data: bytes) -> float:
    """Bits per character of a float network, counted like the integer network's (golden/integer/stream.py)."""
    tokens = encode(symbols, data)
    loss, _ = cross_entropy(forward(model.output, np.zeros((1, model.n), np.float32))[0], tokens[:1])
    bits = (loss + kind.stream_loss(model, tokens)) / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits / len(tokens))


class _Run:
    """One training of ``model`` on the first nine tenths of ``text``. Both curves are of bits by steps."""

    def __init__(self, kind: Kind, model: TextModel, text: Text, options: LanguageOptions, symbols: tuple[int, ...]) -> None:
        self.kind, self.text, self.options, self.symbols = kind, text, options, symbols
        self.trainer: Trainer[Any] = Trainer(kind.learner(model, options), encode(symbols, text.train))
        self.train_curve: Points = []
        self.check_curve: Points = []
        self.rounding: Any = None
        self._recent: list[float] = []
        self._due = list(CHECKS)
        self.integer(kind.rounding(model, options, lambda units: 0.0))  # refuses now what could not be saved at the end

    @property
    def model(self) -> TextModel:
        return self.trainer.learner.current()

    def integer(self, rounding: Any, *, soften: float = 1.0) -> Network:
        softened = self.model if soften == 1 else self.kind.softened(self.model, soften)
        return self.kind.quantise(softened, rounding, symbols=self.symbols, card={})

    def choose_rounding(self) -> Any:
        sample = self.text.train[-self.kind.search_bytes :]
        return self.kind.rounding(self.model, self.options, lambda units: score(self.integer(units), sample).bits)

    def float_bits(self, data: bytes) -> float:
        return float_bits(self.kind, self.model, self.symbols, data)

    def check(self) -> float:
        """Bits of a part of the held-out text: of the float network, once tables are rounded of the integer one."""
        data = self.text.sample(CHECK_BYTES)
        return self.float_bits(data) if self.rounding is None else score(self.integer(self.rounding), data).bits

    def watch(self, bar: "tqdm[Any]", stop: StopRequest, done: float, bits: float) -> bool:
        """After each step: the progress bar, the curves, the checks at the chosen parts of the schedule; whether to stop."""
        step = self.trainer.step
        self._recent.append(bits)
        if len(self._recent) == MEAN_OF:
            self.train_curve.append((step, float(np.mean(self._recent))))
            self._recent.clear()
            note = f", held out {self.check_curve[-1][1]:.3f}" if self.check_curve else ""
            bar.n = round(1000 * done)
            bar.set_postfix_str(f"step {step}, train {self.train_curve[-1][1]:.3f}{note}")
        if self._due and done >= self._due[0]:
            self._due = [part for part in self._due if part > done]
            self.check_curve.append((step, self.check()))
        return stop.made

    def phases(self, watch: Callable[[float, float], bool]) -> dict[str, float]:
        """Float tables, then rounded ones; bits before and after rounding, as far as it came."""
        options, held_out = self.options, self.text.held_out
        schedule: dict[str, Any] = {"steps": options.steps, "minutes": options.minutes}
        if self.trainer.run(watch, **schedule, stop=1 - options.qat):
            return {}
        rounding = self.choose_rounding()
        exact, rounded = self.float_bits(held_out), score(self.integer(rounding), held_out).bits
        self.rounding = rounding
        if options.qat > 0:
            progress.write_line(f"float {exact:.4f} bits, rounded {rounded:.4f}: now training with rounded tables", sys.stdout)
            self.trainer.learner.round(rounding)
            self.trainer.run(watch, **schedule, start=1 - options.qat)
        return {"float_before_rounding": exact, "rounded_without_fine_tuning": rounded}

    def train(self, card: dict[str, Any]) -> Network:
        """The last ``qat`` of the schedule with rounded tables; a signal ends it after the step under way. Figures go into ``card``."""
        trainer, held_out, soften = self.trainer, self.text.held_out, self.options.soften
        shape = "{percentage:3.0f}%|{bar}|{elapsed}{postfix}"
        with StopRequest() as stop, trainer, progress.bar(1000, unit="", bar_format=shape) as bar:
            progress.write_line("making the first step (where the training loop is not compiled yet, up to a minute)", sys.stdout)
            before = self.phases(partial(self.watch, bar, stop))
            if stop.made:
                progress.write_line("stopped: keeping the network as it is now", sys.stdout)
            rounding = self.rounding or self.choose_rounding()
        network = self.integer(rounding, soften=soften)
        with progress.under_way("scoring the held-out text"):
            found = score(network, held_out)
        figures = {name: round(bits, 4) for name, bits in ({"bits_per_character": found.bits} | before).items()}
        figures |= {"characters": found.characters, "saturations": found.saturations} | self.kind.figures(trainer.step)
        if soften != 1:
            figures["before_softening"] = round(score(self.integer(rounding), held_out).bits, 4)
        if stop.made:
            figures["stopped_at_step"] = trainer.step
        return replace(network, card=card | {"figures": figures})


def _resume(kind: Kind, path: Path) -> tuple[tuple[int, ...], TextModel]:
    network = load(path)
    symbols = network.byte_symbols()
    if network.kind != kind.kind or symbols is None:
        raise NetworkError(f"{path}: no text network of this kind, it can't be resumed with this task")
    arrays = load_extra(path)
    require(bool(arrays), f"{path}: carries no float network to resume from (it was saved with --no-float)")
    try:
        model = kind.model.from_arrays(arrays)
    except (KeyError, ValueError) as error:
        raise NetworkError(f"{path}: its float network is damaged: {error}") from None
    if (model.n, model.n_sym) != (network.n, len(symbols)):
        raise NetworkError(f"{path}: its float network has another shape than its integer network")
    return symbols, model


def run(kind: Kind, options: LanguageOptions, *, out: Path, command: str, read: Callable[[], Text] | None = None) -> dict[str, Any]:
    """The command: train as ``options`` say, write the network and its learning curve, print the figures, and give them for ``--json``
    (docs/user/json.md). ``command``: for the card. ``read``: gives the text; left out, it is the one that the options name."""
    check_out(out)
    text = read_text(options.text) if read is None else read()
    if text.note:
        print(f"note: {text.note}")
    if options.resume is None:
        symbols = vocabulary(text.train, size=options.symbols)
        model: TextModel = kind.start(options, n_sym=len(symbols))
    else:
        symbols, model = _resume(kind, options.resume)
        options = replace(options, grow=0)
    print(described_vocabulary(symbols, text.data))
    card = {"command": command, "seed": options.seed, "versions": versions()} | text.card()
    made = _Run(kind, model, text, options, symbols)
    network = made.train(card)
    figures = network.card["figures"]
    save_network(network, out, extra=None if options.no_float else made.model.arrays())
    final = (made.trainer.step, figures["bits_per_character"])
    title = f"{out.stem} on {text.name}"
    with progress.under_way("drawing the learning curve"):
        plot = plot_curve(out, train=made.train_curve, checks=made.check_curve, final=final, title=title, unit="bits per character")
    for name, value in figures.items():
        print(f"{name.replace('_', ' ')}: {value}")
    ngrams = ngram_bits(text.train, text.held_out)
    print(comparison(ngrams))
    with progress.under_way("diagnosing"):
        found = kind.diagnose(made.model, encode(symbols, text.train[:DIAGNOSED]))
    print("diagnosis: " + ("; ".join(found) or "no failure signature found"))
    print(f"tables: {network.table_bytes()} bytes; network: {printable(out)}; {plot}")
    return {
        "file": out,
        "figures": figures,
        "ngram_bits_per_character": ngrams,
        "table_bytes": network.table_bytes(),
        "diagnosis": found,
    }
