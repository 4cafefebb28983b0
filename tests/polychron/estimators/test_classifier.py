"""LutClassifier: scikit-learn's contract, equality with the gateware, files, and what data may be like."""

import pickle

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import polychron
from golden.integer.layer import NetworkError
from polychron import LutClassifier

from .contract import checks_of, passes, same

SMALL = LutClassifier(tables=16, pairs=4, epochs=20, random_state=0)


@checks_of(LutClassifier(tables=16, pairs=4, epochs=20))
def test_the_contract_of_scikit_learn(estimator, check):
    passes(estimator, check)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, random_state=0, stratify=y)


@pytest.fixture(scope="module")
def fitted(cancer):
    X, _, y, _ = cancer
    return clone(SMALL).fit(X, y)


def test_it_learns(cancer, fitted):
    X, X_test, y, y_test = cancer
    assert fitted.score(X_test, y_test) > 0.9
    shuffled = clone(SMALL).fit(X, np.random.default_rng(0).permutation(y))
    assert shuffled.score(X_test, y_test) < 0.75  # it can tell


def test_many_classes_more_than_a_vector_holds():
    X, y = make_classification(1200, 12, n_informative=10, n_redundant=0, n_classes=20, n_clusters_per_class=1, class_sep=3, random_state=0)
    model = LutClassifier(tables=40, pairs=5, epochs=30, random_state=0).fit(X[:900], y[:900])
    assert model.predict_proba(X[:5]).shape == (5, 20)
    assert model.score(X[900:], y[900:]) > 0.7


def test_the_gateware_gives_the_same_classes(cancer, fitted):
    X_test = cancer[1][:12]
    run = fitted.network_.compile(board="icebreaker").classify(fitted.latencies(X_test))
    assert run.equal
    np.testing.assert_array_equal(fitted.classes_[list(run.classes)], fitted.predict(X_test))
    assert len(set(run.classes)) == 2


def test_proba_is_the_softmax_of_the_latencies(cancer, fitted):
    X_test = cancer[1]
    outputs = fitted.network_.predict(fitted.latencies(X_test)).astype(float)
    odds = (outputs[:, 0] - outputs[:, 1]) * 2.0**-fitted.network_.integer.out_frac
    np.testing.assert_allclose(fitted.decision_function(X_test), odds)
    np.testing.assert_allclose(fitted.predict_proba(X_test)[:, 1], 1 / (1 + np.exp(-odds)))


def test_the_same_seed_makes_the_same_network(cancer, fitted):
    X, _, y, _ = cancer
    assert same(fitted, clone(fitted).fit(X, y))
    assert not same(fitted, clone(fitted).set_params(random_state=1).fit(X, y))


def test_scale_and_shape_of_a_feature_do_not_matter(cancer, fitted):
    X, _, y, _ = cancer
    other = clone(SMALL).fit(X**3 * 1000, y)
    assert same(fitted, other)
    np.testing.assert_array_equal(fitted.predict(X), other.predict(X**3 * 1000))


LABELS = {
    "texts": np.array(["no", "yes"]),
    "objects": np.array(["no", "yes"], object),
    "truth": np.array([False, True]),
    "floats": np.array([-1.0, 1.0]),
    "unsigned": np.array([7, 250], np.uint8),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_type_are_kept_in_the_file(kind, cancer, fitted, tmp_path):
    X, X_test, y, _ = cancer
    model = clone(SMALL).fit(X, LABELS[kind][y])
    np.testing.assert_array_equal(model.predict(X_test), LABELS[kind][fitted.predict(X_test)])
    model.save(tmp_path / "mine.safetensors")
    again = LutClassifier.load(tmp_path / "mine.safetensors")
    assert again.classes_.dtype == LABELS[kind].dtype
    np.testing.assert_array_equal(again.predict(X_test), model.predict(X_test))
    np.testing.assert_array_equal(again.decision_function(X_test), model.decision_function(X_test))
    assert again.get_params() == model.get_params()
    assert polychron.load(tmp_path / "mine.safetensors").inputs == X.shape[1]


def test_names_of_a_table_are_kept_and_checked(tmp_path):
    data = load_wine(as_frame=True)
    model = clone(SMALL).fit(data.data, data.target)
    model.save(tmp_path / "wine.safetensors")
    again = LutClassifier.load(tmp_path / "wine.safetensors")
    assert list(again.feature_names_in_) == list(data.data.columns)
    np.testing.assert_array_equal(again.predict(data.data), model.predict(data.data))
    with pytest.raises(ValueError, match="feature names"):
        again.predict(data.data[data.data.columns[::-1]])
    assert isinstance(data.data, pandas.DataFrame)


def test_what_is_missing_is_learnt_from():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = rng.integers(2, size=400)
    X[y == 1, 1] = np.nan
    model = clone(SMALL).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) == 1
    X[:, 1] = np.nan
    assert 0.2 < clone(SMALL).fit(X[:300], y[:300]).score(X[300:], y[300:]) < 0.8  # it can tell
    with pytest.raises(ValueError, match="infinity"):
        model.predict([[np.inf, 0, 0]])


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.ones((30, 4)), np.arange(30) % 3),
        (np.random.default_rng(0).normal(size=(30, 4)), np.zeros(30, int)),
        (np.ones((1, 1)), np.zeros(1, int)),
        (np.arange(40.0).reshape(-1, 1), np.arange(40) // 20),
        (np.full((8, 2), np.nan), np.arange(8) % 2),
    ],
    ids=["constant", "one class", "one sample", "one feature", "nothing there"],
)
def test_poor_data_are_fitted_all_the_same(X, y):
    model = clone(SMALL).fit(X, y)
    assert set(model.predict(X)) <= set(y)
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1)
    assert model.network_.compile(board="icebreaker").classify(model.latencies(X[:3])).equal
    if len(X) == 40:
        assert model.score(X, y) == 1


def test_seconds_end_the_training_and_leave_a_network(cancer):
    X, X_test, y, _ = cancer
    model = clone(SMALL).set_params(seconds=0).fit(X, y)
    assert model.stopped_
    assert len(model.predict(X_test)) == len(X_test)
    assert not clone(SMALL).set_params(seconds=1e6).fit(X, y).stopped_


BAD = [
    ("tables", 0),
    ("tables", 1024),
    ("pairs", 17),
    ("pairs", 2.5),
    ("epochs", 0),
    ("seconds", -1),
    ("seconds", "long"),
    ("seconds", float("nan")),
    ("tables", True),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_parameter_is_named(name, value, cancer):
    with pytest.raises(ValueError, match=f"^{name} must be .*, not "):
        clone(SMALL).set_params(**{name: value}).fit(cancer[0], cancer[2])


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="y must have at most 256 classes, not 257"):
        clone(SMALL).fit(np.zeros((1028, 1)), np.arange(1028) // 4)


def test_too_many_features_are_refused():
    with pytest.raises(ValueError, match="X must have at most 32000 features, not 33000"):
        clone(SMALL).fit(np.random.default_rng(0).normal(size=(4, 33_000)), np.arange(4) % 2)


def test_parameters_of_numpy_are_kept_in_the_file(cancer, tmp_path):
    kinds = {"tables": np.int64(5), "pairs": np.int8(3), "epochs": np.int32(1), "seconds": np.float32(100), "random_state": np.uint32(7)}
    model = clone(SMALL).set_params(**kinds).fit(cancer[0], cancer[2])
    model.save(tmp_path / "mine.safetensors")
    assert LutClassifier.load(tmp_path / "mine.safetensors").get_params() == model.get_params()
    assert not clone(model).set_params(seconds=10**400).fit(cancer[0], cancer[2]).stopped_


def test_labels_that_no_file_holds_are_named(cancer, tmp_path):
    model = clone(SMALL).set_params(epochs=1).fit(cancer[0], cancer[2].astype("M8[D]"))
    with pytest.raises(NetworkError, match=r"labels must be texts, .* to be saved, not datetime64\[D\]"):
        model.save(tmp_path / "mine.safetensors")
    assert not list(tmp_path.iterdir())


def test_it_goes_through_pipelines_and_pickles(cancer, fitted):
    X, X_test, y, _ = cancer
    pipeline = make_pipeline(StandardScaler(), clone(SMALL)).fit(X, y)
    np.testing.assert_array_equal(pipeline.predict(X_test), fitted.predict(X_test))
    assert pickle.loads(pickle.dumps(fitted)).score(X, y) == fitted.score(X, y)


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        SMALL.save(tmp_path / "none.safetensors")
    assert not list(tmp_path.iterdir())


def test_other_networks_are_refused_in_a_sentence(fitted, tmp_path):
    for name in ("digits", "shakespeare"):
        path = tmp_path / f"{name}.safetensors"
        polychron.load(name).save(path)
        with pytest.raises(NetworkError, match=f"^{path}: "):
            LutClassifier.load(path)


@pytest.fixture(scope="module")
def overlapping():
    """Seven labels in ten say nothing of the sample."""
    X, y = make_classification(1000, 8, n_informative=4, n_classes=4, n_clusters_per_class=1, flip_y=0.7, random_state=0)
    return X[:600], X[600:], y[:600], y[600:]


def test_small_steps_do_not_learn_noise_by_heart(overlapping):
    X, X_test, y, y_test = overlapping
    large, small = (clone(SMALL).set_params(epochs=None, gentle=gentle).fit(X, y) for gentle in (False, True))
    assert large.score(X, y) > 0.7 > small.score(X, y)
    assert small.score(X_test, y_test) > large.score(X_test, y_test) + 0.05


def test_the_steps_that_do_better_are_taken(overlapping, cancer, tmp_path):
    X, _, y, _ = overlapping
    tried, small = (clone(SMALL).set_params(epochs=None, gentle=gentle).fit(X, y) for gentle in (None, True))
    assert same(tried, small)
    tried.save(tmp_path / "tried.safetensors")
    assert LutClassifier.load(tmp_path / "tried.safetensors").get_params() == tried.get_params()
    X = np.random.default_rng(0).integers(4, size=(400, 2)).astype(float)
    y = (X.sum(axis=1) % 2).astype(int)  # which needs large ones
    tried, large, small = (clone(SMALL).set_params(epochs=None, gentle=gentle).fit(X, y) for gentle in (None, False, True))
    assert same(tried, large)
    assert not same(tried, small)


def test_a_trial_that_is_ended_is_kept(cancer):
    X, X_test, y, _ = cancer
    model = clone(SMALL).set_params(gentle=None, seconds=0).fit(X, y)
    assert model.stopped_
    assert set(model.predict(X_test)) <= set(y)


def test_a_wrong_word_for_the_steps(cancer):
    with pytest.raises(ValueError, match="gentle must be True, False or None, not 'auto'"):
        clone(SMALL).set_params(gentle="auto").fit(cancer[0], cancer[2])
