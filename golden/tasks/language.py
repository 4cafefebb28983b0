"""Training a text network of any architecture: schedule, checks, rounding, card, report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from polychron.command.terminal import printable

from ..compiled.stream import score
from ..integer.file import load, load_extra, save_network
from ..integer.layer import NetworkError
from ..integer.network import Network
from ..integer.symbols import UNKNOWN, encode, unseen
from ..model.layer import TextModel, forward
from ..model.rnn import cross_entropy
from ..training.learner import Architecture
from ..training.options import LanguageOptions
from ..training.stop import StopRequest
from ..training.trainer import Trainer
from .card import text_data, versions
from .ngram import comparison
from .out import check_out
from .plot import plot_curve
from .text import Text, described_vocabulary, read_text, vocabulary

CHECK_BYTES = 20_000
CHECKS = (0.01, 0.03, *np.arange(0.05, 1.0, 0.05).tolist())
MEAN_OF = 20  # steps, of a point of the training's curve
DIAGNOSED = 4096  # bytes of the training text
Say = Callable[[str], None]
Kind = Architecture[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a training leaves: the network, its float twin, both curves as (step, bits), sentences on what went wrong."""

    network: Network
    model: TextModel
    train_curve: list[tuple[float, float]]
    check_curve: list[tuple[float, float]]
    diagnosis: list[str]
    steps: int


def float_bits(kind: Kind, model: TextModel, symbols: tuple[int, ...], data: bytes) -> float:
    """Bits per character of a float network, counted like the integer network's (golden/integer/stream.py)."""
    tokens = encode(symbols, data)
    loss, _ = cross_entropy(forward(model.output, np.zeros((1, model.n), np.float32))[0], tokens[:1])
    bits = (loss + kind.stream_loss(model, tokens)) / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits / len(tokens))


class _Watch:
    """Draws the progress bar, keeps the curves, calls ``check`` at the chosen parts of the schedule, ends a training that is asked to."""

    def __init__(self, bar: "tqdm[Any]", stop: StopRequest, check: Callable[[], float]) -> None:
        self.bar, self.stop, self.check = bar, stop, check
        self.train: list[tuple[float, float]] = []
        self.checks: list[tuple[float, float]] = []
        self.recent: list[float] = []
        self.step = 0
        self.due = list(CHECKS)

    def __call__(self, done: float, bits: float) -> bool:
        self.step += 1
        self.recent.append(bits)
        if len(self.recent) == MEAN_OF:
            self.train.append((self.step, float(np.mean(self.recent))))
            self.recent.clear()
            note = f", held out {self.checks[-1][1]:.3f}" if self.checks else ""
            self.bar.n = round(1000 * done)
            self.bar.set_postfix_str(f"step {self.step}, train {self.train[-1][1]:.3f}{note}")
        if self.due and done >= self.due[0]:
            self.due = [part for part in self.due if part > done]
            self.checks.append((self.step, self.check()))
        return self.stop.made


class _Run:
    """One training of ``model``: what its phases share."""

    def __init__(self, kind: Kind, model: TextModel, text: Text, options: LanguageOptions, symbols: tuple[int, ...]) -> None:
        self.kind, self.text, self.options, self.symbols = kind, text, options, symbols
        self.trainer: Trainer[Any] = Trainer(kind.learner(model, options), encode(symbols, text.train))
        self.rounding: Any = None
        self.integer(kind.rounding(model, options, lambda units: 0.0))  # refuses now what could not be saved at the end

    def integer(self, rounding: Any, *, soften: float = 1.0, card: dict[str, Any] | None = None) -> Network:
        model = self.trainer.learner.current()
        softened = model if soften == 1 else self.kind.softened(model, soften)
        return self.kind.quantise(softened, rounding, symbols=self.symbols, card=card or {})

    def choose_rounding(self) -> Any:
        sample = self.text.train[-self.kind.search_bytes :]
        return self.kind.rounding(self.trainer.learner.current(), self.options, lambda units: score(self.integer(units), sample).bits)

    def float_bits(self, data: bytes) -> float:
        return float_bits(self.kind, self.trainer.learner.current(), self.symbols, data)

    def check(self) -> float:
        """Bits of a part of the held-out text: of the float network, once tables are rounded of the integer one."""
        data = self.text.sample(CHECK_BYTES)
        return self.float_bits(data) if self.rounding is None else score(self.integer(self.rounding), data).bits

    def phases(self, watch: _Watch, say: Say) -> dict[str, float]:
        """Float tables, then rounded ones; bits before and after rounding, as far as it came."""
        options, held_out = self.options, self.text.held_out
        schedule: dict[str, Any] = {"steps": options.steps, "minutes": options.minutes}
        if self.trainer.run(watch, **schedule, stop=1 - options.qat):
            return {}
        rounding = self.choose_rounding()
        before = {"float_before_rounding": self.float_bits(held_out)}
        before["rounded_without_fine_tuning"] = score(self.integer(rounding), held_out).bits
        self.rounding = rounding
        if options.qat > 0:
            exact, rounded = before.values()
            say(f"float {exact:.4f} bits, rounded {rounded:.4f}: now training with rounded tables")
            self.trainer.learner.round(rounding)
            self.trainer.run(watch, **schedule, start=1 - options.qat)
        return before


def train_language(
    kind: Kind, model: TextModel, text: Text, options: LanguageOptions, *, symbols: tuple[int, ...], card: dict[str, Any], say: Say
) -> Result:
    """Train ``model`` on the first nine tenths of ``text``, the last ``options.qat`` of the schedule with rounded tables.

    Ctrl-C or SIGTERM keeps the network as it is after the step under way. ``card`` is completed with figures; ``say`` prints a line.
    """
    made = _Run(kind, model, text, options, symbols)
    trainer, held_out = made.trainer, text.held_out
    with StopRequest() as stop, trainer, tqdm(total=1000, unit="", bar_format="{percentage:3.0f}%|{bar}|{elapsed}{postfix}") as bar:
        watch = _Watch(bar, stop, made.check)
        say("making the first step (where the training loop is not compiled yet, up to a minute)")
        before = made.phases(watch, say)
        if stop.made:
            say("stopped: keeping the network as it is now")
        rounding = made.rounding or made.choose_rounding()
    network = made.integer(rounding, soften=options.soften, card=card)
    figures = score(network, held_out)
    card["figures"] = {"bits_per_character": round(figures.bits, 4)}
    card["figures"] |= {name: round(bits, 4) for name, bits in before.items()}
    card["figures"] |= {"characters": figures.characters, "saturations": figures.saturations} | kind.figures(trainer.step)
    if options.soften != 1:
        card["figures"]["before_softening"] = round(score(made.integer(rounding), held_out).bits, 4)
    if stop.made:
        card["figures"]["stopped_at_step"] = trainer.step
    current = trainer.learner.current()
    return Result(
        network=replace(network, card=card),
        model=current,
        train_curve=watch.train,
        check_curve=watch.checks,
        diagnosis=kind.diagnose(current, encode(symbols, text.train[:DIAGNOSED])),
        steps=trainer.step,
    )


def _resume(kind: Kind, path: Path) -> tuple[tuple[int, ...], TextModel]:
    network = load(path)
    symbols = network.byte_symbols()
    if network.kind != kind.kind or symbols is None:
        raise NetworkError(f"{path}: no text network of this kind, it can't be resumed with this task")
    arrays = load_extra(path)
    if not arrays:
        raise NetworkError(f"{path}: carries no float network to resume from (it was saved with --no-float)")
    try:
        model = kind.model.from_arrays(arrays)
    except (KeyError, ValueError) as error:
        raise NetworkError(f"{path}: its float network is damaged: {error}") from None
    if (model.n, model.n_sym) != (network.n, len(symbols)):
        raise NetworkError(f"{path}: its float network has another shape than its integer network")
    return symbols, model


def run(kind: Kind, options: LanguageOptions, *, out: Path, command: str) -> None:
    """The command: train as ``options`` say, write the network and its learning curve, print the figures. ``command``: for the card."""
    check_out(out)
    text = read_text(options.text)
    if text.note:
        print(f"note: {text.note}")
    if options.resume is None:
        symbols = vocabulary(text.train, size=options.symbols)
        model: TextModel = kind.start(options, n_sym=len(symbols))
    else:
        symbols, model = _resume(kind, options.resume)
        options = replace(options, grow=0)
    print(described_vocabulary(symbols, text.data))
    card = {"task": "text", "command": command, "data": text_data(text), "seed": options.seed, "versions": versions()}
    made = train_language(kind, model, text, options, symbols=symbols, card=card, say=lambda line: print(line, flush=True))
    save_network(made.network, out, extra=None if options.no_float else made.model.arrays())
    final = (made.steps, made.network.card["figures"]["bits_per_character"])
    title = f"{out.stem} on {text.name}"
    plot = plot_curve(out, train=made.train_curve, checks=made.check_curve, final=final, title=title, unit="bits per character")
    for name, value in made.network.card["figures"].items():
        print(f"{name.replace('_', ' ')}: {value}")
    print(comparison(text.train, text.held_out))
    print("diagnosis: " + ("; ".join(made.diagnosis) or "no failure signature found"))
    print(f"tables: {made.network.table_bytes()} bytes; network: {printable(out)}; {plot}")
