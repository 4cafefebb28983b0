"""The paper's failure signatures, named: identical rows, rows never used, exploding latencies, a vanishing slope of the surrogate."""

import numpy as np

from .layer import FloatLayer, Floats, look

UNUSED_LIMIT = 0.5
IDENTICAL_LIMIT = 0.25
SLOPE_LIMIT = 0.005
LATENCY_LIMIT = 1000.0


def unused_rows(layer: FloatLayer, x: Floats) -> float:
    """Share of the rows that no sample of ``x`` (batch, n) selects."""
    used = sum(len(np.unique(rows)) for group in layer.groups for rows in look(group.anchors, x).row.T)
    return 1 - used / sum(group.n_t << group.n_c for group in layer.groups)


def identical_rows(layer: FloatLayer) -> float:
    """Share of the rows equal to another row of their table."""
    tables = [table for group in layer.groups for table in group.tables]
    return sum(len(table) - len(np.unique(table, axis=0)) for table in tables) / sum(map(len, tables))


def median_slope(layer: FloatLayer, x: Floats) -> float:
    """Median of |U'(u)| = 0.5 / (1 + |u|)**2 over tables and samples."""
    sizes = np.concatenate([np.abs(look(group.anchors, x).u).reshape(-1) for group in layer.groups])
    return float(np.median(0.5 / np.square(1 + sizes)))


def diagnose_layer(layer: FloatLayer, x: Floats, *, name: str) -> list[str]:
    """One sentence for each signature found in a layer fed with latencies ``x`` (batch, n); at least a few thousand samples make sense."""
    found = []
    unused = unused_rows(layer, x)
    if unused > UNUSED_LIMIT:
        found.append(f"{name}: {unused:.0%} of the rows are never used: fewer anchor pairs a table would do, or other anchors")
    same = identical_rows(layer)
    if same > IDENTICAL_LIMIT:
        found.append(
            f"{name}: {same:.0%} of the rows equal another of their table: the anchors do not discriminate, or nothing trained them"
        )
    largest = float(np.abs(x).max())
    if not largest <= LATENCY_LIMIT:
        found.append(f"{name}: latencies explode (up to {largest:.3g}): the gradient has lost its zero mean, or the rate is too high")
    else:
        slope = median_slope(layer, x)
        if slope < SLOPE_LIMIT:
            found.append(f"{name}: the slope U' is near zero (median {slope:.2g}): latencies are too large, lower the rate")
    return found
