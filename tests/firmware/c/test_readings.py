"""Readings become the same latencies in C as in Python, whatever they are and as whatever type they are given."""

import math
from pathlib import Path

import numpy as np
import pytest

from golden.integer.deep import DeepNetwork
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.quantiles import Quantiles
from polychron import LutClassifier

from .driver import COMPILERS
from .mapped import GONE, TYPES, Mapped, child, compare, written

RNG = np.random.default_rng(0)
SAMPLES = 2000
NEAR = np.cumsum(np.full(30, np.finfo(float).eps)) + 1  # neighbours, of which floats know one or two
SEEN = {
    "normal": RNG.normal(size=SAMPLES),
    "skewed": RNG.lognormal(sigma=3, size=SAMPLES) * 1e-3,
    "converter": RNG.integers(0, 1024, SAMPLES).astype(float),
    "constant": np.full(SAMPLES, 7.25),
    "missing": np.full(SAMPLES, np.nan),
    "switch": RNG.integers(0, 2, SAMPLES).astype(float),
    "unread": RNG.normal(size=SAMPLES),
    "near": RNG.choice(NEAR, SAMPLES),
    "tiny": RNG.normal(size=SAMPLES) * 1e-310,
    "zeros": RNG.choice([-1e-300, -0.0, 0.0, 1e-300], SAMPLES),
    "large": RNG.normal(size=SAMPLES) * 1e10,
    "floats": RNG.normal(size=SAMPLES).astype(np.float32).astype(float),
    "huge": RNG.normal(size=SAMPLES) * 1e307,
}
NAMES = tuple(SEEN)
TWO = Classes(labels=np.array(["a", "b"]))


def of(names: tuple[str, ...]) -> Mapped:
    """Inputs whose bounds are of either kind, one after another."""
    edges = [(Quantiles.reaching if number % 3 == 2 else Quantiles.fit)(SEEN[name][:, None]).edges[0] for number, name in enumerate(names)]
    return Mapped(edges=tuple(edges), unread=(names.index("unread"),), outputs=TWO, names=names)


MAPPED = {kind: of(tuple(name for name in NAMES if kind != "float" or name != "huge")) for kind in TYPES}


def pool(kind: str, edges: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Readings of one input: bounds, their neighbours in the type, what was seen, extremes, what is infinite and what is missing."""
    if kind == "int":
        whole = np.floor(np.clip(np.concatenate([edges, seen[~np.isnan(seen)]]), -(2.0**31) + 2, 2.0**31 - 3)).astype(np.int64)
        ends = [0, -1, 1, GONE, GONE + 1, -GONE - 1, -GONE - 2]
        return np.concatenate([ends, whole, whole - 1, whole + 1, RNG.integers(GONE, -GONE, 500)]).astype(np.int32)
    dtype = TYPES[kind]
    info = np.finfo(dtype)
    ends = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, info.min, info.tiny, info.smallest_subnormal, -info.smallest_subnormal]
    with np.errstate(over="ignore"):
        bounds, known = edges.astype(dtype), seen.astype(dtype)
        sides = [np.nextafter(bounds, dtype.type(end)) for end in (-np.inf, np.inf)]
        drawn = (known * RNG.normal(1, 0.1, len(known))).astype(dtype)
    return np.concatenate([np.array(ends, dtype), bounds, *sides, known, drawn])


def table(kind: str, mapped: Mapped) -> np.ndarray:
    """(samples, inputs) readings: the whole pool of each input, in an order of its own."""
    pools = [pool(kind, edges, SEEN[name]) for edges, name in zip(mapped.edges, mapped.names or (), strict=True)]
    most = max(map(len, pools))
    return np.stack([RNG.permutation(np.resize(values, most)) for values in pools], axis=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: written(MAPPED[kind].network(), tmp_path_factory.mktemp(kind), "--readings", kind) for kind in TYPES}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("kind", TYPES)
def test_every_latency_is_that_of_the_model(kind: str, compiler: str, folders: dict[str, Path]) -> None:
    readings = table(kind, MAPPED[kind])
    due = MAPPED[kind].due(readings)
    assert len(readings) > 4000
    assert len(np.unique(due)) > 200
    compare(child(compiler, folders[kind]), readings, due)


def moved(kind: str, bound: float) -> tuple[float, float]:
    """The bound one unit further, and the reading that tells them apart."""
    if kind == "int":
        return math.floor(bound) + 1, math.floor(bound) + 1
    near = TYPES[kind].type(bound)
    below = near if near <= bound else np.nextafter(near, TYPES[kind].type(-np.inf))
    further = float(np.nextafter(below, TYPES[kind].type(np.inf)))
    return further, further


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["normal", "converter"])
def test_a_bound_that_is_one_unit_off_is_found(kind: str, name: str, tmp_path: Path) -> None:
    """The control: input and reading are named."""
    mapped = MAPPED[kind]
    number = NAMES.index(name)
    bound, reading = moved(kind, mapped.edges[number][-1])
    readings = table(kind, mapped)
    program = child("gcc", written(mapped.with_bound(number, -1, bound).network(), tmp_path, "--readings", kind))
    with pytest.raises(AssertionError) as caught:
        compare(program, readings, mapped.due(readings))
    assert str(caught.value).startswith(f"input {number}: the latency of {reading!r} is ")


@pytest.mark.parametrize(("kind", "dtype"), [("double", np.float64), ("double", np.float32), ("float", np.float32)])
def test_an_estimator_gives_the_same(kind: str, dtype: type, tmp_path: Path) -> None:
    """A float that is handed over as a double is the same number; what Python refuses, infinities, lies beyond all others in C."""
    seen = np.stack([SEEN[name] for name in ("normal", "skewed", "converter", "constant", "missing")], axis=1)
    seen[::7, 0] = np.nan
    model = LutClassifier(tables=12, pairs=2, epochs=1, random_state=0).fit(seen[:300], seen[:300, 1] > seen[:300, 2] / 1e6)
    integer = model.network_.integer
    assert isinstance(integer, DeepNetwork)
    used = np.unique(integer.output.groups[0].anchors)
    program = child("gcc", written(integer, tmp_path, "--readings", kind))
    readings = seen.astype(dtype)
    due = np.where(np.isin(np.arange(5), used), model.latencies(readings), np.where(np.isnan(readings), 256, 0))
    compare(program, readings.astype(TYPES[kind]), due)
    for sign, latency in ((1, 240), (-1, 0)):
        beyond = np.full((1, 5), sign * np.inf)
        with pytest.raises(ValueError, match="infinity"):
            model.latencies(beyond)
        compare(program, beyond.astype(TYPES[kind]), np.where(np.isin(np.arange(5), used[used < 3]), latency, 0)[None])
