"""Rounding: entries, units, shifts, the negated output, and that a rounded float network decides like the integer one."""

import numpy as np
import pytest

from golden.compiled.stream import stream_outputs
from golden.integer.forward import layer_sum
from golden.integer.layer import NetworkError
from golden.model.diagnose import diagnose_layer, identical_rows, unused_rows
from golden.model.layer import forward
from golden.model.quantise import (
    RecurrentRounding,
    descend,
    largest_shift,
    natural_unit,
    quantise_entries,
    quantise_layer,
    quantise_rnn,
    search_rounding,
    soften,
)
from golden.model.rnn import Rnn

from ..helpers import make_float_layer


def model(rng, *, scale=1.0) -> Rnn:
    hidden = make_float_layer(rng, n=16, n_out=16, shapes=[(4, 3), (2, 4)])
    output = make_float_layer(rng, n=16, n_out=5, shapes=[(6, 3)])
    for layer in (hidden, output):
        for group in layer.groups:
            group.tables[:] *= scale
    return Rnn(embed=rng.normal(size=(5, 16)).astype(np.float32), hidden=hidden, output=output)


def test_entries_are_rounded_and_clipped():
    tables = np.array([-9.0, -1.0, -0.3, 0.1, 0.24, 0.26, 0.375, 3.0], np.float32)
    assert quantise_entries(tables, unit=0.25, bits=4).tolist() == [-7, -4, -1, 0, 1, 1, 2, 7]
    assert quantise_entries(tables, unit=0.25, bits=8).tolist() == [-36, -4, -1, 0, 1, 1, 2, 12]


def test_an_output_layer_is_negated(rng):
    layer = make_float_layer(rng, n=16, n_out=5, shapes=[(6, 3)])
    integer = quantise_layer(layer, unit=2.0**-6, bits=8, negate=True)
    x = rng.integers(-100, 100, (20, 16)).astype(np.int16)
    found = -layer_sum(integer, x) * 2.0**-6
    wanted, _ = forward(layer, x.astype(np.float32))
    assert np.abs(found - wanted).max() <= 6 * 2.0**-7 + 1e-6
    assert np.array_equal(layer_sum(quantise_layer(layer, unit=2.0**-6, bits=8), x), -layer_sum(integer, x))


def test_the_natural_unit_clips_one_entry_in_a_thousand_at_most(rng):
    tables = rng.normal(size=(10, 16, 64)).astype(np.float32)
    unit = natural_unit([tables], bits=4)
    assert np.mean(np.abs(tables) > 7.5 * unit) <= 0.001
    assert np.mean(np.abs(tables) > 7.5 * unit / 2) > 0.001
    assert natural_unit([np.zeros((1, 2, 2), np.float32)], bits=8) == 2.0**-8


def test_the_largest_shift_keeps_16_bits(rng):
    for n_t, shift in ((32, 3), (70, 1), (140, 0)):
        layer = make_float_layer(rng, n=16, n_out=5, shapes=[(n_t, 2)])
        for group in layer.groups:
            group.tables[:] = 127.0
        assert largest_shift(quantise_layer(layer, unit=1.0, bits=8)) == shift


def test_the_integer_network_decides_as_the_rounded_float_one(rng):
    """With tables that are multiples of the units, both give the same indices and the same logits, exactly."""
    source = model(rng)
    units = RecurrentRounding(hidden_unit=0.125, output_unit=0.0625)
    source.embed[:] = np.rint(source.embed * 8) / 8
    for layer, unit in ((source.hidden, 0.125), (source.output, 0.0625)):
        for group in layer.groups:
            group.tables[:] = np.clip(np.rint(group.tables / unit), -7, 7) * unit
    network = quantise_rnn(source, units, symbols=None, card={})
    symbols = rng.integers(0, 5, 300).astype(np.int32)
    outputs, _ = stream_outputs(network, symbols)
    h = np.zeros((1, 16), np.float32)
    for t, symbol in enumerate(symbols):
        logits, _ = forward(source.output, h)
        assert np.array_equal(-outputs[t] * 2.0**-network.out_frac, logits[0])
        h = forward(source.hidden, h)[0] + source.embed[symbol]
    source.embed[symbols[0], 3] += 4.0  # negative control
    assert not np.array_equal(stream_outputs(quantise_rnn(source, units, symbols=None, card={}), symbols)[0], outputs)


def test_the_search_takes_the_units_that_score_best(rng):
    source = model(rng)

    def score(units: RecurrentRounding) -> float:
        return abs(np.log2(units.hidden_unit) + 4) + abs(np.log2(units.output_unit) + 5)

    found = search_rounding(source, RecurrentRounding(hidden_unit=1.0, output_unit=1.0), score)
    assert found.hidden_unit == 2.0**-4
    assert found.output_unit == 2.0**-5


def test_a_descent_takes_one_step_after_another():
    """A later one begins with what an earlier one chose; of equals the first is taken."""
    tried: list[tuple[int, int]] = []

    def score(point: tuple[int, int]) -> float:
        tried.append(point)
        return abs(point[0] - 2) + abs(point[1] - point[0])

    steps = [lambda best: [(x, best[1]) for x in range(5)], lambda best: [(best[0], y) for y in (9, 3, 1, 2)]]
    assert descend((0, 0), steps, score) == (0, 1)
    assert tried == [(x, 0) for x in range(5)] + [(0, y) for y in (9, 3, 1, 2)]
    assert descend((0, 0), [], score) == (0, 0)


def test_parts_have_units_and_limits():
    rounding = RecurrentRounding(hidden_unit=1 / 8, output_unit=1 / 16)
    assert rounding.parts() == {"hidden": (1 / 8, 7), "embed": (1 / 8, 127), "output": (1 / 16, 7)}
    wide = RecurrentRounding(hidden_unit=1 / 32, output_unit=1 / 16, hidden_bits=8, embed_bits=4, output_bits=8, hidden_most=7 / 8)
    assert wide.parts() == {"hidden": (1 / 32, 28), "embed": (1 / 32, 7), "output": (1 / 16, 127)}
    assert RecurrentRounding(hidden_unit=1 / 8, output_unit=1, hidden_most=100.0).parts()["hidden"] == (1 / 8, 7)


def test_a_softer_output_layer_has_smaller_entries_and_the_same_anchors(rng):
    layer = make_float_layer(rng, n=16, n_out=5, shapes=[(4, 3), (2, 4)])
    soft = soften(layer, 0.5)
    for one, other in zip(soft.groups, layer.groups, strict=True):
        assert np.array_equal(one.tables, other.tables / 2)
        assert one.tables.dtype == np.float32
        assert one.anchors is other.anchors


def test_a_unit_that_is_no_power_of_two_is_refused(rng):
    with pytest.raises(NetworkError, match=r"a unit must be a power of two, not 0.3"):
        quantise_rnn(model(rng), RecurrentRounding(hidden_unit=0.3, output_unit=0.25), symbols=None, card={})


def test_the_failure_signatures_are_named(rng):
    layer = make_float_layer(rng, n=16, n_out=5, shapes=[(6, 3)])
    x = rng.normal(size=(3000, 16)).astype(np.float32)
    assert diagnose_layer(layer, x, name="hidden") == []
    assert unused_rows(layer, x) == 0
    assert identical_rows(layer) == 0
    (found,) = diagnose_layer(layer, np.repeat(x[:1], 50, axis=0), name="hidden")
    assert found.startswith("hidden: 88% of the rows are never used")
    (found,) = diagnose_layer(layer, x * 50, name="hidden")
    assert "the slope U' is near zero" in found
    (found,) = diagnose_layer(layer, x * 1000, name="hidden")
    assert "latencies explode" in found
    (found,) = diagnose_layer(layer, np.where(x == x[0, 0], np.nan, x), name="hidden")
    assert "latencies explode" in found
    layer.groups[0].tables[:, ::2] = 1.0
    (found,) = diagnose_layer(layer, x, name="output")
    assert found.startswith("output: 38% of the rows equal another")
