"""Which table made a latency wrong: a row that lies damaged in memory, or one table's contribution that is another than golden's."""

from collections.abc import Callable, Iterator

import numpy as np

from firmware import isa
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.expected import Write
from sim.compare.summands import Summand, runs_of, summands

Memory = Callable[[int, int, int], bytes]


def find_table(network: Network, program: Program, write: Write, *, got: Int16, memory: Memory) -> str | None:
    """A phrase that names the table behind the latencies ``got`` that differ from ``write.values``, or None if no single one explains them.

    ``memory(tier, address, size)``: a tier's bytes as the core sees them.
    """
    rows = list(summands(network, program, write))
    places = [(str(row), row.tier, row.address, row.size) for row in rows]
    for what, tier, address, size in [*places, *_words(program, write)]:
        there = _placed(program, tier, address, size)
        here = memory(tier, address, len(there))
        if here != there:
            at = next(i for i, (a, b) in enumerate(zip(here, there, strict=True)) if a != b)
            return f"{what} is damaged in memory: byte {address + at} is {here[at]:#04x}, not {there[at]:#04x}"
    return _contribution(program, write, rows, got)


def _words(program: Program, write: Write) -> Iterator[tuple[str, int, int, int]]:
    """What else a transformer's write-back is made from in tier 0: position bits, copied anchor words."""
    origins, width = program.meta.placement.runs, program.width
    for number in runs_of(program, write):
        run, origin = program.runs[number], origins[number]
        if run.mode == Mode.ATTEND:
            for position, table in enumerate(origin.tables):
                block, word = run.side + position // width.side_words, position % width.side_words
                for distance in range(1, run.n_out + 1):
                    beat = isa.SIDE_BEATS * block + isa.CONTEXT - 1 + distance
                    what = f"the word of position bits of table {table} of {origin.stage}, distance {distance}"
                    yield what, 0, beat * width.beat_bytes + 2 * word, 2
    for run, origin in zip(program.runs, origins, strict=True):
        if run.mode == Mode.ANCHORS and origin.stage.block == write.stage.block:
            size = width.anchor_beats * width.beat_bytes
            for word in range(run.count // width.anchor_beats):
                what = f"anchor word {word} of blocks.{origin.stage.block}"
                yield what, 0, run.table_base * width.beat_bytes + word * size, size


def _placed(program: Program, tier: int, address: int, size: int) -> bytes:
    """What the compiler put there."""
    for piece in program.tables:
        at = address - piece.beat * program.width.beat_bytes
        if piece.tier == tier and 0 <= at < len(piece.data):
            return piece.data[at : at + size]
    raise ValueError(f"byte {address} of tier {tier} lies in no placed piece")


def _contribution(program: Program, write: Write, rows: list[Summand], got: Int16) -> str | None:
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
