"""Two operations on whole rows for compiled code, a row being one vector: no loop over columns, no check whether arrays overlap.

``lanes`` is a tuple of as many zeros as a row has columns: its length is part of its type, so the width is known when compiling
(:func:`lanes_of`). All arrays are float32 and C-contiguous, of any number of
dimensions; rows are those of their last one, numbered (intp) as they lie in memory, and not checked.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import for_range_slice, get_or_insert_function
from numba.core.extending import intrinsic

__all__ = ["add_rows", "lanes_of", "row_gains"]

FLOAT = ir.FloatType()
FAST = ("reassoc", "contract", "nsz")


def lanes_of(columns: int) -> tuple[int, ...]:
    """What the row operations want to be told the number of columns by."""
    return (0,) * columns


def _vector(count: int) -> ir.VectorType:
    return ir.VectorType(FLOAT, count)


def _pointer(context: Any, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, row: ir.Value, count: int) -> ir.Value:
    """Address of a row as a pointer to a vector of ``count`` lanes."""
    data = context.make_array(kind)(context, builder, array).data
    data = builder.gep(data, [builder.mul(row, ir.Constant(row.type, count))])
    return builder.bitcast(data, _vector(count).as_pointer())


def _load(builder: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
    return builder.load(pointer, align=4)


@intrinsic  # type: ignore[untyped-decorator]
def row_gains(typing_context, grads, at, table, base, used, other, low, high, gain, total, lanes):
    """gain[m] = grads[at] . (table[base + other[m]] - table[base + used[m]]) for m in low..high-1 (Eq. 7).

    And total[used[m]] += grads[at] (Eq. 6), unless ``total`` is None. ``used``, ``other``: int32.
    """
    signature = types.void(grads, types.intp, table, types.intp, used, other, types.intp, types.intp, gain, total, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        grads_, at_, table_, base_, used_, other_, low_, high_, gain_, total_ = values[:10]
        count = len(lanes)
        kind = ir.FunctionType(FLOAT, [FLOAT, _vector(count)])
        add_up = get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{count}f32")
        change = _load(builder, _pointer(context, builder, grads, grads_, at_, count))

        def number(which: types.Array, array: ir.Value, m: ir.Value) -> ir.Value:
            data = context.make_array(which)(context, builder, array).data
            return builder.sext(builder.load(builder.gep(data, [m])), at_.type)

        with for_range_slice(builder, low_, high_, ir.Constant(low_.type, 1), inc=True) as (m, _):
            row = number(used, used_, m)
            one = _load(builder, _pointer(context, builder, table, table_, builder.add(base_, row), count))
            two = _load(builder, _pointer(context, builder, table, table_, builder.add(base_, number(other, other_, m)), count))
            product = builder.fmul(change, builder.fsub(two, one, flags=FAST), flags=FAST)
            value = builder.call(add_up, [ir.Constant(FLOAT, 0.0), product], fastmath=FAST)
            builder.store(value, builder.gep(context.make_array(gain)(context, builder, gain_).data, [m]))
            if total != types.none:
                where = _pointer(context, builder, total, total_, row, count)
                builder.store(builder.fadd(_load(builder, where), change), where, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def add_rows(typing_context, y, at, table, rows, lanes):
    """y[at] += the rows of ``table`` numbered by the tuple ``rows`` of intp."""
    signature = types.void(y, types.intp, table, rows, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        count = len(lanes)
        numbers = [builder.extract_value(values[3], index) for index in range(len(rows))]
        parts = [_load(builder, _pointer(context, builder, table, values[2], number, count)) for number in numbers]
        while len(parts) > 1:
            pairs = [builder.fadd(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + parts[len(parts) // 2 * 2 :]
        where = _pointer(context, builder, y, values[0], values[1], count)
        builder.store(builder.fadd(_load(builder, where), parts[0]), where, align=4)
        return context.get_dummy_value()

    return signature, generate
