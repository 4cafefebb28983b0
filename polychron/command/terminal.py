"""What a command says beside its results, and what comes from a file or a network, as a terminal may show it.

Imports of ours only what tells progress.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unicodedata import category

from ..system.progress import under_way, write_line


def printable(value: object, *, limit: int = 200) -> str:
    """``value`` for a terminal, as a file or its name has it: signs that steer one are escaped, and a middle beyond ``limit`` is cut."""
    text = str(value)
    if len(text) > limit:
        text = f"{text[: limit // 2]} ... {text[-limit // 2 :]}"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def terminal_text(text: str, *, terminal: bool) -> str:
    """Text that a network wrote: to a ``terminal``, control signs other than newline and tab are escaped; else as it is."""
    return "".join(s if s in "\n\t" or category(s) != "Cc" else ascii(s)[1:-1] for s in text) if terminal else text


def show(text: str) -> None:
    """Text that a network wrote to standard output, at once; a terminal is not steered by it."""
    sys.stdout.write(terminal_text(text, terminal=sys.stdout.isatty()))
    sys.stdout.flush()


@contextmanager
def showing() -> Iterator[Callable[[str], None]]:
    """:func:`show`; where what it writes goes to no terminal, progress tells how much has come."""
    if sys.stdout.isatty():
        yield show
        return
    count = 0
    with under_way("writing") as phase:

        def counted(text: str) -> None:
            nonlocal count
            show(text)
            count += len(text)
            phase(f"{count:,} characters")

        yield counted


def say(line: str) -> None:
    """``line`` to standard error, at once."""
    write_line(line, sys.stderr)
