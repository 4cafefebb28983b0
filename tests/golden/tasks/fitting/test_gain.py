import numpy as np
import pytest

from golden.model.layer import FloatLayer, forward
from golden.tasks.fitting.aims import SQUARES, lanes_of
from golden.tasks.fitting.gain import best_pair, draw_pairs, grow, split_gains
from golden.tasks.fitting.recipe import Growth


def reference_gain(x, leaf, gradient, pair, n_leaf, l2):
    """The definition, sample by sample."""
    gain = 0.0
    for half in range(2 * n_leaf):
        inside = [i for i in range(len(leaf)) if 2 * leaf[i] + int(x[pair[0], i] > x[pair[1], i]) == half]
        total = gradient[inside].astype(float).sum(axis=0)
        gain += (total[:-1] ** 2).sum() / (total[-1] + l2)
    return gain


def problem(seed, batch=200, n=12, classes=4):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, (n, batch)).astype(np.int16)
    gradient = np.zeros((batch, lanes_of(classes)), np.float32)
    gradient[:, :classes] = rng.normal(size=(batch, classes))
    gradient[:, -1] = rng.uniform(0.1, 0.5, batch)
    return rng, x, gradient


@pytest.mark.parametrize("classes", [4, 15, 16, 40])
def test_split_gains_are_the_definition(classes):
    rng, x, gradient = problem(0, classes=classes)
    leaf = rng.integers(0, 4, x.shape[1]).astype(np.int32)
    pairs = rng.integers(0, 12, (30, 2)).astype(np.int16)
    gains = split_gains(x, leaf, gradient, pairs, 4, np.float32(0.5))
    expected = [reference_gain(x, leaf, gradient, pair, 4, 0.5) for pair in pairs]
    np.testing.assert_allclose(gains, expected, rtol=1e-4)
    other = x.copy()
    other[pairs[0, 0], :20] += 6
    assert abs(split_gains(other, leaf, gradient, pairs, 4, np.float32(0.5))[0] - expected[0]) > 1e-3  # it can tell


def test_best_pair_is_the_planted_one():
    rng, x, gradient = problem(1)
    gradient[:, 0] += np.where(x[3] > x[7], 2.0, -2.0).astype(np.float32)
    pairs = np.array([(a, b) for a in range(12) for b in range(12) if a != b], np.int16)
    leaf = np.zeros(x.shape[1], np.int32)
    assert tuple(best_pair(x, leaf, gradient, pairs, n_leaf=1, l2=1.0)) == (3, 7)
    shuffled = gradient[rng.permutation(len(gradient))]
    assert tuple(best_pair(x, leaf, shuffled, pairs, n_leaf=1, l2=1.0)) != (3, 7)


def test_drawn_pairs_differ_and_use_reference_neurons():
    rng = np.random.default_rng(2)
    inputs, refs = np.array([1, 4, 5, 9]), np.array([10, 11])
    pairs = draw_pairs(inputs=inputs, refs=refs, count=400, ref_share=0.25, rng=rng)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert np.isin(pairs[:, 0], inputs).all()
    assert np.isin(pairs[:, 1], refs).sum() == 100
    assert len({tuple(pair) for pair in pairs}) == 4 * 3 + 4 * 2
    alone = draw_pairs(inputs=np.array([4]), refs=refs, count=50, ref_share=0.25, rng=rng)
    assert {tuple(pair) for pair in alone} == {(4, 10), (4, 11)}
    none = draw_pairs(inputs=inputs, refs=np.array([], int), count=50, ref_share=0.25, rng=rng)
    assert np.isin(none, inputs).all()


def both_problem(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 8, (6, 500)).astype(np.int16)
    labels = ((x[0] > x[1]) & (x[2] > 3)).astype(int)
    return x, np.eye(2, dtype=np.float32)[labels]


def test_grown_tables_solve_what_needs_two_pairs_and_a_reference_neuron():
    x, target = both_problem(3)
    with_ref = np.concatenate([x, np.full((1, x.shape[1]), 3, np.int16)])
    growth = Growth(pool=300, rows=500, ref_share=0.2)

    def accuracy(inputs, n_ref):
        group = grow(inputs, target, n_t=12, n_c=2, n_ref=n_ref, growth=growth, rng=np.random.default_rng(0))
        scores, _ = forward(FloatLayer(groups=(group,)), inputs.T.astype(np.float32))
        return (scores.argmax(axis=1) == target.argmax(axis=1)).mean()

    assert accuracy(with_ref, 1) > 0.99
    assert accuracy(x, 0) < 0.97


def test_growing_is_seeded_and_lowers_the_loss():
    x, target = both_problem(4)
    losses = []

    def run(seed):
        return grow(x, target, n_t=5, n_c=3, n_ref=0, growth=Growth(pool=50, rows=300), rng=np.random.default_rng(seed), tick=losses.append)

    first, again, other = run(0), run(0), run(1)
    np.testing.assert_array_equal(first.anchors, again.anchors)
    np.testing.assert_array_equal(first.tables, again.tables)
    assert not np.array_equal(first.anchors, other.anchors)
    assert np.log(2) > losses[0] > losses[4]


@pytest.mark.parametrize("count", [1, 4, 5])
def test_a_request_to_stop_keeps_the_grown_tables(count):
    x, target = both_problem(5)
    options = {"n_t": 5, "n_c": 2, "n_ref": 0, "growth": Growth(pool=20, rows=100)}
    heard = []

    def tick(loss):
        heard.append(loss)
        return len(heard) == count

    whole = grow(x, target, **options, rng=np.random.default_rng(0))
    part = grow(x, target, **options, rng=np.random.default_rng(0), tick=tick)
    assert len(heard) == part.n_t == count
    np.testing.assert_array_equal(part.anchors, whole.anchors[:count])
    np.testing.assert_array_equal(part.tables, whole.tables[:count])


def test_what_cannot_be_grown_is_refused():
    x, target = both_problem(6)
    options = {"n_t": 1, "n_c": 2, "n_ref": 0, "growth": Growth(), "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match="outputs must be at most 256, not 258"):
        grow(x, np.tile(target, (1, 129)), **options)
    with pytest.raises(ValueError, match="at least two inputs that vary"):
        grow(np.zeros_like(x), target, **options)


def test_least_squares_find_what_needs_two_pairs():
    x, target = both_problem(7)
    numbers = np.stack([target[:, 1], 1 - 2 * target[:, 1]], axis=1).astype(np.float32)
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    with_ref = np.concatenate([x, np.full((1, x.shape[1]), 3, np.int16)])
    losses = []

    def left(inputs, n_ref):
        options = {"growth": Growth(pool=300, rows=500, ref_share=0.2, aim=SQUARES), "rng": np.random.default_rng(0)}
        group = grow(inputs, numbers, n_t=20, n_c=2, n_ref=n_ref, **options, tick=losses.append)
        scores, _ = forward(FloatLayer(groups=(group,)), inputs.T.astype(np.float32))
        assert losses[-1] == pytest.approx(0.5 * ((scores - numbers) ** 2).sum(axis=1).mean(), rel=1e-4)
        return SQUARES.error(scores, numbers)

    assert left(with_ref, 1) < 0.01
    assert left(x, 0) > 0.05
