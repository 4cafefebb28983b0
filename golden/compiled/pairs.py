"""Operations on sixteen positions at once, for compiled code: comparing pairs, making row numbers, choosing the pair that learns.

Branches cost more than the arithmetic here (which of three bits is the nearest is as good as random), so all are written as vectors of
sixteen lanes. Arrays are C-contiguous; ``at`` and ``m`` number the first lane's element as it lies in memory, and are not checked: arrays
must be readable sixteen elements from there.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import alloca_once_value, for_range_slice, get_or_insert_function
from numba.core.extending import intrinsic

from .rows import FLOAT, WORD, RowDots, Vectors

LANES = 16
FLOATS, WORDS = ir.VectorType(FLOAT, LANES), ir.VectorType(WORD, LANES)


@intrinsic  # type: ignore[untyped-decorator]
def used_places(typing_context, used, m, base, key, at, place, first, columns):
    """used[m..] = the places of rows base | key[at..] | place[first + m..]. ``columns``: a tuple as long as a row."""
    signature = types.void(used, types.intp, types.int32, key, types.intp, place, types.intp, columns)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = Vectors(context, builder, LANES)
        to, lane, base_, key_, at_, place_, first_ = values[:7]
        rest = builder.or_(lanes.load(lanes.at(key, key_, at_)), lanes.load(lanes.at(place, place_, builder.add(first_, lane))))
        row = builder.or_(lanes.all(base_), rest)
        lanes.store(builder.mul(row, ir.Constant(WORDS, [len(columns)] * LANES)), lanes.at(used, to, lane))
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def pair_gains(typing_context, shared, grads, table, rows, work, span, query, keys, places, d_key, d_place, lanes):
    """Eq. 7 of sixteen pairs of one position: its gains are grads[rows[0]] . (table[rows[1] + other] - table[rows[1] + used]).

    used = query's row | key | place; other: used with the bit flipped that passes the gradient on. ``query``: (row, flip, size);
    ``keys``, ``places``: such arrays, and the element of each to begin with. Returned: the sum of the gains that pass by the query's bit;
    those by the key's bit go to d_key[0] from element d_key[1] on, the others are added to d_place where ``places`` begins.
    ``span``: m, the number of the first pair, low and high: pairs outside low..high-1 give nothing. ``work``: a vector of 48 int32.
    ``shared``: () or, for the reference program's rule, (0,): where the position's |u| is below both others', the gain of its bit goes to
    d_place as well.
    """
    signature = types.float32(shared, grads, table, rows, work, span, query, keys, places, d_key, d_place, lanes)
    rule = len(shared) > 0

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        each = Vectors(context, builder, LANES)
        grads_, table_, rows_, work_, span_, query_, keys_, places_, d_key_, d_place_ = values[1:11]
        m_, low_, high_ = (builder.extract_value(span_, i) for i in range(3))
        at_, where = builder.extract_value(keys_, 3), builder.extract_value(places_, 3)
        base, flip, size = (each.all(builder.extract_value(query_, i)) for i in range(3))
        key, k_flip, k_size = (each.load(each.at(keys[i], builder.extract_value(keys_, i), at_)) for i in range(3))
        place, p_flip, p_size = (each.load(each.at(places[i], builder.extract_value(places_, i), where)) for i in range(3))
        row = builder.or_(base, builder.or_(key, place))
        mine = builder.fcmp_ordered("<" if rule else "<=", size, k_size)
        theirs = builder.fcmp_ordered("<=", k_size, p_size)
        if rule:
            bit = builder.select(mine, flip, k_flip)
        else:
            mine = builder.and_(mine, builder.fcmp_ordered("<=", size, p_size))
            bit = builder.select(mine, flip, builder.select(theirs, k_flip, p_flip))
        vectors = [row, builder.xor(row, bit)] + ([builder.xor(row, p_flip)] if rule else [])
        columns = ir.Constant(WORDS, [len(lanes)] * LANES)
        for index, vector in enumerate(vectors):
            each.store(builder.mul(vector, columns), each.at(work, work_, ir.Constant(m_.type, index * LANES)))

        at, first = (builder.extract_value(rows_, index) for index in range(2))
        dots = RowDots(
            context, builder, count=len(lanes), grads=(grads, grads_), at=at, table=(table, table_), first=first, work=(work, work_)
        )
        pairs = [(LANES * index, 0) for index in range(1, len(vectors))]
        found = dots.differences(pairs=pairs, low=builder.sub(low_, m_), high=builder.sub(high_, m_))
        zero = ir.Constant(FLOATS, [0.0] * LANES)
        order = ir.Constant(WORDS, list(range(LANES)))

        def bound(value: ir.Value) -> ir.Value:
            return each.all(builder.trunc(builder.sub(value, m_), WORD))

        valid = builder.and_(builder.icmp_signed(">=", order, bound(low_)), builder.icmp_signed("<", order, bound(high_)))
        value = builder.select(valid, found[0], zero)
        rest = builder.select(mine, zero, value)
        to_key = rest if rule else builder.select(theirs, rest, zero)
        each.store(to_key, each.at(d_key[0], builder.extract_value(d_key_, 0), builder.extract_value(d_key_, 1)))
        if rule:
            below = builder.and_(builder.fcmp_ordered("<", p_size, size), builder.fcmp_ordered("<", p_size, k_size))
            to_place = builder.select(builder.and_(below, valid), found[1], zero)
        else:
            to_place = builder.select(theirs, zero, rest)
        each.store(builder.fadd(each.load(each.at(d_place, d_place_, where)), to_place), each.at(d_place, d_place_, where))
        kind_of = ir.FunctionType(FLOAT, [FLOAT, FLOATS])
        add_up = get_or_insert_function(builder.module, kind_of, f"llvm.vector.reduce.fadd.v{LANES}f32")
        own = builder.select(mine, value, zero)
        return builder.call(add_up, [ir.Constant(FLOAT, 0.0), own], fastmath=("reassoc", "nsz"))

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def add_diagonals(typing_context, lines, width, first, last, at, to, to_at):
    """to[to_at..] = the sum over i = first..last-1 of lines[i * width + at - i..], sixteen elements each."""
    signature = types.void(lines, types.intp, types.intp, types.intp, types.intp, to, types.intp)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = Vectors(context, builder, LANES)
        lines_, width_, first_, last_, at_, to_, to_at_ = values
        total = alloca_once_value(builder, ir.Constant(FLOATS, [0.0] * LANES))
        builder.store(ir.Constant(FLOATS, [0.0] * LANES), total)
        step = builder.sub(width_, ir.Constant(width_.type, 1))
        with for_range_slice(builder, first_, last_, ir.Constant(first_.type, 1), inc=True) as (i, _):
            line = lanes.load(lanes.at(lines, lines_, builder.add(at_, builder.mul(i, step))))
            builder.store(builder.fadd(builder.load(total), line), total)
        lanes.store(builder.load(total), lanes.at(to, to_, to_at_))
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def look_lanes(typing_context, x, at, stride, a, b, table, low, seen, to, pairs):
    """Eq. 1 of one table (number ``table`` of ``a``, ``b``) for sixteen positions, into ``seen`` from ``to`` on.

    Neuron c of the positions stands at x[at + c * stride..]. ``row`` and ``flip`` are shifted left by ``low``. ``pairs``: a tuple as long
    as the table has pairs. Of equally small |u| the lowest pair is the nearest.
    """
    signature = types.void(x, types.intp, types.intp, a, b, types.intp, types.int32, seen, types.intp, pairs)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        lanes = Vectors(context, builder, LANES)
        x_, at_, stride_, a_, b_, table_, low_, seen_, to_, _ = values
        zero, one, half = (ir.Constant(FLOATS, [value] * LANES) for value in (0.0, 1.0, 0.5))
        none = ir.Constant(WORDS, [0] * LANES)

        def neuron(kind: types.Array, array: ir.Value, r: int) -> ir.Value:
            data = context.make_array(kind)(context, builder, array).data
            place = builder.add(builder.mul(table_, ir.Constant(table_.type, len(pairs))), ir.Constant(table_.type, r))
            number = builder.sext(builder.load(builder.gep(data, [place])), at_.type)
            return lanes.load(lanes.at(x, x_, builder.add(at_, builder.mul(number, stride_))))

        row, near, u, size = none, none, zero, zero
        for r in range(len(pairs)):
            difference = builder.fsub(neuron(a, a_, r), neuron(b, b_, r))
            bit = builder.select(builder.fcmp_ordered(">", difference, zero), ir.Constant(WORDS, [1 << r] * LANES), none)
            row = builder.or_(row, bit)
            far = lanes.call("fabs", difference)
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
            lanes.store(value, lanes.at(seen[index], builder.extract_value(seen_, index), to_))
        return context.get_dummy_value()

    return signature, generate
