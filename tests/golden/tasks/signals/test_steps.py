"""What a step of a signal is given: samples, changes, numbers less their recent mean."""

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.fitting.quantiles import Quantiles
from golden.tasks.signals.steps import RECENT, Steps


def walk(*, seed: int = 0, steps: int = 400) -> np.ndarray:
    """A wave on the back of a walk, a wave alone, a map in chaos, a constant."""
    rng = np.random.default_rng(seed)
    wave = np.sin(np.arange(steps) / 3)
    chaos = [0.3]
    while len(chaos) < steps:
        chaos.append(3.9 * chaos[-1] * (1 - chaos[-1]))
    return np.stack([wave + np.cumsum(rng.normal(0, 0.5, steps)), wave, chaos, np.full(steps, 4.0)], axis=1)


def recent_mean(numbers: np.ndarray, step: int) -> float:
    some = [number for number in numbers[max(0, step - RECENT + 1) : step + 1].tolist() if number == number]
    return sum(some) / len(some) if some else float("nan")


def test_what_wanders_and_what_stays() -> None:
    steps = Steps.moving([walk()], lags=2)
    assert (steps.changes, steps.wandering) == ((0, 1), (0,))
    apart = [walk()[:, 1:2] + 10 * number for number in range(5)]  # of which each stays, elsewhere than the others
    assert Steps.moving(apart, lags=1).wandering == (0,)
    assert Steps.moving([walk() * 1e200], lags=1).changes == ()
    assert Steps.moving([np.full((3, 1), np.nan)], lags=1).changes == ()


def test_inputs_are_those_of_their_definition() -> None:
    signal = walk()
    signal[[0, 50, 51], 0] = np.nan
    steps = Steps.moving([signal], lags=2)
    columns = np.empty((400, 6))
    for step in range(400):
        columns[step, 0] = signal[step, 0] - recent_mean(signal[:, 0], step)
        columns[step, 1:4] = signal[step, 1:]
        columns[step, 4:] = signal[step, :2] - signal[max(0, step - 1), :2]
    due = Quantiles.fit(columns).latencies(columns)
    (found,) = steps.latencies([signal])
    assert (steps.count, steps.columns) == (12, 4)
    assert np.array_equal(found[:, :6], due)
    assert np.array_equal(found[1:, 6:], due[:-1])
    assert np.array_equal(found[0, 6:], due[0])


def test_a_level_that_wanders_says_nothing() -> None:
    signal = walk()
    steps = Steps.moving([signal], lags=1)
    (found,), (moved,) = (steps.latencies([one]) for one in (signal, signal + np.array([64, 0, 0, 0])))
    assert np.array_equal(found, moved)
    (other,) = steps.latencies([signal + np.array([0, 64, 0, 0])])  # negative control: of a level that is read
    assert not np.array_equal(found, other)


def test_a_card_keeps_it_or_is_refused() -> None:
    steps = Steps.moving([walk()], lags=2)
    about = steps.fields()
    again = Steps.of_card(about, inputs=12)
    assert (again.changes, again.wandering) == (steps.changes, steps.wandering)
    assert np.array_equal(again.latencies([walk(seed=1)])[0], steps.latencies([walk(seed=1)])[0])
    for field, value, sentence in (
        ("wandering", [4], "inputs.wandering must have numbers of 4 channels, each at most once"),
        ("wandering", "0", "inputs.wandering must have numbers of 4 channels, each at most once"),
        ("changes", [0, 0], "inputs.changes must have numbers of 4 channels, each at most once"),
        ("changes", None, "inputs.changes must have numbers of 6 channels, each at most once"),
        ("recent", 31, "inputs.recent must be 32, not 31"),
    ):
        with pytest.raises(NetworkError, match=rf"^card field {sentence}$"):
            Steps.of_card({**about, field: value}, inputs=12)
