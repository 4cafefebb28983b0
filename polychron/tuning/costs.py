"""What a shape costs on a board, before any network of it is trained."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware.compiler import CompileError, compile_network
from firmware.estimate import estimate
from golden.integer.deep import DeepNetwork
from golden.integer.layer import Layer, TableGroup
from golden.tasks.fitting.gain import draw_pairs
from golden.tasks.fitting.learning import LARGE_STEPS
from golden.tasks.fitting.train import BITS
from sim.cycles import predict

from .shapes import Shape


class Cost(NamedTuple):
    """``bytes`` of tables as the compiler places them, and ``clocks`` of a sample by the cycle model."""

    bytes: int
    clocks: int

    def no_more_than(self, other: "Cost") -> bool:
        return self.bytes <= other.bytes and self.clocks <= other.clocks


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """``count`` of a network, the numbers of those that ``vary``, and the ``outputs`` of it."""

    count: int
    vary: npt.NDArray[np.integer]
    outputs: int


def draft(shape: Shape, inputs: Inputs) -> DeepNetwork:
    """A network of that shape with pairs drawn as growing draws them, and entries of 1."""
    constants = np.array(LARGE_STEPS.constants, np.int16)
    rng = np.random.default_rng(0)
    refs = np.arange(inputs.count, inputs.count + len(constants))
    count = shape.tables * shape.pairs
    pairs = draw_pairs(inputs=inputs.vary, refs=refs, count=count, ref_share=LARGE_STEPS.growth.ref_share, rng=rng)
    anchors = rng.permutation(pairs).reshape(shape.tables, shape.pairs, 2)
    tables = np.ones((shape.tables, 1 << shape.pairs, inputs.outputs), np.int8)
    output = Layer(groups=(TableGroup(anchors=anchors, tables=tables),), bits=BITS)
    return DeepNetwork(n=inputs.count + len(constants), output=output, constants=constants, frac=LARGE_STEPS.frac)


def cost_of(network: DeepNetwork, board: Board) -> Cost:
    """Of a network on a board; ``ValueError`` of one sentence where it doesn't fit."""
    program = compile_network(network, board)
    used = sum(tier.used for tier in estimate(program, board).tiers)
    return Cost(bytes=used, clocks=predict(program, board).clocks_per_step)


def cost_of_shape(shape: Shape, inputs: Inputs, board: Board) -> Cost:
    """The same of a network of that shape that was not trained. Bytes are those of every such network; clocks may be a few more or fewer,
    where a table's pairs wait for latencies of the same bank."""
    entries, room = (shape.tables << shape.pairs) * inputs.outputs, sum(tier.size for tier in board.tiers)
    if entries * BITS // 8 > room:
        raise CompileError(f"the tables have {entries} entries of {BITS} bits, {board.name} has {room} bytes for them")
    return cost_of(draft(shape, inputs), board)
