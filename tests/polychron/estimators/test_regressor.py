"""LutRegressor: scikit-learn's contract, equality with the gateware, files, and what data may be like."""

import pickle

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.datasets import load_linnerud, make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import polychron
from golden.integer.layer import NetworkError
from polychron import LutClassifier, LutRegressor

from ...damage import damage_tables
from .contract import checks_of, passes, same

SMALL = LutRegressor(tables=24, pairs=4, epochs=20, random_state=0)


@checks_of(LutRegressor(tables=24, pairs=4, epochs=20))
def test_the_contract_of_scikit_learn(estimator, check):
    passes(estimator, check)


@pytest.fixture(scope="module")
def friedman():
    X, y = make_friedman1(900, n_features=6, noise=0.5, random_state=0)
    return X[:600], X[600:], y[:600], y[600:]


@pytest.fixture(scope="module")
def fitted(friedman):
    X, _, y, _ = friedman
    return clone(SMALL).fit(X, y)


def test_it_learns(friedman, fitted):
    X, X_test, y, y_test = friedman
    assert fitted.score(X_test, y_test) > 0.8
    shuffled = clone(SMALL).fit(X, np.random.default_rng(0).permutation(y))
    assert shuffled.score(X_test, y_test) < 0.3  # it can tell


def test_a_prediction_is_an_affine_map_of_a_latency(friedman, fitted):
    X_test = friedman[1]
    outputs = fitted.network_.predict(fitted.latencies(X_test))
    assert outputs.shape == (300, 1)
    np.testing.assert_allclose(fitted.predict(X_test), fitted.offset_[0] + fitted.scale_[0] * outputs[:, 0], rtol=1e-12)
    np.testing.assert_array_equal(fitted.decode(outputs), fitted.predict(X_test))
    assert fitted.offset_ == pytest.approx(friedman[2].mean())
    assert fitted.scale_ == pytest.approx(friedman[2].std() * 2.0**-fitted.network_.integer.out_frac)


def several(y):
    """Targets of other scales, and one that is the negative of another."""
    return np.stack([y, 1e6 - 1e3 * y, np.full(len(y), 0.3), y**2], axis=1)


def test_several_targets_of_any_scale(friedman):
    X, X_test, y, y_test = friedman
    model = clone(SMALL).fit(X, several(y))
    found = model.predict(X_test)
    assert found.shape == (300, 4)
    assert model.n_outputs_ == 4
    np.testing.assert_array_equal(found[:, 2], 0.3)
    due = several(y_test)
    errors = ((found - due) ** 2).mean(axis=0)[[0, 1, 3]] / due.var(axis=0)[[0, 1, 3]]
    assert (errors < 0.25).all()
    assert clone(SMALL).fit(X, y[:, None]).predict(X_test).shape == (300,)


@pytest.mark.parametrize("targets", [1, 4, 11])
def test_the_gateware_gives_the_same_numbers(targets, friedman):
    X, X_test, y, _ = friedman
    model = clone(SMALL).fit(X, y if targets == 1 else np.stack([y + number * X[:, 0] for number in range(targets)], axis=1))
    run = model.network_.compile(board="icebreaker").classify(model.latencies(X_test[:8]))
    assert run.equal
    np.testing.assert_array_equal(model.decode(run.outputs), model.predict(X_test[:8]))
    assert len(np.unique(run.outputs)) > 5


def test_a_flipped_bit_of_a_table_is_found(friedman, fitted, monkeypatch):
    """The negative control: the gateware's number is another, and the run says where."""

    damage_tables(monkeypatch)
    X_test = friedman[1][:4]
    run = fitted.network_.compile(board="icebreaker").classify(fitted.latencies(X_test))
    assert not run.equal
    assert "op output, neuron 0" in run.difference
    assert fitted.decode(run.outputs)[-1] != fitted.predict(X_test)[len(run.outputs) - 1]


def test_the_same_seed_makes_the_same_network(friedman, fitted):
    X, _, y, _ = friedman
    assert same(fitted, clone(fitted).fit(X, y))
    assert not same(fitted, clone(fitted).set_params(random_state=1).fit(X, y))
    assert same(fitted, clone(fitted).fit(X, y * 1024 - 2048))  # a target's scale changes the map alone


@pytest.mark.parametrize("targets", [1, 3])
def test_a_file_keeps_everything(targets, friedman, tmp_path):
    X, X_test, y, _ = friedman
    model = clone(SMALL).fit(X, y if targets == 1 else np.stack([y, y - X[:, 1], 1e-30 * y], axis=1))
    model.save(tmp_path / "mine.safetensors")
    again = LutRegressor.load(tmp_path / "mine.safetensors")
    np.testing.assert_array_equal(again.predict(X_test), model.predict(X_test))
    np.testing.assert_array_equal(again.scale_, model.scale_)
    assert again.get_params() == model.get_params()
    assert polychron.load(tmp_path / "mine.safetensors").inputs == X.shape[1]
    with pytest.raises(NetworkError, match="card field task must be classify, not 'regress'"):
        LutClassifier.load(tmp_path / "mine.safetensors")


def test_names_of_a_table_are_kept_and_checked(tmp_path):
    data = load_linnerud(as_frame=True)
    model = clone(SMALL).fit(data.data, data.target)
    model.save(tmp_path / "mine.safetensors")
    again = LutRegressor.load(tmp_path / "mine.safetensors")
    assert list(again.feature_names_in_) == list(data.data.columns)
    np.testing.assert_array_equal(again.predict(data.data), model.predict(data.data))
    with pytest.raises(ValueError, match="feature names"):
        again.predict(data.data[data.data.columns[::-1]])
    assert isinstance(data.data, pandas.DataFrame)


def test_what_is_missing_is_learnt_from():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 3)), rng.normal(size=400)
    X[y > 0, 1] = np.nan
    model = clone(SMALL).fit(X[:300], y[:300] > 0)
    assert model.score(X[300:], y[300:] > 0) > 0.98
    X[:, 1] = np.nan
    assert clone(SMALL).fit(X[:300], y[:300] > 0).score(X[300:], y[300:] > 0) < 0.3  # it can tell
    with pytest.raises(ValueError, match="infinity"):
        model.predict([[np.inf, 0, 0]])


POOR = {
    "constant inputs": (np.ones((30, 4)), np.arange(30.0)),
    "constant target": (np.random.default_rng(0).normal(size=(30, 4)), np.full(30, 0.1)),
    "one sample": (np.ones((1, 1)), np.array([7.5])),
    "one feature": (np.arange(40.0).reshape(-1, 1), np.repeat([-1.0, 1.0], 20)),
    "nothing there": (np.full((8, 2), np.nan), np.arange(8.0)),
    "huge": (np.arange(40.0).reshape(-1, 1), np.repeat([-1e100, 1e100], 20)),
    "tiny": (np.arange(40.0).reshape(-1, 1), np.repeat([1e-100, 2e-100], 20)),
    "an outlier": (np.arange(200.0).reshape(-1, 1), np.append(np.zeros(199), 1e9)),
}


@pytest.mark.parametrize("kind", POOR)
def test_poor_data_are_fitted_all_the_same(kind):
    X, y = POOR[kind]
    model = clone(SMALL).fit(X, y)
    found = model.predict(X)
    assert np.isfinite(found).all()
    assert model.network_.compile(board="icebreaker").classify(model.latencies(X[:3])).equal
    if kind in ("constant target", "one sample"):
        np.testing.assert_array_equal(found, y)
    elif kind in ("one feature", "huge", "tiny"):
        np.testing.assert_allclose(found, y, atol=0.2 * np.ptp(y))
    elif kind in ("constant inputs", "nothing there"):
        assert np.ptp(found) == 0


def test_seconds_end_the_training_and_leave_a_network(friedman):
    X, X_test, y, _ = friedman
    model = clone(SMALL).set_params(seconds=0).fit(X, y)
    assert model.stopped_
    assert np.isfinite(model.predict(X_test)).all()
    assert not clone(SMALL).set_params(seconds=1e6).fit(X, y).stopped_


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (np.full(600, 1e101), r"y must be numbers of at most 1e\+100"),
        (np.zeros((600, 257)), "y must have at most 256 targets, not 257"),
        (np.full(600, np.nan), "contains NaN"),
        (np.array(["a"] * 600), "could not convert|Unable to convert"),
    ],
)
def test_targets_that_are_none_are_refused(y, sentence, friedman):
    with pytest.raises(ValueError, match=sentence):
        clone(SMALL).fit(friedman[0], y)


def test_it_goes_through_pipelines_searches_and_pickles(friedman, fitted):
    X, X_test, y, _ = friedman
    pipeline = make_pipeline(StandardScaler(), clone(SMALL)).fit(X, y)
    np.testing.assert_array_equal(pipeline.predict(X_test), fitted.predict(X_test))
    assert pickle.loads(pickle.dumps(fitted)).score(X, y) == fitted.score(X, y)
    search = GridSearchCV(LutRegressor(epochs=2, random_state=0), {"tables": [1, 24], "pairs": [3]}, cv=2).fit(X, y)
    assert search.best_params_ == {"tables": 24, "pairs": 3}


def test_what_is_not_fitted_is_not_saved_or_decoded(tmp_path):
    with pytest.raises(NotFittedError):
        SMALL.save(tmp_path / "none.safetensors")
    with pytest.raises(NotFittedError):
        SMALL.decode(np.zeros((1, 1), np.int16))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["digits", "shakespeare"])
def test_other_networks_are_refused_in_a_sentence(name, tmp_path):
    path = tmp_path / f"{name}.safetensors"
    polychron.load(name).save(path)
    with pytest.raises(NetworkError, match=f"^{path}: "):
        LutRegressor.load(path)
