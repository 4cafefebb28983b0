"""Which table made a latency wrong: a row that lies damaged in memory, or one table's contribution that is another than golden's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.program import Program
from golden.integer import indices
from golden.network import Int16, Network, TableGroup
from sim.expected import Write

__all__ = ["find_table"]


@dataclass(frozen=True, kw_only=True)
class _Row:
    """The row that one table gives to a write-back: row ``index`` of its ``rows`` (2**n_c, n_out), ``size`` bytes at byte ``address`` of
    ``tier``."""

    layer: str
    group: int
    table: int
    index: int
    rows: npt.NDArray[np.int8]
    tier: int
    address: int
    size: int

    def __str__(self) -> str:
        if self.layer == "embed":
            return f"embedding row {self.index}"
        return f"table {self.table} of {self.layer}, group {self.group}, row {self.index}"


def find_table(network: Network, program: Program, write: Write, *, got: Int16, memory: Callable[[int, int, int], bytes]) -> str | None:
    """A phrase that names the table behind the latencies ``got`` that differ from ``write.values``, or None if no single one explains them.

    ``memory(tier, address, size)``: a tier's bytes as the core sees them.
    """
    rows = list(_rows(network, program, write))
    for row in rows:
        there = _placed(program, row)
        here = memory(row.tier, row.address, len(there))
        if here != there:
            at = next(i for i, (a, b) in enumerate(zip(here, there, strict=True)) if a != b)
            return f"{row} is damaged in memory: byte {row.address + at} is {here[at]:#04x}, not {there[at]:#04x}"
    return _contribution(program, write, rows, got)


def _rows(network: Network, program: Program, write: Write) -> Iterator[_Row]:
    """The rows summed into a write-back: of its run and of the runs before it down to the one that starts from zero."""
    first = write.run
    while not program.runs[first].first:
        first -= 1
    for number in range(first, write.run + 1):
        run, origin = program.runs[number], program.meta["placement"]["runs"][number]
        for position, (table, pairs) in enumerate(zip(origin["tables"], origin["pairs"] or [[]], strict=True)):
            if run.token:
                assert network.embed is not None
                assert write.index is not None
                index, rows, row_address = write.index, network.embed, write.index
            else:
                group = _group(network, origin["stage"], origin["group"])
                index = int(indices(_only(group, table), write.source[None])[0, 0])
                rows = group.tables[table]
                row_address = sum((index >> pair & 1) << len(pairs) - 1 - place for place, pair in enumerate(pairs))
            beat = run.table_base + (position << run.table_log2) + (row_address << run.row_log2)
            yield _Row(
                layer=origin["stage"],
                group=origin["group"],
                table=table,
                index=index,
                rows=rows,
                tier=run.tier,
                address=beat * isa.BEAT_BYTES,
                size=run.row_beats * isa.BEAT_BYTES,
            )


def _placed(program: Program, row: _Row) -> bytes:
    """What the compiler put where ``row`` stands."""
    for piece in program.tables:
        at = row.address - piece.beat * isa.BEAT_BYTES
        if piece.tier == row.tier and 0 <= at < len(piece.data):
            return piece.data[at : at + row.size]
    raise ValueError(f"{row} lies in no placed piece")


def _group(network: Network, stage: str, group: int) -> TableGroup:
    layer = network.output if stage == "output" else network.hidden[int(stage.split(".")[1])]
    return layer.groups[group]


def _only(group: TableGroup, table: int) -> TableGroup:
    return TableGroup(anchors=group.anchors[table : table + 1], tables=group.tables[table : table + 1])


def _contribution(program: Program, write: Write, rows: list[_Row], got: Int16) -> str | None:
    """One table whose row, taken from another place, left out or added twice, makes all the difference."""
    shift = program.runs[write.run].shift
    edge = np.isin(got, (-32768, 32767)) | np.isin(write.values, (-32768, 32767))
    error = (got.astype(np.int32) - write.values) >> shift
    wanted, neurons = error[~edge], write.neurons[~edge]
    if len(wanted) == 0 or not wanted.any():
        return None
    for row in rows:
        columns = row.rows.astype(np.int32)[:, neurons]
        changes = columns - columns[row.index]
        hits = np.flatnonzero((changes == wanted).all(axis=1))
        if len(hits):
            return f"{row}: the core added row {hits[0]} instead"
        if (columns[row.index] == -wanted).all():
            return f"{row}: the core did not add it"
        if (columns[row.index] == wanted).all():
            return f"{row}: the core added it twice"
    return None
