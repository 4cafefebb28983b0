"""Whether a core's memory on chip holds the tables that were loaded, in every byte."""

from collections.abc import Callable, Iterator
from itertools import chain, groupby

import numpy as np

from firmware import isa
from firmware.isa import Mode
from firmware.program import Program

from .readback import SYMBOLS, Readback


class Tables:
    """What ``program`` has on chip, and :meth:`damage` to it.

    Rows of as many bytes as a program reads at once are added up, one of each window: a bit that is wrong changes its sum. What fills no
    row is read by itself. ``size``: bytes that are compared; index caches, which steps write, are not. ``steps``: sums that are compared.
    """

    def __init__(self, read: Readback, program: Program) -> None:
        self._read, self._program = read, program
        self._pieces = list(_joined(program))
        self.size = sum(len(data) for _, data in self._pieces)
        self._sums = list(sums({row for rows in map(self._whole, self._pieces) for row in rows}, read.most))
        self.steps = len(self._sums)

    def damage(self, *, progress: Callable[[int], None] = lambda done: None) -> str | None:
        """A phrase about the first byte found that is not as it was loaded, and what it belongs to; None if all are. ``progress`` is told
        how many of the ``steps`` are done."""
        return next(chain(self._alone(), self._added(progress)), None)

    def _whole(self, piece: tuple[int, bytes]) -> range:
        """The numbers of the rows that a piece fills."""
        (start, data), row = piece, self._read.row_bytes
        return range(-(-start // row), (start + len(data)) // row)

    def _alone(self) -> Iterator[str]:
        for piece in self._pieces:
            (start, data), rows = piece, self._whole(piece)
            end = start + len(data)
            first, last = (rows.start * self._read.row_bytes, rows.stop * self._read.row_bytes) if rows else (end, end)
            for low, high in ((start, first), (last, end)):
                if low < high:
                    yield from self._compared(low, high - low)

    def _added(self, progress: Callable[[int], None]) -> Iterator[str]:
        row, done = self._read.row_bytes, 0
        for starts, group in groupby(self._sums, key=lambda rows: rows[0]):
            steps = [step for _, step in group]
            for step, total in zip(steps, self._read.sums(0, starts, steps), strict=True):
                addresses = [(start + step) * row for start in starts]
                due = sum(np.frombuffer(self._due(address, row), np.int8).astype(np.int16) for address in addresses)
                if (total != due).any():
                    yield from chain.from_iterable(self._compared(address, row) for address in addresses)
                    yield f"rows of {row} bytes add up to something else than they should, and each by itself is sound"
                done += 1
                progress(done)

    def _due(self, address: int, size: int) -> bytes:
        start, data = next((start, data) for start, data in self._pieces if start <= address < start + len(data))
        return data[address - start :][:size]

    def _compared(self, address: int, size: int) -> Iterator[str]:
        got, due = self._read(0, address, size), self._due(address, size)
        if got != due:
            at = next(number for number in range(size) if got[number] != due[number])
            where = holder(self._program, address + at)
            yield f"{where} is damaged in memory: byte {address + at} is {got[at]:#04x}, not {due[at]:#04x}"


def sums(rows: set[int], most: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """The numbers ``rows`` in groups of at most ``most``: the firsts of windows, and how far behind them (0..255) a group lies.

    A window's first row is a multiple of its length, a power of two: a core puts the symbol's bits beside those of the base.
    """
    length = 1
    while length < SYMBOLS and len({row // length for row in rows}) > most:
        length *= 2
    for step in range(length):
        starts = sorted(row - step for row in rows if row % length == step)
        for at in range(0, len(starts), most):
            yield tuple(starts[at : at + most]), step


def holder(program: Program, address: int) -> str:
    """What byte ``address`` of the memory on chip belongs to."""
    beat = address // program.width.beat_bytes
    for run, origin in zip(program.runs, program.meta.placement.runs, strict=True):
        number, row = divmod(beat - run.table_base, 1 << run.table_log2)
        if run.tier == 0 and run.mode in (Mode.ROWS, Mode.ATTEND) and 0 <= number < run.count:
            table, bits = origin.tables[number], (origin.pairs or ((),) * run.count)[number]
            row >>= run.row_log2
            if run.token:
                return f"embedding row {row}"
            index = sum((row >> len(bits) - 1 - place & 1) << bit for place, bit in enumerate(bits))
            return f"table {table} of {origin.stage}, group {origin.group}, row {index}"
        if run.mode == Mode.QUERY and beat // isa.SIDE_BEATS in side_blocks(program, run):
            return f"a word of position bits of blocks.{origin.stage.block}"
        if run.mode == Mode.ANCHORS and 0 <= beat - run.table_base < run.count:
            return f"anchor word {(beat - run.table_base) // program.width.anchor_beats} of blocks.{origin.stage.block}"
    return "the zero beat"


def side_blocks(program: Program, run: isa.Run) -> range:
    """Those of a query run (docs/reference/isa.md, "Attention")."""
    return range(run.side, run.side - (-run.count // program.width.side_words))


def _joined(program: Program) -> Iterator[tuple[int, bytes]]:
    """What is on chip, without the rings of the index caches: first byte and bytes of each stretch between gaps."""
    unit, beats = program.width.beat_bytes, dict[int, bytes]()
    for piece in program.tables:
        if piece.tier == 0:
            beats |= {piece.beat + at // unit: piece.data[at : at + unit] for at in range(0, len(piece.data), unit)}
    for run in program.runs:
        if run.mode == Mode.QUERY:
            for block in side_blocks(program, run):
                for beat in range(isa.SIDE_BEATS * block, isa.SIDE_BEATS * block + isa.CONTEXT):
                    beats.pop(beat, None)
    for _, group in groupby(enumerate(sorted(beats)), key=lambda pair: pair[1] - pair[0]):
        stretch = [beat for _, beat in group]
        yield stretch[0] * unit, b"".join(beats[beat] for beat in stretch)
