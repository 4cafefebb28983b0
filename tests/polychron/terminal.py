"""A command at a terminal: all that it writes there, sign by sign."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
ESCAPE = "\x1b"


def environ_of(more: Mapping[str, str]) -> dict[str, str]:
    """This process' environment without what says how a terminal is, and ``more``."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


class Terminal:
    """``words`` run at a terminal of so many ``columns``, with ``environ`` besides this process' own."""

    def __init__(self, words: Sequence[str], *, environ: Mapping[str, str] = {}, folder: Path | None = None, columns: int = 80) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        script = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *words],
            env=environ_of({"TERM": "xterm-256color", **environ}),
            cwd=folder,
            start_new_session=True,
            **dict.fromkeys(("stdin", "stdout", "stderr"), slave),
        )
        os.close(slave)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, text: str | None, *, seconds: float = 120) -> str:
        """What is written until ``text`` is; None: until the end, with the lines' ends as a pipe would have them."""
        begin, end = len(self.seen), time.monotonic() + seconds
        while text is None or text not in self.seen[begin:]:
            assert time.monotonic() < end, self.seen
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    part = os.read(self._master, 1 << 16)
                except OSError:  # everybody has left
                    break
                self.seen += part.decode(errors="replace")
        assert text is None or text in self.seen[begin:], self.seen
        return self.seen[begin:].replace("\r\n", "\n")

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "polychron", *words]


def at_terminal(words: Sequence[str], **options: object) -> tuple[str, int]:
    """Everything that is written, and the exit code."""
    with Terminal(words, **options) as terminal:  # type: ignore[arg-type]
        text = terminal.until(None)
        return text, terminal.process.wait()
