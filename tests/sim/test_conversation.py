"""``polychron talk`` at a terminal, on the simulated board: a line is edited and kept, Ctrl-C stops an answer, Ctrl-D ends the program."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

import firmware.talk
from polychron.system.cache import cache_folder
from sim.machines.board import board_library

ROOT = Path(__file__).parents[2]
READY = "\x1b[?2004h"  # the line editor waits for a line
LEFT = "\x1b[?2004l"
STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command at a terminal of 80 columns, with a history of its own."""

    def __init__(self, *words, cache):
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        for kept in cache_folder().iterdir():  # the compiled board is not compiled again
            if kept.name != "talk-history":
                (cache / kept.name).symlink_to(kept)
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "POLYCHRON_CACHE": str(cache)}
        script = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); import firmware.talk; sys.exit(firmware.talk.main())"
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
        self.process = subprocess.Popen([sys.executable, "-c", script, *words], env=environ, start_new_session=True, **streams)
        os.close(slave)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def until(self, text):
        """What is shown until ``text`` is."""
        seen, end = "", time.monotonic() + 120
        while text not in seen:
            assert time.monotonic() < end, seen
            if select.select([self._master], [], [], 1)[0]:
                seen += os.read(self._master, 1 << 16).decode(errors="replace")
        return STEERING.sub("", seen)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(tmp_path):
    board_library(firmware.talk.There().record)
    one = Terminal("--port", "simulated", "--count", "1000000", cache=tmp_path)
    yield one
    one.close()


def test_a_conversation(terminal, tmp_path):
    terminal.until(READY)
    terminal.type("XOMEO:\x01\x04R\r")  # Ctrl-A and Ctrl-D: the first sign is taken out
    terminal.until(LEFT)
    terminal.until(" ")
    terminal.process.send_signal(signal.SIGINT)
    answer = terminal.until(READY)
    assert answer
    terminal.type("half a line\x03/stats\r")
    told = terminal.until("sent again")
    steps = int(re.search(r"(\d+) steps, 497\.0 clocks", told)[1])
    assert 7 + 32 <= steps < 100_000
    terminal.until(READY)
    terminal.type("\x04")
    assert terminal.process.wait(60) == 0
    history = (tmp_path / "talk-history").read_text(encoding="utf-8")
    assert re.findall(r"^\+(.*)$", history, re.MULTILINE) == ["ROMEO:", "/stats"]


def test_what_a_pipe_says_is_answered_as_with_a_prompt(capsys, monkeypatch):
    """The prompt with the end of its line, and the conversation's line."""
    words = ["--port", "simulated", "--count", "40", "--seed", "5"]
    assert firmware.talk.main([*words, "--prompt", "ROMEO:\n"]) == 0
    due = capsys.readouterr().out
    read, write = os.pipe()
    os.write(write, b"ROMEO:\n")
    os.close(write)
    with open(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert firmware.talk.main(words) == 0
    assert "ROMEO:\n" + capsys.readouterr().out.rstrip("\n") == due.rstrip("\n")
