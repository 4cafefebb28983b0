"""The programs of each family as templates: a program is one of these with its operands (docs/user/programs.md).

A template is written as its program is, with {0}, {1} and so on for its values, and a bar where a completion begins. Where nothing follows
the bar, the completion asserts each value that the machine has left, from the top down.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import product

from .machine import run
from .tokens import OPERATORS, SHUFFLES, TAGS, Fault

FAMILIES = ("arithmetic", "comparison", "equality", "sequence", "unknown", "shuffle", "steps", "instruction")
SPLITS = ("train", "held", "pairs", "compositions", "longer")
"""What is trained on; the same distribution, held out; pairs of values never seen; compositions never seen; longer programs."""

OPERANDS = 4  # at most
VALUES = 8  # at most: operands, and what is computed from them


class Rule(IntEnum):
    """What the values of a template are besides the operands, which come first."""

    GIVEN = 0
    NEAR = 1  # the last operand is, half of the time, made equal to what stands before it
    STEADY = 2  # operands: the first value and the difference
    SUMS = 3
    TAGGED = 4  # the last value is what the tag's operation makes of the two operands


@dataclass(frozen=True, kw_only=True)
class Template:
    """``split``: train, or the one that its programs are kept for; ``operands`` are drawn."""

    family: str
    text: str
    operands: int
    rule: Rule = Rule.GIVEN
    split: str = "train"


def _letters(tokens: bytes) -> list[str]:
    return [chr(token) for token in tokens]


def _steps() -> list[Template]:
    operators = _letters(b"+-*/%nx")
    found = []
    for (i, first), (j, second) in product(enumerate(operators), repeat=2):
        split = "compositions" if (i + 3 * j) % 7 == 0 else "train"
        for text in (f"{{0}} {{1}}{first}{{2}}{second}|", f"{{0}} {{1}} {{2}}{first}{second}|"):
            found.append(Template(family="steps", text=text, operands=3, split=split))
    for chain in product("+-nx", repeat=3):
        text = "{0} {1}" + "{2}".join(chain[:2]) + "{3}" + chain[2] + "|"
        found.append(Template(family="steps", text=text, operands=4, split="longer"))
    return found


def _shuffles() -> list[Template]:
    found = []
    for values, (count, split) in product((2, 3), ((1, "train"), (2, "train"), (3, "longer"))):
        for chain in product(enumerate(_letters(SHUFFLES)), repeat=count):
            kept = split
            if count == 2 and (chain[0][0] + 2 * chain[1][0]) % 5 == 0:
                kept = "compositions"
            names = "".join(name for _, name in chain)
            left = run(" ".join(map(str, range(1, values + 1))).encode() + names.encode())
            if left.fault is Fault.OPEN and left.trace[-1]:
                text = " ".join(f"{{{i}}}" for i in range(values)) + names + "|"
                found.append(Template(family="shuffle", text=text, operands=values, split=kept))
    return found


def _sequences() -> list[Template]:
    found = []
    for mark, rule in (("#", Rule.STEADY), ("&", Rule.SUMS)):
        for terms in (4, 5, 6, 7):
            text = " ".join(f"{{{i}}}" for i in range(terms - 1)) + f" |{{{terms - 1}}}{mark};"
            found.append(Template(family="sequence", text=text, operands=2, rule=rule, split="train" if terms < 6 else "longer"))
    return found


def _tagged() -> list[Template]:
    found = []
    for tag, operator in zip(_letters(TAGS), _letters(OPERATORS), strict=True):
        known = "compositions" if operator == "n" else "train"
        split = "compositions" if operator == "%" else "train"
        found.append(Template(family="unknown", text=f"{tag}{{2}} {{0}} |{{1}}:=;", operands=2, rule=Rule.TAGGED, split=known))
        found.append(Template(family="instruction", text=f"{tag}{{0}} {{1}}:|", operands=2, split=split))
    return found


@cache
def templates() -> tuple[Template, ...]:
    """All of them; a template's number is its place."""
    plain = [("arithmetic", name) for name in "+-*/%"] + [("comparison", name) for name in "<>nx"]
    found = [Template(family=family, text=f"{{0}} {{1}}{name}|", operands=2) for family, name in plain]
    found.append(Template(family="equality", text="{0} {1}?|", operands=2, rule=Rule.NEAR))
    found += [Template(family="equality", text=f"{{0}} {{1}}{name}{{2}}?|", operands=3, rule=Rule.NEAR) for name in "+-"]
    return (*found, *_sequences(), *_tagged(), *_steps(), *_shuffles())
