"""Boosted trees in integers, and as a circuit: conifer's VHDL, which GHDL turns into Verilog."""

import copy
import importlib
import re
import shutil
import subprocess
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .choice import Tried, accuracy, tried
from .circuit import Circuit, Field
from .data import Integers, Set

DEPTHS = (2, 3, 4)
RATE = 0.3
ROUNDS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
FRACTIONS = (1, 2, 3)
"""Bits of a leaf's value behind the point, in nats."""

MOST = 8.0
"""Nats of a leaf: one of samples that are all but certain can have any number."""

SPLITS = 400
"""Of an ensemble whose circuit the UP5K has room for."""

INSTALL = "pip install 'polychron[peers]'"
FILES = ("Constants", "Split", "Types", "Tree", "AddReduce")


class Trees(NamedTuple):
    """How an ensemble is grown and rounded."""

    depth: int
    rounds: int
    fraction: int


Ensemble = dict[str, Any]
"""An ensemble as conifer parses it: ``trees`` by round and by class (one of two classes), each with ``feature`` (-2: a leaf),
``threshold``, ``children_left``, ``children_right`` and ``value`` of each node; ``init_predict`` of each class."""


def grown(x: Integers, y: Integers, depth: int, rounds: int) -> Ensemble:
    """scikit-learn's gradient boosting, parsed by conifer; a split sees as many inputs, drawn anew, as the root of all."""
    from sklearn.ensemble import GradientBoostingClassifier

    package = _conifer("conifer.converters.sklearn")
    model = GradientBoostingClassifier(
        n_estimators=rounds, max_depth=depth, learning_rate=RATE, max_features="sqrt", min_samples_leaf=3, random_state=0
    )
    found: Ensemble = package.convert(model.fit(x, y))
    return found


def rounded(ensemble: Ensemble, *, fraction: int) -> Ensemble:
    """In integers: bounds rounded down, as x <= bound asks the same then, and values in units of ``2**-fraction``."""
    found = copy.deepcopy(ensemble)
    found["init_predict"] = _units(ensemble["init_predict"], fraction)
    for tree in (tree for classes in found["trees"] for tree in classes):
        tree["threshold"] = np.floor(tree["threshold"]).astype(int).tolist()
        tree["value"] = _units(tree["value"], fraction)
    return found


def reached(tree: dict[str, Any], x: Integers) -> npt.NDArray[np.float64]:
    """(samples,) the value of the leaf that each reaches."""
    feature, threshold, left, right, value = (
        np.asarray(tree[name]) for name in ("feature", "threshold", "children_left", "children_right", "value")
    )
    at = np.zeros(len(x), np.int64)
    while (inner := feature[at] >= 0).any():
        less = x[np.arange(len(x)), np.maximum(feature[at], 0)] <= threshold[at]
        at = np.where(inner, np.where(less, left[at], right[at]), at)
    return np.asarray(value[at], np.float64)


def staged(ensemble: Ensemble, x: Integers) -> Integers:
    """(rounds, samples, trees of a round) sums of a rounded ensemble after each of its rounds."""
    leaves = np.array([[reached(tree, x) for tree in classes] for classes in ensemble["trees"]], np.int64).transpose(0, 2, 1)
    return leaves.cumsum(axis=0) + np.asarray(ensemble["init_predict"][: leaves.shape[2]], np.int64)


def scores(ensemble: Ensemble, x: Integers) -> Integers:
    """(samples, trees of a round) sums of all rounds."""
    return np.asarray(staged(ensemble, x)[-1])


def label(scored: Integers) -> Integers:
    """(samples,) the class of the highest score, the first of equal ones; of one score the second class if it is above zero."""
    return (scored[:, 0] > 0).astype(np.int64) if scored.shape[1] == 1 else scored.argmax(axis=1)


def splits(ensemble: Ensemble) -> list[int]:
    """Nodes that compare, after each of the rounds."""
    rounds = (sum(int((np.asarray(tree["feature"]) >= 0).sum()) for tree in classes) for classes in ensemble["trees"])
    return list(accumulate(rounds))


def judged(part: Set) -> dict[Trees, Tried]:
    """All candidates, by cross-validation of the training part; the cost is the splits."""

    def judge(x: Integers, y: Integers, rest: Integers, due: Integers) -> dict[Trees, tuple[float, float]]:
        found = {}
        for depth in DEPTHS:
            whole = grown(x, y, depth, max(ROUNDS))
            for fraction in FRACTIONS:
                one = rounded(whole, fraction=fraction)
                after, cost = staged(one, rest), splits(one)
                for rounds in ROUNDS:
                    right = accuracy(due, label(after[rounds - 1]))
                    found[Trees(depth, rounds, fraction)] = right, float(cost[rounds - 1])
        return found

    return tried(part.train.codes, part.train.y, judge)


def fitted(part: Set, choice: Trees) -> Ensemble:
    """In integers, of the whole training part."""
    whole = grown(part.train.codes, part.train.y, choice.depth, choice.rounds)
    return rounded(whole, fraction=choice.fraction)


def width(ensemble: Ensemble, bits: int) -> int:
    """Bits of conifer's only number format, signed: of an input and of any sum of the trees of a class."""
    columns = list(zip(*ensemble["trees"], strict=True))
    largest = max(
        abs(start) + sum(max(map(abs, tree["value"])) for tree in column)
        for start, column in zip(ensemble["init_predict"], columns, strict=False)
    )
    return max(bits + 1, int(largest).bit_length() + 1)


class _Whole:
    """In place of conifer's converter of numbers, which compiles Xilinx's headers; the numbers are integers already."""

    def __init__(self, kind: str) -> None:
        self.width = self.integer_bits = int(kind.removeprefix("ap_int<").removesuffix(">"))
        self.fractional_bits = 0

    def to_int(self, number: float) -> int:
        return int(number)


def circuit(ensemble: Ensemble, *, bits: int, folder: Path) -> Circuit:
    """conifer's VHDL of a rounded ensemble, as Verilog; ``folder`` is left with its files."""
    writer = _conifer("conifer.backends.vhdl.writer")
    ghdl = shutil.which("ghdl")
    if ghdl is None:
        raise ValueError("conifer writes VHDL, which GHDL turns into Verilog: apt-get install ghdl")
    backend = _conifer("conifer.backends.vhdl")
    backend.set_simulator("ghdl")
    writer.FixedPointConverter = _Whole
    wide = width(ensemble, bits)
    folder.mkdir(parents=True, exist_ok=True)
    model = writer.make_model(ensemble, {**backend.auto_config(), "OutputDir": str(folder), "Precision": f"ap_int<{wide}>"})
    model.write()
    outputs = len(ensemble["trees"][0])
    for name in (*FILES, *(f"Arrays{number}" for number in range(outputs)), "BDT", "BDTTop"):
        _run([ghdl, "-a", "--std=08", "--work=BDT", f"firmware/{name}.vhd"], folder)
    text = _run([ghdl, "--synth", "--std=08", "--work=BDT", "--out=verilog", "BDTTop"], folder)
    text = re.sub(r"(\d+)'bZ", r"\1'b0", text)  # what pads an odd number of trees: 0 from the beginning in VHDL, left open by GHDL
    inputs = ensemble["n_features"]
    return Circuit(
        module="BDTTop",
        verilog=text,
        ports=("clk", "X", "y"),
        strobe="X_vld",
        inputs=tuple(Field((inputs - 1 - at) * wide, wide) for at in range(inputs)),
        outputs=tuple(Field((outputs - 1 - at) * wide, wide, signed=True) for at in range(outputs)),
        latency=model.max_depth + 3 + int(np.ceil(np.log2(ensemble["n_trees"] + 1))),
    )


def _units(values: Any, fraction: int) -> list[int]:
    return np.round(np.clip(np.nan_to_num(np.asarray(values, np.float64)), -MOST, MOST) * 2**fraction).astype(int).tolist()


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"ghdl failed and said: {(done.stderr.strip().splitlines() or ['nothing'])[-1][:300]}")
    return done.stdout


def _conifer(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ValueError(f"boosted trees become a circuit by conifer: {INSTALL}") from None
