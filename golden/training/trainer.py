"""The trainer of every text network: streams, schedule, Adam, threads."""

import time
from collections.abc import Callable
from typing import Generic

import numpy as np

from ..compiled.adam import Update
from ..integer.layer import NetworkError
from ..model.adam import Adam, cosine
from .learner import Learner, Model, Tokens
from .streams import Streams
from .workers import Workers


class Trainer(Generic[Model]):
    """Trains what ``learner`` holds on ``symbols`` (int32), as its options say; ``adam``: constants, whose rate the options replace.

    The result depends on the seed, not on the number of threads. A context manager: it owns threads.
    """

    def __init__(self, learner: Learner[Model], symbols: Tokens, *, adam: Adam | None = None) -> None:
        options = learner.options
        self.learner = learner
        self.step = 0
        self._adam = adam or Adam()
        self._streams = Streams(symbols, count=options.streams, window=options.window, recent=options.recent)
        self._workers = Workers(options.threads)

    def __enter__(self) -> "Trainer[Model]":
        return self

    def __exit__(self, *error: object) -> None:
        self._workers.shutdown()

    def one_step(self, done: float) -> float:
        """One mini-batch at ``done`` (0..1) of the schedule: mean loss of a target in bits, with jitter. Not finite: ``NetworkError``."""
        options, adam = self.learner.options, self._adam
        self.step += 1
        self.learner.grow(done)
        tokens = self._streams.next()
        rate = options.rate * cosine(done, step=self.step, warm=options.warm)
        update = Update(rate, adam.beta1, adam.beta2, adam.epsilon, self.step, not options.every_row)
        bits = self.learner.learn(self._workers, tokens, update) / (tokens.shape[0] * options.window * float(np.log(2)))
        if not np.isfinite(bits):
            raise NetworkError(f"the training run diverged at step {self.step}, its loss is {bits}: lower --rate, {options.rate:g}")
        return bits

    def speed(self, seconds: float) -> tuple[float, float]:
        """Targets a second of wall time, and of processor time, over so many seconds of whole steps, after two that compile."""
        for _ in range(2):
            self.one_step(0.5)
        start, cpu, first = time.perf_counter(), time.process_time(), self.step
        while time.perf_counter() - start < seconds:
            self.one_step(0.5)
        targets = (self.step - first) * self.learner.options.streams * self.learner.options.window
        return targets / (time.perf_counter() - start), targets / (time.process_time() - cpu)

    def run(
        self, progress: Callable[[float, float], bool | None], *, steps: int | None, minutes: float = 0, stop: float = 1, start: float = 0
    ) -> bool:
        """Train from ``start`` to ``stop`` (0..1) of a schedule of so many ``steps`` or, without, ``minutes``.

        ``progress(done, bits)`` is called after every step; where it returns True the training ends, and so it returns.
        """
        seconds = minutes * 60
        began = time.monotonic() - start * seconds
        while True:
            done = self.step / steps if steps is not None else (time.monotonic() - began) / seconds
            if done >= stop:
                return False
            if progress(done, self.one_step(done)):
                return True
