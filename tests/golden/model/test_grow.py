"""Coarse to fine: copied rows change nothing, depth follows the schedule."""

import numpy as np

from golden.compiled.layer import flatten
from golden.model.grow import cut, deepen, depth_at
from golden.model.layer import forward

from ..helpers import make_float_layer

N = 12


def test_depth_rises_in_equal_steps():
    depths = [depth_at(done / 16, first=4, last=8, until=0.5) for done in range(12)]
    assert depths == [4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8]
    assert depth_at(0.0, first=4, last=8, until=0.0) == 8
    assert depth_at(0.3, first=5, last=5, until=0.8) == 5


def test_a_deeper_layer_says_the_same(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 4), (2, 2)])
    shallow = cut(layer, 2)
    rows, _ = flatten(shallow)
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
