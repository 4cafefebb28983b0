"""What counts as a right completion of a prompt."""

from .machine import run
from .tokens import APPLY, DIGITS, END, EQUAL, SIGN, SPACE, STEADY, SUMS

ANSWER = DIGITS + bytes([SIGN, SPACE, EQUAL, STEADY, SUMS, APPLY, END])
"""The tokens of a completion: literals, assertions, what a tag names, the end. It computes nothing of its own."""

PRIMER = b"1 1+2=;"
"""The program that a network reads before a prompt: it was trained on programs one after another, and never began with one."""


def accepted(prompt: bytes, completion: bytes) -> bool:
    """Whether the machine accepts both together, and ``completion`` is an answer: it begins with a literal and has no other tokens."""
    return completion[:1] in DIGITS + bytes([SIGN]) and set(completion) <= set(ANSWER) and run(prompt + completion).accepted
