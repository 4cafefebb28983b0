"""Training a text network from a preset: schedule, checks, rounding, card, report."""

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ..integer.network import Network
from ..integer.stream import score
from ..model.diagnose import diagnose_layer
from ..model.layer import forward
from ..model.quantise import quantise_rnn, search_rounding, soften
from ..model.rnn import Rnn, cross_entropy
from ..training.rnn import RnnTrainer, Rounding, Settings, stream_loss
from .presets import TextPreset
from .text import UNKNOWN, Text, encode, unseen

__all__ = ["Result", "float_bits", "train_text", "versions"]

CHECK_BYTES = 20_000
SEARCH_BYTES = 40_000
CHECKS = (0.01, 0.03, *np.arange(0.05, 1.0, 0.05).tolist())


@dataclass(kw_only=True)
class Result:
    """What a training leaves.

    The network, its float twin (None after Ctrl-C), both curves as (step, bits), and sentences on what went wrong.
    """

    network: Network
    model: Rnn | None = None
    train_curve: list[tuple[float, float]] = field(default_factory=list)
    check_curve: list[tuple[float, float]] = field(default_factory=list)
    diagnosis: list[str] = field(default_factory=list)


def versions() -> dict[str, str]:
    """What a repetition must share to give the same bytes."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in ("numpy", "numba", "llvmlite")}


def float_bits(model: Rnn, symbols: tuple[int, ...], data: bytes) -> float:
    """Bits per character of a float network, counted like the integer network's (golden/integer/stream.py)."""
    tokens = encode(symbols, data)
    loss, _ = cross_entropy(forward(model.output, np.zeros((1, model.n), np.float32))[0], tokens[:1])
    bits = (loss + stream_loss(model, tokens)) / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits / len(tokens))


class _Stopwatch:
    """Draws the progress bar, keeps the curve, and calls ``check`` at the chosen parts of the schedule."""

    def __init__(self, bar: "tqdm[Any]", check: Callable[[float], str]) -> None:
        self.bar, self.check = bar, check
        self.curve: list[tuple[float, float]] = []
        self.recent: list[float] = []
        self.step = 0
        self.due = list(CHECKS)
        self.note = ""

    def __call__(self, done: float, bits: float) -> None:
        self.step += 1
        self.recent.append(bits)
        if len(self.recent) == 50:
            self.curve.append((self.step, float(np.mean(self.recent))))
            self.recent.clear()
            self.bar.n = round(1000 * done)
            self.bar.set_postfix_str(f"step {self.step}, train {self.curve[-1][1]:.3f}{self.note}")
        if self.due and done >= self.due[0]:
            while self.due and done >= self.due[0]:
                self.due.pop(0)
            self.note = ", " + self.check(done)


def train_text(
    text: Text,
    preset: TextPreset,
    *,
    settings: Settings,
    model: Rnn,
    symbols: tuple[int, ...],
    steps: int | None,
    minutes: float | None,
    qat: float,
    card: dict[str, Any],
    say: Callable[[str], None],
) -> Result:
    """Train ``model`` on the first nine tenths of ``text``, the last ``qat`` (0..1) of the schedule with rounded tables.

    Ctrl-C keeps the best network checked so far. ``card`` is completed with figures; ``say`` prints a line.
    """
    held_out, train = text.held_out, text.train
    widths = {"hidden_bits": preset.hidden_bits, "embed_bits": preset.embed_bits, "output_bits": preset.output_bits}
    rounding = Rounding(hidden_unit=1.0, output_unit=1.0, hidden_most=preset.hidden_most, **widths)
    fixed = False
    best: tuple[float, Network] | None = None
    result = None
    checks: list[tuple[float, float]] = []

    def integer(source: Rnn, units: Rounding) -> Network:
        return quantise_rnn(source, units, symbols=symbols, card=card)

    def search(source: Rnn) -> Rounding:
        if preset.hidden_unit is not None and preset.output_unit is not None:
            return replace(rounding, hidden_unit=preset.hidden_unit, output_unit=preset.output_unit)
        sample = train[-SEARCH_BYTES:]
        return search_rounding(source, rounding, lambda units: score(integer(source, units), sample).bits)

    def check(done: float) -> str:
        nonlocal best
        current = trainer.current()
        network = integer(current, rounding if fixed else search(current))
        bits = score(network, held_out[:CHECK_BYTES]).bits
        checks.append((trainer.step, bits))
        if best is None or bits < best[0]:
            best = (bits, network)
        return f"held out {bits:.3f}"

    with (
        RnnTrainer(model, encode(symbols, train), settings) as trainer,
        tqdm(total=1000, unit="", bar_format="{percentage:3.0f}%|{bar}|{elapsed}{postfix}") as bar,
    ):
        watch = _Stopwatch(bar, check)
        try:
            say("making the first step (where the training loop is not compiled yet, about 20 s)")
            trainer.run(watch, steps=steps, minutes=minutes, stop=1 - qat)
            current = trainer.current()
            rounding = search(current)
            before = {"float": float_bits(current, symbols, held_out), "rounded": score(integer(current, rounding), held_out).bits}
            if qat > 0:
                say(f"float {before['float']:.4f} bits, rounded {before['rounded']:.4f}: now training with rounded tables")
                fixed = True
                trainer.round(rounding)
                trainer.run(watch, steps=steps, minutes=minutes, start=1 - qat)
            current = trainer.current()
            final = integer(soften(current, preset.soften), rounding)
            figures = score(final, held_out)
            card["figures"] = {
                "bits_per_character": round(figures.bits, 4),
                "float_before_rounding": round(before["float"], 4),
                "rounded_without_fine_tuning": round(before["rounded"], 4),
                "characters": figures.characters,
                "saturations": figures.saturations,
            }
            if preset.soften != 1:
                card["figures"]["before_softening"] = round(score(integer(current, rounding), held_out).bits, 4)
            result = Result(network=replace(final, card=card), model=current, diagnosis=_diagnose(current, encode(symbols, train[:4096])))
        except KeyboardInterrupt:
            if best is None:
                raise
            say("stopped: keeping the best network checked so far")
            card["figures"] = {"bits_per_character": round(score(best[1], held_out).bits, 4), "stopped_at_step": trainer.step}
            result = Result(network=replace(best[1], card=card))
    result.train_curve, result.check_curve = watch.curve, checks
    return result


def _diagnose(model: Rnn, tokens: npt.NDArray[np.int32], *, streams: int = 64) -> list[str]:
    """The failure signatures over the states that ``streams`` pieces of ``tokens`` lead through."""
    pieces = tokens[: len(tokens) // streams * streams].reshape(streams, -1)
    h: npt.NDArray[np.floating] = np.zeros((streams, model.n), np.float32)
    states = []
    for column in pieces.T:
        h = forward(model.hidden, h)[0] + model.embed[column]
        states.append(h)
    x = np.concatenate(states)
    return diagnose_layer(model.hidden, x, name="hidden") + diagnose_layer(model.output, x, name="output")
