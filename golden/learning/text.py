"""A recurrent network under learning: its words, its streams, and its generator, which together are all that learning goes on from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..integer.layer import LATENCY_MAX, Int16, NetworkError, is_array, require
from ..integer.network import Network
from ..integer.recurrent import RecurrentNetwork
from ..integer.sampling import MASK32, Jitter, jitter_table
from ..integer.source import Arrays
from ..integer.symbols import Symbols
from .rule import GRADIENT, Rates, Turn
from .words import Format, Learning, Words, learning, widest, with_rows

PARTS = ("output", "hidden", "embed")
NEVER = -100
"""A power of two that changes no word."""


@cache
def unit_jitter(out_frac: int) -> Jitter:
    """Of draws at temperature 1."""
    return jitter_table(temperature=1.0, out_frac=out_frac)


@dataclass(kw_only=True)
class TextLearner:
    """``network``: its shape; its tables are those of the words. ``formats`` and words of the :data:`PARTS`.

    ``latencies`` (streams, n): h of each stream. ``pending`` (streams, any): symbols that wait for their window to be full, the first
    one not yet read by h. ``generator`` (1,): the state of xorshift32. ``jitter``: of draws at temperature 1.
    """

    network: RecurrentNetwork
    formats: dict[str, Format]
    output: Learning
    hidden: Learning
    embed: Words
    latencies: Int16
    pending: Symbols
    generator: npt.NDArray[np.uint32]
    jitter: Jitter

    @classmethod
    def start(cls, network: Network, *, below: int, streams: int = 1, seed: int = 1, first: int = 0) -> Self:
        """``network`` with ``below`` bits under every entry, before the first symbol of ``streams`` texts. Of the output tables those from
        ``first`` on learn; where that isn't all, they must learn alone. ``NetworkError`` where it can't learn."""
        if not isinstance(network, RecurrentNetwork):
            raise NetworkError(f"only recurrent text networks learn from text, and this is of kind {network.kind}")
        require(0 < seed <= MASK32, f"seed must be 1..{MASK32}, not {seed}")
        require(0 <= network.frac, f"a network that learns must have a frac of 0..15, not {network.frac}")
        hidden = network.hidden[0]
        widths = {"output": network.output.bits, "hidden": hidden.bits, "embed": network.embed_bits}
        formats = {name: Format(read=widths[name], below=below) for name in PARTS}
        made = cls(
            network=network,
            formats=formats,
            output=learning(network.output, formats["output"], name="output", first=first),
            hidden=learning(hidden, formats["hidden"], name="hidden.0"),
            embed=Words.of(network.embed, formats["embed"]),
            latencies=np.zeros((streams, network.n), np.int16),
            pending=np.zeros((streams, 0), np.int32),
            generator=np.array([seed], np.uint32),
            jitter=unit_jitter(network.out_frac),
        )
        limits = {name: -format.low >> format.below for name, format in formats.items()}
        most = (hidden.n_t * limits["hidden"] + limits["embed"]) << hidden.shift
        require(most <= LATENCY_MAX, f"hidden.0 can't learn: it could sum to {most} with the embedder, the limit is {LATENCY_MAX}")
        reach = widest(network.output, formats["output"], first=first)
        reach += int(np.abs(made.jitter.table.astype(np.int32)).max()) + made.jitter.mask
        require(reach <= LATENCY_MAX, f"output can't learn: with its jitter it could reach {reach}, the limit is {LATENCY_MAX}")
        return made

    def begin(self, streams: int) -> None:
        """Go on with other ``streams``, before their first symbols."""
        self.latencies = np.zeros((streams, self.network.n), np.int16)
        self.pending = np.zeros((streams, 0), np.int32)

    @property
    def streams(self) -> int:
        return len(self.latencies)

    def words(self) -> dict[str, Words]:
        """Of each part."""
        return {"output": self.output.rows, "hidden": self.hidden.rows, "embed": self.embed}

    def turn(self, rates: Rates, *, steps: int, draws: int, everything: bool) -> Turn:
        """The shifts of a window of ``steps``; of the output tables alone, a window is one step."""
        network, bits = self.network, draws.bit_length() - 1
        entry = network.frac - network.hidden[0].shift  # one entry of S and of E is 2**-entry
        out = network.out_frac - network.output.shift
        powers = {
            name: NEVER if rate is None else self.formats[name].below - rate + unit
            for name, rate, unit in (
                ("output", rates.output, out - bits),
                ("hidden", rates.hidden, entry - GRADIENT),
                ("embed", rates.embed, entry - GRADIENT),
            )
        }
        return Turn(
            steps=steps if everything else 1,
            draws=bits,
            everything=everything,
            frac=network.frac,
            output_gradient=GRADIENT - bits - out,
            hidden_gradient=-entry,
            **powers,
        )

    def learn(self, symbols: Symbols, turn: Turn, *, engine: "Engine") -> None:
        """The next ``symbols`` (streams, any) of every stream. What doesn't fill a window waits for the next call."""
        tokens = np.concatenate([self.pending, symbols], axis=1).astype(np.int32)
        ahead = int(turn.everything)  # the symbol after a window is the first of the next
        read = max(tokens.shape[1] - ahead, 0) // turn.steps * turn.steps
        if read:
            engine(self, np.ascontiguousarray(tokens[:, : read + ahead]), turn)
        self.pending = tokens[:, read:]

    def now(self) -> RecurrentNetwork:
        """The network that the forward pass reads, validated."""
        network, words = self.network, self.words()
        entries = {name: self.formats[name].entries(words[name].words) for name in PARTS}
        hidden = with_rows(network.hidden[0], entries["hidden"])
        return replace(network, hidden=(hidden,), output=with_rows(network.output, entries["output"]), embed=entries["embed"]).validate()

    def arrays(self) -> Arrays:
        """All that a network file lacks (docs/reference/learning-rule.md, "In a file")."""
        rest = {name: self.formats[name].rest(words.words) for name, words in self.words().items()}
        below = np.array([self.formats[name].below for name in PARTS], np.int16)
        return {**rest, "below": below, "latencies": self.latencies, "pending": self.pending, "generator": self.generator}

    @classmethod
    def resumed(cls, network: Network, arrays: Arrays, *, first: int = 0) -> Self:
        """The inverse of :meth:`now` and :meth:`arrays`; ``NetworkError`` where they don't fit."""
        below = _taken(arrays, "below", np.int16, (len(PARTS),))
        require(len(set(below.tolist())) == 1, "learn.below must be the same for all parts")
        latencies = arrays.get("latencies")
        streams = len(latencies) if isinstance(latencies, np.ndarray) and latencies.ndim == 2 else 0
        require(streams > 0, "learn.latencies must be a matrix of int16 with a row for each stream")
        made = cls.start(network, below=int(below[0]), streams=streams, first=first)
        for name, words in made.words().items():
            words.join(made.formats[name], arrays.get(name), name=name)
        made.latencies[:] = _taken(arrays, "latencies", np.int16, made.latencies.shape)
        waiting = arrays.get("pending")
        require(is_array(waiting, np.int32, 2) and len(waiting) == streams, f"learn.pending must be int32, {streams} rows")  # type: ignore[arg-type]
        made.pending = np.array(waiting)
        good = made.pending.size == 0 or (0 <= int(made.pending.min()) and int(made.pending.max()) < made.network.n_in)
        require(good, f"learn.pending must be symbols 0..{made.network.n_in - 1}")
        made.generator[:] = _taken(arrays, "generator", np.uint32, (1,))
        require(bool(made.generator[0]), "learn.generator must not be 0")
        return made


Engine = Callable[[TextLearner, Symbols, Turn], None]
"""Learns the windows of (streams, windows * steps + 1) tokens, or of (streams, any) by the output tables alone, whose window is one
step: window by window and within it stream by stream."""


def _taken(arrays: Arrays, name: str, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    found = arrays.get(name)
    good = isinstance(found, np.ndarray) and found.dtype == dtype and found.shape == shape
    require(good, f"learn.{name} must be {np.dtype(dtype)} of shape {shape}")
    return np.asarray(found)
