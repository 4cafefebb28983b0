"""Training a text transformer: schedule, rounding, card, report. ``python -m golden.train transformer``."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..compiled.rows import MAX_LANES
from ..integer.file import save_network
from ..integer.network import MAX_NC, NetworkError
from ..integer.stream import score
from ..integer.transformer import TransformerNetwork
from ..model.anchors import ANCHORS
from ..model.layer import forward
from ..model.rnn import cross_entropy
from ..model.transformer import VARIANTS, Transformer
from ..model.transformer_quantise import quantise_transformer, search_transformer_rounding, soften_transformer
from ..training.adam import Adam
from ..training.transformer import TransformerRounding, TransformerSettings, TransformerTrainer, stream_loss
from .language import CHECK_BYTES, SEARCH_BYTES, versions
from .ngram import ngram_bits
from .out import check_out
from .plot import plot_curve
from .text import UNKNOWN, Text, default_text, encode, read_text, unseen, vocabulary
from .transformer_presets import TRANSFORMER_PRESETS, TransformerPreset
from .words import tables_word, units_word

__all__ = ["OPTIONS", "TransformerRun", "add_arguments", "float_bits", "run", "train_transformer"]

CHECKS = (0.02, *np.arange(0.1, 1.0, 0.1).tolist())
SHAPE = {
    **{"n": "n", "blocks": "blocks", "heads": "heads", "tables": "n_t", "pairs": "n_c", "key_pairs": "n_k", "place": "p"},
    **{"context": "context", "feed": "feed", "output": "output"},
}
CHANGES = ("rate", "jitter", "symbols", "bits", "qat", "recent", "soften", "units", "grow", "grown", "short", "widened", "attention_rate")
OPTIONS = (
    *("text", "preset", "minutes", "steps", "seed", "no_float", "streams", "window", *CHANGES),
    *(*SHAPE, "variant", "anchors", "attention_only", "empty_cache", "random_places", "uneven", "every_row"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    presets = "; ".join(f"{name}: {preset.about}" for name, preset in TRANSFORMER_PRESETS.items())
    parser.add_argument("--text", type=Path, help="any file; its last tenth is held out (default: Python's own help topics)")
    parser.add_argument("--preset", choices=TRANSFORMER_PRESETS, default="spram", help=presets)
    parser.add_argument("--out", type=Path, default=Path("text-transformer.safetensors"), help="the network file (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to train (default: %(default)s)")
    parser.add_argument("--steps", type=int, help="train for so many mini-batches instead; the result is then independent of speed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-float", action="store_true", help="keep the integer network only")
    parser.add_argument("--rate", type=float, help="learning rate (default: the preset's)")
    parser.add_argument("--jitter", type=float, help="training jitter, 0..1 (default: the preset's)")
    parser.add_argument("--symbols", type=int, help="size of the vocabulary, the unknown symbol included (default: the preset's)")
    parser.add_argument("--bits", type=int, choices=[4, 8], help="width of the tables (default: the preset's)")
    parser.add_argument("--streams", type=int, default=64, help="texts read side by side (default: %(default)s)")
    parser.add_argument("--window", type=int, default=32, help="symbols a step of each (default: %(default)s)")
    parser.add_argument("--qat", type=float, help="last part of the training with rounded tables, 0..1 (default: the preset's)")
    parser.add_argument("--threads", type=int, default=2, help="(default: %(default)s; the result does not depend on it)")
    parser.add_argument("--recent", type=float, help="part of the streams, 0..1, that read the last tenth of the training text alone")
    parser.add_argument(
        "--grow", type=int, help="pairs that plain tables and keys begin with; the others come one at a time; 0: all at once"
    )
    parser.add_argument("--grown", type=float, help="part of the training, 0..1, by which all pairs are there")
    parser.add_argument("--short", type=int, help="context to begin with; 0: the whole one (default: the preset's)")
    parser.add_argument("--widened", type=float, help="part of the training, 0..1, at which the whole context comes")
    parser.add_argument("--attention-rate", type=float, help="factor of the learning rate for attention tables (default: the preset's)")
    parser.add_argument("--soften", type=float, help="factor on the output tables at the end, 0.1..1 (default: the preset's)")
    parser.add_argument(
        "--units", type=units_word, metavar="AxFxExO", help="powers of two: of attention, feed-forward, embedder, output; 0: searched for"
    )
    for name, field in SHAPE.items():
        kind: dict[str, Any] = {"type": tables_word, "metavar": "NTxNC"} if name in ("feed", "output") else {"type": int}
        rest = ", or as many as query pairs" if name == "key_pairs" else ""
        parser.add_argument("--" + name.replace("_", "-"), help=f"{field} of the shape (default: the preset's{rest})", **kind)
    parser.add_argument("--variant", choices=VARIANTS, help="the paper's, or the reference program's (default: the preset's)")
    parser.add_argument("--anchors", choices=ANCHORS, help="how pairs are drawn (default: as the preset says)")
    parser.add_argument("--attention-only", action="store_true", help="no feed-forward layers")
    parser.add_argument("--empty-cache", action="store_true", help="train on windows that each start from an empty cache")
    parser.add_argument("--random-places", action="store_true", help="position bits begin random, not counting the distance")
    parser.add_argument("--uneven", action="store_true", help="the same learning rate for all rows of attention")
    parser.add_argument("--every-row", action="store_true", help="Adam on all rows, not only on those a mini-batch uses")


def float_bits(model: Transformer, symbols: tuple[int, ...], data: bytes) -> float:
    """Bits per character of a float network, counted like the integer network's (golden/integer/stream.py)."""
    tokens = encode(symbols, data)
    loss, _ = cross_entropy(forward(model.output, np.zeros((1, model.n), np.float32))[0], tokens[:1])
    bits = (loss + stream_loss(model, tokens)) / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits / len(tokens))


@dataclass(frozen=True, kw_only=True)
class TransformerRun:
    """What a training leaves: the network, its float twin, and both curves as (step, bits)."""

    network: TransformerNetwork
    model: Transformer
    train_curve: list[tuple[float, float]]
    check_curve: list[tuple[float, float]]


def train_transformer(
    text: Text,
    preset: TransformerPreset,
    *,
    settings: TransformerSettings,
    symbols: tuple[int, ...],
    steps: int | None,
    minutes: float | None,
    card: dict[str, Any],
    say: Callable[[str], None],
) -> TransformerRun:
    """Train a transformer of ``preset`` on the first nine tenths of ``text``, the last ``preset.qat`` of it with rounded tables."""
    rng = np.random.default_rng([settings.seed, 1])
    model = Transformer.start(n_sym=len(symbols), shape=preset.shape, rng=rng, spread=preset.spread)
    rounding: TransformerRounding | None = None
    before: dict[str, float] = {}
    recent: list[float] = []
    train_curve: list[tuple[float, float]] = []
    check_curve: list[tuple[float, float]] = []
    due = list(CHECKS)

    def integer(units: TransformerRounding, factor: float = 1.0) -> TransformerNetwork:
        return quantise_transformer(soften_transformer(trainer.current(), factor), units, symbols=symbols, card=card)

    def search() -> TransformerRounding:
        sample = text.train[-SEARCH_BYTES // 4 :]
        return choose_rounding(trainer.current(), preset, lambda units: score(integer(units), sample).bits)

    def progress(done: float, bits: float) -> None:
        recent.append(bits)
        if len(recent) == 20:
            train_curve.append((trainer.step, float(np.mean(recent))))
            recent.clear()
            bar.n = round(1000 * done)
            note = f", held out {check_curve[-1][1]:.3f}" if check_curve else ""
            bar.set_postfix_str(f"step {trainer.step}, train {train_curve[-1][1]:.3f}{note}")
        if due and done >= due[0]:
            while due and done >= due[0]:
                due.pop(0)
            held_out = text.held_out[:CHECK_BYTES]
            bits = float_bits(trainer.current(), symbols, held_out) if rounding is None else score(integer(rounding), held_out).bits
            check_curve.append((trainer.step, bits))

    with (
        TransformerTrainer(model, encode(symbols, text.train), settings) as trainer,
        tqdm(total=1000, unit="", bar_format="{percentage:3.0f}%|{bar}|{elapsed}{postfix}") as bar,
    ):
        stopped = False
        try:
            say("making the first step (where the training loop is not compiled yet, about a minute)")
            trainer.run(progress, steps=steps, minutes=minutes, stop=1 - preset.qat)
            units = search()
            held_out = text.held_out
            before = {"float": float_bits(trainer.current(), symbols, held_out), "rounded": score(integer(units), held_out).bits}
            rounding = units
            if preset.qat > 0:
                say(f"float {before['float']:.4f} bits, rounded {before['rounded']:.4f}: now training with rounded tables")
                trainer.round(rounding)
                trainer.run(progress, steps=steps, minutes=minutes, start=1 - preset.qat)
        except KeyboardInterrupt:
            if trainer.step == 0:
                raise
            stopped = True
            say("stopped: keeping the network as it is now")
            trainer.wait()
            if rounding is None:
                rounding = search()
        network = integer(rounding, preset.soften)
        figures = score(network, text.held_out)
        card["figures"] = {"bits_per_character": round(figures.bits, 4)}
        if before:
            card["figures"]["float_before_rounding"] = round(before["float"], 4)
            card["figures"]["rounded_without_fine_tuning"] = round(before["rounded"], 4)
        card["figures"] |= {"characters": figures.characters, "saturations": figures.saturations, "steps": trainer.step}
        if preset.soften != 1:
            card["figures"]["before_softening"] = round(score(integer(rounding), text.held_out).bits, 4)
        if stopped:
            card["figures"]["stopped_at_step"] = trainer.step
        return TransformerRun(
            network=replace(network, card=card), model=trainer.current(), train_curve=train_curve, check_curve=check_curve
        )


def choose_rounding(model: Transformer, preset: TransformerPreset, bits: Callable[[TransformerRounding], float]) -> TransformerRounding:
    """The preset's units, or those with the fewest ``bits``."""
    attention, feed, embed, output = preset.units or (1.0,) * 4
    start = TransformerRounding(
        attention_unit=attention,
        feed_unit=feed,
        embed_unit=embed,
        output_unit=output,
        attention_bits=preset.bits,
        feed_bits=preset.bits,
        embed_bits=preset.embed_bits,
        output_bits=preset.bits,
    )
    return start if preset.units else search_transformer_rounding(model, start, bits)


def _preset(arguments: argparse.Namespace) -> TransformerPreset:
    preset = TRANSFORMER_PRESETS[arguments.preset]
    given = {field: getattr(arguments, name) for name, field in SHAPE.items() if getattr(arguments, name) is not None}
    given |= {name: getattr(arguments, name) for name in ("variant", "anchors") if getattr(arguments, name) is not None}
    if arguments.attention_only:
        given["feed"] = None
    if arguments.random_places:
        given["near"] = False
    changes = {name: getattr(arguments, name) for name in CHANGES if getattr(arguments, name) is not None}
    if arguments.bits is not None and arguments.units is None:
        changes["units"] = None
    if arguments.every_row:
        changes["touched"] = False
    return replace(preset, shape=replace(preset.shape, **given), **changes)


def run(arguments: argparse.Namespace, *, command: str) -> None:
    """The command: train, save, report."""
    for name, low, high in (
        ("minutes", 0.01, 1e6),
        ("steps", 1, 1e9),
        ("n", 2, MAX_LANES),
        ("seed", 0, 1 << 63),
        ("rate", 0, 1),
        ("jitter", 0, 1),
        ("qat", 0, 1),
        ("streams", 1, 65536),
        ("recent", 0, 1),
        ("soften", 0.1, 1),
        ("grow", 0, MAX_NC),
        ("grown", 0, 1),
        ("widened", 0, 1),
        ("attention_rate", 0, 1),
    ):
        value = getattr(arguments, name)
        if value is not None and not low <= value <= high:
            raise NetworkError(f"--{name.replace('_', '-')} must be {low:g}..{high:g}, not {value}")
    for name in ("window", "threads"):
        if getattr(arguments, name) < 1:
            raise NetworkError(f"--{name} must be at least 1, not {getattr(arguments, name)}")
    if arguments.short is not None and arguments.short != 0 and arguments.short < 2:
        raise NetworkError(f"--short must be 0 or at least 2, not {arguments.short}")
    check_out(arguments.out)
    preset = _preset(arguments)
    text = default_text() if arguments.text is None else read_text(arguments.text)
    if text.note:
        print(f"note: {text.note}")
    settings = TransformerSettings(
        streams=arguments.streams,
        window=arguments.window,
        carry=not arguments.empty_cache,
        even=not arguments.uneven,
        touched=preset.touched,
        recent=preset.recent,
        grow=preset.grow,
        grown=preset.grown,
        short=preset.short,
        widened=preset.widened,
        attention_rate=preset.attention_rate,
        jitter=preset.jitter,
        adam=Adam(rate=preset.rate),
        seed=arguments.seed,
        threads=arguments.threads,
    )
    data = {"name": text.name, "bytes": len(text.data), "sha256": text.sha256, "held_out": "the last tenth"}
    card = {"task": "text", "command": command, "data": data, "seed": arguments.seed, "versions": versions()}
    symbols = vocabulary(text.train, size=preset.symbols)
    made = train_transformer(
        text,
        preset,
        settings=settings,
        symbols=symbols,
        steps=arguments.steps,
        minutes=arguments.minutes,
        card=card,
        say=lambda line: print(line, flush=True),
    )
    save_network(made.network, arguments.out, extra=None if arguments.no_float else made.model.arrays())
    plot = arguments.out.with_suffix(".png")
    title = f"{arguments.out.stem} on {text.name}"
    plot_curve(plot, train=made.train_curve, checks=made.check_curve, title=title, unit="bits per character")
    for name, value in made.network.card["figures"].items():
        print(f"{name.replace('_', ' ')}: {value}")
    table = ", ".join(f"{order}-gram {bits:.3f}" for order, bits in ngram_bits(text.train, text.held_out).items())
    print(f"beside it, interpolated n-grams on the same split: {table}")
    print(f"tables: {made.network.table_bytes()} bytes; network: {arguments.out}; learning curve: {plot}")
