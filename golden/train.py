"""``python -m golden.train {digits,mnist,text,transformer}``: train a network and save it as one file, with its card and learning curve."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .integer.file import load, load_extra, save_network
from .integer.network import MAX_NC, NetworkError
from .model.anchors import ANCHORS
from .model.rnn import Rnn
from .tasks import transformer_task
from .tasks.images import task as image_task
from .tasks.language import train_text, versions
from .tasks.ngram import ngram_bits
from .tasks.out import check_out
from .tasks.plot import plot_curve
from .tasks.presets import TEXT_PRESETS
from .tasks.text import default_text, read_text, vocabulary
from .tasks.words import tables_word
from .training.adam import Adam
from .training.rnn import Settings

__all__ = ["main"]


def command_line(arguments: argparse.Namespace, *, options: dict[str, object]) -> str:
    """The command for a network's card.

    The options that differ from the defaults in ``options``; files by name only (their hash stands beside).
    """
    words = ["python -m golden.train", arguments.task]
    for name, default in options.items():
        value = getattr(arguments, name)
        if value == default:
            continue
        flag = "--" + name.replace("_", "-")
        if isinstance(value, tuple):
            value = "x".join(map(str, value))
        words.append(flag if value is True else f"{flag} {value.name if isinstance(value, Path) else value}")
    return " ".join(words)


def _text_parser(parser: argparse.ArgumentParser) -> None:
    presets = "; ".join(f"{name}: {preset.about}" for name, preset in TEXT_PRESETS.items())
    parser.add_argument("--text", type=Path, help="any file; its last tenth is held out (default: Python's own help topics)")
    parser.add_argument("--preset", choices=TEXT_PRESETS, default="icebreaker", help=presets)
    parser.add_argument("--out", type=Path, default=Path("text.safetensors"), help="the network file (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long to train (default: %(default)s)")
    parser.add_argument(
        "--steps", type=int, help="train for so many mini-batches instead: the result then does not depend on the machine's speed"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--resume", type=Path, help="go on from the float network kept in this file (its shape and symbols; the rate starts anew)"
    )
    parser.add_argument("--no-float", action="store_true", help="keep the integer network only: a small file, not to be resumed")
    parser.add_argument("--rate", type=float, help="learning rate (default: the preset's)")
    parser.add_argument("--jitter", type=float, help="training jitter, 0..1 (default: the preset's)")
    parser.add_argument("--anchors", choices=ANCHORS, help="how pairs are drawn (default: as the preset says)")
    parser.add_argument("--symbols", type=int, help="size of the vocabulary, the unknown symbol included (default: the preset's)")
    parser.add_argument(
        "--bits", type=int, choices=[4, 8], help="width of the tables (default: the preset's), units searched for unless given"
    )
    parser.add_argument("--hidden-unit", type=float, help="unit of hidden tables and embedder, a power of two (default: the preset's)")
    parser.add_argument("--output-unit", type=float, help="unit of the output tables, likewise")
    parser.add_argument(
        "--hidden-most", type=float, help="largest magnitude of a hidden entry while tables are rounded (default: the preset's)"
    )
    parser.add_argument("--streams", type=int, default=64, help="texts read side by side (default: %(default)s)")
    parser.add_argument("--context", type=int, default=32, help="symbols to propagate back through (default: %(default)s)")
    parser.add_argument("--qat", type=float, help="last part of the training with rounded tables, 0..1 (default: the preset's)")
    parser.add_argument("--n", type=int, help="neurons (default: the preset's, like the rest of the shape)")
    parser.add_argument("--hidden", type=tables_word, metavar="NTxNC", help="hidden tables and anchor pairs of each, such as 16x10")
    parser.add_argument("--output", type=tables_word, metavar="NTxNC", help="output tables, likewise")
    parser.add_argument("--grow", type=int, help="anchor pairs a table begins with; the others come one at a time; 0: all at once")
    parser.add_argument("--grown", type=float, help="part of the training, 0..1, by which all pairs are there")
    parser.add_argument("--recent", type=float, help="part of the streams, 0..1, that read the last tenth of the training text alone")
    parser.add_argument("--soften", type=float, help="factor on the output tables at the end, 0.1..1 (default: the preset's)")
    parser.add_argument("--every-row", action="store_true", help="Adam on all rows, not only on those a mini-batch uses")
    parser.add_argument("--threads", type=int, default=2, help="(default: %(default)s; the result does not depend on it)")


def _run_text(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    _check_text(arguments)
    text = default_text() if arguments.text is None else read_text(arguments.text)
    if text.note:
        print(f"note: {text.note}")
    preset = TEXT_PRESETS[arguments.preset]
    if arguments.bits is not None:
        preset = replace(preset, hidden_bits=arguments.bits, output_bits=arguments.bits, hidden_unit=None, output_unit=None)
    for field in (
        "hidden_unit",
        "output_unit",
        "hidden_most",
        "n",
        "hidden",
        "output",
        "grow",
        "grown",
        "recent",
        "soften",
        "rate",
        "jitter",
        "qat",
    ):
        if getattr(arguments, field) is not None:
            preset = replace(preset, **{field: getattr(arguments, field)})
    if arguments.resume is None:
        symbols = vocabulary(text.train, size=arguments.symbols or preset.symbols)
        model = preset.model(n_sym=len(symbols), seed=arguments.seed, anchors=arguments.anchors)
    else:
        symbols, model = _resume(arguments.resume)
    settings = Settings(
        streams=arguments.streams,
        context=arguments.context,
        jitter=preset.jitter,
        adam=Adam(rate=preset.rate),
        touched=preset.touched and not arguments.every_row,
        grow=preset.grow if arguments.resume is None else 0,
        grown=preset.grown,
        recent=preset.recent,
        seed=arguments.seed,
        threads=arguments.threads,
    )
    kept = (
        "text",
        "preset",
        "minutes",
        "steps",
        "seed",
        "resume",
        "no_float",
        "rate",
        "jitter",
        "anchors",
        "symbols",
        "streams",
        "context",
        "qat",
        "bits",
        "hidden_unit",
        "output_unit",
        "hidden_most",
        "n",
        "hidden",
        "output",
        "grow",
        "grown",
        "recent",
        "soften",
        "every_row",
    )
    options = {name: parser.get_default(name) for name in kept}
    data = {"name": text.name, "bytes": len(text.data), "sha256": text.sha256, "held_out": "the last tenth"}
    card = {
        "task": "text",
        "command": command_line(arguments, options=options),
        "data": data,
        "seed": arguments.seed,
        "versions": versions(),
    }
    result = train_text(
        text,
        preset,
        settings=settings,
        model=model,
        symbols=symbols,
        steps=arguments.steps,
        minutes=arguments.minutes,
        qat=preset.qat,
        card=card,
        say=lambda line: print(line, flush=True),
    )
    extra = None if arguments.no_float or result.model is None else result.model.arrays()
    save_network(result.network, arguments.out, extra=extra)
    plot = arguments.out.with_suffix(".png")
    plot_curve(
        plot, train=result.train_curve, checks=result.check_curve, title=f"{arguments.out.stem} on {text.name}", unit="bits per character"
    )
    figures = result.network.card["figures"]
    for name, value in figures.items():
        print(f"{name.replace('_', ' ')}: {value}")
    table = ", ".join(f"{order}-gram {bits:.3f}" for order, bits in ngram_bits(text.train, text.held_out).items())
    print(f"beside it, interpolated n-grams on the same split: {table}")
    print("diagnosis: " + ("; ".join(result.diagnosis) or "no failure signature found"))
    print(f"tables: {result.network.table_bytes()} bytes; network: {arguments.out}; learning curve: {plot}")


def _check_text(arguments: argparse.Namespace) -> None:
    limits = [
        ("minutes", arguments.minutes, 0.01, 1e6),
        ("steps", arguments.steps, 1, 1e9),
        ("rate", arguments.rate, 0, 1),
        ("jitter", arguments.jitter, 0, 1),
        ("qat", arguments.qat, 0, 1),
        ("streams", arguments.streams, 1, 1 << 16),
        ("context", arguments.context, 1, 1 << 16),
        ("n", arguments.n, 2, 32767),
        ("hidden-most", arguments.hidden_most, 2.0**-12, 32767),
        ("grow", arguments.grow, 0, MAX_NC),
        ("grown", arguments.grown, 0, 1),
        ("recent", arguments.recent, 0, 1),
        ("soften", arguments.soften, 0.1, 1),
        ("threads", arguments.threads, 1, 256),
        ("seed", arguments.seed, 0, 1 << 63),
    ]
    for name, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise NetworkError(f"--{name} must be {low:g}..{high:g}, not {value}")
    check_out(arguments.out)


def _resume(path: Path) -> tuple[tuple[int, ...], Rnn]:
    network = load(path)
    if network.kind != "rnn" or network.symbols is None:
        raise NetworkError(f"{path}: no text network, it can't be resumed with this task")
    arrays = load_extra(path)
    if not arrays:
        raise NetworkError(f"{path}: carries no float network to resume from (it was saved with --no-float)")
    try:
        model = Rnn.from_arrays(arrays)
    except (KeyError, ValueError) as error:
        raise NetworkError(f"{path}: its float network is damaged: {error}") from None
    if (model.n, model.n_sym) != (network.n, len(network.symbols)):
        raise NetworkError(f"{path}: its float network has another shape than its integer network")
    return network.symbols, model


def _run_images(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    options = {name: parser.get_default(name) for name in image_task.OPTIONS if hasattr(arguments, name)}
    image_task.run(arguments, command=command_line(arguments, options=options))


def _run_transformer(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    options = {name: parser.get_default(name) for name in transformer_task.OPTIONS}
    transformer_task.run(arguments, command=command_line(arguments, options=options))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.train", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    parsers = {
        "text": tasks.add_parser("text", help="predict the next byte of a text"),
        "transformer": tasks.add_parser("transformer", help="the same with an SNN transformer"),
        "digits": tasks.add_parser("digits", help="classify scikit-learn's 8 x 8 digits"),
        "mnist": tasks.add_parser("mnist", help="classify MNIST's 28 x 28 digits"),
    }
    _text_parser(parsers["text"])
    transformer_task.add_arguments(parsers["transformer"])
    for task in image_task.TASKS:
        image_task.add_arguments(parsers[task], task)
    runs: dict[str, Callable[[argparse.Namespace, argparse.ArgumentParser], None]] = {
        "text": _run_text,
        "transformer": _run_transformer,
        "digits": _run_images,
        "mnist": _run_images,
    }
    arguments = parser.parse_args(argv)
    try:
        runs[arguments.task](arguments, parsers[arguments.task])
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped before the first check: nothing to keep", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
