"""Tables to bytes: rows and columns put in the core's order, entries in the beats' order; and entries out of bytes."""

import numpy as np
import numpy.typing as npt

from firmware import isa

Int8 = npt.NDArray[np.int8]


def rows_in_order(tables: Int8, order: list[int], bits: tuple[tuple[int, ...], ...]) -> Int8:
    """(n_t, 2**n_c, n_out) tables, taken in ``order``; ``bits`` gives for each the old number of every bit of a row's new index, the
    highest first; without it rows stay."""
    if not bits or not bits[0]:
        return tables[order]
    result = np.empty((len(order), *tables.shape[1:]), np.int8)
    for i, (table, sequence) in enumerate(zip(order, bits, strict=True)):
        result[i] = tables[table][old_rows(sequence)]
    return result


def old_rows(sequence: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """(2**n_c,): of each row in the core's order its number in the network; ``sequence`` as ``bits`` of :func:`rows_in_order`."""
    new = np.arange(1 << len(sequence))
    old = np.zeros_like(new)
    for position, bit in enumerate(sequence):
        old |= (new >> (len(sequence) - 1 - position) & 1) << bit
    return old


def columns_in_order(tables: Int8, columns: npt.NDArray[np.int32]) -> Int8:
    """The last axis rearranged: column c of the result is neuron ``columns[c]``, zeros where that is -1."""
    return np.where(columns >= 0, tables[..., np.maximum(columns, 0)], 0).astype(np.int8)


def beats(tables: Int8, width: isa.Width, *, bits: int) -> npt.NDArray[np.uint8]:
    """(..., columns) entries to (..., row bytes).

    int8 as they are; int4 with column 2 L w + k in the low half and column 2 L w + L + k in the high half of byte k of beat w, L lanes.
    """
    if bits == 8:
        return tables.view(np.uint8)
    halves = tables.view(np.uint8).reshape(*tables.shape[:-1], -1, 2, width.lanes) & 0xF
    packed = halves[..., 0, :] | halves[..., 1, :] << 4
    return packed.astype(np.uint8).reshape(*tables.shape[:-1], -1)


def entries(data: npt.NDArray[np.uint8], width: isa.Width, *, bits: int) -> Int8:
    """The inverse of :func:`beats`: (..., row bytes) to (..., columns)."""
    if bits == 8:
        return data.view(np.int8)
    whole = data.reshape(*data.shape[:-1], -1, 1, width.lanes)
    halves = np.concatenate([whole & 0xF, whole >> 4], axis=-2).astype(np.int8)
    return (halves - (halves >> 3 << 4)).astype(np.int8).reshape(*data.shape[:-1], -1)
