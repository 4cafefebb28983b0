"""What stands in a core's table memories, read over the link by a program that makes latencies of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np

from firmware.host.host import Host
from firmware.isa import Run
from firmware.program import Program

from .parts import program_image, up_to

ROW_LOG2 = 3
ROW_BEATS = 1 << ROW_LOG2
INDEX_BITS = 8  # of a symbol


class Readback:
    """The tiers of the core behind ``host``, which has loaded ``program``. A look at them replaces the program and the first latencies.

    A token run takes the row that the step's forced symbol names; it alone is added, and written back as it is. Such a run can't be a
    step's first, so the program's first op comes before it.
    """

    def __init__(self, host: Host, program: Program) -> None:
        self._host, self._width = host, program.width
        first = next(number for number, run in enumerate(program.runs) if run.last)
        self._before = up_to(program.runs, first)

    def __call__(self, tier: int, address: int, size: int) -> bytes:
        """``size`` bytes of a tier from byte ``address`` on."""
        row = ROW_BEATS * self._width.beat_bytes
        numbers = range(address // row, (address + size - 1) // row + 1)
        data = b"".join(b"".join(self._rows(tier, window, rows)) for window, rows in groupby(numbers, key=lambda row: row >> INDEX_BITS))
        return data[address % row :][:size]

    def _rows(self, tier: int, window: int, rows: Iterable[int]) -> Iterator[bytes]:
        """Rows that one program can read: of the same ``window``, the bits above a symbol's."""
        run = Run(
            table_base=window << INDEX_BITS + ROW_LOG2,
            count=1,
            table_log2=INDEX_BITS + ROW_LOG2,
            row_log2=ROW_LOG2,
            row_beats=ROW_BEATS,
            tier=tier,
            token=True,
            first=True,
            last=True,
            end=True,
        )
        runs = (*self._before[:-1], replace(self._before[-1], end=False), run)
        self._host.load(program_image(runs, width=self._width))
        for row in rows:
            self._host.feed([row & (1 << INDEX_BITS) - 1])
            yield np.array(self._host.store(0, ROW_BEATS * self._width.lanes), np.int8).tobytes()
