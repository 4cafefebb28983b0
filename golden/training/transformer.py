"""Training the SNN transformer: parallel streams whose caches are carried from window to window, Adam, rounding towards the end."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType

import numpy as np
import numpy.typing as npt

from ..integer.network import ENTRY_LIMIT, LATENCY_MAX
from ..model.grow import depth_at
from ..model.transformer import Transformer
from .adam import Adam, cosine
from .deepen import cut_transformer, deeper_pass, most_pairs, write_whole
from .window import TransformerPass

__all__ = ["TransformerRounding", "TransformerSettings", "TransformerTrainer", "stream_loss"]

PARTS = 4  # pieces of work for each thread


@dataclass(frozen=True, kw_only=True)
class TransformerSettings:
    """How to train.

    ``streams`` texts run side by side, ``window`` symbols a step; ``carry``: positions attend into the window before, as in generation;
    without it every window starts from an empty cache. ``even``: the learning rate of an attention table's row is divided by the number of
    distances that have its position bits, because a step of such a row moves a latency so many times. ``jitter``, ``warm``, ``touched``,
    ``recent``, ``grow`` and ``grown`` as in golden/training/rnn.py; ``attention_rate``: factor of the learning rate for
    attention tables (many of them move a latency together); what grows: golden/training/deepen.py.
    ``short``: the context to begin with, until the part ``widened`` (0..1) of the schedule; 0: the whole one. So long
    the positional encodings stand still.
    """

    streams: int = 64
    window: int = 32
    carry: bool = True
    even: bool = True
    attention_rate: float = 1.0
    jitter: float = 0.3
    adam: Adam = field(default_factory=Adam)
    warm: int = 200
    seed: int = 0
    threads: int = 2
    touched: bool = False
    recent: float = 0.0
    grow: int = 0
    grown: float = 0.5
    short: int = 0
    widened: float = 0.7


@dataclass(frozen=True, kw_only=True)
class TransformerRounding:
    """Units and widths of the integer network's tables. A latency's unit is the finest of the first three."""

    attention_unit: float
    feed_unit: float
    embed_unit: float
    output_unit: float
    attention_bits: int = 4
    feed_bits: int = 4
    embed_bits: int = 8
    output_bits: int = 4

    @property
    def unit(self) -> float:
        return min(self.attention_unit, self.feed_unit, self.embed_unit)

    def limits(self, *, rows: int) -> dict[str, int]:
        """Largest |entry| of each part; an attention table's are such that the ``rows`` of a head can't leave 16 bits, shift included."""
        shifted = LATENCY_MAX // rows // max(1, round(self.attention_unit / self.unit))
        return {
            "attention": min(ENTRY_LIMIT[self.attention_bits], shifted),
            "feed": ENTRY_LIMIT[self.feed_bits],
            "embed": ENTRY_LIMIT[self.embed_bits],
            "output": ENTRY_LIMIT[self.output_bits],
        }

    def units(self) -> dict[str, float]:
        return {"attention": self.attention_unit, "feed": self.feed_unit, "embed": self.embed_unit, "output": self.output_unit}


class TransformerTrainer:
    """Trains ``model`` on ``symbols`` (int32); the result depends on the seed, not on the number of threads.

    A context manager: it owns threads.
    """

    def __init__(self, model: Transformer, symbols: npt.NDArray[np.int32], settings: TransformerSettings) -> None:
        needed = max(settings.window, 2 * settings.streams)
        if len(symbols) <= needed:
            raise ValueError(f"the text must have more than {needed} characters to train on, not {len(symbols)}")
        self.settings = settings
        self.step = 0
        rng = np.random.default_rng(settings.seed)
        self.model = model
        self._full = most_pairs(model)
        self._depth = min(settings.grow, self._full) or self._full
        self._context = min(settings.short, model.context) or model.context
        small = cut_transformer(model, self._depth, self._context)
        self._pass = TransformerPass(small, settings.streams, settings.window, rng, even=settings.even)
        self._text = np.concatenate([symbols, symbols[: settings.window + 1]])
        batch = settings.streams
        late = round(settings.recent * batch)
        self._first = np.zeros(batch, np.int64)
        self._first[batch - late :] = len(symbols) - max(1, len(symbols) // 10)
        self._length = len(symbols) - self._first
        place = np.concatenate([np.arange(count, dtype=np.int64) for count in (batch - late, late)])
        share = np.array([max(count, 1) for count in (batch - late,) * (batch - late) + (late,) * late], np.int64)
        self._at = self._first + place * (self._length // share)
        self._pool = ThreadPoolExecutor(settings.threads)

    def __enter__(self) -> "TransformerTrainer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()

    def round(self, rounding: TransformerRounding) -> None:
        """From now on the forward pass reads rounded tables; straight-through: the unrounded ones are trained, and clipped to the width."""
        self._pass.round(units=rounding.units(), limits=rounding.limits(rows=head_rows(self.model)))

    def one_step(self, done: float) -> float:
        """One mini-batch; ``done`` (0..1) sets the learning rate. Returns the mean loss of a target in bits (with jitter)."""
        settings = self.settings
        self.step += 1
        self._grow(done)
        tokens = self._text[self._at[:, None] + np.arange(settings.window + 1)]
        rate = settings.adam.rate * cosine(done, step=self.step, warm=settings.warm)
        self._pass.forward(self._share, tokens, jitter=settings.jitter)
        loss = float(self._pass.losses.sum())
        whole = self._context == self.model.context  # else an encoding could take the bits of the distances to come
        self._pass.backward(
            self._share,
            tokens,
            step=self.step,
            rate=rate,
            adam=settings.adam,
            touched=settings.touched,
            places=whole,
            attention_rate=settings.attention_rate,
        )
        if settings.carry:
            self._pass.carry()
        self._at = self._first + (self._at - self._first + settings.window) % self._length
        return loss / (settings.streams * settings.window * float(np.log(2)))

    def _grow(self, done: float) -> None:
        """Give the tables the pairs, and attention the distances, that are due."""
        settings, depth, context = self.settings, self._depth, self._context
        if settings.grow:
            due = depth_at(done, first=min(settings.grow, self._full), last=self._full, until=settings.grown)
            depth = max(depth, due)
        if done >= settings.widened:
            context = self.model.context
        if (depth, context) != (self._depth, self._context):
            self._pass = deeper_pass(self._pass, self.model, depth=self._depth, to=depth, context=context)
            self._depth, self._context = depth, context

    def current(self) -> Transformer:
        """The model with its tables as the forward pass reads them now."""
        return write_whole(self._pass, self.model, depth=self._depth, full=self._full)

    def run(
        self, progress: Callable[[float, float], None], *, steps: int | None, minutes: float | None, stop: float = 1.0, start: float = 0.0
    ) -> None:
        """Train from ``start`` to ``stop`` (0..1) of a schedule of so many ``steps`` or ``minutes``; see golden/training/rnn.py."""
        began = time.monotonic() - start * (minutes or 0.0) * 60
        while True:
            done = self.step / steps if steps is not None else (time.monotonic() - began) / ((minutes or 0.0) * 60)
            if done >= stop:
                return
            progress(done, self.one_step(done))

    def wait(self) -> None:
        """After Ctrl-C: until what threads still do is done."""
        self._pool.shutdown()

    def _share(self, function: Callable[..., None], count: int, *arguments: object) -> None:
        """Run ``function(low, high, ...)`` over 0..count in pieces."""
        if self.settings.threads == 1:
            function(0, count, *arguments)
            return
        edges = np.linspace(0, count, min(PARTS * self.settings.threads, count) + 1).astype(int)
        jobs = [self._pool.submit(function, low, high, *arguments) for low, high in pairwise(edges)]
        for job in jobs:
            job.result()


def head_rows(model: Transformer) -> int:
    """The most rows that one head adds to a latency."""
    attention = model.blocks[0].attention
    return attention.n_t // attention.heads * (attention.context - 1)


def stream_loss(model: Transformer, tokens: npt.NDArray[np.int32], *, chunk: int = 256) -> float:
    """Nats, summed, of every token but the first, streamed from an empty cache without jitter."""

    def direct(function: Callable[..., None], count: int, *arguments: object) -> None:
        function(0, count, *arguments)

    passed = TransformerPass(model, 1, chunk, np.random.default_rng(0))
    total = 0.0
    for low in range(0, len(tokens) - 1, chunk):
        window = tokens[None, low : low + chunk + 1]
        if window.shape[1] <= chunk:  # the last one: a pass of its own length that goes on from the same keys
            last = TransformerPass(model, 1, window.shape[1] - 1, np.random.default_rng(0))
            last.resume(passed)
            passed = last
        passed.forward(direct, window)
        passed.carry()
        total += float(passed.losses[0])
    return total
