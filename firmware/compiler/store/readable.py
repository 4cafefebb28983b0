"""Which anchor words can be read together: each neuron in a slot of its own, of those that it has copies in.

That is Hall's theorem: it can be done if no set of slots is too small for the neurons that have no copy outside it. A neuron is only the
set of slots it has copies in, a bit mask.
"""

import numpy as np
import numpy.typing as npt

from .slots import Ints

Bools = npt.NDArray[np.bool_]
NONE = -1
"""No neuron."""


def together(neurons: Ints, masks: Ints, slots: int) -> Bools:
    """(m, m): whether the neurons of two words (m, q) can be read in one clock; a neuron of both is read once.

    ``neurons``: those of each word, different ones, then ``NONE``; ``masks``: (n,), of every neuron.
    """
    crowds = np.array(_crowds(set(masks[neurons[neurons != NONE]].tolist()), slots), np.int64)
    sizes = np.bitwise_count(crowds).astype(np.uint8)
    inside = ((masks[neurons][:, :, None] & ~crowds) == 0) & (neurons != NONE)[:, :, None]  # (m, q, crowds)
    counts = inside.sum(axis=1, dtype=np.uint8)
    bad = np.zeros((len(neurons),) * 2, np.bool_)
    for count, size in zip(counts.T, sizes, strict=True):
        if 2 * count.max(initial=0) > size:
            bad |= count[:, None] + count > size
    first, second = np.nonzero(_shared(neurons))
    fresh = (neurons[second][:, :, None] != neurons[first][:, None, :]).all(axis=2)
    over = np.zeros(len(first), np.bool_)
    for number, size in enumerate(sizes):
        over |= counts[first, number] + (inside[second, :, number] & fresh).sum(axis=1) > size
    bad[first, second] = over
    return ~bad


def _shared(neurons: Ints) -> Bools:
    """(m, m): whether two words name a neuron both."""
    found = np.zeros((len(neurons),) * 2, np.bool_)
    for one in neurons.T:
        for other in neurons.T:
            found |= (one[:, None] == other) & (one != NONE)[:, None]
    return found


def _crowds(masks: set[int], slots: int) -> list[int]:
    """The sets of slots that have to be looked at: all unions of masks each of which overlaps those before it, but for all slots, which are
    as many as neurons are read."""
    found: set[int] = set()
    new = set(masks)
    while new:
        found |= new
        new = {one | mask for one in new for mask in masks if one & mask} - found
    return sorted(found - {(1 << slots) - 1})
