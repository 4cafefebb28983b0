"""Words of the command line that stand for several numbers."""

import re

from ..integer.layer import MAX_NC


def tables_word(word: str) -> tuple[int, int]:
    """NTxNC, such as 16x10: (16, 10)."""
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,2})", word)
    if found is None or not (1 <= int(found[1]) and 1 <= int(found[2]) <= MAX_NC):
        raise ValueError(f"must be tables x pairs, 1..9999 x 1..{MAX_NC}, such as 16x10, not {word!r}")
    return int(found[1]), int(found[2])


def units_word(word: str) -> tuple[float, ...]:
    """Four powers of two, such as 0.0625x0.125x0.0625x0.0625, or 0, which is the empty tuple."""
    if word == "0":
        return ()
    allowed = {repr(2.0**exponent): 2.0**exponent for exponent in range(-12, 1)}
    units = tuple(allowed.get(part, 0.0) for part in word.split("x"))
    if len(units) != 4 or 0.0 in units:
        raise ValueError(f"must be four powers of two, 2^-12..1, such as 0.0625x0.125x0.0625x0.0625, or 0, not {word!r}")
    return units
