"""A small network of one hidden layer in integers, trained with rounding, and as a circuit by da4ml."""

import importlib
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .choice import Tried, accuracy, tried
from .circuit import Circuit, Field
from .data import Integers, Set

HIDDEN = (8, 16, 32)
WEIGHT_BITS = (2, 3, 4)
ACTIVATION_BITS = 4
STEPS = 3000
ROUNDED_FROM = 1200
"""The step from which weights and activations are rounded; their units are set then."""

BATCH = 64
RATE = 4e-3
DECAY = 0.9, 0.999
"""Of the means of Adam (Kingma and Ba, 2015)."""

DIGITS = 600
"""As :func:`digits_set` counts them, of a network whose circuit the UP5K has room for."""

INSTALL = "pip install 'polychron[peers]'"
LATENCY_CUTOFF = 2
"""Additions one behind the other between two registers, da4ml's ``latency_cutoff``."""

Floats = npt.NDArray[np.float64]


class Shape(NamedTuple):
    """Hidden units, and bits of a weight."""

    hidden: int
    bits: int


class Mlp(NamedTuple):
    """Integers: (inputs, hidden) and (hidden, classes) weights, biases of each layer, and what a hidden sum is shifted right by,
    rounded half up, before it is cut to 0..``2**ACTIVATION_BITS - 1``."""

    first: Integers
    first_bias: Integers
    shift: int
    second: Integers
    second_bias: Integers


def scores(model: Mlp, x: Integers) -> Integers:
    """(samples, classes)."""
    sums = x @ model.first + model.first_bias + (1 << model.shift >> 1)
    return np.clip(sums >> model.shift, 0, 2**ACTIVATION_BITS - 1) @ model.second + model.second_bias


def digits_set(model: Mlp) -> int:
    """Digits other than 0 of the weights in canonical signed digits: what is added or subtracted."""
    weights = np.abs(np.concatenate([model.first.ravel(), model.second.ravel()])).tolist()
    return sum((3 * weight ^ weight).bit_count() for weight in weights)


def trained(x: Integers, y: Integers, shape: Shape, *, bits: int) -> Mlp:
    """Adam on the cross-entropy; from :data:`ROUNDED_FROM` on the forward pass rounds, and gradients go through the rounding as if it were
    not there (straight through)."""
    rng = np.random.default_rng(0)
    classes = int(y.max()) + 1
    middle = 2 ** (bits - 1)
    inputs = (x - middle) / middle
    w = [
        rng.normal(0, (2 / inputs.shape[1]) ** 0.5, (inputs.shape[1], shape.hidden)),
        np.zeros(shape.hidden),
        rng.normal(0, shape.hidden**-0.5, (shape.hidden, classes)),
        np.zeros(classes),
        np.zeros(1),  # the logarithm of what the scores are multiplied by, which no class depends on
    ]
    means, squares = [np.zeros_like(one) for one in w], [np.zeros_like(one) for one in w]
    units: tuple[float, float, float] | None = None
    for step in range(1, STEPS + 1):
        if step == ROUNDED_FROM:
            units = _units(w, inputs, shape.bits, middle)
        some = rng.integers(len(x), size=BATCH)
        gradients = _gradients(w, inputs[some], y[some], units, shape.bits)
        rate = RATE * (1 if step < STEPS / 2 else 2 * (1 - step / STEPS) + 0.01)
        for one, mean, square, gradient in zip(w, means, squares, gradients, strict=True):
            mean += (1 - DECAY[0]) * (gradient - mean)
            square += (1 - DECAY[1]) * (gradient**2 - square)
            one -= rate * mean / (1 - DECAY[0] ** step) / (np.sqrt(square / (1 - DECAY[1] ** step)) + 1e-8)
    assert units is not None
    return _integers(w, units, shape.bits, middle)


def judged(part: Set) -> dict[Shape, Tried]:
    """All shapes, by cross-validation of the training part; the cost is :func:`digits_set`."""

    def judge(x: Integers, y: Integers, rest: Integers, due: Integers) -> dict[Shape, tuple[float, float]]:
        found = {}
        for shape in (Shape(*one) for one in product(HIDDEN, WEIGHT_BITS)):
            model = trained(x, y, shape, bits=part.bits)
            found[shape] = accuracy(due, scores(model, rest).argmax(axis=1)), float(digits_set(model))
        return found

    return tried(part.train.codes, part.train.y, judge)


def circuit(model: Mlp, *, highest: int, folder: Path) -> Circuit:
    """da4ml's Verilog, with registers (:data:`LATENCY_CUTOFF`), of codes 0..``highest``; ``folder`` is left with its files."""
    trace, rtl, ops, types = (_da4ml(name) for name in ("trace", "codegen.rtl.rtl_model", "trace.ops", "types"))
    size = len(model.first)
    x = trace.FixedVariableArray.from_lhs(np.zeros(size), np.full(size, float(highest)), np.ones(size), trace.HWConfig(1, -1, -1))
    sums = (x @ model.first.astype(float) + (model.first_bias + (1 << model.shift >> 1))) * 2.0**-model.shift
    hidden = ops.quantize(ops.relu(sums), 0, ACTIVATION_BITS, 0, "SAT", "TRN")
    y = hidden @ model.second.astype(float) + model.second_bias
    solution = trace.to_pipeline(trace.comb_trace(x, y), LATENCY_CUTOFF, verbose=False)
    rtl.RTLModel(solution, "mlp", folder).write()
    logic = "\n".join(path.read_text() for path in sorted((folder / "src").glob("mlp*.v")) if path.stem != "mlp_wrapper")
    parts = [path.read_text() for path in sorted((folder / "src/static").glob("*.v")) if f"{path.stem} #(" in logic]
    return Circuit(
        module="mlp",
        verilog="\n".join([logic, *parts]),
        ports=("clk", "model_inp", "model_out"),
        inputs=_fields([types.minimal_kif(one) for one in solution.inp_qint]),
        outputs=_fields([types.minimal_kif(one) for one in solution.out_qint]),
        latency=len(solution.solutions) + 1,
    )


def _fields(kifs: list[tuple[int, int, int]]) -> tuple[Field, ...]:
    """Of da4ml's sign, integer bits and fractional bits of each number, the first at the low end."""
    offsets = np.cumsum([0, *(sum(map(int, kif)) for kif in kifs)])
    return tuple(
        Field(int(offset), int(k) + int(i) + int(f), signed=bool(k), shift=-int(f))
        for offset, (k, i, f) in zip(offsets, kifs, strict=False)
    )


def _rounded(w: Floats, unit: float, bits: int) -> Floats:
    """In units, of ``2**bits - 1`` values around 0."""
    most = 2 ** (bits - 1) - 1
    return np.clip(np.round(w / unit), -most, most)


def _units(w: list[Floats], inputs: Floats, bits: int, middle: int) -> tuple[float, float, float]:
    """Powers of two: of both layers' weights those with the least squared error, of the activations one that reaches nearly all and is
    no less than that of the first sums."""

    def nearest(weights: Floats) -> float:
        units = 2.0 ** np.arange(-8, 3)
        return float(min(units, key=lambda unit: ((weights - unit * _rounded(weights, unit, bits)) ** 2).sum()))

    first, second = nearest(w[0]), nearest(w[2])
    high = np.percentile(np.maximum(inputs @ w[0] + w[1], 0), 99.5)
    hidden = 2.0 ** np.ceil(np.log2(max(high, 1e-3) / (2**ACTIVATION_BITS - 1)))
    return first, max(float(hidden), first / middle), second


def _gradients(w: list[Floats], x: Floats, y: Integers, units: tuple[float, float, float] | None, bits: int) -> list[Floats]:
    first, second = w[0], w[2]
    sums = x @ first + w[1]
    hidden = np.maximum(sums, 0)
    passes = sums > 0
    if units is not None:
        first, second = units[0] * _rounded(first, units[0], bits), units[2] * _rounded(second, units[2], bits)
        sums = x @ first + w[1]
        most = 2**ACTIVATION_BITS - 1
        hidden = units[1] * np.clip(np.floor(sums / units[1] + 0.5), 0, most)
        passes = (sums > 0) & (sums < units[1] * most)
    raw = hidden @ second + w[3]
    scale = np.exp(w[4][0])
    logits = scale * raw
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    back = scale * p
    inner = (back @ second.T) * passes
    return [x.T @ inner, inner.sum(axis=0), hidden.T @ back, back.sum(axis=0), np.array([(p * logits).sum()])]


def _integers(w: list[Floats], units: tuple[float, float, float], bits: int, middle: int) -> Mlp:
    """The rounded weights, and biases in the units of their sums; codes begin at 0, not around it."""
    first = _rounded(w[0], units[0], bits).astype(np.int64)
    unit = units[0] / middle
    bias = np.round(w[1] / unit).astype(np.int64) - middle * first.sum(axis=0)
    second = _rounded(w[2], units[2], bits).astype(np.int64)
    second_bias = np.round(w[3] / (units[1] * units[2])).astype(np.int64)
    return Mlp(first, bias, round(np.log2(units[1] / unit)), second, second_bias)


def _da4ml(module: str) -> Any:
    try:
        return importlib.import_module(f"da4ml.{module}")
    except ImportError:
        raise ValueError(f"the small network becomes a circuit by da4ml: {INSTALL}") from None
