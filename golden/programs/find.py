"""A program's template and operands from its text."""

import re
from functools import cache

import numpy as np

from .generator import Drawn
from .templates import OPERANDS, Rule, templates
from .tokens import HIGHEST
from .writer import write

LITERAL = re.compile(rb"_?[0-9]+")
SAMPLE = (7, 3, 2, 1)  # operands of which every template makes a true program


def values_of(program: bytes) -> list[int]:
    """Its literals."""
    return [int(literal.replace(b"_", b"-")) for literal in LITERAL.findall(program)]


def shape_of(program: bytes) -> bytes:
    """The program with a bar for each literal."""
    return LITERAL.sub(b"|", program)


@cache
def shapes() -> dict[bytes, int]:
    """The number of the template of each shape that a generated program can have."""
    count = len(templates())
    written = write(np.arange(count), np.tile(np.array(SAMPLE), (count, 1)))
    return {shape_of(written.program(number)): number for number in range(count)}


def find(program: bytes) -> Drawn | None:
    """What the generator writes ``program`` from, of one program; None where it writes no such program."""
    number = shapes().get(shape_of(program))
    if number is None:
        return None
    template = templates()[number]
    names = [int(name) for name in re.findall(r"\{(.)\}", template.text)]
    values = dict(zip(names, values_of(program), strict=False))
    if template.rule is Rule.STEADY:
        values[1] -= values[0]
    operands = [values[name] for name in range(template.operands)]
    if max(map(abs, operands)) > HIGHEST + 1:
        return None
    drawn = Drawn(np.array([number]), np.array([operands + [0] * (OPERANDS - len(operands))]))
    return drawn if write(*drawn).program(0) == program else None
