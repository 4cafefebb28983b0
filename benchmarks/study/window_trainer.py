"""Training a deep text network with the compiled layers of golden/compiled/layer.py: one thread, Adam on the rows used, rounding at the
end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from golden.compiled import layer as fast_layer
from golden.compiled.rnn import adam_tables, flatten
from golden.integer.network import ENTRY_LIMIT
from golden.model.grow import cut, deepen, depth_at
from golden.model.layer import Float32, FloatLayer
from golden.training.adam import Adam, cosine

from .window import WindowModel

__all__ = ["Schedule", "WindowTrainer"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``steps`` mini-batches of ``streams`` pieces of ``length`` characters, drawn anywhere, a part ``recent`` of them in the last tenth.

    Tables have ``grow`` pairs at first and all from the part ``grown`` on (0: all at once). The last part ``qat`` is rounded: codes and
    hidden tables to ``unit``, output tables to ``output_unit``, tables to ``bits``.
    """

    steps: int
    unit: float
    output_unit: float
    bits: int = 4
    streams: int = 64
    length: int = 32
    jitter: float = 0.5
    rate: float = 0.01
    warm: int = 200
    qat: float = 0.8
    grow: int = 0
    grown: float = 0.8
    recent: float = 0.12
    seed: int = 0


class _Rows:
    """Rows with Adam's moments; ``used`` is what the forward pass reads."""

    def __init__(self, weights: Float32) -> None:
        self.weights, self.used = weights, weights
        self.first, self.second = np.zeros_like(weights), np.zeros_like(weights)
        self.unit = self.limit = 0.0

    def round(self, unit: float, limit: float) -> None:
        self.unit, self.limit = unit, limit
        self.used = (np.clip(np.rint(self.weights / unit), -limit, limit) * unit).astype(np.float32)


class _Layer:
    """A LUT layer under training, with what the mini-batch left behind for the way back."""

    def __init__(self, layer: FloatLayer, *, depth: int, schedule: Schedule, rng: np.random.Generator) -> None:
        self.layer, self.depth = layer, depth
        weights, self.flat = flatten(cut(layer, depth))
        self.rows = _Rows(weights)
        shape = (schedule.streams, schedule.length, layer.n_t)
        self.row, self.flip, self.looked, self.near = (np.zeros(shape, np.int32) for _ in range(4))
        self.diff = np.zeros(shape, np.float32)
        self.grad = np.zeros((*shape[:2], layer.n_out), np.float32)
        self.state = rng.integers(1, 1 << 32, (schedule.streams, layer.n_t), dtype=np.uint32)

    def forward(self, x: Float32, y: Float32, jitter: float) -> None:
        seen = (self.row, self.flip, self.looked, self.near, self.diff)
        fast_layer.layer_forward(0, len(x), self.rows.used, self.flat, x, y, np.float32(jitter), self.state, *seen)

    def back(self, dx: Float32) -> None:
        fast_layer.layer_back(0, len(dx), self.rows.used, self.flat, self.row, self.flip, self.near, self.diff, self.grad, dx)

    def deepen(self, depth: int) -> None:
        if depth <= self.depth:
            return
        rows = self.rows
        rounded = rows.used is not rows.weights
        for name in ("weights", "first", "second"):
            setattr(rows, name, deepen(getattr(rows, name), self.layer, depth=self.depth, to=depth))
        rows.used = deepen(rows.used, self.layer, depth=self.depth, to=depth) if rounded else rows.weights
        self.flat = flatten(cut(self.layer, depth))[1]
        self.depth = depth

    def write(self, *, pairs: int) -> None:
        used, low = deepen(self.rows.used, self.layer, depth=self.depth, to=pairs), 0
        for group in self.layer.groups:
            high = low + (group.n_t << group.n_c)
            group.tables[:] = used[low:high].reshape(group.tables.shape)
            low = high


class WindowTrainer:
    """Trains ``model`` in place on ``symbols`` (int32); the same seed gives the same tables."""

    def __init__(self, model: WindowModel, symbols: npt.NDArray[np.int32], schedule: Schedule) -> None:
        reach = len(model.codes) + schedule.length + 1
        if len(symbols) <= 10 * reach:
            raise ValueError(f"the text must have more than {10 * reach} characters to train on, not {len(symbols)}")
        self.model, self.schedule, self.step = model, schedule, 0
        self._rng = np.random.default_rng(schedule.seed)
        self._symbols = symbols
        layers = (*model.hidden, model.output)
        self._pairs = max(group.n_c for layer in layers for group in layer.groups)
        depth = min(schedule.grow, self._pairs) or self._pairs
        self._layers = [_Layer(layer, depth=depth, schedule=schedule, rng=self._rng) for layer in layers]
        self._codes = [_Rows(code.copy()) for code in model.codes]
        self._adam = Adam(rate=schedule.rate)

    def round(self) -> None:
        """From now on the forward pass reads rounded tables and codes; the unrounded ones are trained and kept within the width."""
        schedule = self.schedule
        for rows in self._codes:
            rows.round(schedule.unit, ENTRY_LIMIT[8])
        for layer in self._layers[:-1]:
            layer.rows.round(schedule.unit, ENTRY_LIMIT[schedule.bits])
        self._layers[-1].rows.round(schedule.output_unit, ENTRY_LIMIT[schedule.bits])

    def one_step(self, done: float) -> float:
        """One mini-batch; ``done`` (0..1) sets the learning rate. The mean loss of a target in bits, with jitter."""
        schedule = self.schedule
        self.step += 1
        if schedule.grow:
            depth = depth_at(done, first=min(schedule.grow, self._pairs), last=self._pairs, until=schedule.grown)
            for layer in self._layers:
                layer.deepen(depth)
        tokens = self._pieces()
        reach, length = len(self._codes), schedule.length
        seen = [np.ascontiguousarray(tokens[:, reach - d : reach - d + length]) for d in range(1, reach + 1)]
        x = np.concatenate([rows.used[one] for rows, one in zip(self._codes, seen, strict=True)], axis=2)
        for layer in self._layers[:-1]:
            layer.forward(x, x, schedule.jitter)
        last = self._layers[-1]
        last.grad[:] = 0
        last.forward(x, last.grad, schedule.jitter)
        losses = np.zeros(len(tokens))
        fast_layer.softmax(0, len(tokens), last.grad, tokens[:, reach - 1 :], np.float32(1 / tokens.shape[0] / length), losses)
        dx = np.zeros_like(x)
        last.back(dx)
        for layer in reversed(self._layers[:-1]):
            layer.grad[:] = dx
            layer.back(dx)
        self._update(seen, dx, rate=schedule.rate * cosine(done, step=self.step, warm=schedule.warm))
        return float(losses.sum() / (tokens.shape[0] * length * np.log(2)))

    def _pieces(self) -> npt.NDArray[np.int32]:
        """(streams, k + length) symbols: k before the first target, then the targets."""
        schedule = self.schedule
        size = len(self.model.codes) + schedule.length
        late = round(schedule.recent * schedule.streams)
        top = len(self._symbols) - size
        at = self._rng.integers(0, top, schedule.streams)
        at[:late] = self._rng.integers(top * 9 // 10, top, late)
        return self._symbols[at[:, None] + np.arange(size)]

    def _update(self, seen: list[npt.NDArray[np.int32]], dx: Float32, *, rate: float) -> None:
        adam = (rate, self._adam.beta1, self._adam.beta2, self._adam.epsilon, self.step)
        for layer in self._layers:
            rows, flat = layer.rows, layer.flat
            weights = (rows.weights, rows.used, flat.low, flat.size, layer.looked, layer.grad, rows.first, rows.second)
            adam_tables(0, len(flat.low), *weights, *adam, rows.unit, rows.limit, True)
        low = 0
        for rows, tokens in zip(self._codes, seen, strict=True):
            count, width = rows.weights.shape
            grad = np.ascontiguousarray(dx[:, :, low : low + width])
            table = (np.zeros(1, np.int32), np.array([count], np.int32), np.ascontiguousarray(tokens[:, :, None]))
            adam_tables(0, 1, rows.weights, rows.used, *table, grad, rows.first, rows.second, *adam, rows.unit, rows.limit, True)
            low += width

    def current(self) -> WindowModel:
        """``model`` with its arrays as the forward pass reads them now."""
        for rows, code in zip(self._codes, self.model.codes, strict=True):
            code[:] = rows.used
        for layer in self._layers:
            layer.write(pairs=self._pairs)
        return self.model

    def run(self, progress: Callable[[float, float], None]) -> None:
        """The whole schedule; ``progress(done, bits)`` after every step."""
        schedule = self.schedule
        start = round(schedule.steps * (1 - schedule.qat))
        while self.step < schedule.steps:
            if self.step == start and schedule.qat > 0:
                self.round()
            done = self.step / schedule.steps
            progress(done, self.one_step(done))
