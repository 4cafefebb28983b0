"""One's own tables and anchors, given as NumPy arrays, as a network file: see docs/user/own-tables.md."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..integer.deep import DeepNetwork
from ..integer.layer import Int16, require
from ..integer.recurrent import RecurrentNetwork
from .layer import FloatGroup, FloatLayer
from .quantise import RecurrentRounding, log2_unit, natural_unit, quantise_layer, quantise_rnn
from .rnn import Rnn

Group = tuple[npt.NDArray[np.integer], npt.NDArray[np.floating]]


def float_layer(*groups: Group) -> FloatLayer:
    """A layer from groups (anchors, tables): anchors (n_t, n_c, 2) integers, tables (n_t, 2**n_c, n_out)."""
    made = []
    for index, (anchors, tables) in enumerate(groups):
        where, anchors, tables = f"group {index}", np.asarray(anchors), np.asarray(tables)
        found = f"{anchors.dtype} of shape {anchors.shape}"
        good = anchors.ndim == 3 and anchors.shape[2] == 2 and np.issubdtype(anchors.dtype, np.integer)
        require(good, f"{where}: anchors must be integers of shape (n_t, n_c, 2), not {found}")
        low, high = int(anchors.min()), int(anchors.max())
        require(low >= 0 and high <= 32767, f"{where}: anchors must be 0..32767, found {low}..{high}")
        require(1 <= anchors.shape[1] <= 16, f"{where}: n_c must be 1..16, not {anchors.shape[1]}")
        rows = (anchors.shape[0], 1 << anchors.shape[1])
        good = tables.ndim == 3 and tables.shape[:2] == rows
        require(good, f"{where}: tables must have the shape ({rows[0]}, {rows[1]}, n_out), not {tables.shape}")
        require(bool(np.isfinite(tables.astype(np.float64)).all()), f"{where}: tables must be finite")
        made.append(FloatGroup(anchors=anchors.astype(np.int16), tables=tables.astype(np.float32)))
    require(bool(made), "a layer must have at least one group of tables")
    return FloatLayer(groups=tuple(made))


def rnn_from_arrays(
    *,
    embed: npt.NDArray[np.floating],
    hidden: FloatLayer,
    output: FloatLayer,
    symbols: tuple[int, ...] | None = None,
    bits: int = 8,
    hidden_unit: float | None = None,
    output_unit: float | None = None,
    card: dict[str, Any] | None = None,
) -> RecurrentNetwork:
    """An integer rnn from float arrays: ``embed`` (n_sym, n); the larger an output, the likelier its symbol, in nats.

    Units are powers of two; left out, they are the ones that clip one entry in a thousand at most.
    """
    model = Rnn(embed=np.asarray(embed, np.float32), hidden=hidden, output=output)
    unit = hidden_unit or max(natural_unit(hidden.tables, bits=bits), natural_unit([model.embed], bits=8))
    scale = output_unit or natural_unit(output.tables, bits=bits)
    rounding = RecurrentRounding(hidden_unit=unit, output_unit=scale, hidden_bits=bits, output_bits=bits)
    return quantise_rnn(model, rounding, symbols=symbols, card=card or {})


def deep_from_arrays(
    *,
    n: int,
    hidden: tuple[FloatLayer, ...] = (),
    output: FloatLayer,
    unit: float,
    constants: Int16 | None = None,
    bits: int = 8,
    output_unit: float | None = None,
    card: dict[str, Any] | None = None,
) -> DeepNetwork:
    """An integer deep network; the larger an output, the likelier its class.

    ``unit`` is that of the input latencies, and so of every residual sum: finer hidden tables are rounded to it, coarser ones (their
    natural unit, at most ``unit`` * 8) are shifted at write-back.
    """
    layers = []
    for layer in hidden:
        shift = min(max(log2_unit(natural_unit(layer.tables, bits=bits)) - log2_unit(unit), 0), 3)
        layers.append(quantise_layer(layer, unit=unit * 2.0**shift, bits=bits, shift=shift))
    scale = output_unit or natural_unit(output.tables, bits=bits)
    return DeepNetwork(
        n=n,
        hidden=tuple(layers),
        output=quantise_layer(output, unit=scale, bits=bits, negate=True),
        constants=np.zeros(0, np.int16) if constants is None else np.asarray(constants).astype(np.int16),
        frac=-log2_unit(unit),
        out_frac=-log2_unit(scale),
        card=card or {},
    ).validate()
