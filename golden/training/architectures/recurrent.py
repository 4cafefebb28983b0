"""The recurrent network under training (Eq. 11): truncated back-propagation through windows, the state carried from one to the next."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiled.adam import Update
from ...compiled.recurrent import LayerWindow, window_pass
from ...integer.network import TextNetwork
from ...model.anchors import ANCHORS
from ...model.diagnose import diagnose_layer
from ...model.layer import forward
from ...model.quantise import RecurrentRounding, quantise_rnn, search_rounding
from ...model.rnn import Rnn
from ..learner import Architecture, Learner, Tokens
from ..rows import Rows, embedder
from ..workers import Share, direct
from .recurrent_presets import RecurrentOptions
from .window import LayerPass


def _window(layer: LayerPass) -> LayerWindow:
    return LayerWindow(layer.tables.rows.used, layer.tables.flat, layer.state, layer.seen.used, layer.grad)


class RecurrentLearner(Learner[Rnn]):
    """See :class:`~golden.training.learner.Learner`; parts: hidden, embed, output."""

    def __init__(self, model: Rnn, options: RecurrentOptions) -> None:
        super().__init__(model, options, pairs=max(group.n_c for layer in (model.hidden, model.output) for group in layer.groups))
        batch, steps = options.streams, options.window
        rng = np.random.default_rng(options.seed)
        self._hidden = LayerPass(model.hidden, depth=self.depth, batch=batch, steps=steps, rng=rng)
        self._output = LayerPass(model.output, depth=self.depth, batch=batch, steps=steps, rng=rng)
        self._embed = embedder(model.embed)
        self._h = np.zeros((batch, model.n), np.float32)
        self._losses = np.empty(batch)

    def learn(self, share: Share, tokens: Tokens, update: Update) -> float:
        hidden, output = self._hidden, self._output
        jitter = np.float32(self.options.jitter)
        embed = self._embed.rows.used
        share(window_pass, len(tokens), embed, _window(hidden), _window(output), self._h, tokens, jitter, self._losses)
        self._embed.update(share, np.ascontiguousarray(tokens[:, :-1, None]), hidden.grad, update)
        for layer in (hidden, output):
            layer.tables.update(share, layer.seen.used, layer.grad, update)
        return float(self._losses.sum())

    def parts(self) -> dict[str, list[Rows]]:
        return {"hidden": [self._hidden.tables.rows], "embed": [self._embed.rows], "output": [self._output.tables.rows]}

    def deepen(self, depth: int) -> None:
        for layer in (self._hidden, self._output):
            layer.tables.deepen(depth)

    def current(self) -> Rnn:
        self.model.embed[:] = self._embed.rows.used
        for layer in (self._hidden, self._output):
            layer.tables.write()
        return self.model


class Recurrent(Architecture[Rnn, RecurrentOptions]):
    """Eq. 11: one hidden layer, an embedder, an output layer."""

    kind = "rnn"
    model = Rnn
    search_bytes = 40_000

    def start(self, options: RecurrentOptions, *, n_sym: int) -> Rnn:
        rng = np.random.default_rng([options.seed, 1])
        make = ANCHORS[options.anchors]
        hidden, output = (make(n_t=n_t, n_c=n_c, n=options.n, rng=rng) for n_t, n_c in (options.hidden, options.output))
        return Rnn.start(n_sym=n_sym, hidden=(hidden,), output=(output,), n=options.n, rng=rng)

    def learner(self, model: Rnn, options: RecurrentOptions) -> RecurrentLearner:
        return RecurrentLearner(model, options)

    def rounding(self, model: Rnn, options: RecurrentOptions, bits: Callable[[RecurrentRounding], float]) -> RecurrentRounding:
        units = {"hidden_unit": options.hidden_unit or 1.0, "output_unit": options.output_unit or 1.0, "hidden_most": options.hidden_most}
        bits_of = {"hidden_bits": options.bits or options.hidden_bits, "output_bits": options.bits or options.output_bits}
        start = RecurrentRounding(**units, **bits_of, embed_bits=options.embed_bits)  # type: ignore[arg-type]
        named = options.hidden_unit is not None and options.output_unit is not None
        return start if named else search_rounding(model, start, bits)

    def quantise(self, model: Rnn, rounding: RecurrentRounding, *, symbols: tuple[int, ...], card: dict[str, Any]) -> TextNetwork:
        return quantise_rnn(model, rounding, symbols=symbols, card=card)

    def stream_loss(self, model: Rnn, tokens: Tokens, *, chunk: int = 1024) -> float:
        h = np.zeros((1, model.n), np.float32)
        loss = np.zeros(1)
        total = 0.0
        for low in range(0, len(tokens) - 1, chunk):
            window = tokens[None, low : low + chunk + 1]
            sizes = {"depth": None, "batch": 1, "steps": window.shape[1] - 1, "rng": np.random.default_rng(0)}
            hidden, output = (_window(LayerPass(layer, **sizes)) for layer in (model.hidden, model.output))  # type: ignore[arg-type]
            direct(window_pass, 1, model.embed, hidden, output, h, window, np.float32(0), loss)
            total += float(loss[0])
        return total

    def diagnose(self, model: Rnn, tokens: Tokens, *, streams: int = 64) -> list[str]:
        """Over the states that ``streams`` pieces of ``tokens`` lead through."""
        streams = min(streams, len(tokens))
        pieces = tokens[: len(tokens) // streams * streams].reshape(streams, -1)
        h = np.zeros((streams, model.n), np.float32)
        states = []
        for column in pieces.T:
            h = forward(model.hidden, h)[0].astype(np.float32) + model.embed[column]
            states.append(h)
        x = np.concatenate(states)
        return diagnose_layer(model.hidden, x, name="hidden") + diagnose_layer(model.output, x, name="output")
