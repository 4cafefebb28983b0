"""Which runs read rows that a core with a learning unit may change."""

from dataclasses import replace

from boards import Board
from firmware import isa
from firmware.description import Origin

from ..tables.tiers import FAR

KINDS = ("deep", "rnn")
"""Networks that the learning rule has output tables of (docs/reference/learning-rule.md)."""


def with_learning(runs: list[isa.Run], origins: tuple[Origin, ...], *, kind: str, board: Board) -> list[isa.Run]:
    """``runs``, those of the output tables with ``learn``: if ``board`` can learn, they all lie on chip, and they are 256 or less."""
    if not board.learns or kind not in KINDS:
        return runs
    output = next(origin.stage for run, origin in zip(runs, origins, strict=True) if run.sort)
    mine = [origin.stage == output for origin in origins]
    chosen = [run for run, one in zip(runs, mine, strict=True) if one]
    if any(run.tier == FAR for run in chosen) or sum(run.count for run in chosen) > isa.QUERIES:
        return runs
    return [replace(run, learn=one) for run, one in zip(runs, mine, strict=True)]
