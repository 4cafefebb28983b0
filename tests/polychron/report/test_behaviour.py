"""What the report says of spikes and rows, against the golden model and by hand."""

from collections import Counter
from math import log2

import numpy as np
import pytest

import polychron
from golden.integer.deep import deep_forward
from golden.integer.forward import indices
from polychron.report.behaviour import SHOWN, behaviour, evenness
from sim.web.images import examples, image_format


@pytest.mark.parametrize(
    ("counts", "rows", "expected"),
    [
        ([5, 5, 5, 5], 4, 1.0),
        ([20], 4, 0.0),
        ([2, 2], 1024, 0.5),  # four reads could have been of four rows
        ([3, 1], 2, -(0.75 * log2(0.75) + 0.25 * log2(0.25))),
        ([7], 1, 1.0),
        ([1], 64, 1.0),
    ],
)
def test_evenness(counts: list[int], rows: int, expected: float) -> None:
    assert evenness(counts, rows=rows) == pytest.approx(expected, abs=1e-4)


def test_a_classifiers_rows_and_spikes() -> None:
    """The first ten steps are the drawn digits themselves; every table's reads are those of golden's indices."""
    program = polychron.load("digits").compile()
    network = program.network.integer
    found = behaviour(network, program.code)
    assert found is not None
    assert (found.what, found.steps) == ("the ten digits, each drawn in 9 places", 90)
    form = image_format(network)
    digits = examples(form)
    (name, latencies), *more = found.raster.layers.items()
    assert (name, more) == ("output", [])
    outputs = program.network.predict(digits)
    np.testing.assert_array_equal(latencies[:10], outputs)
    assert found.raster.labels[:10] == tuple(map(str, outputs.argmin(axis=1)))
    images = digits.reshape(10, form.height, form.width)
    moved = np.concatenate([np.roll(images, (down, right), axis=(1, 2)).reshape(10, -1) for down in (0, 1, -1) for right in (0, 1, -1)])
    source = deep_forward(network, moved).states[0]
    group = network.layers()["output"].groups[0]
    taken = indices(group.anchors, source)
    for use in found.rows:
        tally = Counter(taken[:, use.table].tolist())
        assert (use.used, use.reads, use.rows) == (len(tally), 90, 1 << group.n_c)
        assert use.evenness == evenness(list(tally.values()), rows=use.rows)
    assert sorted(use.table for use in found.rows) == list(range(group.n_t))


def test_a_texts_steps() -> None:
    """What it writes is drawn as the program says; a transformer's tables are read once for each position."""
    program = polychron.load("transformer").compile(temperature=0.7)
    found = behaviour(program.network.integer, program.code)
    assert found is not None
    assert len(found.raster.labels) == SHOWN
    assert list(found.raster.layers)[:3] == ["output", "embed", "blocks.0.part.0"]
    reads = {(use.layer, use.reads) for use in found.rows}
    distances = sum(min(step, 31) for step in range(found.steps))
    assert {("output", found.steps), ("blocks.0.part.0", distances)} <= reads
    again = behaviour(program.network.integer, program.code)
    assert again is not None
    assert (again.rows, again.raster.labels) == (found.rows, found.raster.labels)
