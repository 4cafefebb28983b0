"""What stands in a core's table memories, read over the link by a program that makes latencies of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from firmware.host.host import Host
from firmware.isa import MAX_INSTRUCTIONS, Run
from firmware.program import Program
from golden.integer.layer import Int16

from .parts import program_image, up_to

ROW_LOG2 = 3
ROW_BEATS = 1 << ROW_LOG2
SYMBOL_BITS = 8
SYMBOLS = 1 << SYMBOL_BITS


class Readback:
    """The tiers of the core behind ``host``, which has loaded ``program``. A look at them replaces the program and the first latencies.

    A token run takes the row that the step's forced symbol names; such runs alone are added up, and written back as they are. They can't
    be a step's first, so the program's first op comes before them. ``most``: rows that can be added up, at most.
    """

    def __init__(self, host: Host, program: Program) -> None:
        self._host, self._width = host, program.width
        first = next(number for number, run in enumerate(program.runs) if run.last)
        *before, last = up_to(program.runs, first)
        self._before = (*before, replace(last, end=False))
        self.most = MAX_INSTRUCTIONS - len(self._before)

    @property
    def row_bytes(self) -> int:
        """Bytes of what is called a row here."""
        return ROW_BEATS * self._width.beat_bytes

    def __call__(self, tier: int, address: int, size: int) -> bytes:
        """``size`` bytes of a tier from byte ``address`` on."""
        numbers = range(address // self.row_bytes, (address + size - 1) // self.row_bytes + 1)
        rows: list[Int16] = []
        for window, group in groupby(numbers, key=lambda row: row - row % SYMBOLS):
            rows += self.sums(tier, [window], [row - window for row in group])
        return np.concatenate(rows).astype(np.int8).tobytes()[address % self.row_bytes :][:size]

    def sums(self, tier: int, starts: Sequence[int], steps: Iterable[int]) -> Iterator[Int16]:
        """For each of ``steps`` the sum (row_bytes,) of the rows that lie so many behind ``starts``, 1..``most`` numbers of rows.

        Steps are at most 255, and have no bit that a start has: the core puts both side by side.
        """
        row = Run(
            table_base=0,
            count=1,
            table_log2=SYMBOL_BITS + ROW_LOG2,
            row_log2=ROW_LOG2,
            row_beats=ROW_BEATS,
            tier=tier,
            token=True,
        )
        rows = [replace(row, table_base=start << ROW_LOG2) for start in starts]
        rows[0] = replace(rows[0], first=True)
        rows[-1] = replace(rows[-1], last=True, end=True)
        self._host.load(program_image((*self._before, *rows), width=self._width))
        for step in steps:
            self._host.feed([step])
            yield np.array(self._host.store(0, self.row_bytes), np.int16)
