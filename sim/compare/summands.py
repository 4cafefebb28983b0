"""The rows that are summed into a write-back, each with its place in a tier."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from firmware.description import Origin, StageId, Work
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.forward import indices
from golden.integer.network import Network, TextNetwork
from golden.integer.transformer import TransformerNetwork
from sim.compare.expected import Made, Write


@dataclass(frozen=True, kw_only=True)
class Summand:
    """The row that one table gives to a write-back: row ``index`` of its ``rows`` (2**n_c, n_out), ``size`` bytes at byte ``address`` of
    ``tier``. ``distance``: of the position that attention takes it for, else 0."""

    stage: StageId
    group: int
    table: int
    index: int
    distance: int
    rows: npt.NDArray[np.int8]
    tier: int
    address: int
    size: int

    def __str__(self) -> str:
        if self.stage.work is Work.EMBED:
            return f"embedding row {self.index}"
        row = f"table {self.table} of {self.stage}, group {self.group}, row {self.index}"
        return f"{row}, distance {self.distance}" if self.distance else row


def runs_of(program: Program, write: Write) -> list[int]:
    """The runs summed into a write-back: its own and those before it of the same words, down to the one that starts from zero."""
    base, found = program.runs[write.run].base, list[int]()
    for number in range(write.run, -1, -1):
        run = program.runs[number]
        if run.mode in (Mode.ROWS, Mode.ATTEND) and run.base == base:
            found.append(number)
            if run.first:
                break
    return found[::-1]


def summands(network: Network, program: Program, write: Write) -> Iterator[Summand]:
    """All rows of a write-back."""
    for number in runs_of(program, write):
        run, origin = program.runs[number], program.meta.placement.runs[number]
        for position, (table, bits) in enumerate(zip(origin.tables, origin.pairs or ((),), strict=True)):
            rows, chosen = _chosen(network, origin, table, write.made)
            for distance, index in chosen:
                row = index if run.token else sum((index >> bit & 1) << len(bits) - 1 - place for place, bit in enumerate(bits))
                behind, bank = divmod(position, program.width.far_banks if run.tier else 1)
                beat = bank * program.width.far_bank_beats + run.table_base + (behind << run.table_log2) + (row << run.row_log2)
                yield Summand(
                    stage=origin.stage,
                    group=origin.group,
                    table=table,
                    index=index,
                    distance=distance,
                    rows=rows,
                    tier=run.tier,
                    address=beat * program.width.beat_bytes,
                    size=run.row_beats * program.width.beat_bytes,
                )


def _chosen(network: Network, origin: Origin, table: int, made: Made) -> tuple[npt.NDArray[np.int8], list[tuple[int, int]]]:
    """A table's rows, and those that golden takes, each with its distance (0 outside attention)."""
    stage = origin.stage
    if stage.work is Work.EMBED:
        return cast(TextNetwork, network).embed, [(0, cast(int, made.index))]
    if stage.work is Work.PART:
        heads = cast(TransformerNetwork, network).blocks[cast(int, stage.number)].heads
        head, own = divmod(table, heads[0].n_t)
        assert made.rows is not None
        return heads[head].tables[own], list(enumerate(made.rows[:, table].tolist(), start=1))
    source = network.layers()[str(stage)].groups[origin.group]
    return source.tables[table], [(0, int(indices(source.anchors[table : table + 1], made.source[None])[0, 0]))]
