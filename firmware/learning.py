"""The registers of a core that learns (docs/reference/learning-rule.md, "What a core does")."""

from dataclasses import dataclass

from . import isa


@dataclass(frozen=True, kw_only=True)
class Learning:
    """``step``: what a write changes an entry by, 1..127. ``margin``: of output latencies, 1..65535, for the margin rule of classifiers;
    left out, a text network learns from the symbol that its sampler chose. ``ValueError`` out of these limits."""

    step: int = 1
    margin: int | None = None

    def __post_init__(self) -> None:
        margin = 1 if self.margin is None else self.margin
        for name, value, high in (("step", self.step, (1 << isa.LEARN_STEP_BITS) - 1), ("margin", margin, 0xFFFF)):
            if not 1 <= value <= high:
                raise ValueError(f"{name} must be 1..{high}, not {value}")

    def registers(self) -> list[int]:
        """The words of CONFIG from LEARN on."""
        return [1 | (self.margin is not None) << 1 | self.step << isa.LEARN_STEP_BIT, self.margin or 0]


OFF = [0, 0]
"""The same words where nothing is learned."""
