"""The SNN transformer from first principles: one pair, one table, one number at a time, in double precision."""

import math
from dataclasses import dataclass, field

import numpy as np

from golden.model.layer import FloatLayer
from golden.model.transformer import Attention, Transformer


def slope(u: float) -> float:
    return (-0.5 if u > 0 else 0.5) / (1 + abs(u)) ** 2


@dataclass
class Look:
    """Bits of one position or distance, pair 0 first; the nearest pair and its difference."""

    bits: list[int]
    near: int
    u: float


def look(anchors: np.ndarray, x: list[float]) -> Look:
    differences = [float(x[a]) - float(x[b]) for a, b in anchors]
    if not differences:  # a table without position bits
        return Look(bits=[], near=-1, u=math.inf)
    near = min(range(len(differences)), key=lambda r: abs(differences[r]))
    return Look(bits=[int(u > 0) for u in differences], near=near, u=differences[near])


def number(bits: list[int]) -> int:
    return sum(bit << r for r, bit in enumerate(bits))


@dataclass
class Gradients:
    embed: np.ndarray
    tables: list[np.ndarray]
    position: list[np.ndarray]
    feed: list[np.ndarray | None]
    output: np.ndarray


@dataclass
class Stream:
    """The cached keys of one stream: for every block, the looks of the positions so far, oldest first, one list of tables each."""

    keys: list[list[list[Look]]] = field(default_factory=list)


def row_of(attention: Attention, table: int, query: Look, key: Look, place: Look) -> int:
    return number(place.bits + key.bits + query.bits)


def layer_sum(layer: FloatLayer, x: list[float]) -> tuple[list[float], list[Look]]:
    group = layer.groups[0]
    looks = [look(group.anchors[t], x) for t in range(group.n_t)]
    return [sum(float(group.tables[t, number(seen.bits), c]) for t, seen in enumerate(looks)) for c in range(layer.n_out)], looks


def flipped(seen: Look) -> Look:
    bits = list(seen.bits)
    if bits:
        bits[seen.near] ^= 1
    return Look(bits=bits, near=seen.near, u=seen.u)


def pull(dx: np.ndarray, anchors: np.ndarray, seen: Look, gain: float) -> None:
    a, b = anchors[seen.near]
    dx[a] += slope(seen.u) * gain
    dx[b] -= slope(seen.u) * gain


def layer_back(layer: FloatLayer, looks: list[Look], grad: np.ndarray, dx: np.ndarray, d_tables: np.ndarray) -> None:
    group = layer.groups[0]
    for t, seen in enumerate(looks):
        j, other = number(seen.bits), number(flipped(seen).bits)
        d_tables[t, j] += grad
        pull(dx, group.anchors[t], seen, float(grad @ (group.tables[t, other].astype(float) - group.tables[t, j])))


def window(model: Transformer, tokens: np.ndarray, streams: list[Stream]) -> tuple[list[float], Gradients]:
    """Nats of each stream's window (tokens (B, T + 1)), and the gradients of their mean; ``streams`` keep the window's keys."""
    gradients = Gradients(
        embed=np.zeros(model.embed.shape),
        tables=[np.zeros(block.attention.tables.shape) for block in model.blocks],
        position=[np.zeros(block.attention.position.shape) for block in model.blocks],
        feed=[None if block.feed is None else np.zeros(block.feed.groups[0].tables.shape) for block in model.blocks],
        output=np.zeros(model.output.groups[0].tables.shape),
    )
    losses = []
    for line, stream in zip(tokens, streams, strict=True):
        losses.append(one_stream(model, line, stream, gradients, 1 / (len(tokens) * (len(line) - 1))))
    return losses, gradients


def one_stream(model: Transformer, line: np.ndarray, stream: Stream, gradients: Gradients, scale: float) -> float:
    steps = len(line) - 1
    z = [[float(value) for value in model.embed[symbol]] for symbol in line[:-1]]
    if not stream.keys:
        stream.keys = [[] for _ in model.blocks]
    past = [len(keys) for keys in stream.keys]
    seen_queries, seen_feeds = [], []
    places = [
        [[look(block.attention.place[t], row) for t in range(block.attention.n_t)] for row in block.attention.position]
        for block in model.blocks
    ]
    for b, block in enumerate(model.blocks):
        attention = block.attention
        queries = [[look(attention.query[t], x) for t in range(attention.n_t)] for x in z]
        stream.keys[b] += [[look(attention.key[t], x) for t in range(attention.n_t)] for x in z]
        after = [list(x) for x in z]
        for i in range(steps):
            here = past[b] + i
            for j in range(max(0, here - attention.context + 1), here):
                for t in range(attention.n_t):
                    row = row_of(attention, t, queries[i][t], stream.keys[b][j][t], places[b][here - j][t])
                    after[i] = [value + float(entry) for value, entry in zip(after[i], attention.tables[t, row], strict=True)]
        z = after
        looks = []
        if block.feed is not None:
            for i in range(steps):
                summed, seen = layer_sum(block.feed, z[i])
                z[i] = [value + more for value, more in zip(z[i], summed, strict=True)]
                looks.append(seen)
        seen_queries.append(queries)
        seen_feeds.append(looks)
    dz = np.zeros((steps, model.n))
    loss = 0.0
    for i in range(steps):
        logits, seen = layer_sum(model.output, z[i])
        top = max(logits)
        total = sum(math.exp(value - top) for value in logits)
        loss += math.log(total) + top - logits[line[i + 1]]
        grad = np.array([math.exp(value - top) / total for value in logits])
        grad[line[i + 1]] -= 1
        layer_back(model.output, seen, grad * scale, dz[i], gradients.output)
    for b in reversed(range(len(model.blocks))):
        block = model.blocks[b]
        attention = block.attention
        if block.feed is not None:
            grads = dz.copy()
            for i in range(steps):
                layer_back(block.feed, seen_feeds[b][i], grads[i], dz[i], gradients.feed[b])
        grads = dz.copy()
        for i in range(steps):
            here = past[b] + i
            for j in range(max(0, here - attention.context + 1), here):
                for t in range(attention.n_t):
                    pair_back(attention, t, seen_queries[b][i][t], stream.keys[b][j][t], places[b][here - j][t], grads[i]).spread(
                        i, j - past[b], here - j, dz, gradients, b
                    )
    for i in range(steps):
        gradients.embed[line[i]] += dz[i]
    return loss


@dataclass
class Pair:
    """Who gets which gradient from one pair and table."""

    attention: Attention
    table: int
    row: int
    grad: np.ndarray
    query: tuple[Look, float] | None = None
    key: tuple[Look, float] | None = None
    place: tuple[Look, float] | None = None

    def spread(self, i: int, j: int, distance: int, dz: np.ndarray, gradients: Gradients, b: int) -> None:
        gradients.tables[b][self.table, self.row] += self.grad
        if self.query is not None:
            pull(dz[i], self.attention.query[self.table], *self.query)
        if self.key is not None and j >= 0:  # no gradient into the window before
            pull(dz[j], self.attention.key[self.table], *self.key)
        if self.place is not None:
            pull(gradients.position[b][distance], self.attention.place[self.table], *self.place)
            if self.attention.variant == "reference":
                gradients.position[b][distance, -1] = 0  # the constant


def pair_back(attention: Attention, t: int, query: Look, key: Look, place: Look, grad: np.ndarray) -> Pair:
    row = row_of(attention, t, query, key, place)
    tables = attention.tables[t].astype(float)

    def gain(other: int) -> float:
        return float(grad @ (tables[other] - tables[row]))

    pair = Pair(attention=attention, table=t, row=row, grad=grad)
    by_query = query, gain(row_of(attention, t, flipped(query), key, place))
    by_key = key, gain(row_of(attention, t, query, flipped(key), place))
    by_place = place, gain(row_of(attention, t, query, key, flipped(place)))
    if attention.variant == "reference":
        if abs(query.u) < abs(key.u):
            pair.query = by_query
        else:
            pair.key = by_key
        if abs(place.u) < abs(query.u) and abs(place.u) < abs(key.u):
            pair.place = by_place
    else:  # Eq. 7 and 8 for the concatenated index: the nearest of all its bits
        nearest = min((by_query, by_key, by_place), key=lambda item: abs(item[0].u))
        if nearest is by_query:
            pair.query = by_query
        elif nearest is by_key:
            pair.key = by_key
        else:
            pair.place = by_place
    return pair
