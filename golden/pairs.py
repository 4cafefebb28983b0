"""Operations on sixteen positions at once, for compiled code: looks, which rows pairs ask for, and whom a gradient goes to.

Branches cost more than the arithmetic here (which of three bits is the nearest is as good as random), so all are written as vectors of
sixteen lanes. Arrays are C-contiguous; ``at`` and ``m`` number the first lane's element as it lies in memory, and are not checked: arrays
must be readable sixteen elements from there.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import get_or_insert_function
from numba.core.extending import intrinsic

__all__ = ["LANES", "look_lanes", "pick_rows", "share_gains"]

LANES = 16
FLOATS = ir.VectorType(ir.FloatType(), LANES)
WORDS = ir.VectorType(ir.IntType(32), LANES)


class _Lanes:
    """Loads and stores sixteen elements of numba arrays."""

    def __init__(self, context: Any, builder: ir.IRBuilder) -> None:
        self.context, self.builder = context, builder

    def pointer(self, kind: types.Array, array: ir.Value, at: ir.Value) -> ir.Value:
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        vector = FLOATS if kind.dtype == types.float32 else WORDS
        return self.builder.bitcast(self.builder.gep(data, [at]), vector.as_pointer())

    def load(self, kind: types.Array, array: ir.Value, at: ir.Value) -> ir.Value:
        return self.builder.load(self.pointer(kind, array, at), align=4)

    def store(self, value: ir.Value, kind: types.Array, array: ir.Value, at: ir.Value) -> None:
        self.builder.store(value, self.pointer(kind, array, at), align=4)

    def all(self, scalar: ir.Value) -> ir.Value:
        """The scalar in every lane."""
        builder, kind = self.builder, ir.VectorType(scalar.type, LANES)
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(WORDS, [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    def nearest(self, shared: ir.Value, q: ir.Value, k: ir.Value, p: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Of |u| of query, key and position: whether the query's bit passes the gradient on, and else whether the key's does."""
        builder = self.builder
        paper = builder.and_(builder.fcmp_ordered("<=", q, k), builder.fcmp_ordered("<=", q, p))
        mine = builder.select(shared, builder.fcmp_ordered("<", q, k), paper)
        keys = builder.or_(builder.fcmp_ordered("<=", k, p), self.all(shared))
        return mine, keys


@intrinsic  # type: ignore[untyped-decorator]
def pick_rows(typing_context, shared, used, other, third, m, base, flip, size, keys, at, places, first):
    """used[m..] = base | key | place; other[m..] = used with the bit flipped that passes the gradient on; third[m..] = used with
    the position's bit flipped.

    ``keys``, ``places``: (row, flip, size) arrays, read from element ``at`` and from ``first`` + m on. ``base``, ``flip``, ``size``: the
    query's. ``shared``: the reference program's rule.
    """
    signature = types.void(
        types.boolean, used, other, third, types.intp, types.int32, types.int32, types.float32, keys, types.intp, places, types.intp
    )

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = _Lanes(context, builder)
        rule, to, to_other, to_third, lane, base_, flip_, size_, keys_, at_, places_, first_ = values
        where = builder.add(first_, lane)
        key, k_flip, k_size = (lanes.load(keys[i], builder.extract_value(keys_, i), at_) for i in range(3))
        place, p_flip, p_size = (lanes.load(places[i], builder.extract_value(places_, i), where) for i in range(3))
        row = builder.or_(lanes.all(base_), builder.or_(key, place))
        mine, theirs = lanes.nearest(rule, lanes.all(size_), k_size, p_size)
        bit = builder.select(mine, lanes.all(flip_), builder.select(theirs, k_flip, p_flip))
        lanes.store(row, used, to, lane)
        lanes.store(builder.xor(row, bit), other, to_other, lane)
        lanes.store(builder.xor(row, p_flip), third, to_third, lane)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def share_gains(typing_context, shared, gain, extra, m, low, high, size, k_size, d_key, at, p_size, d_place, first):
    """Returns the sum of gain[m..] where the query's bit is the nearest; adds it to d_key[at..] or d_place[first + m..] elsewhere.

    With ``shared``, extra[m..] goes to d_place where the position's |u| is below both others'. Lanes outside low..high-1 add nothing.
    """
    arrays = {"gain": gain, "extra": extra, "k_size": k_size, "d_key": d_key, "p_size": p_size, "d_place": d_place}
    numbers = (types.intp, types.intp, types.intp, types.float32)
    signature = types.float32(types.boolean, gain, extra, *numbers, k_size, d_key, types.intp, p_size, d_place, types.intp)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = _Lanes(context, builder)
        rule, gain_, extra_, lane, low_, high_, size_, k_size_, d_key_, at_, p_size_, d_place_, first_ = values
        where = builder.add(first_, lane)
        zero = ir.Constant(FLOATS, [0.0] * LANES)
        order = ir.Constant(WORDS, list(range(LANES)))

        def bound(value: ir.Value) -> ir.Value:
            return lanes.all(builder.trunc(builder.sub(value, lane), ir.IntType(32)))

        def add(name: str, array: ir.Value, place: ir.Value, value: ir.Value) -> None:
            kind = arrays[name]
            lanes.store(builder.fadd(lanes.load(kind, array, place), value), kind, array, place)

        valid = builder.and_(builder.icmp_signed(">=", order, bound(low_)), builder.icmp_signed("<", order, bound(high_)))
        query = lanes.all(size_)
        key, position = lanes.load(k_size, k_size_, at_), lanes.load(p_size, p_size_, where)
        mine, theirs = lanes.nearest(rule, query, key, position)
        value = builder.select(valid, lanes.load(gain, gain_, lane), zero)
        rest = builder.select(mine, zero, value)
        below = builder.and_(builder.fcmp_ordered("<", position, query), builder.fcmp_ordered("<", position, key))
        also = builder.and_(builder.and_(below, valid), lanes.all(rule))
        add("d_key", d_key_, at_, builder.select(theirs, rest, zero))
        more = builder.select(also, lanes.load(extra, extra_, lane), zero)
        add("d_place", d_place_, where, builder.fadd(more, builder.select(theirs, zero, rest)))
        kind_of = ir.FunctionType(ir.FloatType(), [ir.FloatType(), FLOATS])
        add_up = get_or_insert_function(builder.module, kind_of, f"llvm.vector.reduce.fadd.v{LANES}f32")
        own = builder.select(mine, value, zero)
        return builder.call(add_up, [ir.Constant(ir.FloatType(), 0.0), own], fastmath=("reassoc", "nsz"))

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def look_lanes(typing_context, x, at, stride, a, b, table, low, seen, to, pairs):
    """Eq. 1 of one table (number ``table`` of ``a``, ``b``) for sixteen positions, into ``seen`` from ``to`` on.

    Neuron c of the positions stands at x[at + c * stride..]. ``row`` and ``flip`` are shifted left by ``low``. ``pairs``: a tuple as long
    as the table has pairs. Of equally small |u| the lowest pair is the nearest.
    """
    signature = types.void(x, types.intp, types.intp, a, b, types.intp, types.int32, seen, types.intp, pairs)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = _Lanes(context, builder)
        x_, at_, stride_, a_, b_, table_, low_, seen_, to_, _ = values
        zero, one, half = (ir.Constant(FLOATS, [value] * LANES) for value in (0.0, 1.0, 0.5))
        none = ir.Constant(WORDS, [0] * LANES)
        size_of = get_or_insert_function(builder.module, ir.FunctionType(FLOATS, [FLOATS]), f"llvm.fabs.v{LANES}f32")

        def neuron(kind: types.Array, array: ir.Value, r: int) -> ir.Value:
            data = context.make_array(kind)(context, builder, array).data
            place = builder.add(builder.mul(table_, ir.Constant(table_.type, len(pairs))), ir.Constant(table_.type, r))
            number = builder.sext(builder.load(builder.gep(data, [place])), at_.type)
            return lanes.load(x, x_, builder.add(at_, builder.mul(number, stride_)))

        row, near, u, size = none, none, zero, zero
        for r in range(len(pairs)):
            difference = builder.fsub(neuron(a, a_, r), neuron(b, b_, r))
            bit = builder.select(builder.fcmp_ordered(">", difference, zero), ir.Constant(WORDS, [1 << r] * LANES), none)
            row = builder.or_(row, bit)
            far = builder.call(size_of, [difference])
            if r == 0:
                u, size = difference, far
            else:
                closer = builder.fcmp_ordered("<", far, size)
                u, size = builder.select(closer, difference, u), builder.select(closer, far, size)
                near = builder.select(closer, ir.Constant(WORDS, [r] * LANES), near)
        spread = builder.fadd(size, one)
        slope = builder.fdiv(half, builder.fmul(spread, spread))
        slope = builder.select(builder.fcmp_ordered(">", u, zero), builder.fsub(zero, slope), slope)
        shift = lanes.all(low_)
        flip = builder.shl(ir.Constant(WORDS, [1] * LANES), builder.add(near, shift))
        for index, value in enumerate((builder.shl(row, shift), flip, near, size, slope)):
            lanes.store(value, seen[index], builder.extract_value(seen_, index), to_)
        return context.get_dummy_value()

    return signature, generate
