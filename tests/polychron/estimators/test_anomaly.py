"""LutAnomaly: scikit-learn's contract, equality with the gateware, files, and what data may be like."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

import polychron
from golden.integer.layer import NetworkError
from polychron import LutAnomaly, LutRegressor

from ...damage import damage_tables
from .contract import checks_of, passes, same

SMALL = LutAnomaly(tables=32, pairs=5, random_state=0)


@checks_of(LutAnomaly())
def test_the_contract_of_scikit_learn(estimator, check):
    passes(estimator, check)


@pytest.fixture(scope="module")
def cancer():
    """Benign samples to train on, samples of both kinds to test, and which of these are malignant."""
    X, y = load_breast_cancer(return_X_y=True)
    normal = X[y == 1]
    return normal[::2], np.concatenate([normal[1::2], X[y == 0]]), np.repeat([0, 1], [len(normal[1::2]), (y == 0).sum()])


@pytest.fixture(scope="module")
def fitted(cancer):
    return clone(SMALL).fit(cancer[0])


def test_it_tells_anomalies(cancer, fitted):
    X, X_test, anomaly = cancer
    assert roc_auc_score(anomaly, -fitted.score_samples(X_test)) > 0.9
    answers = fitted.predict(X_test)
    assert (answers[anomaly == 0] < 0).mean() < 0.15
    assert (answers[anomaly == 1] < 0).mean() > 0.6
    shuffled = np.random.default_rng(0).permutation(anomaly)
    assert 0.4 < roc_auc_score(shuffled, -fitted.score_samples(X_test)) < 0.6  # it can tell
    assert fitted.score_samples(X).mean() > fitted.score_samples(X * 100).mean()


def test_inputs_that_belong_together_are_compared():
    """Each number is usual, the two of them are not."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    X = np.stack([x, x + 0.1 * rng.normal(size=2000)], axis=1)
    model = LutAnomaly(random_state=0).fit(X[:1500])
    broken = np.stack([X[1500:, 0], rng.permutation(X[1500:, 1])], axis=1)
    scores = model.score_samples(np.concatenate([X[1500:], broken]))
    assert roc_auc_score(np.repeat([1, 0], 500), scores) > 0.85


def test_the_score_is_the_negative_latency(cancer, fitted):
    X_test = cancer[1]
    outputs = fitted.network_.predict(fitted.latencies(X_test))
    assert outputs.shape == (len(X_test), 1)
    np.testing.assert_array_equal(fitted.score_samples(X_test), -outputs[:, 0].astype(float))
    np.testing.assert_array_equal(fitted.decision_function(X_test), fitted.score_samples(X_test) - fitted.offset_)
    np.testing.assert_array_equal(fitted.predict(X_test), np.where(outputs[:, 0] > -fitted.offset_, -1, 1))
    np.testing.assert_array_equal(fitted.decode(outputs), fitted.predict(X_test))


def test_the_gateware_gives_the_same_latencies(cancer, fitted):
    some = cancer[1][::30]
    run = fitted.network_.compile(board="icebreaker").classify(fitted.latencies(some))
    assert run.equal
    np.testing.assert_array_equal(-run.outputs[:, 0].astype(float), fitted.score_samples(some))
    np.testing.assert_array_equal(fitted.decode(run.outputs), fitted.predict(some))
    assert set(fitted.predict(some)) == {1, -1}


def test_the_default_shape_fits_an_icebreaker(cancer):
    model = LutAnomaly(random_state=0).fit(cancer[0])
    program = model.network_.compile(board="icebreaker")
    assert program.estimate().clocks_per_step < 500
    run = program.classify(model.latencies(cancer[1][-2:]))
    assert run.equal
    np.testing.assert_array_equal(-run.outputs[:, 0].astype(float), model.score_samples(cancer[1][-2:]))


def test_a_flipped_bit_of_a_table_is_found(cancer, fitted, monkeypatch):
    """The negative control: one bit of the row that the sample visits, and the run says where."""
    some = cancer[1][:1]
    x = fitted.latencies(some)
    run = fitted.network_.compile(board="icebreaker").classify(x)
    assert run.equal

    damage_tables(monkeypatch, tables=1)
    damaged = fitted.network_.compile(board="icebreaker").classify(x)
    assert not damaged.equal
    assert "op output, neuron 0" in damaged.difference
    assert abs(int(damaged.outputs[0, 0]) - int(run.outputs[0, 0])) == 1


def test_the_same_seed_makes_the_same_network(cancer, fitted):
    assert same(fitted, clone(fitted).fit(cancer[0]))
    assert fitted.offset_ == clone(fitted).fit(cancer[0]).offset_
    assert not same(fitted, clone(fitted).set_params(random_state=1).fit(cancer[0]))
    assert same(fitted, clone(fitted).fit(cancer[0] * 1024 - 2048))  # scale and origin of an input don't matter


def test_contamination_sets_the_threshold(cancer, fitted):
    X = cancer[0]
    shares = [(clone(SMALL).set_params(contamination=share).fit(X).predict(X) < 0).mean() for share in (0.02, 0.2, 0.5)]
    assert shares == pytest.approx([0.02, 0.2, 0.5], abs=0.05)
    model = clone(SMALL).set_params(contamination=0.2).fit(X)
    assert same(model, fitted)
    assert model.offset_ == np.percentile(model.score_samples(X), 20)
    assert (clone(SMALL).set_params(contamination=0.2).fit_predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_a_file_keeps_everything(contamination, cancer, tmp_path):
    X, X_test, _ = cancer
    model = clone(SMALL).set_params(contamination=contamination).fit(X)
    model.save(tmp_path / "mine.safetensors")
    again = LutAnomaly.load(tmp_path / "mine.safetensors")
    np.testing.assert_array_equal(again.decision_function(X_test), model.decision_function(X_test))
    np.testing.assert_array_equal(again.predict(X_test), model.predict(X_test))
    assert (again.offset_, again.get_params()) == (model.offset_, model.get_params())
    assert polychron.load(tmp_path / "mine.safetensors").inputs == X.shape[1]
    with pytest.raises(NetworkError, match="card field task must be regress, not 'anomaly'"):
        LutRegressor.load(tmp_path / "mine.safetensors")


def test_names_of_a_table_are_kept_and_checked(tmp_path):
    frame = load_wine(as_frame=True).data
    model = clone(SMALL).fit(frame)
    model.save(tmp_path / "mine.safetensors")
    again = LutAnomaly.load(tmp_path / "mine.safetensors")
    assert list(again.feature_names_in_) == list(frame.columns)
    np.testing.assert_array_equal(again.score_samples(frame), model.score_samples(frame))
    with pytest.raises(ValueError, match="feature names"):
        again.predict(frame[frame.columns[::-1]])


def test_what_is_missing_is_rare_where_it_was_and_new_where_it_was_not():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    X[rng.random(1000) < 0.5, 1] = np.nan
    model = LutAnomaly(random_state=0).fit(X[:800])
    usual, new = X[800:], X[800:].copy()
    new[:, 0] = np.nan
    assert (model.predict(usual) > 0).mean() > 0.85
    assert (model.predict(new) < 0).mean() > 0.9
    with pytest.raises(ValueError, match="infinity"):
        model.predict([[np.inf, 0, 0]])


def test_a_constant_that_changes_is_an_anomaly():
    X = np.random.default_rng(0).normal(size=(400, 3))
    X[:, 2] = 7
    model = LutAnomaly(random_state=0).fit(X[:300])
    assert (model.predict(X[300:]) > 0).mean() > 0.85
    assert (model.predict(np.where(np.arange(3) == 2, 7.001, X[300:])) < 0).mean() > 0.9


POOR = {
    "constant": np.ones((30, 4)),
    "one sample": np.ones((1, 1)),
    "one feature": np.arange(40.0).reshape(-1, 1),
    "nothing there": np.full((8, 2), np.nan),
    "huge": np.linspace(-1e306, 1e306, 40).reshape(-1, 1),
    "tiny": np.arange(40.0).reshape(-1, 1) * 5e-324,
}


@pytest.mark.parametrize("kind", POOR)
def test_poor_data_are_fitted_all_the_same(kind):
    X = POOR[kind]
    model = clone(SMALL).fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    assert (model.predict(X) > 0).mean() > 0.7
    assert model.network_.compile(board="icebreaker").classify(model.latencies(X[:3])).equal


def test_seconds_end_the_training_and_leave_a_network(cancer):
    X, X_test, _ = cancer
    model = clone(SMALL).set_params(seconds=0).fit(X)
    assert model.stopped_
    assert model.network_.integer.output.n_t == 1
    assert np.isfinite(model.score_samples(X_test)).all()
    assert not clone(SMALL).set_params(seconds=1e6).fit(X).stopped_


BAD = [
    ("tables", 0, "1..1023"),
    ("pairs", 17, "1..16"),
    ("seconds", -1, "0 or more, or None"),
    ("contamination", 0, "'auto' or a share"),
    ("contamination", 0.6, "'auto' or a share"),
    ("contamination", float("nan"), "'auto' or a share"),
    ("contamination", True, "'auto' or a share"),
    ("contamination", "some", "'auto' or a share"),
]


@pytest.mark.parametrize(("name", "value", "limit"), BAD)
def test_a_bad_parameter_is_named(name, value, limit, cancer):
    with pytest.raises(ValueError, match=f"^{name} must be {limit}.*, not "):
        clone(SMALL).set_params(**{name: value}).fit(cancer[0])


def test_it_goes_through_pipelines_and_pickles(cancer, fitted):
    X, X_test, _ = cancer
    pipeline = make_pipeline(SimpleImputer(), clone(SMALL)).fit(X)
    np.testing.assert_array_equal(pipeline.score_samples(X_test), fitted.score_samples(X_test))
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.score_samples(X_test), fitted.score_samples(X_test))


def test_what_is_not_fitted_is_not_saved_or_scored(tmp_path):
    with pytest.raises(NotFittedError):
        SMALL.save(tmp_path / "none.safetensors")
    for ask in (SMALL.score_samples, SMALL.decision_function, SMALL.predict):
        with pytest.raises(NotFittedError):
            ask(np.zeros((1, 1)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["digits", "shakespeare"])
def test_other_networks_are_refused_in_a_sentence(name, tmp_path):
    path = tmp_path / f"{name}.safetensors"
    polychron.load(name).save(path)
    with pytest.raises(NetworkError, match=f"^{path}: "):
        LutAnomaly.load(path)
