"""Where lines come from: an editor at a terminal, with signals, unusable histories and bytes that are no UTF-8; streams that are closed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ...polychron.terminal import ESCAPE, Terminal, environ_of

READY = f"{ESCAPE}[?2004h"  # the editor waits for a line
SCRIPT = """
import sys
from pathlib import Path
from firmware.chat.lines import lines
from polychron.command.app import make_app, run

app = make_app("read", "")

@app.default
def read(history: Path) -> int:
    following = lines(history, ["/quit"])
    try:
        while (line := following()) != "/quit":
            print("told", ascii(line), flush=True)
    except EOFError:
        print("the end")
    return 0

sys.exit(run(app))
"""


def words(history: Path) -> list[str]:
    return [sys.executable, "-c", SCRIPT, str(history)]


def editor(history: Path, limit: str = "unlimited") -> Terminal:
    """Waiting for its first line, with a limit on the size of files."""
    shell = ["/bin/sh", "-c", f'ulimit -f {limit}; exec "$0" "$@"']
    terminal = Terminal([*shell, *words(history)], environ={"PROMPT_TOOLKIT_NO_CPR": "1"})
    wait_for_prompt(terminal, 1)
    return terminal


def wait_for_prompt(terminal: Terminal, number: int) -> None:
    while terminal.seen.count(READY) < number:
        terminal.until(READY, seconds=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_at_the_prompt(number: signal.Signals, tmp_path: Path) -> None:
    with editor(tmp_path / "history") as terminal:
        terminal.process.send_signal(number)
        terminal.until(None, seconds=30)
        assert terminal.process.wait(30) == 128 + number


def test_an_interrupt_drops_the_line(tmp_path: Path) -> None:
    with editor(tmp_path / "history") as terminal:
        terminal.type("half a line\x03")
        wait_for_prompt(terminal, 2)
        terminal.type("another\r")
        wait_for_prompt(terminal, 3)
        terminal.process.send_signal(signal.SIGINT)
        wait_for_prompt(terminal, 4)
        assert "told 'another'" in terminal.seen
        terminal.type("\x04")
        terminal.until("the end")
        assert terminal.process.wait(30) == 0


def test_a_terminal_that_goes(tmp_path: Path) -> None:
    with editor(tmp_path / "history") as terminal:
        keep = os.open(os.devnull, os.O_RDWR)
        os.dup2(keep, terminal._master)  # closes the terminal
        os.close(keep)
        assert terminal.process.wait(30) == 128 + signal.SIGHUP


@pytest.mark.parametrize("history", ["folder", "missing/history"])
def test_a_history_that_cannot_be_kept(history: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with editor(tmp_path / history) as terminal:
        assert "note: the lines are not kept: " in terminal.seen
        terminal.type("abc\r")
        wait_for_prompt(terminal, 2)
        terminal.type("\x1b[A\r")  # recalled
        terminal.until("told 'abc'")


def test_a_history_on_a_disk_that_has_become_full(tmp_path: Path) -> None:
    with editor(tmp_path / "history", limit="0") as terminal:
        terminal.type("abc\r")
        wait_for_prompt(terminal, 2)
        assert "told 'abc'" in terminal.seen
        assert "Traceback" not in terminal.seen
    assert (tmp_path / "history").read_bytes() == b""


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    environ = environ_of({"PYTHONIOENCODING": "utf-8:strict"})
    done = subprocess.run(words(tmp_path / "history"), env=environ, input=b"caf\xe9\n\xc3\xa9\n", capture_output=True, check=False)
    assert done.stdout.decode().splitlines() == [r"told 'caf\udce9'", r"told '\xe9'", "the end"], done.stderr


def test_closed_input(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", 'exec "$0" "$@" <&-', *words(tmp_path / "history")]
    done = subprocess.run(command, env=environ_of({}), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"the end\n", b"")
