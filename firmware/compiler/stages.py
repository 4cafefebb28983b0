"""A network as a list of stages in the order of the program: which layer, where its sums go, how it writes back."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from golden.network import Network, TableGroup

from .errors import CompileError

__all__ = ["Stage", "make_stages", "static_neurons", "sum_range"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Tables added into one region, from an index source of one kind.

    ``region``: "state" or "output". ``first``: starts from zero. ``last``: writes back with ``shift`` and, if set, ``residual``.
    ``token``: the index is the step's symbol; the stage is then one table without anchors.
    """

    name: str
    groups: tuple[TableGroup, ...]
    bits: int
    region: Literal["state", "output"]
    shift: int = 0
    sync: bool = False
    token: bool = False
    first: bool = True
    last: bool = True
    residual: bool = False
    sort: bool = False


def make_stages(network: Network) -> list[Stage]:
    """Deep (Eq. 10): the hidden layers, then U. Recurrent (Eq. 11): U, S, and E last, which needs the symbol U led to."""
    output = network.output
    unembed = Stage(name="output", groups=output.groups, bits=output.bits, region="output", shift=output.shift, sync=True, sort=True)
    if network.kind == "deep":
        hidden = [
            Stage(name=f"hidden.{i}", groups=layer.groups, bits=layer.bits, region="state", shift=layer.shift, sync=True, residual=True)
            for i, layer in enumerate(network.hidden)
        ]
        return [*hidden, unembed]
    if network.embed is None:
        raise CompileError("embed must be present in an rnn")
    layer = network.hidden[0]
    rows = 1 << max(0, len(network.embed) - 1).bit_length()
    table = np.zeros((1, rows, network.n), np.int8)
    table[0, : len(network.embed)] = network.embed
    group = TableGroup(anchors=np.zeros((1, rows.bit_length() - 1, 2), np.int16), tables=table)
    # S reads the state as U left it standing: U's sync holds for it too
    recur = Stage(name="hidden.0", groups=layer.groups, bits=layer.bits, region="state", last=False)
    embed = Stage(name="embed", groups=(group,), bits=network.embed_bits, region="state", shift=layer.shift, token=True, first=False)
    return [unembed, recur, embed]


def static_neurons(network: Network) -> np.ndarray:
    """(n,) bool: neurons that no layer changes, so that they need no column and may be stored any number of times."""
    static = np.full(network.n, network.kind == "deep")
    for layer in network.hidden:
        for group in layer.groups:
            static &= ~group.tables.any(axis=(0, 1))
    return static


def sum_range(stages: list[Stage], region: str) -> tuple[int, int]:
    """The least and the greatest value a latency of ``region`` could get from its tables (no residual), after the shift."""
    low: np.ndarray | int = 0
    high: np.ndarray | int = 0
    shift = 0
    for stage in stages:
        if stage.region == region:
            for group in stage.groups:
                low = low + group.tables.astype(np.int64).min(axis=1).sum(axis=0)
                high = high + group.tables.astype(np.int64).max(axis=1).sum(axis=0)
            shift = stage.shift
    return int(np.min(low)) << shift, int(np.max(high)) << shift
