"""The learning rule for recurrent networks, compiled; tested against golden/learning/reference.py to the last bit."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..compiled.kernel import kernel
from ..integer.layer import Int16
from ..integer.sampling import code
from ..integer.symbols import Symbols
from .rule import GRADIENT_MAX, MOST, RARE, SPARE, Turn
from .text import TextLearner

WORD_MAX = 32767
Int32 = npt.NDArray[np.int32]


class Seen(NamedTuple):
    """What looks leave behind, each (steps, n_t): ``row`` and ``other``, row numbers of the flattened layer, j and jbar; ``a``, ``b``:
    the pair that turns one into the other; ``late``: whether its u is above 0; ``power``: e of the slope 2**-e."""

    row: Int32
    other: Int32
    a: Int32
    b: Int32
    late: Int32
    power: Int32

    @classmethod
    def room(cls, steps: int, tables: int) -> "Seen":
        return cls(*(np.zeros((steps, tables), np.int32) for _ in range(6)))


def learn_compiled(learner: TextLearner, tokens: Symbols, turn: Turn) -> None:
    """An :data:`~golden.learning.text.Engine`."""
    seen = [Seen.room(turn.steps, layer.flat.low.shape[0]) for layer in (learner.hidden, learner.output)]
    jitter = (_by_uniform(learner.jitter.table.tobytes()), learner.jitter.mask)
    layers = (learner.embed, learner.hidden, learner.output)
    learn = _learn_all if turn.everything else _learn_outputs
    learn(*layers, *seen, tokens, learner.latencies, turn, jitter, learner.generator)


@cache
def _by_uniform(table: bytes) -> Int16:
    """(65536,): the jitter, without its dither, of each u."""
    entries = np.frombuffer(table, np.int16)
    return np.array([entries[code(u)] for u in range(1 << 16)], np.int16)


@kernel(forceinline=True)
def drawn(generator):
    s = generator[0]
    s ^= np.uint32(s << np.uint32(13))
    s ^= np.uint32(s >> np.uint32(17))
    s ^= np.uint32(s << np.uint32(5))
    generator[0] = s
    return s


@kernel(forceinline=True)
def length(value):
    """Bits of a number of 0 or more."""
    count = 0
    while value > 0:
        value >>= 1
        count += 1
    return count


@kernel(forceinline=True)
def shifted(value, left):
    return value << left if left >= 0 else value >> -left


@kernel(forceinline=True)
def within(value, most):
    return min(max(value, -most), most)


@kernel(forceinline=True)
def slope(u, frac):
    v = u + (1 << frac)
    top = length(v) - 1
    m = (v << 4 >> top) & 15
    return 1 + 2 * (top - frac) + int(m >= 3) + int(m >= 11)


@kernel(forceinline=True)
def look(flat, x, frac, seen, at):
    groups, a, b, low, _ = flat
    for g in range(groups.shape[0]):
        first, n_t, n_c, pair = groups[g]
        for i in range(n_t):
            index = 0
            least = 1 << 30
            flip = 0
            near = 0
            late = 0
            for r in range(n_c):
                p = pair + r * n_t + i
                u = np.int32(x[a[p]]) - np.int32(x[b[p]])
                bit = int(u > 0)
                index |= bit << r
                if abs(u) < least:
                    least = abs(u)
                    flip = 1 << r
                    near = p
                    late = bit
            t = first + i
            seen.row[at, t] = low[t] + index
            seen.other[at, t] = low[t] + (index ^ flip)
            seen.a[at, t] = a[near]
            seen.b[at, t] = b[near]
            seen.late[at, t] = late
            seen.power[at, t] = slope(least, frac)


@kernel(forceinline=True)
def add_rows(rows, seen, at, acc):
    below = rows.below
    for t in range(seen.row.shape[1]):
        line = rows.words[seen.row[at, t]]
        rows.visited[seen.row[at, t]] = True
        for c in range(acc.shape[0]):
            acc[c] += line[c] >> below


@kernel(forceinline=True)
def store(acc, shift, y):
    for c in range(acc.shape[0]):
        y[c] = min(max(acc[c] << shift, -32768), 32767)


@kernel(forceinline=True)
def choose(outputs, jitter, generator):
    by_uniform, mask = jitter
    chosen = 0
    least = 1 << 30
    for c in range(outputs.shape[0]):
        s = drawn(generator)
        latency = outputs[c] - (by_uniform[s >> np.uint32(16)] + np.int32(s & np.uint32(255) & np.uint32(mask)))
        if latency < least:
            least = latency
            chosen = c
    return chosen


@kernel(forceinline=True)
def change(rows, row, column, by):
    new = np.int32(rows.words[row, column]) + by
    kept = min(max(new, rows.low), rows.high)
    rows.words[row, column] = kept
    rows.counts[0] += 1
    rows.counts[1] += int(kept != new)


@kernel(forceinline=True)
def pass_on(seen, at, t, value, dh):
    """The gradient of table t, its slope's sign not yet in it, to the two latencies of its nearest pair."""
    v = within(value, GRADIENT_MAX)
    if seen.late[at, t]:
        v = -v
    a = seen.a[at, t]
    b = seen.b[at, t]
    dh[a] = within(dh[a] + v, GRADIENT_MAX)
    dh[b] = within(dh[b] - v, GRADIENT_MAX)


@kernel(forceinline=True)
def output_gradient(rows, seen, at, t, chosen, target, turn, dh):
    """Of table t, into dh."""
    line = rows.words[seen.row[at, t]]
    other = rows.words[seen.other[at, t]]
    below = rows.below
    due = (other[target] >> below) - (line[target] >> below)
    g = 0
    for s in chosen:
        if s != target:
            g += due - ((other[s] >> below) - (line[s] >> below))
    pass_on(seen, at, t, shifted(g, turn.output_gradient - seen.power[at, t]), dh)


@kernel(forceinline=True)
def write_outputs(rows, row, chosen, target, power, generator):
    """Of one table."""
    for s in chosen:
        if s != target:
            by = 0
            if power >= 0:
                by = 1 << power
            elif power >= -RARE:
                by = int((drawn(generator) & np.uint32((1 << -power) - 1)) == 0)
            if by:
                change(rows, row, s, by)
                change(rows, row, target, -by)


@kernel(forceinline=True)
def rounded(q, left, bits):
    """q * 2**left, rounded by random bits; 0 where there are too few of these."""
    if left >= 0:
        return within(q << left, WORD_MAX)
    if left < -SPARE:
        return 0
    return (q + (bits & ((1 << -left) - 1))) >> -left


@kernel(forceinline=True)
def subtract(rows, row, by):
    line = rows.words[row]
    writes = 0
    held = 0
    for c in range(by.shape[0]):
        new = np.int32(line[c]) - by[c]
        kept = min(max(new, rows.low), rows.high)
        line[c] = kept
        writes += int(by[c] != 0)
        held += int(kept != new)
    rows.counts[0] += writes
    rows.counts[1] += held


@kernel(forceinline=True)
def learn_hidden(embed, hidden, seen, at, symbol, turn, generator, dh, changes):
    """One step back: dh of the latencies after the step becomes that of the latencies before it; hidden rows and the embedder's written."""
    q, by_hidden, by_embed = changes
    total = 0
    for c in range(dh.shape[0]):
        total += abs(dh[c])
    if total == 0:
        return
    scale = max(length(total) + 1 - length(dh.shape[0] - 1), 0)
    for c in range(dh.shape[0]):
        s = drawn(generator)
        noise = np.int32(s & np.uint32((1 << scale) - 1))
        q[c] = within((dh[c] + noise) >> scale, MOST)
        by_hidden[c] = rounded(q[c], scale + turn.hidden, np.int32(s >> np.uint32(12) & np.uint32(1023)))
        by_embed[c] = rounded(q[c], scale + turn.embed, np.int32(s >> np.uint32(22)))
    dh[:] = 0
    below = hidden.below
    for t in range(seen.row.shape[1]):
        line = hidden.words[seen.row[at, t]]
        other = hidden.words[seen.other[at, t]]
        g = 0
        for c in range(dh.shape[0]):
            g += q[c] * ((other[c] >> below) - (line[c] >> below))
        pass_on(seen, at, t, shifted(g, scale + turn.hidden_gradient - seen.power[at, t]), dh)
        subtract(hidden, seen.row[at, t], by_hidden)
    subtract(embed, symbol, by_embed)


@kernel(forceinline=True)
def read(embed, hidden, h, symbol, frac, seen, at, acc):
    """h <- S(h) + E[symbol]."""
    look(hidden.flat, h, frac, seen, at)
    embed.visited[symbol] = True
    for c in range(acc.shape[0]):
        acc[c] = embed.words[symbol, c] >> embed.below
    add_rows(hidden.rows, seen, at, acc)
    store(acc, hidden.shift, h)


@kernel(forceinline=True)
def predict(output, h, frac, seen, at, jitter, generator, chosen, room):
    """The draws from U(h)."""
    acc, outputs = room
    look(output.flat, h, frac, seen, at)
    acc[:] = 0
    add_rows(output.rows, seen, at, acc)
    store(acc, output.shift, outputs)
    for k in range(chosen.shape[0]):
        chosen[k] = choose(outputs, jitter, generator)


@kernel()
def _learn_outputs(embed, hidden, output, hidden_seen, output_seen, tokens, latencies, turn, jitter, generator):
    chosen = np.zeros(1 << turn.draws, np.int32)
    acc = np.zeros(latencies.shape[1], np.int32)
    columns = output.rows.words.shape[1]
    room = (np.zeros(columns, np.int32), np.zeros(columns, np.int32))
    for i in range(tokens.shape[1]):
        for stream in range(tokens.shape[0]):
            h = latencies[stream]
            symbol = tokens[stream, i]
            predict(output, h, turn.frac, output_seen, 0, jitter, generator, chosen, room)
            for t in range(output.first, output_seen.row.shape[1]):
                write_outputs(output.rows, output_seen.row[0, t], chosen, symbol, turn.output, generator)
            read(embed, hidden, h, symbol, turn.frac, hidden_seen, 0, acc)


@kernel()
def _learn_all(embed, hidden, output, hidden_seen, output_seen, tokens, latencies, turn, jitter, generator):
    n = latencies.shape[1]
    steps = turn.steps
    chosen = np.zeros((steps, 1 << turn.draws), np.int32)
    acc = np.zeros(n, np.int32)
    columns = output.rows.words.shape[1]
    room = (np.zeros(columns, np.int32), np.zeros(columns, np.int32))
    dh = np.zeros(n, np.int32)
    changes = (np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32))
    for first in range(0, tokens.shape[1] - 1, steps):
        for stream in range(tokens.shape[0]):
            h = latencies[stream]
            symbols = tokens[stream, first : first + steps + 1]
            for i in range(steps):
                read(embed, hidden, h, symbols[i], turn.frac, hidden_seen, i, acc)
                predict(output, h, turn.frac, output_seen, i, jitter, generator, chosen[i], room)
            dh[:] = 0
            for i in range(steps - 1, -1, -1):
                target = symbols[i + 1]
                for t in range(output_seen.row.shape[1]):
                    output_gradient(output.rows, output_seen, i, t, chosen[i], target, turn, dh)
                    write_outputs(output.rows, output_seen.row[i, t], chosen[i], target, turn.output, generator)
                learn_hidden(embed, hidden.rows, hidden_seen, i, symbols[i], turn, generator, dh, changes)
