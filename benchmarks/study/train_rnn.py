"""``python -m benchmarks.study.train_rnn``: train a preset of the spiking RNN for so many steps; a line of docs/study/convergence.json.

The trainer of ``python -m golden.train text`` without its checks in between, so that the seconds are the training's own.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from golden.integer.network import NetworkError
from golden.integer.stream import score
from golden.model.quantise import quantise_rnn, soften
from golden.tasks.presets import TEXT_PRESETS
from golden.tasks.text import Text, encode, read_text, vocabulary
from golden.training.adam import Adam
from golden.training.rnn import RnnTrainer, Rounding, Settings

from .figures import rows_read
from .runs import RUNS, Run, put_run

__all__ = ["main", "train"]


def train(
    text: Text,
    *,
    preset: str,
    steps: int,
    streams: int,
    rate: float,
    grow: int,
    qat: float,
    recent: float,
    seed: int,
    name: str,
) -> Run:
    """A training with a schedule of ``steps``, its integer network scored on the last tenth. Compiling comes before the clock starts."""
    shape = replace(TEXT_PRESETS[preset], rate=rate, grow=grow, qat=qat, recent=recent)
    if shape.hidden_unit is None or shape.output_unit is None:
        raise NetworkError(f"--preset must name units of its tables, {preset} does not")
    symbols = vocabulary(text.train, size=shape.symbols)
    rounding = Rounding(
        hidden_unit=shape.hidden_unit,
        output_unit=shape.output_unit,
        hidden_bits=shape.hidden_bits,
        embed_bits=shape.embed_bits,
        output_bits=shape.output_bits,
        hidden_most=shape.hidden_most,
    )
    settings = Settings(
        streams=streams,
        jitter=shape.jitter,
        adam=Adam(rate=rate),
        touched=shape.touched,
        grow=grow,
        grown=shape.grown,
        recent=recent,
        warm=min(200, max(1, steps // 10)),
        seed=seed,
        threads=1,
    )
    data = encode(symbols, text.train)
    with RnnTrainer(shape.model(n_sym=len(symbols), seed=seed), data, settings) as trainer:
        trainer.one_step(0.0)
    with RnnTrainer(shape.model(n_sym=len(symbols), seed=seed), data, settings) as trainer:
        start = time.process_time()
        trainer.run(lambda done, bits: None, steps=steps, minutes=None, stop=1 - qat)
        trainer.round(rounding)
        trainer.run(lambda done, bits: None, steps=steps, minutes=None)
        seconds = time.process_time() - start
        network = quantise_rnn(soften(trainer.current(), shape.soften), rounding, symbols=symbols, card={})
    options = f"--preset {preset} --steps {steps} --streams {streams} --rate {rate:g} --grow {grow} --qat {qat:g}"
    options += f" --recent {recent:g} --seed {seed}"
    return Run(
        model=name,
        family="rnn",
        characters=steps * settings.streams * settings.context,
        seconds=round(seconds, 1),
        bits=round(score(network, text.held_out).bits, 4),
        table_bytes=network.table_bytes(),
        bytes_read=sum(one.rows * one.bytes for one in rows_read(network)),
        seed=seed,
        command=f"python -m benchmarks.study.train_rnn --text {text.name} {options}",
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.train_rnn", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="any file; its last tenth is held out")
    parser.add_argument("--preset", choices=TEXT_PRESETS, default="best-5m")
    parser.add_argument("--steps", type=int, default=1000, help="mini-batches (default: %(default)s)")
    parser.add_argument("--streams", type=int, default=64, help="pieces of 32 characters in a mini-batch (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--grow", type=int, default=3)
    parser.add_argument("--qat", type=float, default=0.5)
    parser.add_argument("--recent", type=float, default=0.12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the file of runs (default: docs/study/convergence.json)")
    arguments = parser.parse_args(argv)
    try:
        if not 1 <= arguments.steps <= 1_000_000:
            raise NetworkError(f"--steps must be 1..1000000, not {arguments.steps}")
        if not 1 <= arguments.streams <= 65536:
            raise NetworkError(f"--streams must be 1..65536, not {arguments.streams}")
        names = ("preset", "steps", "streams", "rate", "grow", "qat", "recent", "seed")
        run = train(read_text(arguments.text), name=f"RNN {arguments.preset}", **{name: getattr(arguments, name) for name in names})
        put_run(run, arguments.runs)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
