"""Choosing a symbol from spikes: the integers of docs/reference/numbers.md.

Subtracting Gumbel noise from latencies and taking the earliest spike draws from the softmax, without exp or division.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .network import Int16

MAX_K = 8
CODES = 256
MASK32 = 0xFFFFFFFF


def draw(state: int) -> int:
    """The state of the xorshift32 generator after one draw; 32 bits, never 0."""
    state ^= state << 13 & MASK32
    state ^= state >> 17
    return state ^ (state << 5 & MASK32)


@cache
def code(u: int) -> int:
    """The jitter table's address of 16 uniform bits: tail, octave (3 bits), mantissa (4 bits)."""
    top = u >> 15
    v = u & 0x7FFF
    if top:
        v ^= 0x7FFF
    e = min(15 - v.bit_length(), 7)
    m = v >> 4 & 15 if e == 7 else v >> (10 - e) & 15
    return top << 7 | e << 4 | m


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """What the host loads for a temperature: ``table`` (256,) in units of output latency, and the ``mask`` of the dither added."""

    table: Int16
    mask: int


def jitter_table(*, temperature: float, out_frac: int) -> Jitter:
    """The table for a temperature; entry + mask/2 is the mean of T * 2**out_frac * Gumbel over the uniforms of its segment.

    The mean of a segment is taken over the continuous interval of its uniforms, so that the last one keeps the whole tail. The dither
    is as wide as the segments most winners come from (a sixteenth of an octave, 0.06 nats).
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    unit = temperature * 2.0**out_frac
    mask = min((1 << max(round(math.log2(0.0625 * unit)), 0)) - 1, 255) if unit > 0 else 0
    sums = np.zeros(CODES)
    counts = np.zeros(CODES)
    for u, gumbel in enumerate(_means()):
        address = code(u)
        sums[address] += gumbel
        counts[address] += 1
    mean = np.divide(sums, counts, out=np.zeros(CODES), where=counts > 0)
    entries = np.rint(mean * unit - mask / 2)
    if entries.max() + mask > 32767 or entries.min() < -32768:
        raise ValueError(f"temperature {temperature} is too high for output latencies of {out_frac} fractional bits")
    return Jitter(table=entries.astype(np.int16), mask=mask)


@cache
def _means() -> list[float]:
    """Of the Gumbel quantile, over the interval of each u."""
    integral = np.array([_integral(k / 65536) for k in range(65537)])
    return [float(value) for value in (integral[1:] - integral[:-1]) * 65536]


def _integral(p: float) -> float:
    """Integral from 0 to p of the Gumbel quantile -ln(-ln q): li(p) - p ln(-ln p), li the logarithmic integral, by its series."""
    if p in (0.0, 1.0):
        return np.euler_gamma if p else 0.0
    x = math.log(p)
    term, total = 1.0, 0.0
    for k in range(1, 200):
        term *= x / k
        total += term / k
    return np.euler_gamma + math.log(-x) + total - p * math.log(-x)


class Sampler:
    """Chooses symbols from output latencies in the three modes; ``state`` is the generator's, the seed at first.

    ``jitter`` None: the earliest spike, nothing drawn. ``k`` 0: a draw from all outputs. ``k`` 1..8: a draw from the k earliest.
    """

    def __init__(self, *, seed: int = 1, jitter: Jitter | None = None, k: int = 0) -> None:
        if not 0 < seed <= MASK32:
            raise ValueError(f"seed must be 1..{MASK32}, not {seed}")
        if not 0 <= k <= MAX_K:
            raise ValueError(f"k must be 0..{MAX_K}, not {k}")
        self.state = seed
        self.jitter = jitter
        self.k = k
        self.spikes: list[tuple[int, int]] = []

    def choose(self, outputs: Int16 | Sequence[int]) -> int:
        """The symbol for ``outputs`` (n_out,). ``spikes``: the up to 8 earliest (neuron, latency), jittered with jitter and k = 0."""
        latencies = [int(value) for value in outputs]
        if self.jitter is not None and self.k == 0:
            latencies = [self._jittered(latency) for latency in latencies]
        order = sorted(range(len(latencies)), key=lambda neuron: (latencies[neuron], neuron))
        self.spikes = [(neuron, latencies[neuron]) for neuron in order[:MAX_K]]
        if self.jitter is None or self.k == 0:
            return self.spikes[0][0]
        candidates = [(neuron, self._jittered(latency)) for neuron, latency in self.spikes[: self.k]]
        return min(candidates, key=lambda item: item[1])[0]  # min keeps the first of equals

    def _jittered(self, latency: int) -> int:
        assert self.jitter is not None
        self.state = draw(self.state)
        value = latency - (int(self.jitter.table[code(self.state >> 16)]) + (self.state & 255 & self.jitter.mask))
        return (value + 32768) % 65536 - 32768
