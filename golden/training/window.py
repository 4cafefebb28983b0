"""Windows of a transformer by the compiled functions: forward, and backward with the update of every table as its gradient is known.

Streams are independent on the way forward, tables on the way back, so threads share nothing and the result does not depend on their
number. With ``carry``, a window's first positions attend to the last context - 1 of the window before (no gradient passes there); without,
every window starts from an empty cache, as in the reference program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiled import attention as fast_attention
from ..compiled import layer as fast_layer
from ..compiled.aligned import aligned, aligned_copy, aligned_zeros
from ..compiled.pairs import LANES
from ..compiled.rnn import Flat, adam_tables, flatten
from ..compiled.rows import lanes_of
from ..model.layer import Float32, FloatLayer
from ..model.transformer import Attention, Transformer
from .adam import Adam, adam_step

__all__ = ["Share", "TransformerPass"]

Share = Callable[..., None]
Arrays = tuple[npt.NDArray[Any], ...]


def _call(function: Callable[..., None], *arguments: object) -> None:
    function(*arguments)


def _seen(*shape: int) -> Arrays:
    """row, flip, near (int32), size, slope (float32) of looks."""
    return (*(aligned_zeros(shape).view(np.int32) for _ in range(3)), *(aligned_zeros(shape) for _ in range(2)))


@dataclass(kw_only=True)
class Rows:
    """Rows under training, aligned: weights, Adam's moments, and what the forward pass reads: the weights, or their rounding."""

    weights: Float32
    used: Float32
    first: Float32
    second: Float32
    unit: float = 0.0
    limit: float = 0.0

    def __post_init__(self) -> None:
        same = self.used is self.weights
        self.weights, self.first, self.second = aligned(self.weights), aligned(self.first), aligned(self.second)
        self.used = self.weights if same else aligned(self.used)

    @classmethod
    def of(cls, weights: Float32) -> "Rows":
        own = aligned_copy(weights)
        return cls(weights=own, used=own, first=aligned_zeros(own.shape), second=aligned_zeros(own.shape))

    def round(self, unit: float, limit: float) -> None:
        self.unit, self.limit = unit, float(limit)
        self.used = aligned((np.clip(np.rint(self.weights / unit), -limit, limit) * unit).astype(np.float32))


class LayerPass:
    """A plain LUT layer with what a window leaves behind."""

    def __init__(self, layer: FloatLayer, batch: int, steps: int, rng: np.random.Generator) -> None:
        self.layer = layer
        rows, self.flat = flatten(layer)
        self.rows = Rows.of(rows)
        shape = (batch, steps, layer.n_t)
        self.row, self.flip, self.used, self.near = (np.zeros(shape, np.int32) for _ in range(4))
        self.diff = np.zeros(shape, np.float32)
        self.grad = aligned_zeros((batch, steps, layer.n_out))
        self.state = rng.integers(1, 1 << 32, (batch, layer.n_t), dtype=np.uint32)

    def forward(self, start: int, stop: int, x: Float32, y: Float32, jitter: np.float32) -> None:
        seen = (self.row, self.flip, self.used, self.near, self.diff)
        fast_layer.layer_forward(start, stop, self.rows.used, self.flat, x, y, jitter, self.state, *seen)

    def back(self, start: int, stop: int, dx: Float32) -> None:
        """dx += Eq. 8 from ``grad``."""
        fast_layer.layer_back(start, stop, self.rows.used, self.flat, self.row, self.flip, self.near, self.diff, self.grad, dx)


class AttentionPass:
    """The heads of a block with what a window leaves behind; the keys' arrays begin with those of the window before."""

    def __init__(self, attention: Attention, batch: int, steps: int, rng: np.random.Generator, *, even: bool) -> None:
        self.attention = attention
        self.shared = attention.variant == "reference"
        self.rows = Rows.of(attention.tables)
        self.reach = attention.context - 1
        room = -(-self.reach // LANES) * LANES
        n_t = attention.n_t
        wide = -(-steps // LANES) * LANES
        self.key, self.place = _seen(n_t, batch, room + wide + LANES), _seen(n_t, room)
        # one index serves as key and as query where anchors are shared: its bits then stand ``more`` higher
        self.query = self.key if self.shared else _seen(n_t, batch, wide)
        self.q_first: int = self.reach if self.shared else 0
        self.more: int = attention.key.shape[1] if self.shared else 0
        self.anchors = {
            name: tuple(np.ascontiguousarray(getattr(attention, name)[..., side], np.int32) for side in (0, 1))
            for name in ("query", "key", "place")
        }
        self.low = np.int32(attention.place.shape[1]), np.int32(attention.place.shape[1] + attention.key.shape[1])
        self.states = [rng.integers(1, 1 << 32, (n_t, batch, steps), dtype=np.uint32) for _ in range(2)]
        self.moments = np.zeros_like(attention.position), np.zeros_like(attention.position)
        self.lanes = lanes_of(attention.tables.shape[2])
        self.even = even
        self.share = np.ones((n_t, 1 << attention.place.shape[1]), np.float32)  # of the rate, by position bits

    def look_places(self) -> None:
        _call(fast_attention.look_places, *self.anchors["place"], self.attention.position, *self.place)
        if self.even:
            count = np.stack([np.bincount(row[: self.reach], minlength=self.share.shape[1]) for row in self.place[0]])
            self.share = (1 / np.maximum(count, 1)).astype(np.float32)

    def forward(self, start: int, stop: int, z: Float32, have: int, jitter: np.float32) -> None:
        """z += the attention's sum, all looks made of z before."""
        steps = z.shape[1]
        x = aligned_zeros((z.shape[2], stop - start, -(-steps // LANES) * LANES))
        x[:, :, :steps] = z[start:stop].transpose(2, 0, 1)
        where = (start, stop, steps)
        for name, seen in (("key", self.key), ("query", self.query)):
            if name == "query" and self.shared:
                continue
            first, low, state = (self.reach, self.low[0], self.states[0]) if name == "key" else (0, self.low[1], self.states[1])
            anchors = self.anchors[name]
            _call(fast_attention.look_keys, *where, *anchors, low, x, first, jitter, state, *seen, lanes_of(anchors[0].shape[1]))
        rows = self.rows.used
        queries = (self.query[0], self.q_first, self.more)
        _call(fast_attention.attend, start, stop, rows, *queries, self.key[0], self.place[0], have, self.reach, z, self.lanes)

    def back(self, share: Share, gains: Arrays, have: int, grad: Float32, adam: tuple[Any, ...], touched: bool) -> None:
        """Gains (d_query, d_key, d_place) of every pair, and the update of the tables."""
        rows = self.rows
        looks = [self.query[0], self.q_first, self.more, self.key[0], self.place[0]]
        looks += [seen[i] for i in (1, 3) for seen in (self.query, self.key, self.place)]
        weights = (rows.weights, rows.first, rows.second, *adam, rows.unit, rows.limit, touched, self.share, self.reach, self.lanes)
        share(fast_attention.attend_back, len(rows.used), rows.used, *looks, have, (0,) * self.shared, grad, *gains, *weights)

    def pull(self, start: int, stop: int, gains: Arrays, dz: Float32) -> None:
        for name, seen, first, gain, gain_first in (
            ("query", self.query, self.q_first, gains[0], 0),
            ("key", self.key, self.reach, gains[1], self.reach),
        ):
            _call(fast_attention.pull, start, stop, *self.anchors[name], seen[2], seen[4], first, gain, gain_first, dz)

    def update_position(self, gain: Float32, step: int, rate: float, adam: Adam) -> None:
        position = self.attention.position
        if not self.attention.place.size:
            return
        grad = np.zeros_like(position)
        distance = np.broadcast_to(np.arange(self.reach, 0, -1), (len(gain), self.reach))
        table = np.arange(len(gain))[:, None]
        near = self.place[2][:, : self.reach]
        change = (gain * self.place[4])[:, : self.reach]
        a, b = self.anchors["place"]
        np.add.at(grad, (distance, a[table, near]), change)
        np.add.at(grad, (distance, b[table, near]), -change)
        if self.shared:
            grad[:, -1] = 0  # the constant 0
        adam_step(position, grad, *self.moments, step=step, rate=rate, adam=adam)

    def carry(self, steps: int) -> None:
        for array in self.key:
            array[:, :, : self.reach] = array[:, :, steps : steps + self.reach].copy()


class TransformerPass:
    """Windows of ``steps`` symbols of ``batch`` streams through ``model``. ``even``: see golden/training/transformer.py."""

    def __init__(self, model: Transformer, batch: int, steps: int, rng: np.random.Generator, *, even: bool = True) -> None:
        self.model, self.steps = model, steps
        self.attentions = [AttentionPass(block.attention, batch, steps, rng, even=even) for block in model.blocks]
        self.feeds = [None if block.feed is None else LayerPass(block.feed, batch, steps, rng) for block in model.blocks]
        self.output = LayerPass(model.output, batch, steps, rng)
        self.embed = Rows.of(model.embed)
        self.z = aligned_zeros((batch, steps, model.n))
        self.dz = aligned_zeros(self.z.shape)
        self.losses = np.zeros(batch)
        wide = self.attentions[0]
        self.gains = (np.zeros((*wide.key[3].shape[:2], steps), np.float32), np.zeros_like(wide.key[3]), np.zeros_like(wide.place[3]))
        self.have = 0
        none = np.zeros(0, np.int32)
        count = np.array([model.n_sym], np.int32)
        self._embed_flat = Flat(np.zeros((0, 4), np.int32), none, none, np.zeros(1, np.int32), count)

    def round(self, *, units: dict[str, float], limits: dict[str, int]) -> None:
        """From now on the forward pass reads rounded rows: of "attention", "feed", "embed", "output"."""
        for name, parts in self._parts().items():
            for part in parts:
                part.round(units[name], limits[name])

    def forward(self, share: Share, tokens: npt.NDArray[np.int32], *, jitter: float = 0.0) -> None:
        """Logits' gradient (in ``output.grad``), ``losses`` of tokens (B, T + 1), and dL/dz of the unembedder (``dz``)."""
        for attention in self.attentions:
            attention.look_places()
        share(self._forward, len(tokens), tokens, np.float32(jitter))

    def _forward(self, start: int, stop: int, tokens: npt.NDArray[np.int32], jitter: np.float32) -> None:
        streams = slice(start, stop)
        self.z[streams] = self.embed.used[tokens[streams, :-1]]
        for attention, feed in zip(self.attentions, self.feeds, strict=True):
            attention.forward(start, stop, self.z, self.have, jitter)
            if feed is not None:
                feed.forward(start, stop, self.z, self.z, jitter)
        logits = self.output.grad
        logits[streams] = 0
        self.output.forward(start, stop, self.z, logits, jitter)
        fast_layer.softmax(start, stop, logits, tokens, np.float32(1 / self.losses.size / self.steps), self.losses)
        self.dz[streams] = 0
        self.output.back(start, stop, self.dz)

    def backward(
        self,
        share: Share,
        tokens: npt.NDArray[np.int32],
        *,
        step: int,
        rate: float,
        adam: Adam,
        touched: bool = False,
        places: bool = True,
        attention_rate: float = 1.0,
    ) -> None:
        """Every gradient of the window last seen, and one Adam step of ``rate``; afterwards ``dz`` is dL/d(embedding).

        ``touched``: on rows that the window used alone; ``places``: on the positional encodings too; ``attention_rate``: factor of the rate
        for attention tables.
        """
        constants = (rate, adam.beta1, adam.beta2, adam.epsilon, step)
        after: AttentionPass | None = None

        def between(start: int, stop: int, feed: LayerPass | None, above: AttentionPass | None) -> None:
            if above is not None:
                above.pull(start, stop, self.gains, self.dz)
            if feed is not None:
                feed.grad[start:stop] = self.dz[start:stop]
                feed.back(start, stop, self.dz)

        for attention, feed in zip(reversed(self.attentions), reversed(self.feeds), strict=True):
            share(between, len(tokens), feed, after)
            attention.back(share, self.gains, self.have, self.dz, (rate * attention_rate, *constants[1:]), touched)
            if places:
                attention.update_position(self.gains[2], step, rate, adam)
            after = attention
        share(between, len(tokens), None, after)
        layers = [(feed.rows, feed.flat, feed.used, feed.grad) for feed in self.feeds if feed is not None]
        layers.append((self.output.rows, self.output.flat, self.output.used, self.output.grad))
        layers.append((self.embed, self._embed_flat, np.ascontiguousarray(tokens[:, :-1, None]), self.dz))
        for rows, flat, used, grad in layers:
            weights = (rows.weights, rows.used, flat.low, flat.size, used, grad, rows.first, rows.second)
            share(adam_tables, len(flat.low), *weights, *constants, rows.unit, rows.limit, touched)

    def carry(self) -> None:
        """Keep the window's last keys for the next window."""
        for attention in self.attentions:
            attention.carry(self.steps)
        self.have = min(self.have + self.steps, self.attentions[0].reach)

    def resume(self, other: "TransformerPass") -> None:
        """Go on from the keys that ``other`` has carried, whose windows may have another length, and whose context may be shorter."""
        for mine, theirs in zip(self.attentions, other.attentions, strict=True):
            for array, source in zip(mine.key, theirs.key, strict=True):
                array[:, :, mine.reach - theirs.reach : mine.reach] = source[:, :, : theirs.reach]
        self.have = other.have

    def _parts(self) -> dict[str, list[Rows]]:
        return {
            "attention": [attention.rows for attention in self.attentions],
            "feed": [feed.rows for feed in self.feeds if feed is not None],
            "embed": [self.embed],
            "output": [self.output.rows],
        }
