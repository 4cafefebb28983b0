"""The compiled attention of golden/model/transformer.py: looking once a position, adding a row a pair, and the way back, a table at a time.

Positions of a window are 0..T-1; its keys are 0..C-2+T, the first C-1 of them cached by the window before, so that position i and
distance d meet at key C-1+i-d. A table's row is addressed by the sum of three numbers made once: the query's of position i, the key's of
position j, the position bits of i - j. Tables are the outer loop, so that one of them stays in the processor's cache while a whole batch
uses it.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from ..model.layer import Float32
from .adam import adam_table
from .aligned import aligned_floats, aligned_zeros
from .kernel import kernel
from .layer import MATH
from .pairs import LANES, add_diagonals, look_lanes, pair_gains, used_places
from .rows import add_rows, add_to_placed_rows


class SeenKeys(NamedTuple):
    """What looks leave behind: ``row``, the index used; ``flip``, what turns it into the other of j, jbar; ``near``, the nearest pair;
    ``size``, its |u|; ``slope``, U'(u), negated where jitter flipped the bit, so that slope * (other - used) is the gradient either way."""

    row: npt.NDArray[np.int32]
    flip: npt.NDArray[np.int32]
    near: npt.NDArray[np.int32]
    size: Float32
    slope: Float32

    @classmethod
    def room(cls, *shape: int) -> "SeenKeys":
        """Aligned arrays of ``shape``, the tables first."""
        row, flip, near = (aligned_zeros(shape).view(np.int32) for _ in range(3))
        return cls(row, flip, near, aligned_zeros(shape), aligned_zeros(shape))


class Looks(NamedTuple):
    """The looks of a block's heads. ``query`` (n_t, B, T...), ``key`` (n_t, B, C-1+T...), ``place`` (n_t, C-1...): :class:`SeenKeys`. The
    query's bits of position i are query.row[..., q_first + i] << more; ``reach``: C - 1."""

    query: SeenKeys
    key: SeenKeys
    place: SeenKeys
    q_first: int
    more: int
    reach: int


class Gains(NamedTuple):
    """dL/d(u) but for the slopes: ``query`` (n_t, B, T), ``key`` (n_t, B, C-1+T), ``place`` (n_t, C-1)."""

    query: Float32
    key: Float32
    place: Float32


@kernel(fastmath=MATH)
def look_places(a, b, position, seen):
    """Eq. 1 of PE_d: ``seen`` (n_t, C - 1) in the order of keys, distance C - 1 first."""
    row, flip, near, size, slope = seen
    n_t = row.shape[0]
    reach = position.shape[0] - 1
    for m in range(reach):
        x = position[reach - m]
        for t in range(n_t):
            index = np.int32(0)
            nearest = np.int32(0)
            u = np.float32(np.inf)
            for r in range(a.shape[1]):
                v = x[a[t, r]] - x[b[t, r]]
                index |= np.int32(v > 0) << np.int32(r)
                closer = abs(v) < abs(u)
                u = v if closer else u
                nearest = np.int32(r) if closer else nearest
            row[t, m] = index
            flip[t, m] = np.int32(1) << nearest
            near[t, m] = nearest
            size[t, m] = abs(u)
            slope[t, m] = (np.float32(-0.5) if u > 0 else np.float32(0.5)) / ((1 + abs(u)) * (1 + abs(u)))


@kernel()
def look_keys(start, stop, steps, anchors, low, x, first, jitter, state, seen, pairs):
    """Eq. 1 of streams start..stop-1, whose x is (n, stop - start, T rounded up to LANES), from column ``first`` of ``seen`` on.

    ``anchors``: a and b, (n_t, pairs) each. ``seen.row``: the index used, shifted left by ``low``. ``state`` (n_t, B, T) uint32: the
    jitter's xorshift32 generators. ``pairs``: a tuple as long as a table has pairs.
    """
    a, b = anchors
    row, flip, near, size, slope = seen
    room = x.shape[2]
    stride = x.shape[1] * room
    width = row.shape[2]
    chance = np.float32(0.5) * jitter * np.float32(1 << 24)
    arrays = (row, flip, near, size, slope)
    for k in range(start, stop):
        for t in range(a.shape[0]):
            for i in range(0, steps, LANES):
                to = (t * row.shape[1] + k) * width + first + i
                look_lanes(x, (k - start) * room + i, stride, a, b, t, low, arrays, to, pairs)
            if jitter > 0:
                for i in range(steps):
                    s = state[t, k, i]
                    s ^= np.uint32(s << np.uint32(13))
                    s ^= np.uint32(s >> np.uint32(17))
                    s ^= np.uint32(s << np.uint32(5))
                    state[t, k, i] = s
                    hit = np.float32(np.int32(s >> np.uint32(8))) * (np.float32(1) + size[t, k, first + i]) < chance
                    row[t, k, first + i] ^= flip[t, k, first + i] if hit else np.int32(0)
                    slope[t, k, first + i] *= np.float32(-1) if hit else np.float32(1)


@numba.njit(nogil=True, inline="always")
def _pair(key, place, t, k, i, m):
    """The key's and the position's part of the row that position i of stream k adds from table t at place m."""
    return np.intp(key[np.uintp(t), np.uintp(k), np.uintp(i + m)] | place[np.uintp(t), np.uintp(m)])


@kernel(fastmath=MATH)
def attend(start, stop, rows, looks, have, z, lanes):
    """z (B, T, n) += the rows of all pairs, for streams start..stop-1. ``have``: cached keys that count, of the C - 1 before a window."""
    query, key, place = looks.query.row, looks.key.row, looks.place.row
    q_first, more, reach = looks.q_first, looks.more, looks.reach
    n_t = place.shape[0]
    steps = z.shape[1]
    for t in range(n_t):
        table = np.int32(t * rows.shape[1])
        for k in range(start, stop):
            for i in range(steps):
                at = k * steps + i
                base = table + (query[t, k, q_first + i] << more)
                m = max(0, reach - have - i)
                while m + 8 <= reach:
                    r0 = base + _pair(key, place, t, k, i, m)
                    r1 = base + _pair(key, place, t, k, i, m + 1)
                    r2 = base + _pair(key, place, t, k, i, m + 2)
                    r3 = base + _pair(key, place, t, k, i, m + 3)
                    r4 = base + _pair(key, place, t, k, i, m + 4)
                    r5 = base + _pair(key, place, t, k, i, m + 5)
                    r6 = base + _pair(key, place, t, k, i, m + 6)
                    r7 = base + _pair(key, place, t, k, i, m + 7)
                    add_rows(z, at, rows, (r0, r1, r2, r3, r4, r5, r6, r7), lanes)
                    m += 8
                while m < reach:
                    add_rows(z, at, rows, (base + _pair(key, place, t, k, i, m),), lanes)
                    m += 1


@kernel(fastmath=MATH)
def attend_back(start, stop, weights, looks, have, shared, grad, gains, update, share, lanes):
    """Eq. 7 of every pair of tables start..stop-1, and an Adam step on their rows.

    ``weights``, ``update``: as golden/compiled/adam.py has them. ``grad`` (B, T, n): dL/d(the attention's sum). Filled: ``gains``, what
    :func:`pull` multiplies by the slopes. ``shared``: the reference program's rule: the nearer of query and key (ties to the key) passes
    the gradient on, and the position's bit as well where it is nearer than both; else the nearest of the three does (ties to the query,
    then to the key). ``share`` (n_t, 2**p): what each row takes of the rate, by its position bits.
    """
    query, q_flip, _, q_size, _ = looks.query
    key, k_flip, _, k_size, _ = looks.key
    place, p_flip, _, p_size, _ = looks.place
    q_first, more, reach = looks.q_first, looks.more, looks.reach
    d_query, d_key, d_place = gains
    rows = weights.used
    batch, steps, n = grad.shape
    room, width = place.shape[1], key.shape[2]
    total = aligned_floats(rows.shape[1] * n).reshape(rows.shape[1], n)
    used = aligned_floats(room).view(np.int32)
    work = aligned_floats(3 * LANES).view(np.int32)
    wide = room + 2 * LANES
    lines = aligned_floats(steps * wide).reshape(steps, wide)  # gains of a stream's keys, by position and place, zeros on both sides
    zero = np.float32(0)
    for t in range(start, stop):
        table = t * rows.shape[1]
        total[:] = zero
        d_place[t] = zero
        for k in range(batch):
            line = (t * batch + k) * width
            for i in range(steps):
                m0 = max(0, reach - have - i)
                asks = (
                    np.int32(query[t, k, q_first + i] << more),
                    np.int32(q_flip[t, k, q_first + i] << more),
                    q_size[t, k, q_first + i],
                )
                at = (k * steps + i, table)
                own = zero
                for m in range(m0 // LANES * LANES, reach, LANES):
                    keys = (key, k_flip, k_size, line + i + m)
                    places = (place, p_flip, p_size, t * room + m)
                    to = (lines, i * wide + LANES + m)
                    own += pair_gains(shared, grad, rows, at, work, (m, m0, reach), asks, keys, places, to, d_place, lanes)
                d_query[t, k, i] = own
            for j in range(0, reach + steps, LANES):
                first_i, last_i = max(0, j - room), min(steps, j + LANES)
                add_diagonals(lines, wide, first_i, last_i, LANES + j, d_key, line + j)
        for k in range(batch):  # apart: table and gradient together would not fit a processor's nearest cache
            line = (t * batch + k) * width
            for i in range(steps):
                m0 = max(0, reach - have - i)
                base = np.int32(query[t, k, q_first + i] << more)
                for m in range(m0 // LANES * LANES, reach, LANES):
                    used_places(used, m, base, key, line + i + m, place, t * room, lanes)
                add_to_placed_rows(total, used, m0, reach, grad, k * steps + i, lanes)
        adam_table(weights, table, total, update, share[t], lanes)


@kernel(fastmath=MATH)
def pull(start, stop, anchors, seen, first, gain, gain_first, dx):
    """Eq. 8 for streams start..stop-1: dx (B, T, n) += slope * gain at the nearest pair; ``first``, ``gain_first``: position 0 in both."""
    a, b = anchors
    near, slope = seen.near, seen.slope
    for t in range(a.shape[0]):
        for k in range(start, stop):
            for i in range(dx.shape[1]):
                r = np.uintp(near[t, k, first + i])
                change = slope[t, k, first + i] * gain[t, k, gain_first + i]
                dx[k, i, np.uintp(a[t, r])] += change
                dx[k, i, np.uintp(b[t, r])] -= change
