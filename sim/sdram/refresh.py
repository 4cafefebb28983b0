"""Whether an SDRAM is refreshed often enough."""

from collections import deque

from boards.sdram import SdramPart
from sim.violations import Violations

POSTPONED = 9  # refresh intervals from one AUTO REFRESH to the next, at most: eight may be postponed


class Refresh:
    """Times of AUTO REFRESH. ``t_ref``: no window of that length may have fewer than ``refreshes`` of them; ``t_refi``: no two that follow
    each other may be further apart than 9 intervals of t_ref / refreshes. Each is noted once until the next AUTO REFRESH."""

    def __init__(self, part: SdramPart, violations: Violations) -> None:
        self._window, self._gap = part.t_ref, POSTPONED * part.t_ref // part.refreshes
        self._note = violations.note
        self._times: deque[int] = deque(maxlen=part.refreshes)
        self._told_window = self._told_gap = False

    def begin(self, now: int) -> None:
        """From here on it counts, with every row just refreshed."""
        self._times.extend([now] * (self._times.maxlen or 0))

    def check(self, now: int) -> None:
        """Of every clock, before its command."""
        if not self._times:
            return
        if now - self._times[0] > self._window and not self._told_window:
            self._told_window = True
            self._note("t_ref", now)
        if now - self._times[-1] > self._gap and not self._told_gap:
            self._told_gap = True
            self._note("t_refi", now)

    def refresh(self, now: int) -> None:
        """An AUTO REFRESH."""
        if self._times:
            self._times.append(now)
            self._told_window = self._told_gap = False
