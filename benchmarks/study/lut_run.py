"""A timed training of a table network: the trainer of ``python -m golden.train`` without its checks in between."""

import time
from typing import Any

from golden.compiled.stream import score
from golden.integer.layer import NetworkError
from golden.integer.symbols import encode
from golden.tasks.text import Text, vocabulary
from golden.training.learner import Architecture
from golden.training.options import LanguageOptions
from golden.training.trainer import Trainer

from .runs import Run


def timed_run(kind: Architecture[Any, Any], options: LanguageOptions, text: Text, *, family: str, name: str, command: str) -> Run:
    """A training with a schedule of ``options.steps``, its integer network scored on the last tenth, whose seconds are its own alone.

    Compiling comes before the clock starts. The options must name the units of tables, else ``NetworkError``.
    """
    symbols = vocabulary(text.train, size=options.symbols)
    data = encode(symbols, text.train)

    def start() -> Trainer[Any]:
        return Trainer(kind.learner(kind.start(options, n_sym=len(symbols)), options), data)

    def refuse(rounding: Any) -> float:
        raise NetworkError("the options must name units of the tables")

    with start() as trainer:
        rounding = kind.rounding(trainer.learner.current(), options, refuse)
        trainer.one_step(0.0)
    steps = options.steps or 0
    with start() as trainer:
        began = time.process_time()
        trainer.run(lambda done, bits: None, steps=steps, stop=1 - options.qat)
        trainer.learner.round(rounding)
        trainer.run(lambda done, bits: None, steps=steps)
        seconds = time.process_time() - began
        network = kind.quantise(kind.softened(trainer.learner.current(), options.soften), rounding, symbols=symbols, card={})
    return Run(
        model=name,
        family=family,
        characters=steps * options.streams * options.window,
        seconds=round(seconds, 1),
        bits=round(score(network, text.held_out).bits, 4),
        table_bytes=network.table_bytes(),
        bytes_read=network.bytes_read(),
        seed=options.seed,
        command=command,
    )
