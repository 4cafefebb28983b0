"""Three operations on whole rows for compiled code, a row being one vector: no loop over columns, no check whether arrays overlap.

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

__all__ = ["add_rows", "add_to_rows", "lanes_of", "row_gains"]

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


def _number(context: Any, builder: ir.IRBuilder, kind: types.Array, array: ir.Value, m: ir.Value) -> ir.Value:
    """Element m of an int32 vector, as intp."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.sext(builder.load(builder.gep(data, [m])), m.type)


@intrinsic  # type: ignore[untyped-decorator]
def row_gains(typing_context, grads, at, table, base, used, other, gain, third, extra, low, high, lanes):
    """gain[m] = grads[at] . (table[base + other[m]] - table[base + used[m]]) for m in low..high-1 (Eq. 7).

    And extra[m] the same with third[m], unless ``third`` is None. ``used``, ``other``, ``third``: int32.
    """
    signature = types.void(grads, types.intp, table, types.intp, used, other, gain, third, extra, types.intp, types.intp, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        grads_, at_, table_, base_, used_, other_, gain_, third_, extra_, low_, high_ = values[:11]
        count = len(lanes)
        kind = ir.FunctionType(FLOAT, [FLOAT, _vector(count)])
        add_up = get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{count}f32")
        change = _load(builder, _pointer(context, builder, grads, grads_, at_, count))

        def row(which: types.Array, array: ir.Value, m: ir.Value) -> ir.Value:
            number = builder.add(base_, _number(context, builder, which, array, m))
            return _load(builder, _pointer(context, builder, table, table_, number, count))

        with for_range_slice(builder, low_, high_, ir.Constant(low_.type, 1), inc=True) as (m, _):
            one = row(used, used_, m)
            for which, array, to, to_ in ((other, other_, gain, gain_), (third, third_, extra, extra_)):
                if which == types.none:
                    continue
                product = builder.fmul(change, builder.fsub(row(which, array, m), one, flags=FAST), flags=FAST)
                value = builder.call(add_up, [ir.Constant(FLOAT, 0.0), product], fastmath=FAST)
                builder.store(value, builder.gep(context.make_array(to)(context, builder, to_).data, [m]))
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def add_to_rows(typing_context, total, used, low, high, grads, at, lanes):
    """total[used[m]] += grads[at] for m in low..high-1 (Eq. 6). ``used``: int32."""
    signature = types.void(total, used, types.intp, types.intp, grads, types.intp, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        total_, used_, low_, high_, grads_, at_ = values[:6]
        count = len(lanes)
        change = _load(builder, _pointer(context, builder, grads, grads_, at_, count))
        with for_range_slice(builder, low_, high_, ir.Constant(low_.type, 1), inc=True) as (m, _):
            where = _pointer(context, builder, total, total_, _number(context, builder, used, used_, m), count)
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
