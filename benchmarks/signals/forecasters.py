"""R2 of StreamForecaster, one sample ahead and four, on signals that are made, beside what scikit-learn's regressors tell from the last ten
samples, and beside the newest sample as it is.

python -m benchmarks.signals.forecasters
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron import StreamForecaster

Numbers = npt.NDArray[np.float64]
STEPS, BEFORE, LAGS = 500, 500, 10
TRAINED, HELD_OUT = 4, 4
HORIZONS = (1, 4)


def mackey_glass(rng: np.random.Generator) -> Iterator[list[float]]:
    """Mackey and Glass (Science 197, 1977) with a delay of 17, by Euler's steps of 1, every sixth of them."""
    x = list(1.2 + 0.2 * rng.normal(size=18))
    while True:
        for _ in range(6):
            x.append(x[-1] + 0.2 * x[-18] / (1 + x[-18] ** 10) - 0.1 * x[-1])
        yield [x[-1]]


def waves(rng: np.random.Generator) -> Iterator[list[float]]:
    """Two channels: sums of sines that share a phase, with noise of a tenth."""
    t = rng.uniform(0, 1000)
    while True:
        noise = rng.normal(0, 0.1, 2)
        yield [np.sin(t / 7) + 0.5 * np.sin(t / 3) + noise[0], 2 * np.cos(t / 7) + noise[1]]
        t += 1


def logistic(rng: np.random.Generator) -> Iterator[list[float]]:
    """The logistic map in chaos."""
    x = rng.uniform(0.1, 0.9)
    while True:
        x = 3.9 * x * (1 - x)
        yield [x]


def autoregressive(rng: np.random.Generator) -> Iterator[list[float]]:
    """Linear of order 2 and driven by noise, which is about half of the variance one sample ahead: no forecast explains that half."""
    x, y = 0.0, 0.0
    while True:
        x, y = 0.5 * x - 0.7 * y + rng.normal(), x
        yield [x]


SETS: tuple[Callable[[np.random.Generator], Iterator[list[float]]], ...] = (mackey_glass, waves, logistic, autoregressive)


def signal(make: Callable[[np.random.Generator], Iterator[list[float]]], seed: int) -> Numbers:
    """(steps, channels), after a while."""
    samples = make(np.random.default_rng([7, seed]))
    return np.array([next(samples) for _ in range(BEFORE + STEPS)])[BEFORE:]


def pairs(signals: list[Numbers], ahead: int) -> tuple[Numbers, Numbers, Numbers]:
    """The last ten samples of each moment, the newest, and the one that is ``ahead`` of it."""
    last = [np.stack([one[LAGS - 1 - lag : len(one) - ahead - lag] for lag in range(LAGS)], axis=1) for one in signals]
    lagged = np.concatenate(last)
    due = np.concatenate([one[LAGS - 1 + ahead :] for one in signals])
    return lagged.reshape(len(lagged), -1), lagged[:, 0], due


def main() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.multioutput import MultiOutputRegressor

    others: dict[str, Any] = {
        "ridge regression": Ridge(),
        "gradient boosting": MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0)),
    }
    names = ["StreamForecaster", *others, "the newest sample"]
    print("| signal | channels | ahead | " + " | ".join(names) + " | clocks a step |")
    print("| --- " * (4 + len(names)) + "|")
    for make in SETS:
        train = [signal(make, seed) for seed in range(TRAINED)]
        test = [signal(make, TRAINED + seed) for seed in range(HELD_OUT)]
        model = StreamForecaster(horizon=max(HORIZONS), random_state=0).fit(train)
        clocks = model.network_.compile(board="icebreaker").estimate().clocks_per_step
        told = model.predict(test)
        for ahead in HORIZONS:
            x, _, known = pairs(train, ahead)
            seen, newest, due = pairs(test, ahead)
            found = np.concatenate([one[LAGS - 1 : -ahead, ahead - 1] for one in told])
            guesses = [found, *(other.fit(x, known).predict(seen).reshape(due.shape) for other in others.values()), newest]
            scores = " | ".join(f"{r2_score(due, guess):.3f}" for guess in guesses)
            print(f"| {make.__name__} | {due.shape[1]} | {ahead} | {scores} | {clocks} |", flush=True)


if __name__ == "__main__":
    main()
