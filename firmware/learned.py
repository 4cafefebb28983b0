"""A network with what a core has learned: tables on chip back in the network's order."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from golden.integer.layer import Layer, TableGroup
from golden.integer.network import Network

from . import isa
from .compiler.program.pack import Int8, entries, old_rows
from .program import Placed, Program


class LearnedError(ValueError):
    """Tables that are not those of a program that has learned; the message names the first place."""


def can_learn(program: Program) -> bool:
    """Whether the output tables of ``program`` change on a core that learns."""
    return any(run.learn for run in program.runs)


def with_learned(network: Network, program: Program, pieces: Sequence[Placed]) -> Network:
    """``network`` with the output tables that lie in ``pieces``: what a core that learns has made of those on chip of ``program``, which
    ``network`` was compiled to. ``LearnedError`` where tables that don't learn are others, or an entry is out of its limits."""
    tables = [group.tables.copy() for group in network.output.groups]
    there = {piece.beat: piece.data for piece in pieces}
    learned = {run.table_base for run in program.runs if run.learn}
    for piece in program.tables:
        if piece.tier == 0 and piece.beat not in learned:
            _same(piece, there.get(piece.beat, b""), program.width)
    for run, origin in zip(program.runs, program.meta.placement.runs, strict=True):
        if run.learn:
            rows = _rows(run, there.get(run.table_base, b""), network.output, program.width)
            for table, pairs, new in zip(origin.tables, origin.pairs, rows, strict=True):
                tables[origin.group][table][old_rows(pairs)] = new
    groups = tuple(TableGroup(anchors=group.anchors, tables=one) for group, one in zip(network.output.groups, tables, strict=True))
    return network.with_layers(network.layers() | {"output": replace(network.output, groups=groups)}).validate()


def _rows(run: isa.Run, data: bytes, layer: Layer, width: isa.Width) -> Int8:
    """(tables, rows, outputs) of the piece that ``run`` reads."""
    row = (1 << run.row_log2) * width.beat_bytes
    whole = np.zeros((run.count << run.table_log2 - run.row_log2, row), np.uint8)
    if not whole.size - (1 << run.table_log2) * width.beat_bytes < len(data) <= whole.size:
        raise LearnedError(f"the tables at beat {run.table_base} must have up to {whole.size} bytes, not {len(data)}")
    whole.reshape(-1)[: len(data)] = np.frombuffer(data, np.uint8)
    found = entries(np.ascontiguousarray(whole[:, : run.row_beats * width.beat_bytes]), width, bits=layer.bits)
    return found[:, : layer.n_out].reshape(run.count, -1, layer.n_out)


def _same(piece: Placed, data: bytes, width: isa.Width) -> None:
    if data != piece.data:
        at = next((i for i, (due, byte) in enumerate(zip(piece.data, data, strict=False)) if due != byte), min(len(data), len(piece.data)))
        where = f"byte {piece.beat * width.beat_bytes + at:#x} of the tables on chip"
        raise LearnedError(f"{where}, which doesn't learn, is not as the image has it: load the image again")
