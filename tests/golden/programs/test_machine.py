"""The machine against plain Python arithmetic written apart, and its compiled twin against it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.programs.compiled import judge
from golden.programs.machine import Machine, ProgramError, run
from golden.programs.tokens import DIGITS, MOST_TOKENS, OPERATORS, SENTENCES, SHUFFLES, TAGS, TOKENS, Fault

INFIX = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} // {})",
    "%": "({} % {})",
    "<": "int({} < {})",
    ">": "int({} > {})",
    "?": "int({} == {})",
    "n": "min({}, {})",
    "x": "max({}, {})",
}
Tree = Any  # a value, or (operator, Tree, Tree)
values = st.integers(-128, 127)
small = values | st.integers(-12, 12)
trees = st.recursive(small, lambda inner: st.tuples(st.sampled_from(list(INFIX)), inner, inner), max_leaves=5)


def literal(value: int) -> str:
    return str(value).replace("-", "_")


def postfix(tree: Tree) -> str:
    if isinstance(tree, int):
        return literal(tree)
    name, left, right = tree
    left, right = postfix(left), postfix(right)
    return left + " " * (left[-1].isdigit() and (right[0].isdigit() or right[0] == "_")) + right + name


def infix(tree: Tree) -> str:
    return f"({tree})" if isinstance(tree, int) else INFIX[tree[0]].format(infix(tree[1]), infix(tree[2]))


def parts(tree: Tree) -> list[Tree]:
    """All subtrees, in the order in which they are computed."""
    return [tree] if isinstance(tree, int) else [*parts(tree[1]), *parts(tree[2]), tree]


def expected(tree: Tree) -> tuple[Fault, int]:
    """By Python's own arithmetic: the first fault, or none and the value."""
    found = 0
    for part in parts(tree):
        try:
            found = eval(infix(part))
        except ZeroDivisionError:
            return Fault.ZERO, 0
        if not -128 <= found <= 127:
            return Fault.RANGE, 0
    return Fault.NONE, found


def compiled(program: bytes) -> tuple[Fault, int]:
    fault, at, _ = judge(np.frombuffer(program, np.uint8), 0, len(program), np.zeros(MOST_TOKENS + 1, np.int64))
    return Fault(fault), at


def test_tokens() -> None:
    assert len(set(TOKENS)) == len(TOKENS) <= 64
    assert all(chr(token).isprintable() and token < 128 for token in TOKENS)
    assert set(SENTENCES) == set(Fault) - {Fault.NONE}
    assert len(TAGS) == len(OPERATORS)


@given(tree=trees)
def test_expressions(tree: Tree) -> None:
    fault, value = expected(tree)
    text = postfix(tree)
    said = run(f"{text}{' ' if text[-1].isdigit() else ''}{literal(value)}=;".encode())
    assert said.fault is fault, text
    wrong = value + 1 if value < 127 else value - 1
    other = run(f"{text}{' ' if text[-1].isdigit() else ''}{literal(wrong)}=;".encode())
    assert other.fault is (fault or Fault.FALSE)


@given(a=values, b=values, tag=st.sampled_from(list(zip(TAGS.decode(), OPERATORS.decode(), strict=True))))
def test_a_tag_does_what_its_operator_does(a: int, b: int, tag: tuple[str, str]) -> None:
    name, operator = tag
    plain = run(f"{literal(a)} {literal(b)}{operator}".encode())
    tagged = run(f"{name}{literal(a)} {literal(b)}:".encode())
    assert plain.fault is tagged.fault
    assert plain.trace == tagged.trace[1:]


@given(values=st.lists(values, min_size=3, max_size=5))
def test_shuffles(values: list[int]) -> None:
    a, b, c = values[-3:]
    rest = values[:-3]
    after = {"d": [a, b, c, c], "s": [a, c, b], "o": [a, b, c, b], "r": [b, c, a], "p": [a, b]}
    assert sorted(after) == sorted(SHUFFLES.decode())
    for name, want in after.items():
        said = run((" ".join(map(literal, values)) + name).encode())
        assert said.trace[-1] == (*rest, *want)


@given(start=values, second=values, length=st.integers(3, 9), mark=st.sampled_from("#&"), wrong=st.booleans())
def test_sequences(start: int, second: int, length: int, mark: str, wrong: bool) -> None:
    terms = [start, second]
    while len(terms) < length:
        terms.append(terms[-1] + (second - start if mark == "#" else terms[-2]))
    terms[-1] += wrong
    said = run((" ".join(map(literal, terms)) + mark + ";").encode())
    if all(-128 <= term <= 127 for term in terms):
        assert said.fault is (Fault.FALSE if wrong else Fault.NONE)
    else:
        assert said.fault is Fault.RANGE


@pytest.mark.parametrize(
    ("program", "fault", "at"),
    [
        ("12 34+46=;", Fault.NONE, 9),
        ("", Fault.OPEN, 0),
        ("1 1=", Fault.OPEN, 3),
        ("1 1=;;", Fault.AFTER, 5),
        (";", Fault.NOTHING, 0),
        ("1;", Fault.LEFT, 1),
        ("1p;", Fault.NOTHING, 2),
        ("1 2=;", Fault.FALSE, 3),
        ("1=;", Fault.FEW, 1),
        ("1 2r", Fault.FEW, 3),
        ("1 2#;", Fault.FEW, 3),
        ("128 ", Fault.RANGE, 2),
        ("_128 _128=;", Fault.NONE, 10),
        ("_129", Fault.RANGE, 3),
        ("_128 _1/", Fault.RANGE, 7),
        ("_128 _1%0=;", Fault.NONE, 10),
        ("_7 2/_4=;", Fault.NONE, 8),
        ("_7 2%1=;", Fault.NONE, 7),
        ("7 _2%_1=;", Fault.NONE, 8),
        ("5 0/", Fault.ZERO, 3),
        ("01", Fault.LITERAL, 1),
        ("_0", Fault.LITERAL, 1),
        ("__1", Fault.LITERAL, 1),
        ("5_3", Fault.LITERAL, 1),
        ("_ 1", Fault.LITERAL, 1),
        (" 1", Fault.LITERAL, 0),
        ("1  1", Fault.LITERAL, 2),
        ("1 1= ", Fault.LITERAL, 4),
        ("1A", Fault.TAG, 1),
        ("1 1:", Fault.TAG, 3),
        ("A1 2:3=;", Fault.NONE, 7),
        ("A3 1 2:=;", Fault.NONE, 8),
        ("1 1~", Fault.TOKEN, 3),
        ("1 1=" * 15 + "1d=;", Fault.NONE, 63),
        ("1 1=" * 16 + ";", Fault.LONG, 64),
    ],
)
def test_faults(program: str, fault: Fault, at: int) -> None:
    said = run(program.encode())
    assert (said.fault, said.at) == (fault, at)
    assert said.accepted == (fault is Fault.NONE)
    assert compiled(program.encode()) == (fault, at)


def test_a_verdict_is_a_sentence() -> None:
    assert str(run(b"1 1=;")) == "accepted"
    assert str(run(b"1 2=;")) == "not accepted: token 4, '=', asserts what isn't true"
    assert str(run(b"")) == "not accepted: the program is empty"
    assert str(run(b"\xff")) == "not accepted: token 1, '\\xff', is no token of the machine"


def test_the_trace() -> None:
    assert run(b"12 3+15=;").trace == ((1,), (12,), (12,), (12, 3), (15,), (15, 1), (15, 15), (), ())
    assert run(b"5 0/").trace == ((5,), (5,), (5, 0))


def test_a_machine_is_fed_token_by_token() -> None:
    machine = Machine()
    for token in b"7 7?1=;":
        machine.take(token)
    assert machine.ended
    with pytest.raises(ProgramError, match="stands after the end"):
        machine.take(DIGITS[0])


pieces = st.sampled_from([bytes([token]) for token in TOKENS] + [b"1 ", b"7 3", b"3 3=", b" 12", b"_5 ", b"1 2 3#", b"A1 1:"]) | st.binary(
    min_size=1, max_size=1
)


@given(some=st.lists(pieces, max_size=40))
def test_the_compiled_machine_says_the_same(some: list[bytes]) -> None:
    program = b"".join(some)
    said = run(program)
    stack = np.zeros(MOST_TOKENS + 1, np.int64)
    fault, at, depth = judge(np.frombuffer(program, np.uint8), 0, len(program), stack)
    assert (Fault(fault), at) == (said.fault, said.at)
    if said.fault in (Fault.NONE, Fault.OPEN):
        assert tuple(stack[:depth]) == (said.trace[-1] if said.trace else ())


def test_every_prefix_of_a_true_program_is_without_a_fault() -> None:
    program = b"3 8o-5r+12=8=;"
    for high in range(len(program) + 1):
        assert run(program[:high]).fault in (Fault.OPEN, Fault.NONE, Fault.FALSE, Fault.LEFT), high
