"""The machine of golden/programs/machine.py as a compiled function: millions of programs a second, the same faults at the same tokens."""

import numpy as np

from ..compiled.kernel import kernel
from .tokens import (
    APPLY,
    DIGITS,
    END,
    EQUAL,
    HIGHEST,
    LOWEST,
    MOST_TOKENS,
    NEEDS,
    OPERATORS,
    SHUFFLES,
    SIGN,
    SPACE,
    STEADY,
    SUMS,
    TAGS,
    Fault,
)

ZERO, NINE = DIGITS[0], DIGITS[-1]
ADD, SUB, MUL, DIV, REM, LESS, MORE, SAME, LEAST, _ = OPERATORS
DUPLICATE, SWAP, OVER, ROTATE, DROP = SHUFFLES
OPERATOR, SHUFFLE, TAG = 1, 2, 3  # kinds of tokens that do the same

KIND = np.zeros(256, np.int8)
"""OPERATOR, SHUFFLE, TAG or, of every other token, 0."""
KNOWN = np.zeros(256, np.bool_)
OPERATOR_OF = np.zeros(256, np.uint8)
"""Of each tag."""
NEEDED = np.zeros(256, np.int8)
for _kind, _tokens in ((OPERATOR, OPERATORS), (SHUFFLE, SHUFFLES), (TAG, TAGS)):
    KIND[list(_tokens)] = _kind
KNOWN[list(DIGITS + OPERATORS + SHUFFLES + TAGS)] = True
KNOWN[[SIGN, SPACE, EQUAL, STEADY, SUMS, APPLY, END]] = True
OPERATOR_OF[list(TAGS)] = list(OPERATORS)
NEEDED[list(SHUFFLES)] = list(NEEDS.values())

F_NONE, F_TOKEN, F_LITERAL, F_RANGE, F_FEW, F_ZERO, F_TAG, F_FALSE, F_LEFT, F_NOTHING, F_AFTER, F_OPEN, F_LONG = map(int, Fault)


@kernel()
def operate(operator, a, b):
    """(value, fault) of an operator's bytes on two values."""
    if operator == ADD:
        value = a + b
    elif operator == SUB:
        value = a - b
    elif operator == MUL:
        value = a * b
    elif operator == DIV or operator == REM:
        if b == 0:
            return 0, F_ZERO
        value = a // b if operator == DIV else a % b
    elif operator == LESS:
        value = int(a < b)
    elif operator == MORE:
        value = int(a > b)
    elif operator == SAME:
        value = int(a == b)
    elif operator == LEAST:
        value = min(a, b)
    else:
        value = max(a, b)
    return value, F_NONE if LOWEST <= value <= HIGHEST else F_RANGE


@kernel()
def _shuffle(token, stack, depth):
    if token == DUPLICATE:
        stack[depth] = stack[depth - 1]
        return depth + 1
    if token == DROP:
        return depth - 1
    if token == SWAP:
        stack[depth - 2], stack[depth - 1] = stack[depth - 1], stack[depth - 2]
        return depth
    if token == OVER:
        stack[depth] = stack[depth - 2]
        return depth + 1
    first = stack[depth - 3]
    stack[depth - 3] = stack[depth - 2]
    stack[depth - 2] = stack[depth - 1]
    stack[depth - 1] = first
    return depth


@kernel()
def _sequence(token, stack, depth):
    for i in range(2, depth):
        a, b, c = stack[i - 2], stack[i - 1], stack[i]
        if (b - a != c - b) if token == STEADY else (a + b != c):
            return F_FALSE
    return F_NONE


@kernel()
def judge(code, low, high, stack):
    """(fault, token at fault, values left) of the program ``code`` (uint8) from ``low`` to ``high``; ``stack``: room for 65 values."""
    depth, operator = 0, 0
    ended, asserted, sign, spaced = False, False, False, True
    literal = 0
    for at in range(low, high):
        token = code[at]
        place = at - low
        if not KNOWN[token]:
            return F_TOKEN, place, depth
        if ended:
            return F_AFTER, place, depth
        if place == MOST_TOKENS:
            return F_LONG, place, depth
        if ZERO <= token <= NINE:
            digit = int(token) - ZERO
            if literal == 0:
                if sign and digit == 0:
                    return F_LITERAL, place, depth
                literal = -1 if sign else 1
                sign = False
                stack[depth] = literal * digit
                depth += 1
            elif stack[depth - 1] == 0:
                return F_LITERAL, place, depth
            else:
                value = stack[depth - 1] * 10 + literal * digit
                if not LOWEST <= value <= HIGHEST:
                    return F_RANGE, place, depth
                stack[depth - 1] = value
            spaced = False
            continue
        if sign:
            return F_LITERAL, place, depth
        fault = F_NONE
        kind = KIND[token]
        if token == SIGN:
            fault = F_LITERAL if literal != 0 else F_NONE
            sign = True
        elif token == SPACE:
            fault = F_LITERAL if spaced else F_NONE
        elif kind == TAG:
            fault = F_TAG if place != 0 else F_NONE
            operator = OPERATOR_OF[token]
        elif kind == SHUFFLE:
            if depth < NEEDED[token]:
                return F_FEW, place, depth
            depth = _shuffle(token, stack, depth)
        elif token == STEADY or token == SUMS:
            fault = _sequence(token, stack, depth) if depth >= 3 else F_FEW
            depth, asserted = 0, True
        elif token == END:
            fault = F_LEFT if depth != 0 else F_NONE if asserted else F_NOTHING
            ended = True
        else:
            if token == APPLY and operator == 0:
                return F_TAG, place, depth
            if depth < 2:
                return F_FEW, place, depth
            depth -= 2
            if token == EQUAL:
                fault = F_NONE if stack[depth] == stack[depth + 1] else F_FALSE
                asserted = True
            else:
                stack[depth], fault = operate(operator if token == APPLY else token, stack[depth], stack[depth + 1])
                depth += 1
        if fault != F_NONE:
            return fault, place, depth
        spaced, literal = True, 0
    return (F_NONE if ended else F_OPEN), max(0, high - low - 1), depth
