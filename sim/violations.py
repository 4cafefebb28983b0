"""What the models of chips note where a limit of a data sheet is broken."""

from dataclasses import dataclass

NEVER = -(1 << 60)  # the time of what has not happened


class ChipError(RuntimeError):
    """A limit of a chip was broken; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``name``: of the limit, as the chip's model says; ``time``: picoseconds."""

    name: str
    time: int


class Violations:
    """Those ``found``, in order; with ``strict`` the first one raises :class:`ChipError`."""

    def __init__(self, *, strict: bool) -> None:
        self.found: list[Violation] = []
        self._strict = strict

    def note(self, name: str, now: int) -> None:
        self.found.append(Violation(name=name, time=now))
        if self._strict:
            raise ChipError(f"{name} is broken at {now / 1000:.3f} ns")

    def require(self, name: str, now: int, since: int, least: int) -> None:
        """Notes ``name`` where less than ``least`` picoseconds have passed."""
        if now - since < least:
            self.note(name, now)
