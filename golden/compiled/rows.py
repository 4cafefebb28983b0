"""Operations on whole rows for compiled code, a row being one vector: no loop over columns, no check whether arrays overlap.

``lanes`` is a tuple of as many zeros as a row has columns: its length is part of its type, so the width is known when compiling
(:func:`lanes_of`). All arrays are float32 and C-contiguous, of any number of dimensions; rows are those of their last one, numbered (intp)
as they lie in memory, and not checked. Where many rows are asked for, an int32 vector has the places of their first elements instead: row
number times columns, counted from a row given beside it, which spares a multiplication each.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import for_range_slice, get_or_insert_function
from numba.core.extending import intrinsic

FLOAT, WORD = ir.FloatType(), ir.IntType(32)
FAST = ("reassoc", "contract", "nsz")
Typed = tuple[types.Array, ir.Value]


def lanes_of(columns: int) -> tuple[int, ...]:
    """The argument by which row operations know the number of columns."""
    return (0,) * columns


def _vector(count: int, kind: ir.Type = FLOAT) -> ir.VectorType:
    return ir.VectorType(kind, count)


class Vectors:
    """``count`` elements at once, which lie side by side in an array."""

    def __init__(self, context: Any, builder: ir.IRBuilder, count: int) -> None:
        self.context, self.builder, self.count = context, builder, count

    def at(self, kind: types.Array, array: ir.Value, at: ir.Value) -> ir.Value:
        """A pointer to those from element ``at`` on."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        vector = _vector(self.count, FLOAT if kind.dtype == types.float32 else WORD)
        return self.builder.bitcast(self.builder.gep(data, [at]), vector.as_pointer())

    def row(self, kind: types.Array, array: ir.Value, row: ir.Value) -> ir.Value:
        """A pointer to a row of so many columns."""
        return self.at(kind, array, self.builder.mul(row, ir.Constant(row.type, self.count)))

    def load(self, pointer: ir.Value) -> ir.Value:
        return self.builder.load(pointer, align=4)

    def store(self, value: ir.Value, pointer: ir.Value) -> None:
        self.builder.store(value, pointer, align=4)

    def all(self, scalar: ir.Value) -> ir.Value:
        """The scalar ``count`` times."""
        none = ir.Constant(_vector(self.count, scalar.type), ir.Undefined)
        one = self.builder.insert_element(none, scalar, ir.Constant(WORD, 0))
        return shuffle(self.builder, one, none, [0] * self.count)

    def call(self, function: str, value: ir.Value) -> ir.Value:
        """A function of LLVM that takes and gives floats."""
        kind = _vector(self.count)
        name = f"llvm.{function}.v{self.count}f32"
        return self.builder.call(get_or_insert_function(self.builder.module, ir.FunctionType(kind, [kind]), name), [value])


class _Placed:
    """Rows of an array whose places from row ``first`` on stand in the int32 vector ``places``."""

    def __init__(self, context: Any, builder: ir.IRBuilder, *, count: int, array: Typed, first: ir.Value, places: Typed) -> None:
        self.builder, self.count = builder, count
        data, self.places = (context.make_array(kind)(context, builder, value).data for kind, value in (array, places))
        self.start = builder.gep(data, [builder.mul(first, ir.Constant(first.type, count))])

    def element(self, m: ir.Value) -> ir.Value:
        """Address of the first element of row number m of ``places``."""
        place = self.builder.load(self.builder.gep(self.places, [m]))
        return self.builder.gep(self.start, [self.builder.sext(place, m.type)])

    def row(self, m: ir.Value) -> ir.Value:
        """The same as a pointer to the whole row."""
        return self.builder.bitcast(self.element(m), _vector(self.count).as_pointer())


class RowDots:
    """Products of row ``at`` of ``grads`` with differences of rows of ``table`` whose places from row ``first`` on stand in ``work``.

    Sums are made of eight pairs at once, in halves that are shuffled together: a horizontal sum of each would cost three times as much.
    """

    def __init__(
        self, context: Any, builder: ir.IRBuilder, *, count: int, grads: Typed, at: ir.Value, table: Typed, first: ir.Value, work: Typed
    ) -> None:
        self.builder, self.count = builder, count
        kind, array = grads
        data = context.make_array(kind)(context, builder, array).data
        self.change = self._chunks(builder.gep(data, [builder.mul(at, ir.Constant(at.type, count))]))
        self.rows = _Placed(context, builder, count=count, array=table, first=first, places=work)

    def _chunks(self, start: ir.Value) -> list[ir.Value]:
        """A row as vectors of sixteen, the last one filled up with zeros."""
        chunks = []
        for low in range(0, self.count, 16):
            size = min(16, self.count - low)
            place = self.builder.gep(start, [ir.Constant(ir.IntType(64), low)])
            chunk = self.builder.load(self.builder.bitcast(place, _vector(size).as_pointer()), align=4)
            chunks.append(chunk if size == 16 else shuffle(self.builder, chunk, ir.Constant(_vector(size), [0.0] * size), range(16), size))
        return chunks

    def _fold(self, a: ir.Value, b: ir.Value, low: Sequence[int], high: Sequence[int]) -> ir.Value:
        return self.builder.fadd(shuffle(self.builder, a, b, low), shuffle(self.builder, a, b, high), flags=FAST)

    def _eight(self, parts: list[ir.Value]) -> ir.Value:
        """The eight sums of eight vectors of sixteen."""
        quarters = range(0, 16, 4)
        first = [
            [q + e + s for q in quarters for e in (0, 1) for s in (0, 16)],
            [q + e + s for q in quarters for e in (2, 3) for s in (0, 16)],
        ]
        second = [[q + e + s for q in quarters for s in (0, 16) for e in pair] for pair in ((0, 1), (2, 3))]
        third = [[*range(low, low + 8), *range(low + 16, low + 24)] for low in (0, 8)]
        twos = [self._fold(a, b, *first) for a, b in zip(parts[::2], parts[1::2], strict=True)]
        fours = [self._fold(a, b, *second) for a, b in zip(twos[::2], twos[1::2], strict=True)]
        both = self._fold(fours[0], fours[1], *third)
        return self._fold(both, both, [*range(4), *range(8, 12)], [*range(4, 8), *range(12, 16)])

    def differences(self, *, pairs: list[tuple[int, int]], low: ir.Value, high: ir.Value) -> list[ir.Value]:
        """For each (a, b) of ``pairs`` sixteen products with row work[a + i] less row work[b + i]; 0 in eights without low..high-1."""
        builder, intp = self.builder, low.type
        none = ir.Constant(_vector(8), [0.0] * 8)
        halves: list[list[ir.Value]] = [[] for _ in pairs]
        for start in (0, 8):
            wanted = builder.icmp_signed("<", ir.Constant(intp, start), high)
            wanted = builder.and_(wanted, builder.icmp_signed(">", ir.Constant(intp, start + 8), low))
            before = builder.block
            with builder.if_then(wanted):
                ones: dict[int, list[list[ir.Value]]] = {}
                for place in {place for pair in pairs for place in pair}:
                    ones[place] = [self._chunks(self.rows.element(ir.Constant(intp, place + start + i))) for i in range(8)]
                sums = []
                for a, b in pairs:
                    parts = []
                    for i in range(8):
                        part = None
                        for g, x, y in zip(self.change, ones[a][i], ones[b][i], strict=True):
                            product = builder.fmul(g, builder.fsub(x, y, flags=FAST), flags=FAST)
                            part = product if part is None else builder.fadd(part, product, flags=FAST)
                        parts.append(part)
                    sums.append(self._eight(parts))
                inside = builder.block
            for index, total in enumerate(sums):
                phi = builder.phi(_vector(8))
                phi.add_incoming(none, before)
                phi.add_incoming(total, inside)
                halves[index].append(phi)
        return [shuffle(builder, first, second, range(16)) for first, second in halves]


def shuffle(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, order: Sequence[int], most: int | None = None) -> ir.Value:
    """Elements of a and b, those of b counted on from a's; beyond ``most`` the first of b."""
    places = [place if most is None else min(place, most) for place in order]
    return builder.shuffle_vector(a, b, ir.Constant(_vector(len(places), WORD), places))


@intrinsic  # type: ignore[untyped-decorator]
def add_to_placed_rows(typing_context, total, used, low, high, grads, at, lanes):
    """The rows of ``total`` at the places used[m] += grads[at] for m in low..high-1 (Eq. 6)."""
    signature = types.void(total, used, types.intp, types.intp, grads, types.intp, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        total_, used_, low_, high_, grads_, at_ = values[:6]
        rows_of = Vectors(context, builder, len(lanes))
        change = rows_of.load(rows_of.row(grads, grads_, at_))
        zero = ir.Constant(low_.type, 0)
        rows = _Placed(context, builder, count=len(lanes), array=(total, total_), first=zero, places=(used, used_))
        with for_range_slice(builder, low_, high_, ir.Constant(low_.type, 1), inc=True) as (m, _):
            where = rows.row(m)
            rows_of.store(builder.fadd(rows_of.load(where), change), where)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def add_rows(typing_context, y, at, table, rows, lanes):
    """y[at] += the rows of ``table`` numbered by the tuple ``rows`` of intp."""
    signature = types.void(y, types.intp, table, rows, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        rows_of = Vectors(context, builder, len(lanes))
        numbers = [builder.extract_value(values[3], index) for index in range(len(rows))]
        parts = [rows_of.load(rows_of.row(table, values[2], number)) for number in numbers]
        while len(parts) > 1:
            pairs = [builder.fadd(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + parts[len(parts) // 2 * 2 :]
        where = rows_of.row(y, values[0], values[1])
        rows_of.store(builder.fadd(rows_of.load(where), parts[0]), where)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def adam_row(typing_context, weights, first, second, row, grad, grad_row, constants, lanes):
    """One Adam step on a row: first, second and weights [row] from grad[grad_row].

    ``constants``, float32: beta1, 1 - beta1, beta2, 1 - beta2, rate / (1 - beta1^step), 1 / (1 - beta2^step), epsilon.
    """
    signature = types.void(weights, first, second, types.intp, grad, types.intp, constants, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        rows_of = Vectors(context, builder, len(lanes))
        b1, one_b1, b2, one_b2, rate, c2, epsilon = (rows_of.all(builder.extract_value(values[6], i)) for i in range(len(constants)))
        kinds = zip((weights, first, second), values[:3], strict=True)
        w_, m_, v_ = (rows_of.row(kind, array, values[3]) for kind, array in kinds)
        g = rows_of.load(rows_of.row(grad, values[4], values[5]))
        m = builder.fadd(builder.fmul(b1, rows_of.load(m_)), builder.fmul(one_b1, g), flags=FAST)
        v = builder.fadd(builder.fmul(b2, rows_of.load(v_)), builder.fmul(one_b2, builder.fmul(g, g)), flags=FAST)
        size = builder.fadd(rows_of.call("sqrt", builder.fmul(c2, v)), epsilon)
        w = builder.fsub(rows_of.load(w_), builder.fdiv(builder.fmul(rate, m), size))
        for value, where in ((m, m_), (v, v_), (w, w_)):
            rows_of.store(value, where)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def round_row(typing_context, weights, used, row, unit, inverse, top, lanes):
    """weights[row] is kept within +-top, used[row] becomes its rounding to multiples of ``unit``, ``inverse`` being 1 / unit."""
    signature = types.void(weights, used, types.intp, types.float32, types.float32, types.float32, lanes)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, values: Sequence[ir.Value]) -> ir.Value:
        rows_of = Vectors(context, builder, len(lanes))
        unit_, inverse_, top_ = (rows_of.all(value) for value in values[3:6])
        w_, z_ = (rows_of.row(kind, array, values[2]) for kind, array in zip((weights, used), values[:2], strict=True))
        w = rows_of.load(w_)
        bottom = builder.fneg(top_)
        w = builder.select(builder.fcmp_ordered(">", w, top_), top_, w)
        w = builder.select(builder.fcmp_ordered("<", w, bottom), bottom, w)
        rows_of.store(w, w_)
        rows_of.store(builder.fmul(rows_of.call("rint", builder.fmul(w, inverse_)), unit_), z_)
        return context.get_dummy_value()

    return signature, generate
