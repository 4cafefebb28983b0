"""Windows of a transformer by the compiled functions: forward, and backward with the update of every table as its gradient is known.

Streams are independent on the way forward, tables on the way back, so threads share nothing and the result does not depend on their
number. With :meth:`TransformerPass.carry`, a window's first positions attend to the last context - 1 of the window before (no gradient
passes there); without, every window starts from an empty cache, as in the reference program.
"""

import numpy as np
import numpy.typing as npt

from ...compiled.adam import Update
from ...compiled.aligned import aligned_zeros
from ...compiled.attention import Gains
from ...compiled.layer import Seen, layer_back, layer_forward, softmax
from ...model.adam import Adam
from ...model.layer import Float32, FloatLayer
from ...model.transformer import Transformer
from ..rows import LayerRows, embedder
from ..workers import Share
from .attention import AttentionPass

Tokens = npt.NDArray[np.int32]


class LayerPass:
    """A plain layer with what a window leaves behind."""

    def __init__(self, layer: FloatLayer, *, depth: int | None, batch: int, steps: int, rng: np.random.Generator) -> None:
        self.tables = LayerRows.of(layer, depth=depth)
        self.seen = Seen.room(batch, steps, layer.n_t)
        self.grad = aligned_zeros((batch, steps, layer.n_out))
        self.state = rng.integers(1, 1 << 32, (batch, layer.n_t), dtype=np.uint32)

    def forward(self, start: int, stop: int, x: Float32, y: Float32, jitter: np.float32) -> None:
        layer_forward(start, stop, self.tables.rows.used, self.tables.flat, x, y, jitter, self.state, self.seen)

    def back(self, start: int, stop: int, dx: Float32) -> None:
        """dx += Eq. 8 from ``grad``."""
        layer_back(start, stop, self.tables.rows.used, self.tables.flat, self.seen, self.grad, dx)


class TransformerPass:
    """Windows of ``steps`` symbols of ``batch`` streams. ``depth``, ``context``: pairs and positions that are there so far, 0: all."""

    def __init__(
        self, model: Transformer, batch: int, steps: int, rng: np.random.Generator, *, depth: int = 0, context: int = 0, even: bool = True
    ) -> None:
        self.model, self.steps = model, steps
        sizes = {"depth": depth or most_pairs(model), "batch": batch, "steps": steps, "rng": rng}
        self.attentions = [
            AttentionPass(block.attention, context=context or model.context, even=even, **sizes)  # type: ignore[arg-type]
            for block in model.blocks
        ]
        self.feeds = [None if block.feed is None else LayerPass(block.feed, **sizes) for block in model.blocks]  # type: ignore[arg-type]
        self.output = LayerPass(model.output, **sizes)  # type: ignore[arg-type]
        self.embed = embedder(model.embed)
        self.z = aligned_zeros((batch, steps, model.n))
        self.dz = aligned_zeros(self.z.shape)
        self.losses = np.zeros(batch)
        self.have = 0
        self._make_gains()

    def _make_gains(self) -> None:
        looks = self.attentions[0].looks
        shape = looks.key.size.shape
        self.gains = Gains(np.zeros((*shape[:2], self.steps), np.float32), np.zeros(shape, np.float32), np.zeros_like(looks.place.size))

    @property
    def layers(self) -> list[LayerPass]:
        """The plain ones."""
        return [*(feed for feed in self.feeds if feed is not None), self.output]

    def grow(self, *, depth: int, context: int) -> None:
        """``depth`` pairs of plain tables and keys, ``context`` positions."""
        for attention in self.attentions:
            attention.grow(depth=depth, context=context)
        for layer in self.layers:
            layer.tables.deepen(depth)
        self._make_gains()

    def forward(self, share: Share, tokens: Tokens, *, jitter: float = 0.0) -> None:
        """Logits' gradient (in ``output.grad``), ``losses`` of tokens (B, T + 1), and dL/dz of the unembedder (``dz``)."""
        for attention in self.attentions:
            attention.look_places()
        share(self._forward, len(tokens), tokens, np.float32(jitter))

    def _forward(self, start: int, stop: int, tokens: Tokens, jitter: np.float32) -> None:
        streams = slice(start, stop)
        self.z[streams] = self.embed.rows.used[tokens[streams, :-1]]
        for attention, feed in zip(self.attentions, self.feeds, strict=True):
            attention.forward(start, stop, self.z, self.have, jitter)
            if feed is not None:
                feed.forward(start, stop, self.z, self.z, jitter)
        logits = self.output.grad
        logits[streams] = 0
        self.output.forward(start, stop, self.z, logits, jitter)
        softmax(start, stop, logits, tokens, np.float32(1 / self.losses.size / self.steps), self.losses)
        self.dz[streams] = 0
        self.output.back(start, stop, self.dz)

    def backward(
        self, share: Share, tokens: Tokens, update: Update, *, adam: Adam, places: bool = True, attention_rate: float = 1.0
    ) -> None:
        """Every gradient of the window last seen, and one Adam step; afterwards ``dz`` is dL/d(embedding).

        ``places``: on the positional encodings too; ``attention_rate``: factor of the rate for attention tables.
        """
        after: AttentionPass | None = None

        def between(start: int, stop: int, feed: LayerPass | None, above: AttentionPass | None) -> None:
            if above is not None:
                above.pull(start, stop, self.gains, self.dz)
            if feed is not None:
                feed.grad[start:stop] = self.dz[start:stop]
                feed.back(start, stop, self.dz)

        for attention, feed in zip(reversed(self.attentions), reversed(self.feeds), strict=True):
            share(between, len(tokens), feed, after)
            attention.back(share, self.gains, self.have, self.dz, update._replace(rate=update.rate * attention_rate))
            if places:
                attention.update_position(self.gains.place, update, adam)
            after = attention
        share(between, len(tokens), None, after)
        for layer in self.layers:
            layer.tables.update(share, layer.seen.used, layer.grad, update)
        self.embed.update(share, np.ascontiguousarray(tokens[:, :-1, None]), self.dz, update)

    def carry(self) -> None:
        """Keep the window's last keys for the next window."""
        for attention in self.attentions:
            attention.carry()
        self.have = min(self.have + self.steps, self.attentions[0].looks.reach)

    def resume(self, other: "TransformerPass") -> None:
        """Go on from the keys that ``other``, of the same context, has carried; its windows may have another length."""
        for mine, theirs in zip(self.attentions, other.attentions, strict=True):
            for array, source in zip(mine.looks.key, theirs.looks.key, strict=True):
                array[:, :, : mine.looks.reach] = source[:, :, : mine.looks.reach]
        self.have = other.have

    def write(self) -> None:
        """The model's arrays become what the forward pass reads now."""
        self.model.embed[:] = self.embed.rows.used
        for attention in self.attentions:
            attention.write()
        for layer in self.layers:
            layer.tables.write()


def most_pairs(model: Transformer) -> int:
    """Of a plain table, or of the keys of an attention table that can grow."""
    layers = [model.output, *(block.feed for block in model.blocks if block.feed is not None)]
    keys = [block.attention.key.shape[1] for block in model.blocks if block.attention.variant == "paper"]
    return max([group.n_c for layer in layers for group in layer.groups] + keys)
