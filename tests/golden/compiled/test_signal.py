"""The compiled passes through signals against the NumPy equations."""

import numpy as np
import pytest

from golden.compiled.adam import Update
from golden.model.signal import SignalModel, signal_pass
from golden.tasks.signals.recipe import SignalRecipe, start
from golden.tasks.signals.train import SignalPasses

RECIPE = SignalRecipe(tables=24, pairs=3)
LENGTHS = (5, 1, 3)
STILL = Update(0.0, 0.9, 0.99, 1e-8, 1, True)  # a step of Adam that changes nothing


def made(rng: np.random.Generator) -> tuple[SignalModel, list[np.ndarray]]:
    model = start(RECIPE, inputs=4, outputs=3, rng=rng)
    for layer in (model.hidden, model.output):
        for tables in layer.tables:
            tables[:] = rng.normal(0, 1, tables.shape)
    return model, [rng.integers(0, 240, (steps, 4)).astype(np.int16) for steps in LENGTHS]


def test_they_equal_the_numpy_ones(rng: np.random.Generator) -> None:
    model, signals = made(rng)
    passes = SignalPasses(model, batch=3, steps=7, rng=rng)
    found, lengths = passes.forward(signals)
    scores, change = found.copy(), rng.normal(0, 1, found.shape).astype(np.float32)
    passes.back(change, lengths, STILL)
    for number, signal in enumerate(signals):
        steps = len(signal)
        due, gradients = signal_pass(model, signal / 16.0, lambda _, n=number, t=steps: change[n, :t].astype(np.float64))
        assert np.allclose(scores[number, :steps], due, atol=1e-4)
        assert not scores[number, steps:].any()
        assert np.allclose(passes.hidden.grad[number, :steps], gradients.h, atol=1e-3)
        assert not passes.hidden.grad[number, steps:].any()
    other = signal_pass(model, signals[0] / 16.0 + 4, lambda scores: scores)[0]  # negative control: other inputs
    assert not np.allclose(scores[0, :5], other, atol=1e-4)


def test_a_slope_is_that_of_its_loss(rng: np.random.Generator) -> None:
    """The gradient of the tables is exact: where nothing flips, the scores are linear in the entries."""
    model, signals = made(rng)
    x = signals[0] / 16.0
    scores, gradients = signal_pass(model, x, lambda scores: 2 * scores)
    group, total = model.output.groups[0], gradients.output[0]
    at = np.unravel_index(np.abs(total).argmax(), total.shape)
    before = float((scores.astype(np.float64) ** 2).sum())
    group.tables[at] += 1e-3
    after = float((signal_pass(model, x, lambda scores: scores)[0].astype(np.float64) ** 2).sum())
    assert (after - before) / 1e-3 == pytest.approx(float(total[at]), rel=0.05)
