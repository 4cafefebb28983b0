"""How a flash chip is found: which one it is, what it was doing, its faults, and the lines around it."""

from dataclasses import dataclass, field
from enum import IntEnum

from .timing import FlashTiming


class Power(IntEnum):
    """How a chip is found."""

    ASLEEP = 0
    AWAKE = 1
    CONTINUOUS = 2  # in continuous read mode


@dataclass(frozen=True, kw_only=True)
class Found:
    """A chip as it stands before its first transaction.

    ``jedec``: the id's three bytes. ``quad``: the bit QE; None as it comes from the factory. ``power``: its state. ``busy_until``: the
    time, in picoseconds, at which a write under way ends. ``timing``: its delays and limits. ``pulled``: the mask of the lines that are 1
    where nobody drives them; others are random there. ``stuck``: 0 or 1, a chip that holds all lines there and understands nothing.
    ``absent``: no chip at all. ``seed``: of its random draws.
    """

    jedec: int = 0xEF7018
    quad: bool | None = None
    power: Power = Power.ASLEEP
    busy_until: int = 0
    timing: FlashTiming = field(default_factory=FlashTiming)
    pulled: int = 0b1100
    stuck: int | None = None
    absent: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        for name, first, last in (("jedec", 0, (1 << 24) - 1), ("pulled", 0, 15), ("seed", 1, (1 << 32) - 1)):
            if not first <= getattr(self, name) <= last:
                raise ValueError(f"{name} must be {first}..{last}, not {getattr(self, name)}")
        if self.stuck not in (None, 0, 1):
            raise ValueError(f"stuck must be None, 0 or 1, not {self.stuck!r}")

    @property
    def device_id(self) -> int:
        """Of ABh, 90h and 94h: one less than the last byte of ``jedec`` (tables 8.1.1 of the W25Q chips)."""
        return (self.jedec - 1) & 0xFF

    @property
    def quad_enabled(self) -> bool:
        """QE; from the factory it is 1 in the ordering options with ids from EF4000h on (7.1.4)."""
        return self.jedec >> 8 == 0xEF40 if self.quad is None else self.quad
