"""What a network asks of the latency store, the accumulators and the anchors, and the limits there."""

import numpy as np

from boards import Board
from firmware import isa
from golden.integer.network import Network

from ..errors import CompileError
from ..stages.stage import Stage
from .layout import Shape, region_words

MAX_OUTPUTS = 256


def make_shape(network: Network, stages: list[Stage], board: Board) -> Shape:
    """The shape of ``network``; ``CompileError`` where the core or the board has no room for it."""
    width = isa.Width.of(board)
    if network.n_out > MAX_OUTPUTS:
        raise CompileError(f"n_out is {network.n_out}, the core's limit is {MAX_OUTPUTS}")
    if network.n > width.latencies:
        raise CompileError(f"n is {network.n}, {board.name} has room for {width.latencies} latencies: the latency store is full")
    static = network.static_neurons()
    if static.all() and len(network.layers()) > 1:
        raise CompileError("hidden layers must change a neuron, all their table entries are 0")
    wide = any(stage.bits == 4 for stage in stages if stage.region == "state")
    watched = np.zeros(network.n, np.int64)
    for family in (family for stage in stages if stage.reads for family in stage.families):
        for anchors in family.sources:
            watched += np.bincount(anchors.ravel(), minlength=network.n)
    shape = Shape(
        n=network.n,
        static=static,
        constant=np.arange(network.n) >= network.n - network.n_ref,
        watched=watched,
        wide=wide,
        output_words=region_words(network.n_out, width, wide=network.output.bits == 4),
        width=width,
    )
    words = shape.state_words + shape.output_words
    if words > isa.ZERO_WORD:
        raise CompileError(f"the layers need {words} accumulator words, the core has {isa.ZERO_WORD}: the accumulators are full")
    return shape


def check_depth(needed: int, limit: int, what: str, memory: str, board: Board) -> None:
    """Refuses more words or instructions than a memory has."""
    if needed > limit:
        raise CompileError(f"the network needs {needed} {what}, {board.name} has {limit}: the {memory} is full")
