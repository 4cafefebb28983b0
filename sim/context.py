"""Clocks a token of a transformer against the token's position, on the simulated gateware and by the cycle model; as a picture.

With the index cache a token costs a constant and a little for each position before it, at most C - 1 (left). Beside it stands, computed,
what it would cost without: if every block kept the latencies of the positions and made their keys again for each token, and if nothing
were kept and the context run through all blocks again (right).
"""

import io
from dataclasses import dataclass

from boards import Board
from firmware.program import Program
from golden.integer.transformer import TransformerNetwork
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.step_counts import step_counts

REST = 64  # clocks from reset to the first request


@dataclass(frozen=True, kw_only=True)
class ContextClocks:
    """Clocks of each token from an empty cache on: ``measured`` by the core's counters and ``predicted`` by the model; computed, those with
    the keys of all positions made ``again`` for every token, and with all positions of the context ``rerun``."""

    measured: tuple[int, ...]
    predicted: tuple[int, ...]
    again: tuple[int, ...]
    rerun: tuple[int, ...]


def context_clocks(network: TransformerNetwork, program: Program, board: Board, *, tokens: int) -> ContextClocks:
    """Of ``tokens`` (1..64) tokens of ``program``, compiled of ``network`` for ``board``.

    ``again``: besides, the n_k comparisons of each table of attention for each cached position, P a clock (docs/reference/transformer.md).
    ``rerun``: the clocks of all positions of the context one after another, without the rows of the output for all but the last; what a
    position knew of those before the context is lost.
    """
    phases: list[int] = []
    simulation = CoreSimulation(program, params=core_params(board), board=board)
    simulation.sim.clock(REST)

    def begun(_: object) -> None:
        if not phases:
            phases.append(simulation.sim["flash.step"] if board.far and not board.sdram else 0)

    measured = [step.clocks for step in step_counts(simulation, [None] * tokens, begun=begun)]
    simulation.close()
    predicted = [step.clocks for step in predict(program, board, steps=tokens, phase=phases[0]).steps][:tokens]
    keys = sum(head.key.shape[0] * head.key.shape[1] for block in network.blocks for head in block.heads)
    output = sum(run.count * run.row_beats * board.tiers[run.tier].beat_clocks(board.lanes) for run in program.runs if run.sort)
    again, rerun = [], []
    for position, clocks in enumerate(predicted):
        cached = min(position, network.context - 1)
        again.append(clocks + -(-cached * keys // board.comparators))
        rerun.append(sum(predicted[: cached + 1]) - cached * output)
    return ContextClocks(measured=tuple(measured), predicted=tuple(predicted), again=tuple(again), rerun=tuple(rerun))


def draw(clocks: ContextClocks, *, title: str) -> bytes:
    """A PNG."""
    import matplotlib.figure

    positions = range(1, len(clocks.measured) + 1)
    figure = matplotlib.figure.Figure(figsize=(10, 4), layout="constrained")
    near, far = figure.subplots(1, 2)
    for axes in (near, far):
        axes.plot(positions, clocks.again, color="tab:orange", linestyle="--", label="keys made again (computed)")
        axes.plot(positions, clocks.predicted, color="tab:blue", label="index cache, cycle model")
        axes.plot(positions, clocks.measured, ".", color="black", markersize=4, label="index cache, gateware's counters")
        axes.set(xlabel="position of the token", ylabel="clocks a token", xlim=(0, len(positions) + 1))
        axes.grid(alpha=0.3)
    far.plot(positions, clocks.rerun, color="tab:red", linestyle=":", label="context run again (computed)")
    for axes in (near, far):
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right" if axes is near else "center right", fontsize=8)
    figure.suptitle(title, fontsize=10)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110, format="png", metadata={"Software": None})
    return picture.getvalue()
