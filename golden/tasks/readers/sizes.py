"""Sizes of images: height and width, as options, cards and messages have them."""

import re

from ..fitting.recipe import MAX_INPUTS

Size = tuple[int, int]


def size_word(text: str) -> Size:
    """28x28, or a card's 28 x 28, as (28, 28); ``ValueError`` for anything else, and for more pixels than a network takes inputs."""
    found = re.fullmatch(r"([0-9]{1,5}) ?x ?([0-9]{1,5})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= size[0] * size[1] <= MAX_INPUTS:
        raise ValueError(f"must be height x width, such as 28x28, of 1..{MAX_INPUTS} pixels, not {text!r:.60}")
    return size


def shown(size: Size) -> str:
    """28 x 28."""
    return f"{size[0]} x {size[1]}"
