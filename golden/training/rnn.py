"""Training the spiking RNN: parallel streams with carried state, truncated back-propagation, Adam, rounding towards the end."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType

import numpy as np
import numpy.typing as npt

from ..compiled import rnn as fast
from ..integer.network import ENTRY_LIMIT
from ..model.grow import cut, deepen, depth_at
from ..model.layer import Float32, FloatLayer
from ..model.rnn import Rnn
from .adam import Adam, cosine

__all__ = ["RnnTrainer", "Rounding", "Settings"]

PARTS = 4  # pieces of work for each thread


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train.

    ``streams`` texts run side by side, ``context`` symbols are back-propagated through; ``jitter`` as in golden/model/layer.py; ``warm`` in
    steps. ``touched``: Adam on the rows a mini-batch uses, not on all. ``grow``: anchor pairs a table begins with, one more in equal steps
    until the part ``grown`` (0..1) of the schedule, see golden/model/grow.py; 0: all of them from the start. ``recent``: part of the
    streams that read the last tenth of the text alone, over and over, so that what stands nearest to what comes next counts more.
    """

    streams: int = 64
    context: int = 32
    jitter: float = 0.4
    adam: Adam = field(default_factory=Adam)
    warm: int = 200
    seed: int = 0
    threads: int = 2
    touched: bool = False
    grow: int = 0
    grown: float = 0.5
    recent: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """Units and widths of the integer network: hidden tables and embedder share one unit (2**-frac), the output tables have their own.

    ``hidden_most``: largest magnitude of a hidden table's entry that training allows, latency; None: what the width holds.
    """

    hidden_unit: float
    output_unit: float
    hidden_bits: int = 4
    embed_bits: int = 8
    output_bits: int = 4
    hidden_most: float | None = None


@dataclass(kw_only=True)
class _Part:
    """One flattened layer with its moments; ``used_rows`` is what the forward pass reads: the rows, or their rounding."""

    rows: Float32
    flat: fast.Flat
    first: Float32
    second: Float32
    used_rows: Float32
    unit: float = 0.0
    limit: float = 0.0

    def round(self, unit: float, bits: int, most: float | None = None) -> None:
        limit = float(ENTRY_LIMIT[bits])
        self.unit, self.limit = unit, limit if most is None else min(limit, most // unit)
        self.used_rows = (np.clip(np.rint(self.rows / unit), -self.limit, self.limit) * unit).astype(np.float32)


def _flatten(layer: FloatLayer) -> _Part:
    rows, flat = fast.flatten(layer)
    return _Part(rows=rows, flat=flat, first=np.zeros_like(rows), second=np.zeros_like(rows), used_rows=rows)


def _deeper(part: _Part, layer: FloatLayer, *, depth: int, to: int) -> _Part:
    """``part`` of ``cut(layer, depth)`` as one of ``cut(layer, to)``, moments and rounding included."""
    copies = [deepen(array, layer, depth=depth, to=to) for array in (part.rows, part.first, part.second, part.used_rows)]
    rows, first, second, used_rows = copies
    flat = fast.flatten(cut(layer, to))[1]
    rounded = part.used_rows is not part.rows
    return _Part(
        rows=rows, flat=flat, first=first, second=second, used_rows=used_rows if rounded else rows, unit=part.unit, limit=part.limit
    )


def _write(rows: Float32, layer: FloatLayer) -> None:
    low = 0
    for group in layer.groups:
        high = low + (group.n_t << group.n_c)
        group.tables[:] = rows[low:high].reshape(group.tables.shape)
        low = high


class RnnTrainer:
    """Trains ``model`` on ``symbols`` (int32); the result depends on the seed, not on the number of threads.

    A context manager: it owns threads.
    """

    def __init__(self, model: Rnn, symbols: npt.NDArray[np.int32], settings: Settings) -> None:
        needed = settings.streams * 2
        if len(symbols) <= max(settings.context, needed):
            raise ValueError(f"the text must have more than {max(settings.context, needed)} characters to train on, not {len(symbols)}")
        self.model = model
        self.settings = settings
        self.step = 0
        rng = np.random.default_rng(settings.seed)
        batch, length, n, n_sym = settings.streams, settings.context, model.n, model.n_sym
        self._pairs = max(group.n_c for layer in (model.hidden, model.output) for group in layer.groups)
        self._depth = min(settings.grow, self._pairs) or self._pairs
        self._hidden, self._output = _flatten(cut(model.hidden, self._depth)), _flatten(cut(model.output, self._depth))
        zeros = np.zeros_like(model.embed)
        rows = model.embed.copy()
        none = np.zeros(0, np.int32)
        flat = fast.Flat(np.zeros((0, 4), np.int32), none, none, np.zeros(1, np.int32), np.array([n_sym], np.int32))
        self._embed = _Part(rows=rows, flat=flat, first=zeros.copy(), second=zeros, used_rows=rows)
        self._text = np.concatenate([symbols, symbols[: length + 1]])
        late = round(settings.recent * batch)
        self._first = np.zeros(batch, np.int64)
        self._first[batch - late :] = len(symbols) - max(1, len(symbols) // 10)
        self._length = len(symbols) - self._first
        place = np.concatenate([np.arange(count, dtype=np.int64) for count in (batch - late, late)])
        share = np.array([max(count, 1) for count in (batch - late,) * (batch - late) + (late,) * late], np.int64)
        self._at = self._first + place * (self._length // share)
        self._h = np.zeros((batch, n), np.float32)
        n_s, n_u = model.hidden.n_t, model.output.n_t
        self._s_state = rng.integers(1, 1 << 32, (batch, n_s), dtype=np.uint32)
        self._u_state = rng.integers(1, 1 << 32, (batch, n_u), dtype=np.uint32)
        self._s_used = np.empty((batch, length, n_s), np.int32)
        self._u_used = np.empty((batch, length, n_u), np.int32)
        self._grad_h = np.empty((batch, length, n), np.float32)
        self._grad_o = np.empty((batch, length, n_sym), np.float32)
        self._losses = np.empty(batch)
        self._pool = ThreadPoolExecutor(settings.threads)

    def __enter__(self) -> "RnnTrainer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()

    def round(self, rounding: Rounding) -> None:
        """From now on the forward pass reads rounded tables; straight-through: the unrounded ones are trained, and clipped to the width."""
        self._hidden.round(rounding.hidden_unit, rounding.hidden_bits, rounding.hidden_most)
        self._embed.round(rounding.hidden_unit, rounding.embed_bits)
        self._output.round(rounding.output_unit, rounding.output_bits)

    def one_step(self, done: float) -> float:
        """One mini-batch; ``done`` (0..1) sets the learning rate. Returns the mean loss of a target in bits (with jitter)."""
        settings = self.settings
        self.step += 1
        if settings.grow:
            self._grow(depth_at(done, first=min(settings.grow, self._pairs), last=self._pairs, until=settings.grown))
        tokens = self._text[self._at[:, None] + np.arange(settings.context + 1)]
        e, s, u = self._embed, self._hidden, self._output
        states = (np.float32(settings.jitter), self._s_state, self._u_state)
        common = (*states, self._s_used, self._u_used, self._grad_h, self._grad_o, self._losses)
        tables = (e.used_rows, s.used_rows, s.flat, u.used_rows, u.flat)
        self._share(fast.batch_pass, settings.streams, *tables, self._h, tokens, *common)
        rate = settings.adam.rate * cosine(done, step=self.step, warm=settings.warm)
        adam = settings.adam
        for part, used, grad in ((e, tokens[:, :-1, None], self._grad_h), (s, self._s_used, self._grad_h), (u, self._u_used, self._grad_o)):
            constants = (rate, adam.beta1, adam.beta2, adam.epsilon, self.step, part.unit, part.limit, settings.touched)
            weights = (part.rows, part.used_rows, part.flat.low, part.flat.size)
            arrays = (np.ascontiguousarray(used), grad, part.first, part.second)
            self._share(fast.adam_tables, len(part.flat.low), *weights, *arrays, *constants)
        self._at = self._first + (self._at - self._first + settings.context) % self._length
        return float(self._losses.sum() / (settings.streams * settings.context * np.log(2)))

    def _grow(self, depth: int) -> None:
        """Give every table its first ``depth`` pairs; it never loses one."""
        if depth > self._depth:
            self._hidden = _deeper(self._hidden, self.model.hidden, depth=self._depth, to=depth)
            self._output = _deeper(self._output, self.model.output, depth=self._depth, to=depth)
            self._depth = depth

    def current(self) -> Rnn:
        """``model`` with the tables as the forward pass reads them now, written into its arrays."""
        self.model.embed[:] = self._embed.used_rows
        for part, layer in ((self._hidden, self.model.hidden), (self._output, self.model.output)):
            _write(deepen(part.used_rows, layer, depth=self._depth, to=self._pairs), layer)
        return self.model

    def run(
        self, progress: Callable[[float, float], None], *, steps: int | None, minutes: float | None, stop: float = 1.0, start: float = 0.0
    ) -> None:
        """Train from ``start`` to ``stop`` (0..1) of a schedule of so many ``steps`` or ``minutes``.

        ``progress(done, bits)`` is called after every step.
        """
        began = time.monotonic() - start * (minutes or 0.0) * 60
        while True:
            done = self.step / steps if steps is not None else (time.monotonic() - began) / ((minutes or 0.0) * 60)
            if done >= stop:
                return
            progress(done, self.one_step(done))

    def _share(self, function: Callable[..., None], count: int, *arguments: object) -> None:
        """Run ``function(low, high, ...)`` over 0..count in pieces, so that a busy processor does not hold up the other."""
        if self.settings.threads == 1:
            function(0, count, *arguments)
            return
        edges = np.linspace(0, count, min(PARTS * self.settings.threads, count) + 1).astype(int)
        jobs = [self._pool.submit(function, low, high, *arguments) for low, high in pairwise(edges)]
        for job in jobs:
            job.result()


def stream_loss(model: Rnn, tokens: npt.NDArray[np.int32], *, chunk: int = 1024) -> float:
    """Nats, summed, of every token but the first, streamed from h_0 = 0 without jitter."""
    hidden, output = _flatten(model.hidden), _flatten(model.output)
    h = np.zeros((1, model.n), np.float32)
    loss = np.zeros(1)
    n_s, n_u = model.hidden.n_t, model.output.n_t
    states = np.ones((1, n_s), np.uint32), np.ones((1, n_u), np.uint32)
    total = 0.0
    for low in range(0, len(tokens) - 1, chunk):
        window = tokens[None, low : low + chunk + 1]
        length = window.shape[1] - 1
        s_used, u_used = np.empty((1, length, n_s), np.int32), np.empty((1, length, n_u), np.int32)
        grad_h, grad_o = np.empty((1, length, model.n), np.float32), np.empty((1, length, model.n_sym), np.float32)
        layers = (model.embed, hidden.rows, hidden.flat, output.rows, output.flat)
        fast.batch_pass(0, 1, *layers, h, window, np.float32(0), *states, s_used, u_used, grad_h, grad_o, loss)
        total += float(loss[0])
    return total
