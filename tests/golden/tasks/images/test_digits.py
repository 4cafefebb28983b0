from dataclasses import replace

import numpy as np
import pytest
from sklearn.svm import SVC

from golden import digits_table
from golden.integer.network import Network
from golden.tasks.fitting.accuracy import float_accuracy, integer_accuracy
from golden.tasks.images import digits
from golden.tasks.images.classifier import train_images
from golden.tasks.images.recipe import DIGITS_PRESETS, RECIPES, Growth, ImageRecipe

TINY = ImageRecipe(n_t=10, n_c=4, growth=Growth(pool=60, rows=400), views=2, epochs=6, rounded_epochs=3)


def names(x):
    return {row.tobytes() for row in x}


def test_holdouts_are_stratified_quarters():
    split = digits.holdout(0)
    assert (len(split.train_x), len(split.test_x)) == (1347, 450)
    assert split.test_x.dtype == np.int16
    assert (split.test_x.min(), split.test_x.max()) == (0, 16)
    assert np.ptp(np.bincount(split.test_y)) <= 3
    assert not names(split.train_x) & names(split.test_x)
    assert not np.array_equal(split.test_y, digits.holdout(1).test_y)


def test_inner_holdouts_leave_the_outer_quarter_alone():
    outer, inner = digits.holdout(3), digits.inner_holdout(3)
    assert names(inner.train_x) | names(inner.test_x) == names(outer.train_x)
    assert len(inner.train_x) + len(inner.test_x) == len(outer.train_x)


def test_the_data_set_is_the_known_one():
    assert digits.data_sha256() == "135bc8fe71e9209bcfddd31346cbb2f3bea85dc56675ad326ca684a7ab3a25bd"


@pytest.fixture(scope="module")
def trained():
    split = digits.holdout(0)
    return split, train_images(split, TINY, seed=0)


def test_a_tiny_classifier_learns(trained):
    split, result = trained
    network = result.network.validate()
    assert network.kind == "deep"
    assert network.hidden == ()
    assert network.output.bits == 4
    exact = integer_accuracy(network, split.test_x, split.test_y)
    assert exact > 0.85
    assert abs(exact - float_accuracy(result.layer, split.test_x, split.test_y, constants=())) < 0.05
    assert integer_accuracy(network, split.test_x, np.roll(split.test_y, 1)) < 0.25  # it can tell


def test_integer_tables_are_the_negated_rounded_ones(trained):
    _, result = trained
    unit = 2.0**-result.network.out_frac
    expected = np.clip(np.rint(-result.layer.groups[0].tables / unit), -7, 7)
    np.testing.assert_array_equal(result.network.output.groups[0].tables, expected)


def same(one: Network, other: Network) -> bool:
    pairs = zip(one.output.groups, other.output.groups, strict=True)
    return all(np.array_equal(a.tables, b.tables) and np.array_equal(a.anchors, b.anchors) for a, b in pairs)


def test_training_is_seeded(trained):
    split, result = trained
    assert same(result.network, train_images(split, TINY, seed=0).network)
    assert not same(result.network, train_images(split, TINY, seed=1).network)


def test_labels_that_mean_nothing_are_not_learnt():
    split = digits.holdout(0)
    shuffled = replace(split, train_y=np.random.default_rng(0).permutation(split.train_y))
    network = train_images(shuffled, TINY, seed=0).network
    assert integer_accuracy(network, split.test_x, split.test_y) < 0.3


@pytest.mark.parametrize("anchors", ["random", "covering"])
def test_other_anchors(anchors):
    split = digits.holdout(0)
    recipe = replace(TINY, anchors=anchors, constants=(4, 8), epochs=8)
    network = train_images(split, recipe, seed=0).network.validate()
    assert (network.n, network.n_ref) == (66, 2)
    assert 0.5 < integer_accuracy(network, split.test_x, split.test_y)


@pytest.mark.parametrize(
    ("stop", "phase", "tables", "accuracy"),
    [(1, "growing", 1, 0.15), (6, "growing", 6, 0.5), (12, "fitting", 10, 0.5), (18, "rounded", 10, 0.5)],
)
def test_a_request_to_stop_keeps_what_was_trained(stop, phase, tables, accuracy):
    split = digits.holdout(0)
    heard = []

    def tick(phase, loss):
        heard.append(phase)
        return len(heard) == stop

    result = train_images(split, TINY, seed=0, tick=tick)
    assert result.stopped
    assert len(heard) == stop
    assert heard[-1] == phase
    assert result.network.output.n_t == tables
    assert integer_accuracy(result.network, split.test_x, split.test_y) > accuracy


def test_ticks_are_heard_as_often_as_the_recipe_says():
    heard = []
    result = train_images(digits.holdout(0), TINY, seed=0, tick=lambda phase, loss: heard.append(phase))
    assert not result.stopped
    assert heard == ["growing"] * 10 + ["fitting"] * 6 + ["rounded"] * 3
    assert TINY.steps == len(heard)


def test_table_of_holdouts(monkeypatch, capsys):
    monkeypatch.setitem(RECIPES, "tiny", replace(TINY, epochs=1, rounded_epochs=1))
    monkeypatch.setitem(DIGITS_PRESETS, "tiny", DIGITS_PRESETS["digits"])
    monkeypatch.setattr(digits_table, "_references", lambda: {"SVC": SVC(gamma=0.001)})
    assert digits_table.main(["--seeds", "1", "--preset", "tiny", "--references"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("| tiny: 10 x 2^4 | 40 | ")
    name, _, svc, *_ = lines[3].strip("| ").split(" | ")
    assert name == "SVC"
    assert 98.5 < float(svc) < 99.6


def test_table_refuses_no_holdouts(capsys):
    assert digits_table.main(["--seeds", "0"]) == 2
    assert capsys.readouterr().err == "error: --seeds must be 1..1000, not 0\n"


def test_variants_change_one_thing_each():
    recipe = RECIPES["digits"]
    for name, variant in digits_table.variants(recipe).items():
        assert variant != recipe, name
        assert variant.pairs == recipe.pairs, name
