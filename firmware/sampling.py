"""How a core chooses a symbol among its spikes (docs/reference/numbers.md, "Choosing a symbol")."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import isa
from .jitter import jitter_table

MAX_K = 8


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """``seed``: the generator's first state. ``jittered``: a jitter from ``jitter`` (256,), dithered by ``mask``, is subtracted from
    each of the ``k`` earliest spikes (0: from all) before the earliest is taken. A value out of its range is a ``ValueError``.

    ``jitter`` None: the core keeps the table it has.
    """

    seed: int = 1
    k: int = 0
    jittered: bool = False
    jitter: npt.NDArray[np.int16] | None = None
    mask: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("seed", 1, (1 << 32) - 1), ("k", 0, MAX_K), ("mask", 0, 255)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be {low}..{high}, not {getattr(self, name)}")

    @classmethod
    def at(cls, temperature: float, *, out_frac: int, outputs: tuple[int, int], seed: int = 1, k: int = 0) -> "Sampling":
        """Draws from the softmax at ``temperature``; 0 takes the earliest spike.

        ``out_frac``, ``outputs``: as :func:`~firmware.jitter.jitter_table` takes them, whose ``JitterError`` it raises.
        """
        if temperature == 0:
            return cls(seed=seed, k=k)
        table, mask = jitter_table(temperature=temperature, out_frac=out_frac, outputs=outputs)
        return cls(seed=seed, k=k, jittered=True, jitter=table, mask=mask)

    def registers(self) -> list[int]:
        """The words of the CONFIG section."""
        return isa.sampler_registers(seed=self.seed, k=self.k, jittered=self.jittered, mask=self.mask)

    @classmethod
    def of_registers(cls, words: Sequence[int], *, jitter: npt.NDArray[np.int16] | None) -> "Sampling":
        """The inverse; words that set no sampler are a ``ValueError``."""
        seed, k, jittered, mask = isa.read_sampler_registers(words)
        return cls(seed=seed, k=k, jittered=jittered, jitter=jitter, mask=mask)
