"""An SDRAM's times in clocks of the core: plain arithmetic on a part's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from .sdram import SdramPart

_RESERVE = 8  # refreshes in a hundred that come more often than they have to


@dataclass(frozen=True, kw_only=True)
class SdramClocks:
    """Commands to columns stand in slot 0 of a clock, all others in slot 1. From command to command in clocks, at least:

    ``open``: ACTIVATE to READ; ``write``: to WRITE. ``close``: the last READ of a row, with auto precharge, to the next ACTIVATE of its
    bank; ``written``: the same of a WRITE. ``refresh``: AUTO REFRESH to the next command, of the start sequence too; ``precharge``:
    PRECHARGE ALL to it. ``start``: power to the first command. ``interval``: between two refreshes, at most. ``burst``: a READ to the next.
    """

    burst: int
    open: int
    write: int
    close: int
    written: int
    refresh: int
    precharge: int
    start: int
    interval: int


def sdram_clocks(parts: Sequence[SdramPart], *, clock_hz: float, burst_words: int) -> SdramClocks:
    """For a core's clock of ``clock_hz`` and any of ``parts``; bursts of ``burst_words`` words (4 or 8).

    ``ValueError`` where the SDRAM's clock, twice the core's, is too fast for one of them.
    """
    slot = 1e12 / clock_hz / 2
    for part in parts:
        if slot < part.t_ck:
            raise ValueError(f"clock_hz must be at most {5e11 / part.t_ck:,.0f} with {part.name} ({part.t_ck} ps), not {clock_hz:,.0f}")

    def slots(name: str) -> int:
        return max(ceil(getattr(part, name) / slot) for part in parts)

    opened = ceil((slots("t_rcd") + 1) / 2)
    while 2 * opened - 1 + burst_words < slots("t_ras"):
        opened += 1
    closed = ceil((burst_words + slots("t_rp") - 1) / 2)
    while 2 * (opened + closed) < max(slots("t_rc"), slots("t_rrd")):
        closed += 1
    while 2 * opened < slots("t_rrd"):
        opened += 1
    period = min(part.t_ref / part.refreshes for part in parts)
    return SdramClocks(
        burst=burst_words // 2,
        open=opened,
        write=max(opened, ceil((slots("t_ras") - slots("t_wr") + 1) / 2)),
        close=closed,
        written=max(ceil((slots("t_wr") + slots("t_rp")) / 2), closed),
        refresh=ceil(max(slots("t_rfc"), slots("t_mrd")) / 2),
        precharge=ceil(slots("t_rp") / 2),
        start=ceil(max(part.t_start for part in parts) / slot / 2),
        interval=floor(period / slot / 2 * (100 - _RESERVE) / 100),
    )
