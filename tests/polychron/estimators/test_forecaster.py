"""StreamForecaster: what it tells, its contract, its file, and the gateware beside it."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks

import polychron
from golden.integer.file import load, save_network
from golden.integer.layer import NetworkError
from golden.tasks.signals.forecasting import BEFORE, WINDOW, _windows
from golden.tasks.signals.values import known_ahead

from ...damage import damage_tables

SMALL = {"tables": 64, "pairs": 5, "epochs": 20, "random_state": 0}


def signals_of(count: int, *, seed: int, steps: int = 150) -> list[np.ndarray]:
    """Two channels: the logistic map in chaos, and a wave."""
    rng = np.random.default_rng(seed)
    signals = []
    for _ in range(count):
        chaos = [float(rng.uniform(0.1, 0.9))]
        while len(chaos) < steps:
            chaos.append(3.9 * chaos[-1] * (1 - chaos[-1]))
        wave = 100 + 3 * np.sin(rng.uniform(0, 7) + np.arange(steps) / 3)
        signals.append(np.stack([chaos, wave], axis=1))
    return signals


@pytest.fixture(scope="module")
def fitted() -> polychron.StreamForecaster:
    return polychron.StreamForecaster(**SMALL).fit(signals_of(6, seed=1))


def test_it_tells_what_comes_next(fitted: polychron.StreamForecaster) -> None:
    signals = signals_of(3, seed=2)
    assert fitted.follows_.tolist() == [[False, True]]
    assert fitted.score(signals) > 0.9
    told = np.concatenate([found[:-1, 0] for found in fitted.predict(signals)])
    due = np.concatenate([signal[1:] for signal in signals])
    now = np.concatenate([signal[:-1] for signal in signals])
    errors, standing = ((guess - due).std(axis=0) for guess in (told, now))
    assert (errors < 0.6 * standing).all()
    mixed = [np.random.default_rng(3).permutation(signal) for signal in signals]
    assert fitted.score(mixed) < 0.3  # negative control: without their order


def test_the_gateware_tells_the_same(fitted: polychron.StreamForecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    signals = signals_of(2, seed=4, steps=12)
    program = fitted.network_.compile(board="icebreaker")
    run = program.stream(fitted.latencies(signals))
    assert run.equal
    assert all(np.array_equal(a, b) for a, b in zip(fitted.decode(run.outputs, signals), fitted.predict(signals), strict=True))
    latency = run.outputs[0][5]
    bases = signals[0][5] * fitted.follows_[0]
    np.testing.assert_allclose(bases + fitted.offset_[0] + fitted.scale_[0] * latency, fitted.predict(signals)[0][5, 0], rtol=1e-12)
    damage_tables(monkeypatch)
    assert not program.stream(fitted.latencies(signals)).equal


def test_the_contract(fitted: polychron.StreamForecaster) -> None:
    signals = signals_of(4, seed=5, steps=40)
    one, two = (clone(fitted).set_params(epochs=2, horizon=3).fit(signals) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.predict(signals), two.predict(signals), strict=True))
    assert [found.shape for found in one.predict(signals)] == [(40, 3, 2)] * 4
    assert np.array_equal(one.forecast(signals), np.stack([found[-1] for found in one.predict(signals)]))
    assert one.offset_.shape == one.scale_.shape == one.follows_.shape == (3, 2)
    parts = np.empty(4, object)
    parts[:] = signals
    assert np.isfinite(cross_val_score(clone(fitted).set_params(epochs=1), parts, cv=2)).all()
    assert polychron.StreamForecaster(**SMALL, seconds=0).fit(signals).stopped_


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
    ],
)
def test_scikit_learns_checks_of_parameters(check: Callable[..., None]) -> None:
    check("StreamForecaster", polychron.StreamForecaster())


def test_it_says_that_it_is_not_fitted() -> None:
    for ask in ("predict", "forecast", "score", "latencies", "outputs"):
        with pytest.raises(NotFittedError):
            getattr(polychron.StreamForecaster(), ask)(signals_of(1, seed=1))


def test_a_file_keeps_it(fitted: polychron.StreamForecaster, tmp_path: Path) -> None:
    path, signals = tmp_path / "f.safetensors", signals_of(2, seed=6, steps=20)
    fitted.save(path)
    again = polychron.StreamForecaster.load(path)
    assert all(np.array_equal(a, b) for a, b in zip(again.predict(signals), fitted.predict(signals), strict=True))
    assert again.get_params() | {"random_state": 0} == fitted.get_params()
    with pytest.raises(NetworkError, match="card field task must be stream, not 'forecast'"):
        polychron.StreamClassifier.load(path)
    frame = pandas.DataFrame(signals_of(1, seed=6)[0])
    frame.to_csv(tmp_path / "x.csv", index=False)
    scored = polychron.load(path).accuracy(data=tmp_path / "x.csv")
    assert scored["r2"] == pytest.approx(fitted.score(frame), abs=1e-3)  # of a file that it has never seen, all of it
    network = load(path)
    for field, value, sentence in (
        ("horizon", 3, "card field targets.horizon must be a part of 2 outputs, not 3"),
        ("horizon", True, "card field targets.horizon must be a part of 2 outputs, not True"),
        ("channels", [0], "card field targets.channels must have the numbers of 2 channels, each once"),
        ("channels", [1, 1], "card field targets.channels must have the numbers of 2 channels, each once"),
        ("channels", [0, True], "card field targets.channels must have the numbers of 2 channels, each once"),
        ("channels", [0, 2], "card field targets.channels must be numbers below 2, the channels, not 2"),
        ("follows", [True], "card field targets.follows must have 2 truth values, one for each output"),
        ("follows", [0, 1], "card field targets.follows must have 2 truth values, one for each output"),
        ("scale", [-1, 1], "card field targets.scale must be 0 or more"),
    ):
        card = copy.deepcopy(network.card)
        card["targets"][field] = value
        save_network(replace(network, card=card), tmp_path / "g.safetensors")
        with pytest.raises(NetworkError, match=f"^{tmp_path / 'g.safetensors'}: {sentence}$"):
            polychron.StreamForecaster.load(tmp_path / "g.safetensors")


def test_it_is_given_the_changes_of_what_stays_near(fitted: polychron.StreamForecaster, tmp_path: Path) -> None:
    assert fitted.steps_.changes == (1,)  # the wave's; the map in chaos is anywhere after a step
    signals = signals_of(2, seed=9, steps=8)
    (given, _) = fitted.latencies(signals)
    assert given.shape == (8, 3 * 3)
    moved = np.diff(signals[0][:, 1], prepend=signals[0][:1, 1])
    assert (np.argsort(given[:, 2], kind="stable") == np.argsort(np.searchsorted(fitted.steps_.edges[2], moved), kind="stable")).all()
    assert (given[1:, 5] == given[:-1, 2]).all()
    for changes in ([2], [1, 1], "1", [True]):
        fitted.save(tmp_path / "f.safetensors")
        network = load(tmp_path / "f.safetensors")
        card = copy.deepcopy(network.card)
        card["inputs"]["changes"] = changes
        save_network(replace(network, card=card), tmp_path / "g.safetensors")
        with pytest.raises(NetworkError, match=r"card field inputs\.changes must have numbers of \d channels, each at most once$"):
            polychron.StreamForecaster.load(tmp_path / "g.safetensors")


def test_some_channels_are_told_and_all_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    signals = [np.stack([np.roll(known, 1), known], axis=1) for known in rng.normal(size=(6, 80))]  # each number comes a step later
    model = polychron.StreamForecaster(**{**SMALL, "epochs": 60}, lags=1).fit(signals[:5], targets=[0])
    assert model.predict(signals[5:])[0].shape == (80, 1, 1)
    assert (model.targets_.tolist(), model.offset_.shape) == ([0], (1, 1))
    assert model.score(signals[5:]) > 0.8
    blind = [signal.copy() for signal in signals[5:]]
    blind[0][:, 1] = np.nan
    assert model.score(blind) < 0.3  # negative control: without the channel that knows
    model.save(tmp_path / "f.safetensors")
    again = polychron.StreamForecaster.load(tmp_path / "f.safetensors")
    assert again.targets_.tolist() == [0]
    assert np.array_equal(again.forecast(signals), model.forecast(signals))


def test_one_signal_alone_is_a_list_of_it(fitted: polychron.StreamForecaster) -> None:
    signal = signals_of(1, seed=10, steps=60)[0]
    for alone in (signal, pandas.DataFrame(signal, columns=["a", "b"])):
        assert np.array_equal(fitted.predict(alone)[0], fitted.predict([signal])[0])
        assert fitted.score(alone) == fitted.score([signal])
    short = polychron.StreamForecaster(**{**SMALL, "epochs": 1})
    plain = [short.fit(one).predict(one)[0] for one in (signal[:, 0], pandas.Series(signal[:, 0]), [signal[:, :1]])]
    assert all(np.array_equal(plain[2], one) for one in plain)


def test_missing_numbers_and_constant_channels() -> None:
    signals = [np.concatenate([signal, np.full((len(signal), 1), 7.0)], axis=1) for signal in signals_of(4, seed=7, steps=60)]
    signals[0][:3, 1] = np.nan
    signals[0][10:12, 0] = np.nan
    model = polychron.StreamForecaster(**{**SMALL, "epochs": 2}).fit(signals)
    (found, *_) = model.predict(signals)
    assert np.isnan(found[:3, 0, 1]).all()  # follows a channel of which nothing is there yet
    assert np.isfinite(found[3:]).all()
    assert (found[..., 2] == 7).all()
    assert np.isfinite(model.score(signals))


def test_a_long_signal_is_learnt_in_parts_that_leave_nothing_out() -> None:
    steps = 2 * WINDOW + 5
    given, due = np.arange(steps, dtype=np.int16)[:, None], np.arange(steps, dtype=np.float32)[:, None]
    due[-1] = np.nan
    parts = list(_windows(given, due))
    assert [len(part) for part, _ in parts] == [WINDOW, BEFORE + WINDOW, BEFORE + 5]
    told = np.concatenate([target[~np.isnan(target)] for _, target in parts])
    assert told.tolist() == list(range(steps - 1))
    assert all((target[known] == part[known]).all() for part, target in parts for known in [~np.isnan(target)])
    assert list(_windows(given[:1], due[-1:])) == []


def test_what_is_ahead() -> None:
    signal = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    nan = np.nan
    np.testing.assert_array_equal(known_ahead(signal, 2), [[2, 20, 3, 30], [3, 30, nan, nan], [nan, nan, nan, nan]])


def test_refusals(fitted: polychron.StreamForecaster) -> None:
    signals = signals_of(3, seed=8, steps=10)
    cases = [
        ({"horizon": 0}, signals, r"^horizon must be 1\.\.256, not 0$"),
        ({"horizon": 129}, signals, r"^horizon times channels must be at most 256, not 258$"),
        ({"horizon": 10}, signals, r"^X must have 11 samples in a row of each channel in a signal, for a horizon of 10$"),
        ({"pairs": 17}, signals, r"^pairs must be 1\.\.16, not 17$"),
        ({}, [], r"^X must have at least one signal$"),
        ({}, [np.full((5, 1), 1e101)], r"^X must be numbers of at most 1e\+100$"),
        ({}, [np.full((5, 2), np.nan)], r"^X must have 2 samples in a row of each channel in a signal, for a horizon of 1$"),
    ]
    for change, given, message in cases:
        with pytest.raises(ValueError, match=message):
            polychron.StreamForecaster(**{**SMALL, **change}).fit(given)
    for targets, message in (
        ([2], r"^targets must be numbers of channels, 0\.\.1, or None, not \[2\]$"),
        ([], r"^targets must be numbers of channels, 0\.\.1, or None, not \[\]$"),
        ([0.5], r"^targets must be numbers of channels, 0\.\.1, or None, not \[0\.5\]$"),
        ([0, 0], r"^targets must name each channel once, not \[0, 0\]$"),
    ):
        with pytest.raises(ValueError, match=message):
            polychron.StreamForecaster(**SMALL).fit(signals, targets=targets)
    with pytest.raises(ValueError, match=r"^X must have signals of 2 channels, not 1$"):
        fitted.predict([signals[0][:, :1]])
