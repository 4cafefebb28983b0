"""A network as a list of stages in the order of the program; an architecture registers its own."""

from dataclasses import replace
from functools import singledispatch

import numpy as np

from firmware import isa
from firmware.description import StageId, Work
from golden.integer.deep import DeepNetwork
from golden.integer.layer import Layer
from golden.integer.network import Network, TextNetwork
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.signal import SignalNetwork
from golden.integer.transformer import TransformerNetwork

from ..errors import CompileError
from .attention import block_stages, check_attention
from .stage import Family, Stage, layer_families, layer_stage


@singledispatch
def make_stages(network: Network, width: isa.Width) -> list[Stage]:
    """The stages of ``network`` on a core of that width; ``CompileError`` where the core has no room for what it asks."""
    raise CompileError(f"the compiler knows no networks of kind {network.kind}")


@make_stages.register
def _deep(network: DeepNetwork, width: isa.Width) -> list[Stage]:
    """Eq. 10: the hidden layers, then U."""
    return [*(layer_stage(StageId(Work.HIDDEN, i), layer) for i, layer in enumerate(network.hidden)), _unembed(network)]


@make_stages.register
def _recurrent(network: RecurrentNetwork, width: isa.Width) -> list[Stage]:
    """Eq. 11: U, S, and E last, which needs the symbol U led to. S reads the state as U left it standing: U's sync holds for it too."""
    layer = network.hidden[0]
    recur = Stage(id=StageId(Work.HIDDEN, 0), families=layer_families(layer), bits=layer.bits, first=True)
    return [_unembed(network), recur, _embed(network, shift=layer.shift, first=False)]


@make_stages.register
def _signal(network: SignalNetwork, width: isa.Width) -> list[Stage]:
    """Eq. 11 of given vectors: S and I, which are one layer's tables, then U, so that a step's outputs are of its own inputs."""
    return [replace(layer_stage(StageId(Work.HIDDEN, 0), network.hidden[0]), residual=False), _unembed(network)]


@make_stages.register
def _transformer(network: TransformerNetwork, width: isa.Width) -> list[Stage]:
    """Eq. 14, 15: U, E, and the blocks one after another."""
    check_attention(network, width)
    blocks = [stage for number, block in enumerate(network.blocks) for stage in block_stages(number, block, width)]
    return [_unembed(network), _embed(network, shift=network.embed_shift, first=True), *blocks]


def _unembed(network: Network) -> Stage:
    """A layer whose sums are the outputs, and are sorted."""
    return replace(layer_stage(StageId(Work.OUTPUT), network.output), region="output", residual=False, sort=True)


def _embed(network: TextNetwork, *, shift: int, first: bool) -> Stage:
    count = len(network.embed)
    table = np.zeros((1, 1 << max(0, count - 1).bit_length(), network.n), np.int8)
    table[0, :count] = network.embed
    family = Family(tables=table, sources=(), numbers=(0,), rows=count)
    return Stage(id=StageId(Work.EMBED), families=(family,), bits=network.embed_bits, shift=shift, token=True, first=first, last=True)


def output_range(output: Layer) -> tuple[int, int]:
    """The least and the greatest latency that an output could get from its tables, after the shift."""
    tables = [group.tables.astype(np.int64) for group in output.groups]
    low = sum(one.min(axis=1).sum(axis=0) for one in tables)
    high = sum(one.max(axis=1).sum(axis=0) for one in tables)
    return int(np.min(low)) << output.shift, int(np.max(high)) << output.shift
