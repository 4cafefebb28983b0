"""Counting: what pairs ask, what rows hold, and where the threshold is."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.integer.deep import deep_outputs
from golden.tasks.fitting.counting import CONSTANTS, Counting, draw_anchors, surprise
from golden.tasks.fitting.quantiles import LEVELS, MISSING, Quantiles


def quiet(phase, loss):
    return None


def made(x, *, seed=0, tick=quiet, **options):
    training = Counting(**{"tables": 30, "pairs": 4, **options})
    quantiles = training.inputs(x)
    return training.train(x, quantiles, seed=seed, tick=tick), quantiles


def asked(values, *, count=400, seed=0):
    """Which of (samples, 1) numbers each reference of many tables of one input is below."""
    quantiles = Quantiles.reaching(values)
    latencies = quantiles.latencies(values)
    missing = (latencies == MISSING).any(axis=0)
    anchors = draw_anchors(quantiles, missing=missing, n_t=count, n_c=2, rng=np.random.default_rng(seed))
    assert (anchors[..., 0] == 0).all()
    return quantiles, np.array(CONSTANTS)[anchors[..., 1].ravel() - 1]


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=300, unique=True))
def test_references_cut_between_the_values_but_for_the_ends(values):
    x = np.array(values)[:, None]
    quantiles, references = asked(x, count=100)
    latencies = quantiles.latencies(x)
    ends = (references == 0) | (references >= LEVELS - 1)
    inner = references[~ends]
    assert ((latencies > inner).any(axis=0) & (latencies <= inner).any(axis=0)).mean() > 0.9  # but for the outmost steps of 4
    assert 0 < ends.mean() < 0.15
    assert not (references == LEVELS).any()  # nothing is missing


def test_few_values_are_cut_wherever_they_differ():
    _, references = asked(np.array([[0.0], [1.0], [1.0], [5.0]]))
    x = Quantiles.reaching(np.array([[0.0], [1.0], [5.0]])).latencies(np.array([[0.0], [1.0], [5.0]]))
    patterns = Counter(map(tuple, (x > references).T.tolist()))
    assert set(patterns) == {(True, True, True), (False, True, True), (False, False, True), (False, False, False)}
    assert patterns[True, True, True] + patterns[False, False, False] < 0.1 * len(references)  # the ends
    assert min(patterns.values()) > 5


def test_ends_ask_for_what_was_never_there():
    values = np.random.default_rng(0).normal(size=(2000, 1))
    _, references = asked(values)
    assert {0, LEVELS - 1} <= set(references)
    quantiles = Quantiles.reaching(values)
    beyond = quantiles.latencies(np.array([[values.min() - 1e-9], [values.max() + 1e-9], [np.nan]]))[:, 0]
    assert (beyond[0] <= 0, beyond[1] > LEVELS - 1, beyond[2] > LEVELS) == (True, True, True)
    seen = quantiles.latencies(values)
    assert (seen.min(), seen.max()) == (1, LEVELS - 1)


def test_a_constant_or_empty_input_is_asked_for_change_alone():
    assert set(asked(np.full((5, 1), 3.0))[1]) == {0, LEVELS - 1}
    assert set(asked(np.full((5, 1), np.nan))[1]) == {LEVELS}
    assert set(asked(np.array([[3.0], [np.nan]]))[1]) == {0, LEVELS - 1, LEVELS}


def test_every_input_is_watched_as_often():
    quantiles = Quantiles.reaching(np.random.default_rng(0).normal(size=(50, 7)))
    anchors = draw_anchors(quantiles, missing=np.zeros(7, bool), n_t=70, n_c=5, rng=np.random.default_rng(0))
    counts = np.bincount(anchors[..., 0].ravel(), minlength=7)
    assert set(counts) == {50}
    pairs = anchors[..., 1] < 7
    assert 0.05 < pairs.mean() < 0.15
    assert (anchors[..., 0] != anchors[..., 1]).all()


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=64))
def test_a_row_holds_its_surprise(visits):
    samples = sum(visits)
    found = surprise(np.array(visits), max(samples, 1), rows=len(visits))
    none = -math.log(0.5 / (max(samples, 1) + 0.5 * len(visits)))
    for count, entry in zip(visits, found.tolist(), strict=True):
        share = -math.log((count + 0.5) / (max(samples, 1) + 0.5 * len(visits))) / none
        assert entry == round(14 * share**3) - 7
        assert entry == 7 or count > 0
    assert (np.diff(found[np.argsort(visits, kind="stable")]) <= 0).all()  # the rarer, the later


def test_the_network_adds_up_what_was_counted():
    """Beside a count by dictionaries."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 3))
    x[rng.random(x.shape) < 0.1] = np.nan
    found, quantiles = made(x)
    (group,) = found.network.output.groups
    assert group.tables.shape == (30, 16, 1)
    new = quantiles.latencies(np.concatenate([x[:5], rng.normal(size=(20, 3)) * 3]))

    def rows(latencies):
        full = [*latencies, *CONSTANTS]
        return [tuple(full[a] > full[b] for a, b in pairs) for pairs in group.anchors.tolist()]

    visits = Counter((table, row) for sample in quantiles.latencies(x).tolist() for table, row in enumerate(rows(sample)))
    due = []
    for sample in new.tolist():
        counts = [visits[table, row] for table, row in enumerate(rows(sample))]
        due.append(sum(round(14 * (math.log((count + 0.5) / 208) / math.log(0.5 / 208)) ** 3) - 7 for count in counts))
    np.testing.assert_array_equal(deep_outputs(found.network, new)[:, 0], due)


def test_the_threshold_is_that_of_samples_left_out():
    """One of twenty new samples is taken for an anomaly, though far fewer of those that were counted are."""
    rng = np.random.default_rng(2)
    mix = rng.normal(size=(6, 6))
    x, new = rng.normal(size=(400, 6)) @ mix, rng.normal(size=(4000, 6)) @ mix
    found, quantiles = made(x, tables=64, pairs=7)

    def alarms(some):
        outputs = deep_outputs(found.network, quantiles.latencies(some))
        return (found.outputs.answers(outputs, unit=1.0) < 0).mean()

    assert 0.03 < alarms(new) < 0.08
    assert alarms(x) < 0.02
    assert alarms(new * 4) > 0.9


def test_the_threshold_is_right_where_most_new_samples_are_beyond_the_training_parts_numbers():
    """Of few samples of many inputs."""
    rng = np.random.default_rng(5)
    alarms, counted = [], []
    for seed in range(20):
        x, new = rng.normal(size=(40, 12)), rng.normal(size=(200, 12))
        found, quantiles = made(x, seed=seed, tables=64, pairs=6)
        answers = [found.outputs.answers(deep_outputs(found.network, quantiles.latencies(some)), unit=1.0) for some in (new, x)]
        alarms.append((answers[0] < 0).mean())
        counted.append((answers[1] < 0).mean())
        assert (quantiles.latencies(new) % LEVELS == 0).any(axis=1).mean() > 0.3
    assert 0.02 < np.mean(alarms) < 0.08
    assert np.mean(counted) < 0.01  # the samples themselves say nothing


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_a_contamination_is_that_of_the_training_samples(share):
    x = np.random.default_rng(3).normal(size=(1000, 4))
    found, quantiles = made(x, tables=128, contamination=share)
    answers = found.outputs.answers(deep_outputs(found.network, quantiles.latencies(x)), unit=1.0)
    assert (answers < 0).mean() == pytest.approx(share, abs=0.01)


def test_it_can_be_stopped_and_keeps_the_tables_counted_by_then():
    x = np.random.default_rng(4).normal(size=(50, 2))
    heard = []
    found, quantiles = made(x, tick=lambda phase, loss: heard.append((phase, loss)) or len(heard) == 3)
    assert found.stopped
    assert found.network.output.n_t == len(heard) == 3
    assert deep_outputs(found.network, quantiles.latencies(x)).shape == (50, 1)
    assert not made(x)[0].stopped
