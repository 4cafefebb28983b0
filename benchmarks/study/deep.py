"""``python -m benchmarks.study.deep``: train a deep network to predict the next character from a window, and save it with its codes."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from golden.integer.file import save_network
from golden.integer.layer import NetworkError
from golden.integer.symbols import encode
from golden.tasks.out import check_out
from golden.tasks.text import read_text, vocabulary
from golden.training.words import tables_word

from .window import WindowModel, quantise_window, score_window
from .window_trainer import Schedule, WindowTrainer

__all__ = ["main"]

HIDDEN = (16, 5)
FLOATS = ("unit", "output_unit", "rate", "jitter", "recent")


def _numbers(word: str) -> tuple[int, ...]:
    try:
        widths = tuple(int(part) for part in word.split(","))
    except ValueError:
        widths = ()
    if not widths or min(widths) < 1 or sum(widths) > 4096:
        raise argparse.ArgumentTypeError(f"must be latencies of each character, the newest first, such as 32,24,16, not {word!r}")
    return widths


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.deep", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--out", type=Path, default=Path("deep.safetensors"), help="the network file (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=10_000, help="mini-batches of 64 x 32 characters (default: %(default)s)")
    parser.add_argument("--widths", type=_numbers, default=(32, 24, 16, 16, 16, 8, 8, 8), help="latencies of each character, newest first")
    parser.add_argument("--hidden", type=tables_word, action="append", metavar="NTxNC", help="hidden layer, one or more (default: 16x5)")
    parser.add_argument("--output", type=tables_word, metavar="NTxNC", default=(32, 5), help="output tables")
    parser.add_argument("--no-hidden", action="store_true", help="the output layer alone")
    parser.add_argument("--grow", type=int, default=0, help="anchor pairs a table begins with (default: all)")
    parser.add_argument("--unit", type=float, default=1 / 8, help="of codes and hidden tables (default: %(default)s)")
    parser.add_argument("--output-unit", type=float, default=1 / 16, help="of output tables (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--jitter", type=float, default=0.5)
    parser.add_argument("--recent", type=float, default=0.12, help="part of a mini-batch from the last tenth of the training text")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _command(arguments: argparse.Namespace) -> str:
    """The command, every option spelt out; the text by its name."""
    words = ["python -m benchmarks.study.deep", f"--text {arguments.text.name}", f"--widths {','.join(map(str, arguments.widths))}"]
    words += ["--no-hidden"] if arguments.no_hidden else [f"--hidden {n_t}x{n_c}" for n_t, n_c in arguments.hidden or [HIDDEN]]
    words.append(f"--output {arguments.output[0]}x{arguments.output[1]}")
    words += [f"--{name.replace('_', '-')} {getattr(arguments, name):g}" for name in ("steps", "grow", *FLOATS, "seed")]
    return " ".join(words)


def run(arguments: argparse.Namespace) -> None:
    if not 1 <= arguments.steps <= 1_000_000:
        raise NetworkError(f"--steps must be 1..1000000, not {arguments.steps}")
    check_out(arguments.out)
    text = read_text(arguments.text)
    hidden = () if arguments.no_hidden else tuple(arguments.hidden or [HIDDEN])
    symbols = vocabulary(text.train, size=64)
    model = WindowModel.start(n_sym=len(symbols), widths=arguments.widths, hidden=hidden, output=arguments.output, seed=arguments.seed)
    schedule = Schedule(
        steps=arguments.steps,
        unit=arguments.unit,
        output_unit=arguments.output_unit,
        jitter=arguments.jitter,
        rate=arguments.rate,
        grow=arguments.grow,
        recent=arguments.recent,
        seed=arguments.seed,
    )
    trainer = WindowTrainer(model, encode(symbols, text.train), schedule)
    trained_on = {"name": text.name, "sha256": text.sha256, "held_out": "the last tenth"}
    card = {"task": "text window", "command": _command(arguments), "data": trained_on, "seed": arguments.seed}
    start, recent = time.process_time(), []
    with tqdm(total=arguments.steps, unit="step", dynamic_ncols=True) as bar:

        def progress(done: float, bits: float) -> None:
            recent.append(bits)
            bar.update()
            if len(recent) % 100 == 0:
                bar.set_postfix_str(f"train {np.mean(recent[-100:]):.3f}", refresh=False)

        trainer.run(progress)
    card["seconds"] = round(time.process_time() - start, 1)
    network, codes = quantise_window(
        trainer.current(), unit=arguments.unit, output_unit=arguments.output_unit, bits=schedule.bits, symbols=symbols, card=card
    )
    bits = score_window(network, codes, text.held_out)
    network.card["figures"] = {"bits_per_character": round(bits, 4), "characters": len(text.held_out)}
    save_network(network, arguments.out, extra={f"codes.{index}": code for index, code in enumerate(codes)})
    print(
        f"bits per character: {bits:.4f}; tables: {network.table_bytes()} bytes, codes: {sum(code.size for code in codes)}; {arguments.out}"
    )


def main(argv: list[str] | None = None) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        run(arguments)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
