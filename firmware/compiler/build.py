"""The compiler: an integer network and a board to a program."""

import numpy as np

from boards import Board
from firmware import isa
from firmware.isa import Mode
from firmware.jitter import jitter_table
from firmware.program import Placed, Program
from golden.integer.network import Network
from golden.integer.transformer import TransformerNetwork

from .errors import CompileError
from .program.describe import describe
from .program.emit import emit
from .stages.attention import check_attention
from .stages.stages import make_stages, sum_range
from .store.schedule import ideal_words
from .store.search import search
from .store.shapes import check_depth, make_shape
from .tables.arrange import arrange
from .tables.copies import anchor_lengths
from .tables.tiers import FLASH

__all__ = ["compile_network"]

UNLIMITED = 1 << 30


def compile_network(
    network: Network, board: Board, *, name: str = "network", seed: int = 1, k: int = 0, temperature: float = 0.0
) -> Program:
    """``network`` as a program for ``board``.

    ``seed``, ``k``, ``temperature``: the sampler (docs/reference/numbers.md); temperature 0 takes the earliest spike.
    Raises ``CompileError``, ``NetworkError`` or ``JitterError`` with one sentence if the network can't run there. The same inputs give
    the same program.
    """
    network.validate()
    if not 1 <= seed < 1 << 32:
        raise CompileError(f"seed must be 1..{(1 << 32) - 1}, not {seed}")
    if not 0 <= k <= 8:
        raise CompileError(f"k must be 0..8, not {k}")
    if isinstance(network, TransformerNetwork):
        check_attention(network)
    stages = make_stages(network)
    shape = make_shape(network, stages, board)
    least = sum(len(stage.families) if stage.reads else 1 for stage in stages)
    check_depth(least, board.program_instructions, "instructions", "program memory", board)
    ideal = anchor_lengths(stages, lambda family, source: ideal_words(family.n_t, family.sources[source].shape[1], board.comparators))
    words = {"output": shape.output_words, "state": shape.state_words}
    placed = arrange(network, stages, board, words=words, lengths=ideal)  # refuses before the search what can't fit
    made = [(stage, group) for stage in stages if stage.reads and not stage.token for group in range(len(stage.families))]
    families = [stage.families[group] for stage, group in made]
    # rows of attention come when all indices of the block are made
    clocks = [placed.row_clocks(stage, group, board) if stage.mode == Mode.ROWS else 0 for stage, group in made]
    room = board.anchor_words if sum(ideal.values()) <= board.anchor_words else UNLIMITED
    plan = search([family.sources for family in families], clocks, shape, board, room=room)
    layout, plans = plan.layout, dict(zip(families, plan.schedules, strict=True))
    words["state"] = layout.state_words
    lengths = anchor_lengths(stages, lambda family, source: plans[family][source].length)
    placed = arrange(network, stages, board, words=words, lengths=lengths)
    out = emit(placed.stages, placed.parts, plans, placed.pieces, layout, n_out=network.n_out)
    if len(out.anchors) > board.anchor_words or len(out.runs) > board.program_instructions:  # parting a group costs words, and a run
        placed = arrange(network, stages, board, words=words, lengths=lengths, whole=True)
        out = emit(placed.stages, placed.parts, plans, placed.pieces, layout, n_out=network.n_out)
    check_depth(len(out.anchors), board.anchor_words, "anchor words", "anchor memory", board)
    check_depth(len(out.runs), board.program_instructions, "instructions", "program memory", board)
    if any(run.mode != Mode.ROWS or (run.int4 and run.tier == FLASH) for run in out.runs):
        out.tables.append(Placed(0, board.tiers[0].size // isa.BEAT_BYTES - 1, bytes(isa.BEAT_BYTES)))
    store = np.zeros(layout.top, np.int16)
    for neuron, value in zip(range(network.n - network.n_ref, network.n), network.constants.tolist(), strict=True):
        store[layout.copies[neuron]] = value
    outputs = sum_range(stages, "output")
    jitter, mask = None, 0
    if temperature != 0:
        jitter, mask = jitter_table(temperature=temperature, out_frac=network.out_frac, outputs=outputs)
    return Program(
        comparators=board.comparators,
        runs=tuple(out.runs),
        anchors=tuple(out.anchors),
        tables=tuple(sorted(out.tables)),
        store=store,
        seed=seed,
        k=k,
        jitter=jitter,
        jittered=jitter is not None,
        mask=mask,
        image_offset=board.image_offset if any(piece.tier == FLASH for piece in out.tables) else None,
        meta=describe(network, outputs, layout, name=name, origins=out.origins),
    )
