"""Look-up tables as primitives of Verilog: cut down to the inputs they depend on, known wherever the known inputs decide."""

from collections.abc import Iterator
from functools import cache
from itertools import product

from sim.netlist.parts import Net, Table

_CONSTANTS = {"0": 0, "1": 1, "x": 0}


def reduced(table: Table) -> Table:
    """The same function of the inputs it depends on: constants, inputs that stand there twice and those without influence are gone."""
    inputs: list[Net] = sorted({net for net in table.inputs if net not in _CONSTANTS}, key=str)
    init = 0
    for number in range(1 << len(inputs)):
        level = {net: number >> place & 1 for place, net in enumerate(inputs)} | _CONSTANTS
        at = sum(level[net] << place for place, net in enumerate(table.inputs))
        init |= (table.init >> at & 1) << number
    for place in reversed(range(len(inputs))):
        numbers = [number for number in range(1 << len(inputs)) if not number >> place & 1]
        if all((init >> number ^ init >> (number | 1 << place)) & 1 == 0 for number in numbers):
            init = sum((init >> number & 1) << index for index, number in enumerate(numbers))
            del inputs[place]
    return Table(table.name, init, tuple(inputs), table.output)


def primitive_name(size: int, init: int) -> str:
    return f"table_{size}_{init:x}"


def primitive(size: int, init: int) -> Iterator[str]:
    """The lines of a primitive with ``size`` inputs. Its rows are all the largest cubes of inputs, each 0, 1 or either, with one value:
    where all that the unknown inputs may be leads to the same, a row tells it, and where not, the output is unknown."""
    pins = ", ".join(f"i{place}" for place in range(size))
    yield f"primitive {primitive_name(size, init)} (o, {pins});"
    yield f"output o; input {pins};"
    yield "table"
    for level in (0, 1):
        yield from (f"{' '.join(cube)} : {level};" for cube in _largest(size, init, level))
    yield "endtable"
    yield "endprimitive"


@cache
def _largest(size: int, init: int, level: int) -> list[str]:
    cubes = ["".join(cube) for cube in product("01?", repeat=size)]
    same = [cube for cube in cubes if all(init >> number & 1 == level for number in _inside(cube))]
    return [cube for cube in same if not any(other != cube and _covers(other, cube) for other in same)]


def _inside(cube: str) -> list[int]:
    choices = [(0, 1) if place == "?" else (int(place),) for place in cube]
    return [sum(bit << place for place, bit in enumerate(bits)) for bits in product(*choices)]


def _covers(larger: str, smaller: str) -> bool:
    return all(a in ("?", b) for a, b in zip(larger, smaller, strict=True))
