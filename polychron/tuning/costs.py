"""What a shape costs on a board, before any network of it is trained."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware.compiler import CompileError, compile_network
from firmware.estimate import estimate
from golden.integer.deep import DeepNetwork
from golden.integer.latencies import LatencyNetwork
from golden.integer.layer import Layer, TableGroup
from golden.integer.signal import SignalNetwork
from golden.tasks.fitting.gain import draw_pairs
from golden.tasks.fitting.learning import LARGE_STEPS
from golden.tasks.fitting.train import BITS
from golden.tasks.signals.recipe import FRAC, SignalRecipe, start
from golden.tasks.signals.train import quantise_signal
from sim.cycles import predict

from .shapes import Shape


class Cost(NamedTuple):
    """``bytes`` of tables as the compiler places them, and ``clocks`` of a sample by the cycle model."""

    bytes: int
    clocks: int

    def no_more_than(self, other: "Cost") -> bool:
        return self.bytes <= other.bytes and self.clocks <= other.clocks


class Draft(ABC):
    """What makes networks of a shape that are not trained."""

    @abstractmethod
    def entries(self, shape: Shape) -> int:
        """Of its tables."""

    @abstractmethod
    def network(self, shape: Shape) -> LatencyNetwork: ...


@dataclass(frozen=True, kw_only=True)
class Inputs(Draft):
    """``count`` of a network, the numbers of those that ``vary``, and the ``outputs`` of it."""

    count: int
    vary: npt.NDArray[np.integer]
    outputs: int

    def entries(self, shape: Shape) -> int:
        return (shape.tables << shape.pairs) * self.outputs

    def network(self, shape: Shape) -> DeepNetwork:
        return draft(shape, self)


@dataclass(frozen=True, kw_only=True)
class SignalInputs(Draft):
    """Of networks that read signals: their ``count``, the ``outputs``, and the ``seed`` of a training, which draws the same pairs."""

    count: int
    outputs: int
    seed: int

    def entries(self, shape: Shape) -> int:
        recipe = self._recipe(shape)
        return (recipe.reading * self.outputs + recipe.writing * recipe.neurons) << shape.pairs

    def network(self, shape: Shape) -> SignalNetwork:
        model = start(self._recipe(shape), inputs=self.count, outputs=self.outputs, rng=np.random.default_rng(self.seed))
        for tables in model.output.tables:
            tables[:] = 1.0
        return quantise_signal(model, 2.0**-FRAC, 1.0)

    def _recipe(self, shape: Shape) -> SignalRecipe:
        return SignalRecipe.of(tables=shape.tables, pairs=shape.pairs, epochs=shape.epochs)


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


def cost_of(network: LatencyNetwork, board: Board) -> Cost:
    """Of a network on a board; ``ValueError`` of one sentence where it doesn't fit."""
    program = compile_network(network, board)
    used = sum(tier.used for tier in estimate(program, board).tiers)
    return Cost(bytes=used, clocks=predict(program, board).clocks_per_step)


def cost_of_shape(shape: Shape, inputs: Draft, board: Board) -> Cost:
    """The same of a network of that shape that was not trained. Bytes are those of every such network; clocks may be a few more or fewer,
    where a table's pairs wait for latencies of the same bank. Of networks that read signals both are those of a trained one."""
    entries, room = inputs.entries(shape), sum(tier.size for tier in board.tiers)
    if entries * BITS // 8 > room:
        raise CompileError(f"the tables have {entries} entries of {BITS} bits, {board.name} has {room} bytes for them")
    return cost_of(inputs.network(shape), board)
