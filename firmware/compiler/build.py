"""The compiler: an integer network and a board to a program."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from boards import Board
from firmware import isa
from firmware.program import AnchorWord, Program, encode_anchor
from golden.network import Network

from .errors import CompileError
from .layout import Layout, Shape, region_words
from .pack import beats, columns_in_order, rows_in_order
from .placement import Item, Piece, place
from .schedule import Schedule, ideal_words
from .search import search
from .stages import Stage, make_stages, static_neurons, sum_range
from .words import anchor_words

__all__ = ["compile_network"]

MAX_OUTPUTS = 256
COMPARATORS = (1, 2)  # an anchor word has 64 bits in an image


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The tables of one stage with one n_c."""

    stage: Stage
    group: int
    row_beats: int
    item: Item
    schedule: Schedule | None  # None: a token stage

    @property
    def row_log2(self) -> int:
        return (self.row_beats - 1).bit_length()

    @property
    def n_c(self) -> int:
        return self.stage.groups[self.group].n_c


def compile_network(network: Network, board: Board, *, name: str = "network", seed: int = 1, k: int = 0) -> Program:
    """``network`` as a program for ``board``, the sampler set to the earliest spike (``seed`` and ``k`` of docs/reference/numbers.md).

    Raises ``CompileError`` (or ``NetworkError``) with one sentence if the network can't run there. The same inputs give the same program.
    """
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
    plan = search(anchors, _row_beats(stages, shape), shape, board)
    layout = plan.layout
    parts = _parts(network, stages, layout, plan.schedules)
    pieces = place([part.item for part in parts], board.tiers[0], board=board.name)
    runs, words, tables, origins = _emit(parts, pieces, layout, network.n_out)
    _check_depth(len(words), board.anchor_words, "anchor words", "anchor memory", board)
    _check_depth(len(runs), board.program_instructions, "instructions", "program memory", board)
    store = np.zeros(layout.top, np.int16)
    for neuron, value in zip(range(network.n - network.n_ref, network.n), network.constants.tolist(), strict=True):
        store[layout.copies[neuron]] = value
    return Program(
        comparators=board.comparators,
        runs=tuple(runs),
        anchors=tuple(words),
        tables=tuple(sorted(tables)),
        store=store,
        seed=seed,
        k=k,
        meta=_meta(network, stages, layout, name=name, origins=origins),
    )


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


def _row_beats(stages: list[Stage], shape: Shape) -> list[int]:
    """Beats of a row of each group of anchors, without second columns."""
    beats = []
    for stage in stages:
        words = shape.output_words if stage.region == "output" else shape.state_words
        beats += [] if stage.token else [words if stage.bits == 8 else words // 2] * len(stage.groups)
    return beats


def _parts(network: Network, stages: list[Stage], layout: Layout, schedules: list[Schedule]) -> list[_Part]:
    parts = []
    waiting = iter(schedules)
    for stage in stages:
        words = layout.output_words if stage.region == "output" else layout.state_words
        row_beats = words if stage.bits == 8 else words // 2
        row_log2 = (row_beats - 1).bit_length()
        for i, group in enumerate(stage.groups):
            rows = len(network.embed) if stage.token and network.embed is not None else 1 << group.n_c
            columns = group.tables.shape[2]
            item = Item(
                name=stage.name if len(stage.groups) == 1 else f"{stage.name} (n_c = {group.n_c})",
                count=group.n_t,
                stride=1 << group.n_c + row_log2,
                used=((rows - 1) << row_log2) + row_beats,
                data_bytes=group.n_t * rows * -(-columns * stage.bits // 8),
                together=0 if stage.token else 2,
            )
            parts.append(_Part(stage=stage, group=i, row_beats=row_beats, item=item, schedule=None if stage.token else next(waiting)))
    return parts


def _emit(
    parts: list[_Part], pieces: list[Piece], layout: Layout, n_out: int
) -> tuple[list[isa.Run], list[int], list[tuple[int, bytes]], list[dict[str, Any]]]:
    """Runs, anchor words, table bytes, and for each run where its tables and pairs come from."""
    runs: list[isa.Run] = []
    anchors: list[int] = []
    tables: list[tuple[int, bytes]] = []
    origins: list[dict[str, Any]] = []
    for number, piece in enumerate(pieces):
        part, stage = parts[piece.item], parts[piece.item].stage
        plan = part.schedule
        opens = number == 0 or parts[pieces[number - 1].item].stage is not stage
        closes = number == len(pieces) - 1 or parts[pieces[number + 1].item].stage is not stage
        output = stage.region == "output"
        span = slice(piece.start, piece.start + piece.count)
        order = plan.order[span] if plan else (0,)
        pairs = tuple(plan.pairs()[span]) if plan else ()
        words = [encode_anchor(word) for word in _words(part, span, layout)]
        runs.append(
            isa.Run(
                table_base=piece.base,
                count=piece.count,
                table_log2=part.n_c + part.row_log2,
                row_log2=part.row_log2,
                row_beats=part.row_beats,
                base=layout.output_base if output else 0,
                anchor_base=len(anchors) if words else 0,
                anchor_len=len(words),
                n_out=n_out if stage.sort and closes else 1,
                shift=stage.shift if stage.last and closes else 0,
                sync=stage.sync and opens,
                token=stage.token,
                int4=stage.bits == 4,
                first=stage.first and opens,
                last=stage.last and closes,
                residual=stage.residual and closes,
                sort=stage.sort and closes,
                end=number == len(pieces) - 1,
            )
        )
        anchors += words
        source = stage.groups[part.group].tables
        chosen = rows_in_order(source, order, pairs)
        if output:
            wanted = np.arange(layout.output_words * isa.LANES, dtype=np.int32)
            columns = np.where(wanted < n_out, wanted, -1)
        else:
            columns = layout.columns
        data = beats(columns_in_order(chosen, columns), bits=stage.bits)
        padded = np.zeros((piece.count << part.n_c, (1 << part.row_log2) * isa.BEAT_BYTES), np.uint8)
        padded[:, : data.shape[-1]] = data.reshape(len(padded), -1)
        tables.append((piece.base, padded.tobytes()[: (piece.end - piece.base) * isa.BEAT_BYTES]))
        origins.append({"stage": stage.name, "group": part.group, "tables": list(order), "pairs": [list(p) for p in pairs]})
    return runs, anchors, tables, origins


def _words(part: _Part, span: slice, layout: Layout) -> list[AnchorWord]:
    """The anchor words of the tables ``span`` of a part's order."""
    words: list[AnchorWord] = []
    at = 0
    for tables, rows in part.schedule.groups if part.schedule else ():
        if span.start <= at < span.stop:
            words += anchor_words(part.stage.groups[part.group].anchors, tables, rows, layout.copies, comparators=layout.comparators)
        at += len(tables)
    return words


def _check_depth(needed: int, limit: int, what: str, memory: str, board: Board) -> None:
    if needed > limit:
        raise CompileError(f"the network needs {needed} {what}, {board.name} has {limit}: the {memory} is full")


def _meta(network: Network, stages: list[Stage], layout: Layout, *, name: str, origins: list[dict[str, Any]]) -> dict[str, Any]:
    low, high = sum_range(stages, "output")
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
            "output_range": [low, high],
            "constants": network.constants.tolist(),
            "runs": origins,
        },
    }
