"""``python -m benchmarks.study.train_transformer``: train a preset of the SNN transformer; a line of docs/study/convergence.json.

The trainer of ``python -m golden.train transformer`` without its checks in between, so that the seconds are the training's own.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from golden.integer.network import NetworkError
from golden.integer.stream import score
from golden.model.transformer import Transformer
from golden.model.transformer_quantise import quantise_transformer, soften_transformer
from golden.tasks.text import Text, encode, read_text, vocabulary
from golden.tasks.transformer_presets import TRANSFORMER_PRESETS
from golden.training.adam import Adam
from golden.training.transformer import TransformerRounding, TransformerSettings, TransformerTrainer

from .figures import rows_read
from .runs import RUNS, Run, put_run

__all__ = ["main", "train"]


def train(text: Text, *, preset: str, steps: int, rate: float, qat: float, recent: float, seed: int, name: str) -> Run:
    """A training with a schedule of ``steps``, its integer network scored on the last tenth. Compiling comes before the clock starts."""
    shape = TRANSFORMER_PRESETS[preset]
    if shape.units is None:
        raise NetworkError(f"--preset must name units of its tables, {preset} does not")
    symbols = vocabulary(text.train, size=shape.symbols)
    attention, feed, embed, output = shape.units
    rounding = TransformerRounding(
        attention_unit=attention,
        feed_unit=feed,
        embed_unit=embed,
        output_unit=output,
        attention_bits=shape.bits,
        feed_bits=shape.bits,
        embed_bits=shape.embed_bits,
        output_bits=shape.bits,
    )
    settings = TransformerSettings(
        jitter=shape.jitter,
        adam=Adam(rate=rate),
        warm=min(200, max(1, steps // 10)),
        touched=shape.touched,
        grow=shape.grow,
        grown=shape.grown,
        short=shape.short,
        widened=shape.widened,
        attention_rate=shape.attention_rate,
        recent=recent,
        seed=seed,
        threads=1,
    )
    data = encode(symbols, text.train)

    def start() -> TransformerTrainer:
        model = Transformer.start(n_sym=len(symbols), shape=shape.shape, rng=np.random.default_rng([seed, 1]), spread=shape.spread)
        return TransformerTrainer(model, data, settings)

    with start() as trainer:
        trainer.one_step(0.0)
    with start() as trainer:
        began = time.process_time()
        trainer.run(lambda done, bits: None, steps=steps, minutes=None, stop=1 - qat)
        trainer.round(rounding)
        trainer.run(lambda done, bits: None, steps=steps, minutes=None)
        seconds = time.process_time() - began
        network = quantise_transformer(soften_transformer(trainer.current(), shape.soften), rounding, symbols=symbols, card={})
    options = f"--preset {preset} --steps {steps} --rate {rate:g} --qat {qat:g} --recent {recent:g} --seed {seed}"
    return Run(
        model=name,
        family="transformer",
        characters=steps * settings.streams * settings.window,
        seconds=round(seconds, 1),
        bits=round(score(network, text.held_out).bits, 4),
        table_bytes=network.table_bytes(),
        bytes_read=sum(one.rows * one.bytes for one in rows_read(network)),
        seed=seed,
        command=f"python -m benchmarks.study.train_transformer --text {text.name} {options}",
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.train_transformer", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--preset", choices=TRANSFORMER_PRESETS, default="spram")
    parser.add_argument("--steps", type=int, default=1000, help="mini-batches of 64 x 32 characters (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--qat", type=float, default=0.5)
    parser.add_argument("--recent", type=float, default=0.12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file of runs (default: docs/study/convergence.json)")
    arguments = parser.parse_args(argv)
    try:
        if not 1 <= arguments.steps <= 1_000_000:
            raise NetworkError(f"--steps must be 1..1000000, not {arguments.steps}")
        names = ("preset", "steps", "rate", "qat", "recent", "seed")
        given = {name: getattr(arguments, name) for name in names}
        run = train(read_text(arguments.text), name=f"transformer {arguments.preset}", **given)
        put_run(run, arguments.runs)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
