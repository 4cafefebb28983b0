"""Attention under training: the heads of a block with what a window leaves behind.

Keys and tables begin with few pairs and attention with the nearest positions (golden/model/grow.py). A row that is copied to the two
that it becomes changes no output, so training goes on as if nothing had happened. More distances change none where their position bits
had no distance before: their rows are still zero.
"""

import numpy as np

from ...compiled import attention as compiled
from ...compiled.adam import Update
from ...compiled.aligned import aligned_zeros
from ...compiled.attention import Gains, Looks, SeenKeys
from ...compiled.pairs import LANES
from ...compiled.rows import lanes_of
from ...model.adam import Adam, adam_step
from ...model.layer import Float32
from ...model.transformer import Attention
from ..rows import Rows
from ..workers import Share


class AttentionPass:
    """``depth``: pairs that keys have so far; ``context``: positions seen so far; ``even``: rows that many distances share learn slower.

    The keys' arrays begin with those of the window before. Tables are the outer loop on the way back, streams on the way forward.
    """

    def __init__(
        self, attention: Attention, *, depth: int, context: int, batch: int, steps: int, rng: np.random.Generator, even: bool
    ) -> None:
        self.attention = attention
        self.shared = attention.variant == "reference"
        self.even = even
        self.batch, self.steps = batch, steps
        self.states = [rng.integers(1, 1 << 32, (attention.n_t, batch, steps), dtype=np.uint32) for _ in range(2)]
        self.moments = np.zeros_like(attention.position), np.zeros_like(attention.position)
        self.whole = attention.key.shape[1]  # pairs of a key in the end
        self.columns = attention.tables.shape[2]
        self.lanes = lanes_of(self.columns)
        self.pairs = self._pairs(depth)
        self.rows = Rows.of(self._by_key(attention.tables, self.whole)[:, :, : 1 << self.pairs].reshape(attention.n_t, -1, self.columns))
        self._lay_out(context)

    def _pairs(self, depth: int) -> int:
        return self.whole if self.shared else min(depth, self.whole)

    def _by_key(self, tables: Float32, pairs: int) -> Float32:
        """(n_t, rows, n) as (n_t, query, key, place, n)."""
        attention = self.attention
        return tables.reshape(attention.n_t, 1 << attention.query.shape[1], 1 << pairs, 1 << attention.place.shape[1], -1)

    def _lay_out(self, context: int) -> None:
        """Room for a window's looks and gains. Where anchors are shared, one index serves as key and as query, its bits ``more`` higher."""
        attention = self.attention
        self.context = context
        n_t, reach = attention.n_t, context - 1
        room, wide = -(-reach // LANES) * LANES, -(-self.steps // LANES) * LANES
        key = SeenKeys.room(n_t, self.batch, room + wide + LANES)
        query = key if self.shared else SeenKeys.room(n_t, self.batch, wide)
        more = self.whole if self.shared else 0
        self.looks = Looks(query, key, SeenKeys.room(n_t, room), q_first=reach if self.shared else 0, more=more, reach=reach)
        watched = {"query": attention.query, "key": attention.key[:, : self.pairs], "place": attention.place}
        self.anchors = {name: tuple(np.ascontiguousarray(pairs[..., side], np.int32) for side in (0, 1)) for name, pairs in watched.items()}
        bits = attention.place.shape[1]
        self.low = {"key": np.int32(bits), "query": np.int32(bits + self.pairs)}
        self.share = np.ones((n_t, 1 << bits), np.float32)  # of the rate, by position bits

    def grow(self, *, depth: int, context: int) -> None:
        """The first ``depth`` pairs of each key, and ``context`` positions; cached keys stay."""
        self.rows = self._deeper(depth)
        self.pairs = self._pairs(depth)
        before = self.looks
        self._lay_out(context)
        for array, old in zip(self.looks.key, before.key, strict=True):
            array[:, :, self.looks.reach - before.reach : self.looks.reach] = old[:, :, : before.reach]

    def _deeper(self, depth: int) -> Rows:
        have, wanted = self.pairs, self._pairs(depth)
        if have == wanted:
            return self.rows

        def tiled(tables: Float32) -> Float32:
            return np.tile(self._by_key(tables, have), (1, 1, 1 << (wanted - have), 1, 1)).reshape(len(tables), -1, self.columns)

        return self.rows.each(tiled)

    def write(self) -> None:
        """The model's tables become what the forward pass reads now."""
        self.attention.tables[:] = self._deeper(self.whole).used

    def look_places(self) -> None:
        a, b = self.anchors["place"]
        compiled.look_places(a, b, self.attention.position[: self.context], self.looks.place)
        if self.even:
            places = self.looks.place.row[:, : self.looks.reach]
            count = np.stack([np.bincount(row, minlength=self.share.shape[1]) for row in places])
            self.share = (1 / np.maximum(count, 1)).astype(np.float32)

    def forward(self, start: int, stop: int, z: Float32, have: int, jitter: np.float32) -> None:
        """z += the attention's sum, all looks made of z before; ``have``: cached keys that count."""
        steps, looks = z.shape[1], self.looks
        x = aligned_zeros((z.shape[2], stop - start, -(-steps // LANES) * LANES))
        x[:, :, :steps] = z[start:stop].transpose(2, 0, 1)
        made = [("key", looks.key, looks.reach, self.states[0])]
        if not self.shared:
            made.append(("query", looks.query, 0, self.states[1]))
        for name, seen, first, state in made:
            anchors = self.anchors[name]
            lanes = lanes_of(anchors[0].shape[1])
            compiled.look_keys(start, stop, steps, anchors, self.low[name], x, first, jitter, state, seen, lanes)
        compiled.attend(start, stop, self.rows.used, looks, have, z, self.lanes)

    def back(self, share: Share, gains: Gains, have: int, grad: Float32, update: Update) -> None:
        """The gains of every pair, and the update of the tables."""
        weights, rule = self.rows.compiled(), (0,) * self.shared
        share(compiled.attend_back, len(weights.rows), weights, self.looks, have, rule, grad, gains, update, self.share, self.lanes)

    def pull(self, start: int, stop: int, gains: Gains, dz: Float32) -> None:
        """dz += what the gains pass on to the latencies looked at."""
        looks = self.looks
        compiled.pull(start, stop, self.anchors["query"], looks.query, looks.q_first, gains.query, 0, dz)
        compiled.pull(start, stop, self.anchors["key"], looks.key, looks.reach, gains.key, looks.reach, dz)

    def update_position(self, gain: Float32, update: Update, adam: Adam) -> None:
        """One Adam step on the positional encodings."""
        position, reach = self.attention.position, self.looks.reach
        if not self.attention.place.size:
            return
        grad = np.zeros_like(position)
        distance = np.broadcast_to(np.arange(reach, 0, -1), (len(gain), reach))
        table = np.arange(len(gain))[:, None]
        near = self.looks.place.near[:, :reach]
        change = (gain * self.looks.place.slope)[:, :reach]
        a, b = self.anchors["place"]
        np.add.at(grad, (distance, a[table, near]), change)
        np.add.at(grad, (distance, b[table, near]), -change)
        if self.shared:
            grad[:, -1] = 0  # the constant 0
        adam_step(position, grad, *self.moments, step=update.step, rate=update.rate, adam=adam)

    def carry(self) -> None:
        """Keep the window's last keys for the next window."""
        for array in self.looks.key:
            array[:, :, : self.looks.reach] = array[:, :, self.steps : self.steps + self.looks.reach].copy()
