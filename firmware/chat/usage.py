"""What a core has done since it was last asked, in counters that don't wrap around."""

from dataclasses import fields
from typing import Any

from ..host.host import Counters, Host, Writes

COUNTED = 16_384
"""Steps between two looks at the counters of a core that learns: they begin anew after 2**24 writes, of which a step makes 512 at most."""

NOTHING = Counters(**{field.name: 0 for field in fields(Counters)})


class Usage:
    """``host``'s core from now on. ``used``: what it has done up to the last :meth:`update`, ``steps`` as they are told."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._last = host.counters()
        self.used = NOTHING

    def update(self, steps: int) -> None:
        """The core has taken so many ``steps`` more; at least once in 2**32 clocks, after which its counters begin anew."""
        now = self._host.counters()
        since = vars(now - self._last) | {"steps": steps}
        self.used = Counters(**{name: value + since[name] for name, value in vars(self.used).items()})
        self._last = now

    @property
    def figures(self) -> dict[str, Any]:
        """For ``--json`` (docs/user/json.md)."""
        used, steps = self.used, max(1, self.used.steps)
        return {
            "steps": used.steps,
            "clocks_per_step": used.clocks / steps,
            "beats_per_step": used.beats / steps,
            "flash_beats_per_step": used.flash / steps,
            "rows_per_step": used.rows / steps,
            "saturations": used.saturations,
        }

    def __str__(self) -> str:
        used = self.used
        clocks, beats, flash = (number / max(1, used.steps) for number in (used.clocks, used.beats, used.flash))
        each = f"{clocks:.1f} clocks and {beats:.1f} beats a step ({flash:.1f} of them from the far tier)"
        return f"{used.steps} steps, {each}, {used.saturations} saturations"


class Written:
    """``host``'s core, which learns, from now on. ``so_far``: what it has written up to the last :meth:`update`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._last = host.writes()
        self.so_far = Writes()

    def update(self) -> None:
        """At least once in :data:`COUNTED` steps, so that the core's counters don't go round twice."""
        now = self._host.writes()
        self.so_far += now - self._last
        self._last = now

    def __str__(self) -> str:
        return f"{self.so_far.count:,} entries written, {self.so_far.held:,} of them held at a limit"
