"""Anchors chosen by gain: a LUT layer is a boosted ensemble of oblivious trees, so its pairs can be picked like a tree's splits.

Tables are grown one after another. Each pair of a table is the one, of a pool drawn anew, that best splits what the tables so far leave
unexplained (Newton boosting, of the softmax loss as in Friedman, Hastie and Tibshirani, Annals of Statistics 28, 2000): all rows of the
table are split by the same pair, which makes the tree oblivious and its leaves a look-up table.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...compiled.kernel import kernel
from ...integer.forward import indices
from ...integer.layer import Int16
from ...model.layer import Float32, FloatGroup, Ints
from .recipe import MAX_OUTPUTS, Growth

Hears = Callable[[float], bool | None]
"""Of a loss, again and again; True: end."""


def draw_pairs(*, inputs: Ints, refs: Ints, count: int, ref_share: float, rng: np.random.Generator) -> Int16:
    """(count, 2) pairs: an input and another, or, in ``ref_share`` of them, an input and a reference neuron; of a single input, all."""
    pairs = np.empty((count, 2), np.int16)
    pairs[:, 0] = inputs[rng.integers(len(inputs), size=count)]
    if len(inputs) > 1:
        step = rng.integers(1, len(inputs), size=count)
        place = np.searchsorted(inputs, pairs[:, 0])
        pairs[:, 1] = inputs[(place + step) % len(inputs)]
    else:
        ref_share = 1
    if len(refs):
        some = round(ref_share * count)
        pairs[:some, 1] = refs[rng.integers(len(refs), size=some)]
    return pairs


@kernel()
def split_gains(x, leaf, gradient, pairs, n_leaf, l2):
    """Gain of splitting all leaves by each pair: the sum over halves of |sum of gradients|**2 / (sum of curvatures + l2).

    x (n, batch) int16; leaf (batch,) int32 below n_leaf; gradient (batch, lanes) float32: outputs, zeros, curvature; pairs (pool, 2).
    Returns (pool,) float32.
    """
    batch, lanes = gradient.shape
    gains = np.empty(pairs.shape[0], np.float32)
    total = np.empty((2 * n_leaf, lanes), np.float32)
    for c in range(pairs.shape[0]):
        total[:] = np.float32(0)
        early = x[pairs[c, 1]]
        late = x[pairs[c, 0]]
        for i in range(batch):
            line = total[leaf[i] << 1 | np.int32(late[i] > early[i])]
            g = gradient[i]
            for k in range(lanes):
                line[k] += g[k]
        gain = np.float32(0)
        for half in range(2 * n_leaf):
            square = np.float32(0)
            for k in range(lanes - 1):
                square += total[half, k] * total[half, k]
            gain += square / (total[half, lanes - 1] + l2)
        gains[c] = gain
    return gains


def best_pair(x: Int16, leaf: npt.NDArray[np.int32], gradient: Float32, pairs: Int16, *, n_leaf: int, l2: float) -> Int16:
    """(2,): the pair of the largest gain (arguments as in :func:`split_gains`), the first of equal ones."""
    return pairs[int(np.argmax(split_gains(x, leaf, gradient, pairs, n_leaf, np.float32(l2))))]


def grow(
    x: Int16, target: Float32, *, n_t: int, n_c: int, n_ref: int, growth: Growth, rng: np.random.Generator, tick: Hears = lambda loss: None
) -> FloatGroup:
    """``n_t`` tables of ``n_c`` pairs for x (n, batch) and target (batch, outputs), as the growth's aim takes it.

    The last ``n_ref`` of the n neurons are reference neurons. ``tick`` hears the loss (in the aim's unit) after each table;
    where it returns True, the tables grown so far are returned.
    """
    n, batch = x.shape
    outputs = target.shape[1]
    if outputs > MAX_OUTPUTS:
        raise ValueError(f"outputs must be at most {MAX_OUTPUTS}, not {outputs}")
    inputs = np.flatnonzero(np.ptp(x[: n - n_ref], axis=1) > 0)
    if len(inputs) < 2 and not n_ref:
        raise ValueError("x must have at least two inputs that vary, or reference neurons")
    if not len(inputs):
        inputs = np.zeros(1, np.int64)  # any: all rows of a table but one stay as they begin
    refs = np.arange(n - n_ref, n)
    anchors = np.empty((n_t, n_c, 2), np.int16)
    tables = np.zeros((n_t, 1 << n_c, outputs), np.float32)
    scores = np.zeros((batch, outputs), np.float32)
    for table in range(n_t):
        terms = growth.aim.terms(scores, target)
        anchors[table] = _choose(x, terms, n_c=n_c, inputs=inputs, refs=refs, growth=growth, rng=rng)
        row = indices(anchors[table : table + 1], x.T)[:, 0]
        sums = _sum_by_row(row, terms, 1 << n_c)
        tables[table] = growth.shrink * sums[:, :outputs] / (sums[:, -1:] + growth.l2)
        scores += tables[table][row]
        if tick(growth.aim.loss(scores, target)):
            return FloatGroup(anchors=anchors[: table + 1].copy(), tables=tables[: table + 1].copy())
    return FloatGroup(anchors=anchors, tables=tables)


def _choose(x: Int16, terms: Float32, *, n_c: int, inputs: Ints, refs: Ints, growth: Growth, rng: np.random.Generator) -> Int16:
    """(n_c, 2): the pairs of one table, chosen one after another."""
    some = rng.permutation(x.shape[1])[: growth.rows]
    seen = np.ascontiguousarray(x[:, some])
    gradient = terms[some]
    leaf = np.zeros(len(some), np.int32)
    chosen = np.empty((n_c, 2), np.int16)
    for r in range(n_c):
        pairs = draw_pairs(inputs=inputs, refs=refs, count=growth.pool, ref_share=growth.ref_share, rng=rng)
        a, b = chosen[r] = best_pair(seen, leaf, gradient, pairs, n_leaf=1 << r, l2=growth.l2)
        leaf = leaf << 1 | (seen[a] > seen[b])
    return chosen


@kernel()
def _sum_by_row(row, terms, rows):
    total = np.zeros((rows, terms.shape[1]), np.float32)
    for i in range(row.shape[0]):
        for k in range(terms.shape[1]):
            total[row[i], k] += terms[i, k]
    return total
