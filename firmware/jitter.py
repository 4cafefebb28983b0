"""The jitter table of a temperature, as the host loads it (docs/reference/numbers.md, "Choosing a symbol").

Subtracting T times a Gumbel variate from each latency and taking the earliest spike is a draw from the softmax at temperature T. The table
holds, for each segment of the uniform numbers, the mean of the Gumbel quantile -ln(-ln q) over the segment; dither fills the gaps between.
"""

import math

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]
UNIFORMS = 1 << 16
SEGMENT_NATS = 1 / 16  # how wide the segments are that most of the earliest spikes come from


class JitterError(ValueError):
    """A temperature the latencies have no room for; the message is one sentence."""


def segment(u: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The table's address (0..255) for uniforms of 16 bits: tail, octave, four bits of mantissa."""
    tail = u >> 15
    v = np.where(tail == 1, ~u, u) & 0x7FFF
    octave = np.zeros_like(v)
    for bit in range(14, 7, -1):
        octave += (v >> bit) == 0
    mantissa = np.where(octave == 7, v >> 4, v >> np.maximum(10 - octave, 0)) & 15
    return tail << 7 | octave << 4 | mantissa


def gumbel_means() -> npt.NDArray[np.float64]:
    """(256,): the mean Gumbel quantile of each segment, over the continuous uniforms in it."""
    # cells u/65536 .. (u+1)/65536; in all but the outer two the quantile is smooth
    nodes, weights = np.polynomial.legendre.leggauss(8)
    lower = np.arange(UNIFORMS)[:, None] / UNIFORMS
    q = lower + (nodes + 1) / 2 / UNIFORMS
    cell = (-np.log(-np.log(q)) * weights / 2).sum(axis=1)
    # the first: q = exp(-t) / 65536, t exponential
    t, weights = np.polynomial.laguerre.laggauss(32)
    cell[0] = (-np.log(t + math.log(UNIFORMS)) * weights).sum()
    # the last: -ln(1 - s) = s + s^2/2 + ..., so that the mean over s < w is 1 - ln w - w/4 - ...
    cell[-1] = 1 + math.log(UNIFORMS) - 1 / (4 * UNIFORMS)
    address = segment(np.arange(UNIFORMS))
    means: npt.NDArray[np.float64] = np.bincount(address, cell) / np.bincount(address)
    return means


def dither_mask(unit: float) -> int:
    """The dither of draws in which a Gumbel variate of 1 is ``unit`` latency units: 2**m - 1, about a segment wide, at most 255."""
    width = unit * SEGMENT_NATS
    return min(255, (1 << max(0, round(math.log2(width)))) - 1) if width > 0 else 0


def jitter_table(*, temperature: float, out_frac: int, outputs: tuple[int, int]) -> tuple[Int16, int]:
    """The table (256 entries) and the dither mask for a temperature.

    ``out_frac``: one unit of an output latency is 2**-out_frac nats. ``outputs``: the least and the greatest output latency the network can
    make; a jittered one must not leave 16 bits.
    """
    if not temperature > 0:
        raise JitterError(f"temperature must be above 0, not {temperature}")
    unit = temperature * 2.0**out_frac
    if unit > 1 << 24:  # or infinite
        raise JitterError(f"temperature {temperature:g} takes output latencies far beyond the limit, -32768..32767")
    mask = dither_mask(unit)
    table = np.rint(gumbel_means() * unit - mask / 2)
    latest, earliest = outputs[1] - table.min(), outputs[0] - table.max() - mask
    if latest > 32767 or earliest < -32768:
        reach = f"{int(earliest)}..{int(latest)}"
        raise JitterError(f"temperature {temperature} could take an output latency to {reach}, the limit is -32768..32767")
    return table.astype(np.int16), mask
