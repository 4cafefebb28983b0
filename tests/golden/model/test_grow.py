"""Coarse to fine: copied rows change nothing, depth follows the schedule, the trainer grows and lazy Adam leaves unused rows alone."""

import numpy as np
import pytest

from golden.compiled import rnn as fast
from golden.model.grow import cut, deepen, depth_at
from golden.model.layer import forward
from golden.model.rnn import Rnn
from golden.training.rnn import RnnTrainer, Rounding, Settings, stream_loss

from ..helpers import make_float_layer
from ..training.test_rnn import PATTERN, small_model

N = 12


def test_depth_rises_in_equal_steps():
    depths = [depth_at(done / 16, first=4, last=8, until=0.5) for done in range(12)]
    assert depths == [4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8]
    assert depth_at(0.0, first=4, last=8, until=0.0) == 8
    assert depth_at(0.3, first=5, last=5, until=0.8) == 5


def test_a_deeper_layer_says_the_same(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 4), (2, 2)])
    shallow = cut(layer, 2)
    rows, _ = fast.flatten(shallow)
    x = rng.normal(size=(50, N))
    wanted, _ = forward(shallow, x)
    for to in (2, 3, 4):
        deeper = cut(layer, to)
        grown = deepen(rows, layer, depth=2, to=to)
        low = 0
        for group in deeper.groups:
            high = low + (group.n_t << group.n_c)
            group.tables[:] = grown[low:high].reshape(group.tables.shape)
            low = high
        assert low == len(grown)
        assert np.allclose(forward(deeper, x)[0], wanted, atol=1e-5)
    deeper.groups[0].tables[:, -1] += 1  # negative control
    assert not np.allclose(forward(deeper, x)[0], wanted, atol=1e-5)


def test_cutting_copies(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 4)])
    cut(layer, 4).groups[0].tables[:] = 0
    assert layer.groups[0].tables.any()


def run(*, steps: int = 150, grow: int = 2, rounding: Rounding | None = None, threads: int = 1) -> tuple[Rnn, list[float], list[int]]:
    bits: list[float] = []
    sizes: list[int] = []
    settings = Settings(streams=8, context=8, warm=5, threads=threads, touched=True, grow=grow, grown=0.6)
    with RnnTrainer(small_model(), PATTERN, settings) as trainer:
        if rounding is not None:
            trainer.round(rounding)

        def progress(_: float, loss: float) -> None:
            bits.append(loss)
            sizes.append(len(np.unique(trainer.current().output.groups[0].tables[0], axis=0)))

        trainer.run(progress, steps=steps, minutes=None)
        return trainer.current(), bits, sizes


def test_a_growing_training_learns_with_few_rows_first():
    model, bits, sizes = run()
    assert max(sizes[:40]) <= 4 < sizes[-1] <= 16, sizes
    assert stream_loss(model, PATTERN) / (len(PATTERN) - 1) / np.log(2) < 0.9
    again = run(threads=3)
    assert again[1] == bits
    assert run(grow=0)[1] != bits


def test_a_growing_training_stays_rounded():
    tables = run(rounding=Rounding(hidden_unit=0.125, output_unit=0.25))[0].output.groups[0].tables
    assert np.array_equal(tables, np.rint(tables * 4) / 4)
    assert tables.any()


@pytest.mark.parametrize("touched", [False, True])
def test_adam_on_touched_rows_leaves_the_others(rng, touched):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(2, 3)])
    rows, flat = fast.flatten(layer)
    before = rows.copy()
    moments = [np.full_like(rows, 0.1), np.ones_like(rows)]
    used = np.broadcast_to(flat.low + 1, (3, 4, 2)).astype(np.int32)
    grad = rng.normal(size=(3, 4, 5)).astype(np.float32)
    fast.adam_tables(0, 2, rows, rows, flat.low, flat.size, used, grad, *moments, 0.01, 0.9, 0.99, 1e-8, 5, 0.0, 0.0, touched)
    changed = (rows != before).any(axis=1)
    assert changed[flat.low + 1].all()
    assert changed.all() != touched
    assert changed.sum() == (2 if touched else len(rows))
