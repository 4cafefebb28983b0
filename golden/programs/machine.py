"""The machine, token by token: docs/reference/programs.md. golden/programs/compiled.py is its fast twin."""

from collections.abc import Callable
from dataclasses import dataclass

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
    SENTENCES,
    SHUFFLES,
    SIGN,
    SPACE,
    STEADY,
    SUMS,
    TAGGED,
    TAGS,
    Fault,
)

ARITHMETIC: dict[int, Callable[[int, int], int]] = {
    ord("+"): lambda a, b: a + b,
    ord("-"): lambda a, b: a - b,
    ord("*"): lambda a, b: a * b,
    ord("/"): lambda a, b: a // b,
    ord("%"): lambda a, b: a % b,
    ord("<"): lambda a, b: int(a < b),
    ord(">"): lambda a, b: int(a > b),
    ord("?"): lambda a, b: int(a == b),
    ord("n"): lambda a, b: min(a, b),
    ord("x"): lambda a, b: max(a, b),
}
"""Of each of OPERATORS."""


class ProgramError(ValueError):
    """A token that makes a program invalid: the ``fault``."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(SENTENCES[fault])
        self.fault = fault


class Machine:
    """One program as it runs. ``stack``: its values, the top last; ``ended``: whether it is over, and so accepted."""

    def __init__(self) -> None:
        self.stack: list[int] = []
        self.ended = False
        self._tokens = 0
        self._operator: int | None = None
        self._asserted = False
        self._sign = False  # the token before was a sign
        self._literal = 0  # the sign of the literal under way, 0: none
        self._spaced = True  # a space can't stand here

    def take(self, token: int) -> None:
        """Run one token, a byte; what it makes invalid is a :class:`ProgramError`, and the machine then is of no more use."""
        if token not in KINDS:
            raise ProgramError(Fault.TOKEN)
        if self.ended:
            raise ProgramError(Fault.AFTER)
        if self._tokens == MOST_TOKENS:
            raise ProgramError(Fault.LONG)
        if self._sign and token not in DIGITS:
            raise ProgramError(Fault.LITERAL)
        KINDS[token](self, token)
        self._spaced = token not in DIGITS
        if token not in DIGITS:
            self._literal = 0
        self._tokens += 1

    def _digit(self, token: int) -> None:
        digit = token - DIGITS[0]
        if not self._literal:
            if self._sign and not digit:
                raise ProgramError(Fault.LITERAL)
            self._literal = -1 if self._sign else 1
            self._sign = False
            self._push(self._literal * digit)
        elif self.stack[-1] == 0:
            raise ProgramError(Fault.LITERAL)
        else:
            self._push(self.stack.pop() * 10 + self._literal * digit)

    def _minus(self, token: int) -> None:
        if self._literal:
            raise ProgramError(Fault.LITERAL)
        self._sign = True

    def _space(self, token: int) -> None:
        if self._spaced:
            raise ProgramError(Fault.LITERAL)

    def _operate(self, token: int) -> None:
        a, b = self._pop(2)
        if token in b"/%" and b == 0:
            raise ProgramError(Fault.ZERO)
        self._push(ARITHMETIC[token](a, b))

    def _shuffle(self, token: int) -> None:
        taken = self._pop(NEEDS[token])
        match chr(token), taken:
            case "d", (a,):
                self.stack += [a, a]
            case "s", (a, b):
                self.stack += [b, a]
            case "o", (a, b):
                self.stack += [a, b, a]
            case "r", (a, b, c):
                self.stack += [b, c, a]

    def _tag(self, token: int) -> None:
        if self._tokens:
            raise ProgramError(Fault.TAG)
        self._operator = TAGGED[token]

    def _apply(self, token: int) -> None:
        if self._operator is None:
            raise ProgramError(Fault.TAG)
        self._operate(self._operator)

    def _equal(self, token: int) -> None:
        a, b = self._pop(2)
        self._assert(a == b)

    def _sequence(self, token: int) -> None:
        if len(self.stack) < 3:
            raise ProgramError(Fault.FEW)
        values, self.stack = self.stack, []
        triples = zip(values, values[1:], values[2:], strict=False)
        self._assert(all(b - a == c - b if token == STEADY else a + b == c for a, b, c in triples))

    def _end(self, token: int) -> None:
        if self.stack:
            raise ProgramError(Fault.LEFT)
        if not self._asserted:
            raise ProgramError(Fault.NOTHING)
        self.ended = True

    def _assert(self, holds: bool) -> None:
        if not holds:
            raise ProgramError(Fault.FALSE)
        self._asserted = True

    def _push(self, value: int) -> None:
        if not LOWEST <= value <= HIGHEST:
            raise ProgramError(Fault.RANGE)
        self.stack.append(value)

    def _pop(self, count: int) -> list[int]:
        if len(self.stack) < count:
            raise ProgramError(Fault.FEW)
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken


KINDS: dict[int, Callable[[Machine, int], None]] = {
    **dict.fromkeys(DIGITS, Machine._digit),
    SIGN: Machine._minus,
    SPACE: Machine._space,
    **dict.fromkeys(OPERATORS, Machine._operate),
    **dict.fromkeys(SHUFFLES, Machine._shuffle),
    EQUAL: Machine._equal,
    **dict.fromkeys((STEADY, SUMS), Machine._sequence),
    **dict.fromkeys(TAGS, Machine._tag),
    APPLY: Machine._apply,
    END: Machine._end,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the machine says of a program. ``fault``: NONE, or what the token ``at`` (0..) makes wrong; ``trace``: the stack after each
    token before it.
    """

    program: bytes
    fault: Fault
    at: int
    trace: tuple[tuple[int, ...], ...]

    @property
    def accepted(self) -> bool:
        return self.fault is Fault.NONE

    def __str__(self) -> str:
        """One line."""
        if self.accepted:
            return "accepted"
        if not self.program:
            return "not accepted: the program is empty"
        return f"not accepted: token {self.at + 1}, {chr(self.program[self.at])!a}, {SENTENCES[self.fault]}"


def run(program: bytes) -> Verdict:
    """Run a program to its end or to its first fault."""
    machine = Machine()
    trace: list[tuple[int, ...]] = []
    for at, token in enumerate(program):
        try:
            machine.take(token)
        except ProgramError as error:
            return Verdict(program=program, fault=error.fault, at=at, trace=tuple(trace))
        trace.append(tuple(machine.stack))
    fault = Fault.NONE if machine.ended else Fault.OPEN
    return Verdict(program=program, fault=fault, at=max(0, len(program) - 1), trace=tuple(trace))
