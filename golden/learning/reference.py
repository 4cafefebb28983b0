"""The learning rule for recurrent networks, word by word as docs/reference/learning-rule.md has it: slow, and what all else is
compared with."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..integer.forward import write_back
from ..integer.layer import Int16, Layer
from ..integer.sampling import Sampler, draw
from ..integer.symbols import Symbols
from .rule import GRADIENT_MAX, MOST, RARE, SPARE, Turn
from .text import TextLearner
from .words import Words

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One table at one step: rows j and jbar of the flattened layer, the pair between them, whether its u is above 0, the slope's e."""

    row: int
    other: int
    pair: tuple[int, int]
    late: bool
    power: int


def slope_power(u: int, frac: int) -> int:
    """e with 2**-e near 0.5 / (1 + |u| * 2**-frac)**2."""
    v = abs(u) + (1 << frac)
    top = v.bit_length() - 1
    sixteenths = ((v << 4) >> top) - 16
    return 1 + 2 * (top - frac) + (sixteenths >= 3) + (sixteenths >= 11)


def looks(layer: Layer, x: Int16, frac: int) -> Iterator[Look]:
    """Of every table, in order."""
    first = 0
    for group in layer.groups:
        for anchors in group.anchors:
            u = [int(x[a]) - int(x[b]) for a, b in anchors]
            index = sum((value > 0) << r for r, value in enumerate(u))
            r = min(range(len(u)), key=lambda r: abs(u[r]))  # min keeps the first of equals
            pair = (int(anchors[r][0]), int(anchors[r][1]))
            yield Look(row=first + index, other=first + (index ^ 1 << r), pair=pair, late=u[r] > 0, power=slope_power(u[r], frac))
            first += 1 << group.n_c


def saturated(value: int, most: int) -> int:
    return max(-most, min(most, value))


def shifted(value: int, left: int) -> int:
    """``value`` * 2**left, rounded down."""
    return value << left if left >= 0 else value >> -left


def read(words: Words, row: int) -> Int64:
    """The entries of a row."""
    words.visited[row] = True
    return entries(words, row)


def entries(words: Words, row: int) -> Int64:
    return words.words[row].astype(np.int64) >> words.below


def write(words: Words, row: int, column: int, by: int) -> None:
    """Add ``by`` to one word."""
    wanted = int(words.words[row, column]) + by
    kept = max(words.low, min(words.high, wanted))
    words.words[row, column] = kept
    words.counts[0] += 1
    words.counts[1] += kept != wanted


class Window:
    """One window of one stream. All layers: forward, then back, newest step first. Output tables alone: one step."""

    def __init__(self, learner: TextLearner, turn: Turn, *, stream: int) -> None:
        self.learner, self.turn, self.stream = learner, turn, stream
        self.hidden_looks: list[list[Look]] = []
        self.output_looks: list[list[Look]] = []
        self.chosen: list[list[int]] = []

    def draw(self) -> int:
        """The generator's next state."""
        state = draw(int(self.learner.generator[0]))
        self.learner.generator[0] = state
        return state

    def read(self, symbol: int) -> None:
        """h <- S(h) + E[symbol]."""
        learner = self.learner
        seen = list(looks(learner.network.hidden[0], learner.latencies[self.stream], self.turn.frac))
        acc = read(learner.embed, symbol) + sum(read(learner.hidden.rows, look.row) for look in seen)
        learner.latencies[self.stream], _ = write_back(acc.astype(np.int32), shift=learner.hidden.shift)
        self.hidden_looks.append(seen)

    def predict(self) -> None:
        """The draws from U(h)."""
        learner, turn = self.learner, self.turn
        seen = list(looks(learner.network.output, learner.latencies[self.stream], turn.frac))
        acc = np.sum([read(learner.output.rows, look.row) for look in seen], axis=0)
        outputs, _ = write_back(acc.astype(np.int32), shift=learner.output.shift)
        sampler = Sampler(seed=int(learner.generator[0]), jitter=learner.jitter)
        self.chosen.append([sampler.choose(outputs) for _ in range(1 << turn.draws)])
        learner.generator[0] = sampler.state
        self.output_looks.append(seen)

    def learn_outputs(self, symbol: int) -> None:
        """One step in the core's order; the output tables alone."""
        self.predict()
        for look in self.output_looks[-1][self.learner.output.first :]:
            self._write_outputs(look, self._wrong(-1, symbol), symbol)
        self.read(symbol)

    def learn(self, symbols: list[int]) -> None:
        """``symbols``: those of the window, and the one after it; all layers."""
        for symbol in symbols[:-1]:
            self.read(symbol)
            self.predict()
        dh = np.zeros(self.learner.network.n, np.int64)
        for step in reversed(range(len(symbols) - 1)):
            target = symbols[step + 1]
            wrong = self._wrong(step, target)
            for look in self.output_looks[step]:
                self._pass_on(look, self._output_gradient(look, wrong, target), dh)
                self._write_outputs(look, wrong, target)
            dh = self._learn_hidden(step, symbols[step], dh)

    def _wrong(self, step: int, target: int) -> list[int]:
        return [symbol for symbol in self.chosen[step] if symbol != target]

    def _output_gradient(self, look: Look, wrong: list[int], target: int) -> int:
        words = self.learner.output.rows
        apart = entries(words, look.other) - entries(words, look.row)
        g = sum(int(apart[target]) - int(apart[symbol]) for symbol in wrong)
        return shifted(g, self.turn.output_gradient - look.power)

    def _write_outputs(self, look: Look, wrong: list[int], target: int) -> None:
        words, power = self.learner.output.rows, self.turn.output
        if power < -RARE:
            return
        for symbol in wrong:
            by = 1 << power if power >= 0 else int(self.draw() % (1 << -power) == 0)
            if by:
                write(words, look.row, symbol, by)
                write(words, look.row, target, -by)

    def _pass_on(self, look: Look, g: int, dh: Int64) -> None:
        a, b = look.pair
        v = saturated(g, GRADIENT_MAX)
        v = -v if look.late else v
        dh[a] = saturated(int(dh[a]) + v, GRADIENT_MAX)
        dh[b] = saturated(int(dh[b]) - v, GRADIENT_MAX)

    def _learn_hidden(self, step: int, symbol: int, dh: Int64) -> Int64:
        """dh of the latencies after the step to dh of those before it."""
        learner, turn = self.learner, self.turn
        total = int(np.abs(dh).sum())
        if total == 0:
            return dh
        scale = max(total.bit_length() + 1 - (len(dh) - 1).bit_length(), 0)
        q, by_hidden, by_embed = [], [], []
        for value in dh.tolist():
            random = self.draw()
            multiple = saturated((value + random % (1 << scale)) >> scale, MOST)
            q.append(multiple)
            by_hidden.append(self._rounded(multiple, scale + turn.hidden, random >> 12))
            by_embed.append(self._rounded(multiple, scale + turn.embed, random >> 22))
        before = np.zeros_like(dh)
        hidden = learner.hidden.rows
        for look in self.hidden_looks[step]:
            apart = entries(hidden, look.other) - entries(hidden, look.row)
            g = int((np.array(q) * apart).sum())
            self._pass_on(look, shifted(g, scale + turn.hidden_gradient - look.power), before)
            self._subtract(hidden, look.row, by_hidden)
        self._subtract(learner.embed, symbol, by_embed)
        return before

    def _rounded(self, multiple: int, left: int, random: int) -> int:
        if left >= 0:
            return saturated(multiple << left, 32767)
        if left < -SPARE:
            return 0
        return (multiple + random % (1 << -left)) >> -left

    def _subtract(self, words: Words, row: int, by: list[int]) -> None:
        for column, value in enumerate(by):
            if value:
                write(words, row, column, -value)


def learn_reference(learner: TextLearner, tokens: Symbols, turn: Turn) -> None:
    """An :data:`~golden.learning.text.Engine`."""
    ahead = int(turn.everything)
    for first in range(0, tokens.shape[1] - ahead, turn.steps):
        for stream, symbols in enumerate(tokens[:, first : first + turn.steps + ahead].tolist()):
            window = Window(learner, turn, stream=stream)
            if turn.everything:
                window.learn(symbols)
            else:
                window.learn_outputs(symbols[0])
