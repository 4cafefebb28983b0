"""Programs written from templates and operands by a compiled function, each run on the compiled machine before it counts."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ..compiled.kernel import kernel
from .compiled import F_NONE, F_OPEN, judge, operate
from .templates import VALUES, Rule, templates
from .tokens import END, EQUAL, MOST_TOKENS, SIGN, SPACE, TAGGED

ROOM = 2 * MOST_TOKENS  # bytes for a program under way
BAR, VALUE = 1, 128  # bytes of a template: the bar, and the first value
MINUS, BLANK, ASSERT, LAST = SIGN, SPACE, EQUAL, END
STEADY, SUMS, TAGGED_RULE = int(Rule.STEADY), int(Rule.SUMS), int(Rule.TAGGED)

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Written:
    """Programs one after another in ``text``: number i is text[ends[i]:ends[i + 1]] (``ends`` begins with 0) and its completion begins
    ``cuts[i]`` bytes after its begin. A program that isn't true, or is too long, is empty.
    """

    text: Bytes
    ends: Ints
    cuts: Ints

    def program(self, number: int) -> bytes:
        return self.text[self.ends[number] : self.ends[number + 1]].tobytes()

    def prompt(self, number: int) -> bytes:
        return self.program(number)[: self.cuts[number]]

    def completion(self, number: int) -> bytes:
        return self.program(number)[self.cuts[number] :]


@cache
def _coded() -> tuple[Bytes, Ints, Ints, Bytes]:
    """Of all templates: their bytes, where each ends, their rules, and the operators of their tags, 0: none."""
    coded = []
    for template in templates():
        text = template.text.replace("|", chr(BAR))
        for value in range(VALUES):
            text = text.replace(f"{{{value}}}", chr(VALUE + value))
        coded.append(text.encode("latin-1"))
    ends = np.cumsum([0, *map(len, coded)])
    rules = np.array([int(template.rule) for template in templates()])
    operators = np.array([TAGGED.get(text[0], 0) for text in coded], np.uint8)
    return np.frombuffer(b"".join(coded), np.uint8), ends, rules, operators


def write(numbers: Ints, operands: Ints) -> Written:
    """The programs of the templates ``numbers`` (count,) with ``operands`` (count, 4)."""
    text = np.empty(len(numbers) * MOST_TOKENS, np.uint8)
    ends, cuts = np.zeros(len(numbers) + 1, np.int64), np.zeros(len(numbers), np.int64)
    _write(_coded(), numbers, operands, text, ends, cuts)
    return Written(text=text[: ends[-1]].copy(), ends=ends, cuts=cuts)


@kernel()
def _literal(value, out, at):
    if value < 0:
        out[at] = MINUS
        at += 1
        value = -value
    size = 1 if value < 10 else 2 if value < 100 else 3
    for place in range(size - 1, -1, -1):
        out[at + place] = 48 + value % 10
        value //= 10
    return at + size


@kernel()
def _derive(rule, operator, operands, values):
    """The values (8,) of a template; whether there are any."""
    for i in range(operands.shape[0]):
        values[i] = operands[i]
    if rule == STEADY:
        for i in range(1, values.shape[0]):
            values[i] = values[0] + i * operands[1]
    elif rule == SUMS:
        for i in range(2, values.shape[0]):
            values[i] = values[i - 2] + values[i - 1]
    elif rule == TAGGED_RULE:
        values[2], fault = operate(operator, operands[0], operands[1])
        return fault == F_NONE
    return True


@kernel()
def _one(code, low, high, values, out, stack):
    """(tokens, of them the prompt's) of a template's program, 0 where it isn't true."""
    at, cut = 0, 0
    for place in range(low, high):
        token = code[place]
        if token == BAR:
            cut = at
        elif token >= VALUE:
            value = values[token - VALUE]
            if not -128 <= value <= 127 or at > MOST_TOKENS:
                return 0, 0
            at = _literal(value, out, at)
        else:
            out[at] = token
            at += 1
    if code[high - 1] == BAR:
        fault, _, depth = judge(out, 0, at, stack)
        if fault != F_OPEN:
            return 0, 0
        for i in range(depth - 1, -1, -1):
            if at > MOST_TOKENS:
                return 0, 0
            at = _literal(stack[i], out, at)
            out[at] = ASSERT
            at += 1
        out[at] = LAST
        at += 1
    fault, _, _ = judge(out, 0, at, stack)
    return (at, cut) if fault == F_NONE else (0, 0)


@kernel()
def _write(coded, numbers, operands, text, ends, cuts):
    code, places, rules, operators = coded
    stack = np.zeros(MOST_TOKENS + 1, np.int64)
    values = np.zeros(VALUES, np.int64)
    out = np.zeros(ROOM, np.uint8)
    at = 0
    for i in range(numbers.shape[0]):
        number = numbers[i]
        size, cut = 0, 0
        if _derive(rules[number], operators[number], operands[i], values):
            size, cut = _one(code, places[number], places[number + 1], values, out, stack)
        text[at : at + size] = out[:size]
        at += size
        ends[i + 1] = at
        cuts[i] = cut
