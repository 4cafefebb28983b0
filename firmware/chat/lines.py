"""Where the lines of a conversation come from: a terminal with editing, history and completion, or whatever standard input is."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from polychron.command.app import sentence
from polychron.command.terminal import printable, say

if TYPE_CHECKING:
    from prompt_toolkit.history import History


def lines(history: Path, words: Sequence[str]) -> Callable[[], str]:
    """A function that gives the next line, and raises ``EOFError`` behind the last. ``history``: the file that lines typed are kept in;
    ``words``: what Tab completes a line to."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # bytes that are no UTF-8 go to the network as they are
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _read
    if os.environ.get("TERM") == "dumb":  # which knows no cursor to be moved
        return lambda: input("> ")
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.shortcuts import CompleteStyle

    session: PromptSession[str] = PromptSession(
        "> ",
        history=_kept(history),
        completer=WordCompleter(list(words), sentence=True),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
    )

    def typed() -> str:
        while True:
            try:
                return session.prompt()
            except KeyboardInterrupt as error:
                if error.args:  # a signal; without: Ctrl-C on a line, which drops that line
                    raise

    return typed


def _kept(path: Path) -> "History":
    """The history in the file ``path``; where that can't be used, said once, one that ends with the conversation."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Kept(FileHistory):
        def store_string(self, string: str) -> None:
            with suppress(OSError):  # of a disk that has become full, say
                super().store_string(string)

    try:
        path.open("a+b").close()
    except OSError as error:
        say(f"note: the lines are not kept: {printable(sentence(error))}")
        return InMemoryHistory()
    return Kept(str(path))


def _read() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.removesuffix("\n")
