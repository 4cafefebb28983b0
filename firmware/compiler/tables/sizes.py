"""What the placement of tables needs to know of the store plan."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """``output_words``, ``state_words``: words of a row of each region. ``anchor_words``: of each block, and of what is in none (None)."""

    output_words: int
    state_words: int
    anchor_words: dict[int | None, int]

    def words(self, region: Literal["state", "output"]) -> int:
        return self.output_words if region == "output" else self.state_words
