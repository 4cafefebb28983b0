"""Text for a deep network (Eq. 10): the last k characters are its input latencies, the next character its class.

The character at distance d before the one to predict gives ``widths[d - 1]`` latencies, a row of a code table of its own; a place before
the text's beginning gives zeros. The core gets the latencies from the host, which keeps the codes (int8, in the unit of the latencies).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from golden.integer.deep import DeepNetwork, deep_forward
from golden.integer.layer import Int8, Int16, NetworkError
from golden.integer.symbols import UNKNOWN, encode, unseen
from golden.model.anchors import random_anchors
from golden.model.layer import Float32, FloatGroup, FloatLayer
from golden.model.quantise import largest_shift, log2_unit, quantise_entries, quantise_layer

Symbols = npt.NDArray[np.int32]
BATCH = 4096


@dataclass(frozen=True, kw_only=True)
class WindowModel:
    """``codes``: (n_sym, width) of each distance; ``hidden``: layers n to n, n the sum of the widths; ``output``: n to n_sym."""

    codes: tuple[Float32, ...]
    hidden: tuple[FloatLayer, ...]
    output: FloatLayer

    @classmethod
    def start(
        cls, *, n_sym: int, widths: tuple[int, ...], hidden: tuple[tuple[int, int], ...], output: tuple[int, int], seed: int
    ) -> "WindowModel":
        """Codes normal with standard deviation 0.5, all tables zero; ``hidden`` and ``output``: (n_t, n_c)."""
        rng = np.random.default_rng([seed, 1])
        n = sum(widths)

        def layer(shape: tuple[int, int], n_out: int) -> FloatLayer:
            anchors = random_anchors(n_t=shape[0], n_c=shape[1], n=n, rng=rng)
            return FloatLayer(groups=(FloatGroup(anchors=anchors, tables=np.zeros((shape[0], 1 << shape[1], n_out), np.float32)),))

        codes = tuple(rng.normal(0, 0.5, (n_sym, width)).astype(np.float32) for width in widths)
        return cls(codes=codes, hidden=tuple(layer(shape, n) for shape in hidden), output=layer(output, n_sym))

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(code.shape[1] for code in self.codes)


def latencies(codes: Sequence[npt.NDArray[Any]], tokens: Symbols) -> npt.NDArray[Any]:
    """(len(tokens), n): the input before each token, from the tokens before it."""
    parts = []
    for distance, code in enumerate(codes, start=1):
        part = np.zeros((len(tokens), code.shape[1]), code.dtype)
        part[distance:] = code[tokens[:-distance]]
        parts.append(part)
    return np.concatenate(parts, axis=1)


def quantise_window(
    model: WindowModel, *, unit: float, output_unit: float, bits: int, symbols: tuple[int, ...], card: dict[str, Any]
) -> tuple[DeepNetwork, tuple[Int8, ...]]:
    """The integer network and the codes, all latencies in units of ``unit``; ``symbols`` go into the card, a deep network has none."""
    output = quantise_layer(model.output, unit=output_unit, bits=bits, negate=True)
    shift = largest_shift(output)
    output = quantise_layer(model.output, unit=output_unit, bits=bits, negate=True, shift=shift)
    network = DeepNetwork(
        n=sum(model.widths),
        hidden=tuple(quantise_layer(layer, unit=unit, bits=bits) for layer in model.hidden),
        output=output,
        frac=-log2_unit(unit),
        out_frac=-log2_unit(output_unit) + shift,
        card={**card, "symbols": list(symbols)},
    ).validate()
    return network, tuple(quantise_entries(code, unit=unit, bits=8) for code in model.codes)


def bits_of(outputs: Int16, tokens: Symbols, *, symbols: tuple[int, ...], out_frac: int) -> float:
    """Bits, summed, of (batch, n_sym) integer outputs against the tokens, counted as docs/reference/numbers.md says."""
    logits = outputs * -(2.0**-out_frac)
    logits -= logits.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(logits, tokens[:, None], axis=1)[:, 0]
    bits = (np.log(np.exp(logits).sum(axis=1)) - chosen).sum() / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits)


def score_window(network: DeepNetwork, codes: tuple[Int8, ...], data: bytes) -> float:
    """Bits per character of every byte of ``data``, each predicted from the bytes before it in ``data``."""
    symbols = tuple(network.card["symbols"])
    if sum(code.shape[1] for code in codes) != network.n:
        raise NetworkError(f"the codes must make the {network.n} latencies of a deep network")
    if not data:
        raise NetworkError("the text to score is empty")
    tokens = encode(symbols, data)
    bits = 0.0
    for low in range(0, len(tokens), BATCH):
        first = max(0, low - len(codes))
        x = latencies(codes, tokens[first : low + BATCH])[low - first :].astype(np.int16)
        outputs = deep_forward(network, x).states[-1]
        bits += bits_of(outputs, tokens[low : low + BATCH], symbols=symbols, out_frac=network.out_frac)
    return bits / len(tokens)
