"""The numbers of the learning rule: docs/reference/learning-rule.md."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import NamedTuple, Self

GRADIENT = 14
"""One unit of a hidden gradient is 2**-14 nats for each latency of 1."""

GRADIENT_MAX = 32767
MOST = 7
"""Largest multiple that a hidden gradient is rounded to."""

SPARE = 10
"""Random bits that round a change of hidden tables or of the embedder."""

RARE = 24
"""Random bits that decide on a change of an output table that is smaller than a word's step."""

LOWEST, HIGHEST = -8, 24
"""Of rates."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Exponents: a rate of 5 is 2**-5; None: nothing is learned there."""

    output: int | None
    hidden: int | None = None
    embed: int | None = None

    def __post_init__(self) -> None:
        for rate in astuple(self):
            if rate is not None and not LOWEST <= rate <= HIGHEST:
                raise ValueError(f"a rate must be {LOWEST}..{HIGHEST}, not {rate}")

    @classmethod
    def named(cls, word: str) -> Self:
        """5,4,1: of output tables, hidden tables and embedder; a minus for none."""
        try:
            output, hidden, embed = (None if part == "-" else int(part) for part in word.split(","))
            return cls(output=output, hidden=hidden, embed=embed)
        except ValueError:
            text = f"must be three numbers of {LOWEST}..{HIGHEST} between commas, - for none, such as 5,4,1, not {word!r:.60}"
            raise ValueError(text) from None

    def __iter__(self) -> Iterator[str]:
        """The parts of a word that :meth:`named` reads."""
        return ("-" if rate is None else str(rate) for rate in astuple(self))

    def __str__(self) -> str:
        return ",".join(self)

    def later(self, phase: int) -> "Rates":
        """Halved ``phase`` times; none becomes lower than 2**-24."""
        output, hidden, embed = (None if rate is None else min(rate + phase, HIGHEST) for rate in astuple(self))
        return Rates(output=output, hidden=hidden, embed=embed)


class Turn(NamedTuple):
    """How the symbols of a window are learned, in shifts.

    ``steps`` of a window; 2**``draws`` draws each; ``everything``: all layers, else the output tables alone; ``frac`` of the latencies.
    ``output``: the power of two, in words, of what a draw changes in an output table. ``hidden``, ``embed``: of the unit that hidden
    gradients are rounded to, less its own power. ``output_gradient``, ``hidden_gradient``: the left shift of a gradient, likewise, before
    its slope's.
    """

    steps: int
    draws: int
    everything: bool
    frac: int
    output: int
    hidden: int
    embed: int
    output_gradient: int
    hidden_gradient: int
