"""The compiler: an integer network and a board to a program."""

from typing import Any

import numpy as np

from boards import Board
from firmware import isa
from firmware.jitter import jitter_table
from firmware.program import Placed, Program
from golden.network import Network

from .emit import emit
from .errors import CompileError
from .layout import Layout, Shape, region_words
from .parts import Part, make_parts
from .placement import Piece
from .schedule import ideal_words
from .search import search
from .stages import Stage, make_stages, static_neurons, sum_range
from .tiers import FLASH, place, row_clocks

__all__ = ["compile_network"]

MAX_OUTPUTS = 256
RUNS = ("deep", "rnn")
COMPARATORS = (1, 2)  # an anchor word has 64 bits in an image


def compile_network(
    network: Network, board: Board, *, name: str = "network", seed: int = 1, k: int = 0, temperature: float = 0.0
) -> Program:
    """``network`` as a program for ``board``.

    ``seed``, ``k``, ``temperature``: the sampler (docs/reference/numbers.md); temperature 0 takes the earliest spike.
    Raises ``CompileError``, ``NetworkError`` or ``JitterError`` with one sentence if the network can't run there. The same inputs give
    the same program.
    """
    if network.kind not in RUNS:
        raise CompileError(f"the network is a {network.kind}, the core runs networks of the kinds {' and '.join(RUNS)}")
    network.validate()
    if not 1 <= seed < 1 << 32:
        raise CompileError(f"seed must be 1..{(1 << 32) - 1}, not {seed}")
    if not 0 <= k <= 8:
        raise CompileError(f"k must be 0..8, not {k}")
    stages = make_stages(network)
    shape = _shape(network, stages, board)
    anchors = [group.anchors for stage in stages if not stage.token for group in stage.groups]
    ideal = sum(ideal_words(group.shape[0], group.shape[1], board.comparators) for group in anchors)
    _check_depth(ideal, board.anchor_words, "anchor words", "anchor memory", board)
    words = {"output": shape.output_words, "state": shape.state_words}
    parts = make_parts(network, stages, words)
    pieces = _place(parts, board)  # refuses before the search what can't fit
    plan = search(anchors, _row_clocks(parts, pieces, board), shape, board)
    layout = plan.layout
    if layout.state_words > shape.state_words:
        parts = make_parts(network, stages, words | {"state": layout.state_words})
        pieces = _place(parts, board)
    schedules = iter(plan.schedules)
    plans = [None if part.stage.token else next(schedules) for part in parts]
    out = emit(parts, plans, pieces, layout, n_out=network.n_out)
    if len(out.anchors) > board.anchor_words or len(out.runs) > board.program_instructions:  # parting a group costs words, and a run
        out = emit(parts, plans, _place(parts, board, whole=True), layout, n_out=network.n_out)
    _check_depth(len(out.anchors), board.anchor_words, "anchor words", "anchor memory", board)
    _check_depth(len(out.runs), board.program_instructions, "instructions", "program memory", board)
    if any(run.int4 and run.tier == FLASH for run in out.runs):
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
        meta=_meta(network, outputs, layout, name=name, origins=out.origins),
    )


def _place(parts: list[Part], board: Board, *, whole: bool = False) -> list[Piece]:
    """The pieces in the order of the program: stages one after another, in each the tier on chip first."""
    order = {id(stage): number for number, stage in enumerate(part.stage for part in parts)}
    pieces = place([part.item for part in parts], board, whole=whole)
    return sorted(pieces, key=lambda piece: (order[id(parts[piece.item].stage)], piece.tier, piece.item, piece.start))


def _row_clocks(parts: list[Part], pieces: list[Piece], board: Board) -> list[int]:
    """Clocks of a row of each part that has anchors; of one parted between tiers, the mean."""
    clocks = [0] * len(parts)
    for piece in pieces:
        clocks[piece.item] += piece.count * row_clocks(parts[piece.item].item, board.tiers[piece.tier])
    return [total // part.item.count for part, total in zip(parts, clocks, strict=True) if not part.stage.token]


def _shape(network: Network, stages: list[Stage], board: Board) -> Shape:
    if board.comparators not in COMPARATORS:
        raise CompileError(f"comparators must be one of {COMPARATORS}, not {board.comparators}")
    if network.n_out > MAX_OUTPUTS:
        raise CompileError(f"n_out is {network.n_out}, the core's limit is {MAX_OUTPUTS}")
    latencies = min(board.store_latencies, isa.ZERO_WORD * isa.LANES)
    if network.n > latencies:
        raise CompileError(f"n is {network.n}, {board.name} has room for {latencies} latencies: the latency store is full")
    static = static_neurons(network)
    wide = any(stage.bits == 4 for stage in stages if stage.region == "state")
    words = region_words(network.n_out, wide=network.output.bits == 4)
    state = region_words(int((~static).sum()), wide=wide) if not static.all() else 0
    if state + words > isa.ZERO_WORD:
        raise CompileError(f"the layers need {state + words} accumulator words, the core has {isa.ZERO_WORD}: the accumulators are full")
    watched = np.zeros(network.n, np.int64)
    for stage in stages:
        if not stage.token:
            for group in stage.groups:
                watched += np.bincount(group.anchors.ravel(), minlength=network.n)
    return Shape(
        n=network.n,
        static=static,
        constant=np.arange(network.n) >= network.n - network.n_ref,
        watched=watched,
        wide=wide,
        output_words=words,
        comparators=board.comparators,
    )


def _check_depth(needed: int, limit: int, what: str, memory: str, board: Board) -> None:
    if needed > limit:
        raise CompileError(f"the network needs {needed} {what}, {board.name} has {limit}: the {memory} is full")


def _meta(network: Network, outputs: tuple[int, int], layout: Layout, *, name: str, origins: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": network.kind,
        "n": network.n,
        "n_in": network.n - network.n_ref if network.embed is None else len(network.embed),
        "n_out": network.n_out,
        "frac": network.frac,
        "out_frac": network.out_frac,
        "symbols": None if network.symbols is None else list(network.symbols),
        "placement": {
            "neurons": layout.copies,
            "state_words": layout.state_words,
            "output": layout.output_base * isa.LANES,
            "output_range": list(outputs),
            "constants": network.constants.tolist(),
            "runs": origins,
        },
    }
