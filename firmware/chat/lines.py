"""Where the lines of a conversation come from: a terminal with editing, history and completion, or whatever standard input is."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def lines(history: Path, words: Sequence[str]) -> Callable[[], str]:
    """A function that gives the next line, and raises ``EOFError`` behind the last. ``history``: the file that lines typed are kept in;
    ``words``: what Tab completes a line to."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _read
    if os.environ.get("TERM") == "dumb":  # which knows no cursor to be moved
        return lambda: input("> ")
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.shortcuts import CompleteStyle

    session: PromptSession[str] = PromptSession(
        "> ",
        history=FileHistory(str(history)),
        completer=WordCompleter(list(words), sentence=True),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
    )

    def typed() -> str:
        while True:
            try:
                return session.prompt()
            except KeyboardInterrupt:  # Ctrl-C on a line drops that line
                continue

    return typed


def _read() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.removesuffix("\n")
