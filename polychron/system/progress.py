"""What is under way, told on a terminal: one line on standard error, gone when it is done. Imports nothing of ours.

Nothing is told outside :func:`shown`, and where standard error is no terminal, or one that can't return to the begin of a line.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

DELAY = 0.5  # s: what takes less is not told
PERIOD = 0.2  # s, between two states of the line
Phase = Callable[[str], None]


class _State:
    lock = threading.Lock()
    shown = False
    texts: ClassVar[dict[object, str]] = {}  # of what is under way, in the order of its begin
    line: "_Line | None" = None


@contextmanager
def shown() -> Iterator[None]:
    """While it is entered, what is under way is told, if somebody is there to see it."""
    before, _State.shown = _State.shown, sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    try:
        yield
    finally:
        _State.shown = before


def bar(total: float | None, *, desc: str = "", **options: Any) -> "tqdm[Any]":
    """A progress bar of tqdm, which takes ``options``. None of the others here may be under way beside it."""
    from tqdm import tqdm

    return tqdm(total=total, desc=_plain(desc) or None, leave=False, dynamic_ncols=True, disable=not _State.shown, **options)


@contextmanager
def under_way(title: str) -> Iterator[Phase]:
    """While it is entered, ``title`` stands on the line, beside what else is under way in other threads; behind it what the function
    that this gives was told last."""
    if not _State.shown:
        yield lambda phase: None
        return
    key = object()

    def tell(phase: str) -> None:
        _State.texts[key] = f"{title}: {phase}"

    with _State.lock:
        _State.texts[key] = title
        if _State.line is None:
            _State.line = _Line()
            _State.line.start()
    try:
        yield tell
    finally:
        with _State.lock:
            del _State.texts[key]
            if not _State.texts:
                line, _State.line = _State.line, None
                line.end()


class _Line(threading.Thread):
    """Writes the line until the end."""

    def __init__(self) -> None:
        super().__init__(name="progress", daemon=True)
        self._over = threading.Event()

    def run(self) -> None:
        if self._over.wait(DELAY):
            return
        from tqdm import tqdm

        with suppress(OSError), tqdm(bar_format="{elapsed} {desc}", leave=False, dynamic_ncols=True) as line:
            while True:
                room = (line.format_dict["ncols"] or 79) - len("0:00:00 ")
                line.set_description_str(_plain("; ".join(list(_State.texts.values())))[:room])
                if self._over.wait(PERIOD):
                    return

    def end(self) -> None:
        """Takes the line away."""
        self._over.set()
        self.join()


def write_line(line: str, file: TextIO) -> None:
    """``line`` to ``file`` in one write, above what is told here."""
    if not _State.shown:
        file.write(f"{line}\n")
        file.flush()
        return
    from tqdm import tqdm

    with tqdm.external_write_mode(file=file):
        file.write(f"{line}\n")
        file.flush()


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
