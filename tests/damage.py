"""A core whose memory isn't what was loaded: the negative control of all that compares it with the golden model."""

import pytest

import sim.runs
from sim.machines.preload import TABLES


def damage_tables(monkeypatch: pytest.MonkeyPatch, *, tables: int | None = None) -> None:
    """From now on a bit of the first entry is flipped in each row of the first ``tables`` tables of the first run; None: of all that
    follow, too."""

    class Damaged(sim.runs.CoreSession):
        def __init__(self, network, program, **options):
            super().__init__(network, program, **options)
            first = program.runs[0]
            end = None if tables is None else first.table_base + (tables << first.table_log2)
            self.sim.memory(self.core.prefix + TABLES)[first.table_base : end : 1 << first.row_log2, 0] ^= 1

    monkeypatch.setattr(sim.runs, "CoreSession", Damaged)
