"""The SNN transformer under training: streams whose caches are carried from window to window."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiled.adam import Update
from ...integer.network import TextNetwork
from ...model.adam import Adam
from ...model.transformer import Transformer
from ...model.transformer_quantise import TransformerRounding, quantise_transformer, search_transformer_rounding
from ..learner import Architecture, Learner, Tokens
from ..rows import Rows
from ..workers import Share, direct
from .transformer_presets import TransformerOptions
from .window import TransformerPass, most_pairs


class TransformerLearner(Learner[Transformer]):
    """See :class:`~golden.training.learner.Learner`; parts: attention, feed, embed, output. Keys grow as tables do."""

    options: TransformerOptions

    def __init__(self, model: Transformer, options: TransformerOptions) -> None:
        super().__init__(model, options, pairs=most_pairs(model))
        self._context = min(options.short, model.context) or model.context
        rng, now = np.random.default_rng(options.seed), {"depth": self.depth, "context": self._context}
        self.passed = TransformerPass(model, options.streams, options.window, rng, even=not options.uneven, **now)

    def learn(self, share: Share, tokens: Tokens, update: Update) -> float:
        options = self.options
        self.passed.forward(share, tokens, jitter=options.jitter)
        loss = float(self.passed.losses.sum())
        whole = self._context == self.model.context  # else an encoding could take the bits of the distances to come
        self.passed.backward(share, tokens, update, adam=Adam(), places=whole, attention_rate=options.attention_rate)
        if not options.empty_cache:
            self.passed.carry()
        return loss

    def parts(self) -> dict[str, list[Rows]]:
        passed = self.passed
        return {
            "attention": [attention.rows for attention in passed.attentions],
            "feed": [feed.tables.rows for feed in passed.feeds if feed is not None],
            "embed": [passed.embed.rows],
            "output": [passed.output.tables.rows],
        }

    def deepen(self, depth: int) -> None:
        self.passed.grow(depth=depth, context=self._context)

    def grow(self, done: float) -> None:
        super().grow(done)
        if done >= self.options.widened and self._context != self.model.context:
            self._context = self.model.context
            self.deepen(self.depth)

    def current(self) -> Transformer:
        self.passed.write()
        return self.model


class TransformerArchitecture(Architecture[Transformer, TransformerOptions]):
    """Eq. 14, 15: blocks of attention and feed-forward layers, an embedder, an output layer."""

    kind = "transformer"
    model = Transformer
    search_bytes = 10_000

    def start(self, options: TransformerOptions, *, n_sym: int) -> Transformer:
        rng = np.random.default_rng([options.seed, 1])
        return Transformer.start(n_sym=n_sym, shape=options.shape, rng=rng, spread=options.spread)

    def learner(self, model: Transformer, options: TransformerOptions) -> TransformerLearner:
        return TransformerLearner(model, options)

    def rounding(
        self, model: Transformer, options: TransformerOptions, bits: Callable[[TransformerRounding], float]
    ) -> TransformerRounding:
        named = ("attention_unit", "feed_unit", "embed_unit", "output_unit")
        units = dict(zip(named, options.units or (1.0,) * 4, strict=True))
        widths = dict.fromkeys(("attention_bits", "feed_bits", "output_bits"), options.bits or 4)
        start = TransformerRounding(**units, **widths, rows=model.head_rows)  # type: ignore[arg-type]
        return start if options.units else search_transformer_rounding(model, start, bits)

    def quantise(self, model: Transformer, rounding: TransformerRounding, *, symbols: tuple[int, ...], card: dict[str, Any]) -> TextNetwork:
        return quantise_transformer(model, rounding, symbols=symbols, card=card)

    def stream_loss(self, model: Transformer, tokens: Tokens, *, chunk: int = 256) -> float:
        passed = TransformerPass(model, 1, chunk, np.random.default_rng(0))
        total = 0.0
        for low in range(0, len(tokens) - 1, chunk):
            window = tokens[None, low : low + chunk + 1]
            if window.shape[1] <= chunk:  # the last one: a pass of its own length that goes on from the same keys
                last = TransformerPass(model, 1, window.shape[1] - 1, np.random.default_rng(0))
                last.resume(passed)
                passed = last
            passed.forward(direct, window)
            passed.carry()
            total += float(passed.losses[0])
        return total

    def figures(self, step: int) -> dict[str, Any]:
        return {"steps": step}
