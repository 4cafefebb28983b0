"""Training a deep text network with the compiled layers of golden/compiled/layer.py: one thread, Adam on the rows used, rounding at the
end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from golden.compiled.adam import Update
from golden.compiled.layer import softmax
from golden.integer.layer import ENTRY_LIMIT
from golden.model.adam import Adam, cosine
from golden.model.grow import depth_at
from golden.model.layer import Float32
from golden.training.architectures.window import LayerPass
from golden.training.rows import embedder
from golden.training.workers import direct

from .window import WindowModel


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
        self._layers = [LayerPass(layer, depth=depth, batch=schedule.streams, steps=schedule.length, rng=self._rng) for layer in layers]
        self._codes = [embedder(code) for code in model.codes]

    def round(self) -> None:
        """From now on the forward pass reads rounded tables and codes; the unrounded ones are trained and kept within the width."""
        schedule = self.schedule
        for code in self._codes:
            code.rows.round(schedule.unit, ENTRY_LIMIT[8])
        for layer in self._layers[:-1]:
            layer.tables.rows.round(schedule.unit, ENTRY_LIMIT[schedule.bits])
        self._layers[-1].tables.rows.round(schedule.output_unit, ENTRY_LIMIT[schedule.bits])

    def one_step(self, done: float) -> float:
        """One mini-batch; ``done`` (0..1) sets the learning rate. The mean loss of a target in bits, with jitter."""
        schedule = self.schedule
        self.step += 1
        if schedule.grow:
            depth = depth_at(done, first=min(schedule.grow, self._pairs), last=self._pairs, until=schedule.grown)
            for layer in self._layers:
                if depth > layer.tables.depth:
                    layer.tables.deepen(depth)
        tokens = self._pieces()
        reach, length = len(self._codes), schedule.length
        seen = [np.ascontiguousarray(tokens[:, reach - d : reach - d + length]) for d in range(1, reach + 1)]
        x = np.concatenate([code.rows.used[one] for code, one in zip(self._codes, seen, strict=True)], axis=2)
        jitter = np.float32(schedule.jitter)
        for layer in self._layers[:-1]:
            layer.forward(0, len(x), x, x, jitter)
        last = self._layers[-1]
        last.grad[:] = 0
        last.forward(0, len(x), x, last.grad, jitter)
        losses = np.zeros(len(tokens))
        softmax(0, len(tokens), last.grad, tokens[:, reach - 1 :], np.float32(1 / tokens.shape[0] / length), losses)
        dx = np.zeros_like(x)
        last.back(0, len(dx), dx)
        for layer in reversed(self._layers[:-1]):
            layer.grad[:] = dx
            layer.back(0, len(dx), dx)
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
        adam = Adam()
        update = Update(rate, adam.beta1, adam.beta2, adam.epsilon, self.step, touched=True)
        for layer in self._layers:
            layer.tables.update(direct, layer.seen.used, layer.grad, update)
        low = 0
        for code, tokens in zip(self._codes, seen, strict=True):
            width = code.rows.weights.shape[1]
            code.update(direct, np.ascontiguousarray(tokens[:, :, None]), np.ascontiguousarray(dx[:, :, low : low + width]), update)
            low += width

    def current(self) -> WindowModel:
        """``model`` with its arrays as the forward pass reads them now."""
        for code, array in zip(self._codes, self.model.codes, strict=True):
            array[:] = code.rows.used
        for layer in self._layers:
            layer.tables.write()
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
