"""The training of a network that reads signals: back-propagation through all steps of a mini-batch of signals, Adam, rounded tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...compiled.adam import Update
from ...compiled.signal import signal_back, signal_forward
from ...integer.layer import ENTRY_LIMIT, Int16
from ...integer.signal import SignalNetwork
from ...model.adam import Adam, cosine
from ...model.layer import Float32
from ...model.quantise import log2_unit, natural_unit, quantise_layer, quantise_output
from ...model.signal import SignalModel
from ...training.architectures.window import LayerPass
from ...training.workers import direct
from ..fitting.train import Tick
from .goals import Goal, Lengths
from .recipe import SignalRecipe, start

WARM = 20  # steps of Adam over which the rate rises
BITS = 4  # of the entries
FINER = 0.5  # of the unit with which one entry in a thousand is clipped: more are, and the others gain


@dataclass(frozen=True, kw_only=True)
class SignalFit:
    """The integer network, without a card, and whether ``tick`` cut its training short."""

    network: SignalNetwork
    stopped: bool


class SignalPasses:
    """``model`` with what passes through ``batch`` signals of at most ``steps`` steps leave behind."""

    def __init__(self, model: SignalModel, *, batch: int, steps: int, rng: np.random.Generator) -> None:
        self.model, self.rng = model, rng
        sizes = {"depth": None, "batch": batch, "steps": steps, "rng": rng}
        self.hidden, self.output = (LayerPass(layer, **sizes) for layer in (model.hidden, model.output))  # type: ignore[arg-type]
        self.room = np.zeros((batch, steps, model.n), np.float32)
        self.room[:, :, model.n - len(model.constants) :] = model.constants * 2.0**-model.frac

    @property
    def _layers(self) -> tuple[LayerPass, LayerPass]:
        return self.hidden, self.output

    def forward(self, signals: Sequence[Int16], *, jitter: float = 0.0) -> tuple[Float32, Lengths]:
        """The (batch, steps, n_out) scores of as many ``signals``, each (its steps, n_in) latencies, 0 behind their ends; their lengths."""
        first, unit = self.model.n_h, np.float32(2.0**-self.model.frac)
        for room, signal in zip(self.room, signals, strict=True):
            room[: len(signal), first : first + self.model.n_in] = signal * unit
        lengths = np.array([len(signal) for signal in signals], np.int64)
        tables = [(layer.tables.rows.used, layer.tables.flat) for layer in self._layers]
        seen, states = (self.hidden.seen, self.output.seen), (self.hidden.state, self.output.state)
        signal_forward(0, len(lengths), *tables, seen, states, self.output.grad, self.room, lengths, np.float32(jitter))
        return self.output.grad, lengths

    def back(self, change: Float32, lengths: Lengths, update: Update) -> None:
        """From dL/d(scores) of the signals last seen to one step of Adam."""
        self.output.grad[:] = change
        tables = [(layer.tables.rows.used, layer.tables.flat) for layer in self._layers]
        seen = (self.hidden.seen, self.output.seen)
        signal_back(0, len(lengths), *tables, seen, self.output.grad, self.hidden.grad, lengths)
        for layer in self._layers:
            layer.tables.update(direct, layer.seen.used, layer.grad, update)

    def write(self) -> None:
        """The model's tables become what the forward pass reads now."""
        for layer in self._layers:
            layer.tables.write()


def fit_signals(signals: Sequence[Int16], goal: Goal, recipe: SignalRecipe, *, seed: int, tick: Tick) -> SignalFit:
    """Train on ``signals``, each (its steps, inputs) latencies. ``tick(phase, loss)`` after each epoch; where it returns True, what is
    trained by then is rounded and kept."""
    rng = np.random.default_rng(seed)
    model = start(recipe, inputs=signals[0].shape[1], outputs=goal.count, rng=rng)
    batch = min(recipe.batch, len(signals))
    passes = SignalPasses(model, batch=batch, steps=max(map(len, signals)), rng=rng)
    learn = partial(_epochs, passes, signals, goal, jitter=recipe.jitter, tick=tick)
    stopped = learn("training", epochs=recipe.epochs, rate=recipe.rate)
    units = _round(passes)
    stopped = stopped or learn("rounded", epochs=recipe.rounded_epochs, rate=recipe.rounded_rate)
    passes.write()
    return SignalFit(network=quantise_signal(model, *units), stopped=stopped)


def _epochs(
    passes: SignalPasses,
    signals: Sequence[Int16],
    goal: Goal,
    phase: str,
    *,
    epochs: int,
    rate: float,
    jitter: float,
    tick: Tick,
) -> bool:
    """So many times all signals, but for those of the last mini-batch that is not full; whether ``tick`` has ended it."""
    batch, adam, step = len(passes.room), Adam(), 0
    parts = len(signals) // batch
    for _ in range(epochs):
        order = passes.rng.permutation(len(signals))[: parts * batch].reshape(parts, batch)
        losses = []
        for chosen in order:
            step += 1
            scores, lengths = passes.forward([signals[number] for number in chosen], jitter=jitter)
            loss, change = goal.loss(scores, lengths, chosen)
            scheduled = rate * cosine((step - 1) / (epochs * parts), step=step, warm=WARM)
            passes.back(change, lengths, Update(scheduled, adam.beta1, adam.beta2, adam.epsilon, step, True))
            losses.append(loss)
        if tick(phase, float(np.mean(losses))):
            return True
    return False


def _round(passes: SignalPasses) -> tuple[float, float]:
    """The units of hidden and output tables, which are rounded from now on."""
    units = []
    for layer in (passes.hidden, passes.output):
        unit = natural_unit([layer.tables.rows.weights], bits=BITS) * FINER
        layer.tables.rows.round(unit, ENTRY_LIMIT[BITS])
        units.append(unit)
    return units[0], units[1]


def quantise_signal(model: SignalModel, hidden_unit: float, output_unit: float) -> SignalNetwork:
    """The integer network, validated. Only the order of latencies matters, within the state and within the inputs, so each has its own
    unit, and the file names the state's."""
    output = quantise_output(model.output, unit=output_unit, bits=BITS)
    return SignalNetwork(
        n=model.n,
        hidden=(quantise_layer(model.hidden, unit=hidden_unit, bits=BITS),),
        output=output,
        constants=model.constants,
        frac=-log2_unit(hidden_unit),
        out_frac=-log2_unit(output_unit) + output.shift,
    ).validate()
