"""The tokens of the machine, a printable byte each, and what can be wrong with a program (docs/reference/programs.md)."""

from enum import IntEnum

LOWEST, HIGHEST = -128, 127
MOST_TOKENS = 64  # of a program

DIGITS = b"0123456789"
SIGN, SPACE, APPLY, END = b"_ :;"
OPERATORS = b"+-*/%<>?nx"
SHUFFLES = b"dsorp"
EQUAL, STEADY, SUMS = b"=#&"
TAGS = b"ASMQRLGENX"
"""A tag for each of :data:`OPERATORS`, in their order."""

TOKENS = DIGITS + bytes([SIGN, SPACE]) + OPERATORS + SHUFFLES + bytes([EQUAL, STEADY, SUMS]) + TAGS + bytes([APPLY, END])
TAGGED = dict(zip(TAGS, OPERATORS, strict=True))
NEEDS = dict(zip(SHUFFLES, (1, 2, 2, 3, 1), strict=True))
"""Values that a shuffle needs."""


class Fault(IntEnum):
    """Why a program is not accepted."""

    NONE = 0
    TOKEN = 1
    LITERAL = 2
    RANGE = 3
    FEW = 4
    ZERO = 5
    TAG = 6
    FALSE = 7
    LEFT = 8
    NOTHING = 9
    AFTER = 10
    OPEN = 11
    LONG = 12


SENTENCES = {
    Fault.TOKEN: "is no token of the machine",
    Fault.LITERAL: "can't stand here: a literal is a sign or none and digits without a leading zero, and a space ends it",
    Fault.RANGE: f"makes a value outside {LOWEST}..{HIGHEST}",
    Fault.FEW: "finds too few values on the stack",
    Fault.ZERO: "divides by zero",
    Fault.TAG: "can't stand here: a tag is the first token, and : needs one",
    Fault.FALSE: "asserts what isn't true",
    Fault.LEFT: "ends the program with values on the stack",
    Fault.NOTHING: "ends the program without an assertion",
    Fault.AFTER: "stands after the end",
    Fault.OPEN: "is the last token: the end mark is missing",
    Fault.LONG: f"is beyond the {MOST_TOKENS} tokens that a program may have",
}
