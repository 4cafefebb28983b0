"""Where in a recording a word is: from the frame that is louder than the quiet before it until it has been quiet for a while."""

from .spectrum import Int64

OPENS = 128
"""By which a frame's level is above the quietest one: 12 dB."""

RISING = 1
"""By which the quietest level that is remembered rises with each frame, where no frame is below it."""

QUIET = 10
"""Frames in a row that aren't so loud, at the end of a word: 200 ms."""


def word(levels: Int64) -> slice | None:
    """The frames of the first word, by the (frames,) levels of a recording; None where none is loud enough."""
    quietest, first, quiet = int(levels[0]), None, 0
    for number, level in enumerate(levels.tolist()):
        quietest = min(level, quietest + RISING)
        loud = level >= quietest + OPENS
        if first is None:
            first = number if loud else None
            continue
        quiet = 0 if loud else quiet + 1
        if quiet == QUIET:
            return slice(first, number + 1)
    return None if first is None else slice(first, len(levels))
