"""A network as a list of stages in the order of the program."""

import numpy as np

from golden.integer.network import Network
from golden.integer.transformer import TransformerNetwork

from ..errors import CompileError
from .attention import block_stages
from .families import Family, group_family
from .stage import Stage, layer_stage

__all__ = ["make_stages", "static_neurons", "sum_range"]


def make_stages(network: Network) -> list[Stage]:
    """Deep (Eq. 10): the hidden layers, then U. Recurrent (Eq. 11): U, S, and E last, which needs the symbol U led to.

    Transformer (Eq. 14, 15): U, E, and the blocks one after another.
    """
    if network.kind == "deep":
        return [*(layer_stage(f"hidden.{i}", layer) for i, layer in enumerate(network.hidden)), _unembed(network)]
    if isinstance(network, TransformerNetwork):
        embed = _embed(network, shift=network.embed_shift, first=True)
        return [_unembed(network), embed, *(stage for i, block in enumerate(network.blocks) for stage in block_stages(i, block))]
    layer = network.hidden[0]
    # S reads the state as U left it standing: U's sync holds for it too
    families = tuple(group_family(group) for group in layer.groups)
    recur = Stage(name="hidden.0", families=families, bits=layer.bits, first=True)
    return [_unembed(network), recur, _embed(network, shift=layer.shift, first=False)]


def _unembed(network: Network) -> Stage:
    output = network.output
    families = tuple(group_family(group) for group in output.groups)
    return Stage(
        name="output",
        families=families,
        bits=output.bits,
        region="output",
        shift=output.shift,
        sync=True,
        first=True,
        last=True,
        sort=True,
    )


def _embed(network: Network, *, shift: int, first: bool) -> Stage:
    if network.embed is None:
        raise CompileError(f"embed must be present in a network of kind {network.kind}")
    rows = 1 << max(0, len(network.embed) - 1).bit_length()
    table = np.zeros((1, rows, network.n), np.int8)
    table[0, : len(network.embed)] = network.embed
    family = Family(tables=table, sources=(), numbers=(0,))
    return Stage(name="embed", families=(family,), bits=network.embed_bits, shift=shift, token=True, first=first, last=True)


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
            for family in stage.families:
                low = low + family.tables.astype(np.int64).min(axis=1).sum(axis=0)
                high = high + family.tables.astype(np.int64).max(axis=1).sum(axis=0)
            shift = stage.shift
    return int(np.min(low)) << shift, int(np.max(high)) << shift
