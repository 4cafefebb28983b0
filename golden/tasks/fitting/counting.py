"""A network that says how rare a sample is, by counting how often each row of its tables was visited in training.

A table's pairs cut the space of samples into 2**n_c regions, its rows. A row holds the surprise of a sample that falls into it, -log of
its share of the training samples, raised to :data:`POWER` and scaled to the int4 entries -7 to 7, which is that of a row never visited.
The sum over tables is the latency of the one output. As in an isolation forest (Liu, Ting and Zhou, ICDM 2008) the cuts are random and
many; the density of random regions is that of RS-Hash (Sathe and Aggarwal, ICDM 2016).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from ...integer.deep import DeepNetwork, deep_outputs
from ...integer.forward import indices
from ...integer.layer import ENTRY_LIMIT, Int8, Int16, Layer, TableGroup
from .outputs.base import Answers
from .outputs.rarity import Rarity
from .quantiles import LEVELS, MISSING, Numbers, Quantiles
from .train import BITS, Tick, with_constants
from .training import Made, Training

STEP = 4
CONSTANTS = (*range(0, LEVELS, STEP), LEVELS - 1, LEVELS)
"""Latencies of the reference neurons. Beside the first a number asks "is it above the least of the training part?", beside the last but
one "is it above the largest?", beside the last "is it missing?"; beside the others, whether it is above a bound."""

REF_SHARE = 0.9
"""Of the pairs, those that compare an input with a reference neuron; the others compare two inputs."""

END_SHARE = 0.05
"""Of these, those that ask for numbers that training hasn't seen (or for missing ones, if it has)."""

SMOOTHING = 0.5
"""Visits that each row is given (Krichevsky and Trofimov, IEEE Transactions on Information Theory 27, 1981)."""

POWER = 3
"""Of the surprise: one rare row weighs more than several that are a little less usual."""

ALARMS = 0.05
"""The share of new samples, no anomalies, that are taken for some, where nothing else is said."""


def _dealt(count: int, cards: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """``count`` numbers below ``cards``, each as often as the others, as far as that goes."""
    return np.concatenate([rng.permutation(cards) for _ in range(-(-count // cards))])[:count]


def draw_anchors(quantiles: Quantiles, *, missing: npt.NDArray[np.bool_], n_t: int, n_c: int, rng: np.random.Generator) -> Int16:
    """(n_t, n_c, 2) random pairs of an input and a reference neuron of :data:`CONSTANTS`, which stand behind the inputs, or of two inputs.

    ``missing`` (inputs,): whether numbers of an input are. References are drawn among the bounds of the input, so that an input of few
    values is cut between them.
    """
    inputs, pairs = len(quantiles.edges), n_t * n_c
    first = _dealt(pairs, inputs, rng)
    bounds = np.array([len(edges) for edges in quantiles.edges])[first]
    bound = 1 + np.floor(rng.random(pairs) * np.maximum(bounds - 2, 0)).astype(np.int64)  # neither the first nor the last one
    middle = ((bound * LEVELS) // np.maximum(bounds, 1) + ((bound + 1) * LEVELS) // np.maximum(bounds, 1) - 1) / 2
    reference = np.clip(np.rint(middle / STEP), 1, LEVELS // STEP - 1).astype(np.int64)
    first_end, ends = len(CONSTANTS) - 2, 2 + missing[first]
    end = np.array([0, first_end, first_end + 1])[np.where(bounds > 0, np.floor(rng.random(pairs) * ends).astype(np.int64), 2)]
    reference = inputs + np.where((rng.random(pairs) < END_SHARE) | (bounds < 3), end, reference)
    if inputs > 1:
        other = (first + rng.integers(1, inputs, size=pairs)) % inputs
        reference = np.where(rng.random(pairs) < REF_SHARE, reference, other)
    return np.stack([first, reference], axis=1).reshape(n_t, n_c, 2).astype(np.int16)


def surprise(visits: npt.NDArray[np.integer], samples: int, *, rows: int) -> Int8:
    """The entries of rows of so many ``visits`` among ``samples``, in a table of ``rows``: -7 to 7, the latter where there is none."""
    limit, total = ENTRY_LIMIT[BITS], samples + SMOOTHING * rows
    share = np.log((visits + SMOOTHING) / total) / np.log(SMOOTHING / total)
    return np.asarray(np.rint(2 * limit * share**POWER) - limit, np.int8)


def _beyond(x: Numbers, latencies: Int16) -> Int16:
    """The latencies (samples, inputs) that each sample has by a map of the others: where it alone has the least or the largest number of an
    input, it is beyond theirs."""
    found = latencies.copy()
    for end, latency in ((np.fmin, 0), (np.fmax, LEVELS)):
        there = x == end.reduce(x, axis=0)
        found[there & (there.sum(axis=0) == 1)] = latency
    return found


@dataclass(frozen=True, kw_only=True)
class Counting(Training):
    """``contamination``: the share of the training samples that are anomalies; None: of new samples such as these, :data:`ALARMS` are to be
    taken for some, by the latencies that the training samples have where each one's own visits are left out. ``normal``: their label, if
    they have one."""

    tables: int
    pairs: int
    contamination: float | None = None
    normal: str | float | bool | None = None

    @property
    def unit(self) -> None:
        return None

    @property
    def steps(self) -> int:
        return self.tables

    def inputs(self, x: Numbers) -> Quantiles:
        return Quantiles.reaching(x)

    def of(self, answers: Answers) -> Self:
        return self

    def train(self, x: Numbers, inputs: Quantiles, *, seed: int, tick: Tick) -> Made:
        rng = np.random.default_rng([seed, 3])
        given = inputs.latencies(x)
        anchors = draw_anchors(inputs, missing=(given == MISSING).any(axis=0), n_t=self.tables, n_c=self.pairs, rng=rng)
        latencies, without = (with_constants(some, CONSTANTS) for some in (given, _beyond(x, given)))
        rows, left_out = [], np.zeros(len(x), np.int64)
        stopped = False
        for table in range(self.tables):
            visited, others = (indices(anchors[table : table + 1], some)[:, 0] for some in (latencies, without))
            visits = np.bincount(visited, minlength=1 << self.pairs)
            rows.append(surprise(visits, len(x), rows=len(visits)))
            left_out += surprise(visits[others] - (others == visited), len(x), rows=len(visits))
            if stopped := bool(tick("counting", float(left_out.mean()) / (table + 1))):
                break
        group = TableGroup(anchors=anchors[: len(rows)], tables=np.stack(rows)[..., None])
        output, constants = Layer(groups=(group,), bits=BITS), np.array(CONSTANTS, np.int16)
        network = DeepNetwork(n=latencies.shape[1], output=output, constants=constants, frac=4).validate()
        outputs = Rarity(offset=self._offset(network, given, left_out), normal=self.normal)
        return Made(network=network, outputs=outputs, stopped=stopped)

    def _offset(self, network: DeepNetwork, inputs: Int16, left_out: npt.NDArray[np.int64]) -> float:
        if self.contamination is None:
            return float(np.percentile(-left_out, 100 * ALARMS))
        return float(np.percentile(-deep_outputs(network, inputs)[:, 0].astype(np.float64), 100 * self.contamination))
