"""``python -m benchmarks.study.deep``: train a deep network to predict the next character from a window, and save it with its codes."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from tqdm import tqdm

from golden.integer.file import save_network
from golden.integer.symbols import encode
from golden.tasks.products import check_out
from golden.tasks.text import read_text, vocabulary
from golden.training.options import tables_word
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.command.options import FLAT, Options, option, word
from polychron.command.terminal import printable

from .models.window import WindowModel, quantise_window, score_window
from .models.window_trainer import Schedule, WindowTrainer
from .runs import TEXT

HIDDEN = (16, 5)
FLOATS = ("unit", "output_unit", "rate", "jitter", "recent")


def _numbers(word: str) -> tuple[int, ...]:
    try:
        widths = tuple(int(part) for part in word.split(","))
    except ValueError:
        widths = ()
    if not widths or min(widths) < 1 or sum(widths) > 4096:
        raise ValueError(f"must be latencies of each character, the newest first, such as 32,24,16, not {word!r}")
    return widths


@dataclass(frozen=True, kw_only=True)
class DeepOptions(Options):
    """A deep network on a window of characters, and its training."""

    steps: Annotated[int, option("mini-batches of 64 x 32 characters", low=1, high=1_000_000)] = 10_000
    widths: Annotated[
        tuple[int, ...],
        word(
            "latencies of each character, newest first, such as 32,24,16",
            _numbers,
            metavar="N,N,...",
            between=",",
            show_default="32,24,16,16,16,8,8,8",
        ),
    ] = (32, 24, 16, 16, 16, 8, 8, 8)
    hidden: Annotated[tuple[str, ...], option("hidden layer, one or more; left out: 16x5", metavar="NTxNC")] = ()
    output: Annotated[tuple[int, int], word("output tables", tables_word, metavar="NTxNC", show_default="32x5")] = (32, 5)
    no_hidden: Annotated[bool, option("the output layer alone")] = False
    grow: Annotated[int, option("anchor pairs a table begins with; 0: all", low=0, high=16)] = 0
    unit: Annotated[float, option("of codes and hidden tables", low=2.0**-12, high=1)] = 1 / 8
    output_unit: Annotated[float, option("of output tables", low=2.0**-12, high=1)] = 1 / 16
    rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.01
    jitter: Annotated[float, option("chance that a table's nearest bit flips", low=0, high=1)] = 0.5
    recent: Annotated[float, option("part of a mini-batch from the last tenth of the training text", low=0, high=1)] = 0.12
    seed: Annotated[int, option("of everything drawn", low=0, high=1 << 63)] = 0

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Hidden layers, (tables, pairs) each."""
        return () if self.no_hidden else tuple(map(tables_word, self.hidden)) or (HIDDEN,)


DEFAULT = DeepOptions()
app = make_app(
    "python -m benchmarks.study.deep",
    "Train a deep network to predict the next character from a window, and save it with its codes.",
    examples=["python -m benchmarks.study.deep --text TEXT --steps 1000 --hidden 16x5 --hidden 8x6"],
)


def _command(arguments: DeepOptions, text: str) -> str:
    """The command, every option spelt out; the text by its name."""
    words = ["python -m benchmarks.study.deep", f"--text {text}", f"--widths {','.join(map(str, arguments.widths))}"]
    words += [f"--hidden {n_t}x{n_c}" for n_t, n_c in arguments.layers] or ["--no-hidden"]
    words.append(f"--output {arguments.output[0]}x{arguments.output[1]}")
    words += [f"--{name.replace('_', '-')} {getattr(arguments, name):g}" for name in ("steps", "grow", *FLOATS, "seed")]
    return " ".join(words)


@app.default
def command(
    arguments: Annotated[DeepOptions, FLAT] = DEFAULT,
    *,
    text: Annotated[Path, TEXT],
    out: Annotated[Path, option("the network file", metavar="FILE")] = Path("deep.safetensors"),
) -> None:
    check_out(out)
    data = read_text(text)
    symbols = vocabulary(data.train, size=64)
    model = WindowModel.start(
        n_sym=len(symbols), widths=arguments.widths, hidden=arguments.layers, output=arguments.output, seed=arguments.seed
    )
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
    trainer = WindowTrainer(model, encode(symbols, data.train), schedule)
    trained_on = {"name": data.name, "sha256": data.sha256, "held_out": "the last tenth"}
    card = {"task": "text window", "command": _command(arguments, data.name), "data": trained_on, "seed": arguments.seed}
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
    bits = score_window(network, codes, data.held_out)
    network.card["figures"] = {"bits_per_character": round(bits, 4), "characters": len(data.held_out)}
    save_network(network, out, extra={f"codes.{index}": code for index, code in enumerate(codes)})
    sizes = f"tables: {network.table_bytes()} bytes, codes: {sum(code.size for code in codes)}"
    print(f"bits per character: {bits:.4f}; {sizes}; {printable(out)}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
