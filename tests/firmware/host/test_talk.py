"""`firmware.talk`: what it writes of a network's text, on a terminal and elsewhere."""

import os
import pty
import tty
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from firmware.chat.writing import write
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.image import write_image
from firmware.talk import main
from golden.integer.sampling import Sampler
from polychron.command.target import EARLIEST
from polychron.command.terminal import terminal_text

from .core import FakeCore
from .host_bench import ICEBREAKER, golden_run, text_network


def test_talk(capsys: pytest.CaptureFixture[str]) -> None:
    network = text_network()
    image = write_image(compile_network(network, ICEBREAKER))
    used = write(Device(Host(FakeCore()), image), EARLIEST, prompt="abc", count=50).used
    assert used.rows == 53 * (8 + 6 + 1)
    chosen = golden_run(network, [1, 2, 3, *[None] * 50], Sampler())
    expected = "abc" + "".join("?abcdefg"[symbol] for symbol in chosen[3:])
    assert capsys.readouterr().out == expected + "\n"


def test_talk_reads_a_prompt_of_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    image = write_image(compile_network(text_network(), ICEBREAKER))
    used = write(Device(Host(FakeCore()), image), EARLIEST, prompt="a\udcff", count=0).used
    assert used.steps == 2
    assert capsys.readouterr().out == "a\ufffd\n"


END = "\x04"  # of what is printed: no one else prints it


def on_a_terminal(write: Callable[[], object]) -> bytes:
    """What ``write`` prints where standard output is a terminal."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with os.fdopen(theirs, "w") as terminal, redirect_stdout(terminal):
        write()
        terminal.write(END)
        terminal.flush()
        seen = b""
        while not seen.endswith(END.encode()):  # a terminal passes on a part now, a part later
            seen += os.read(ours, 1 << 12)
    os.close(ours)
    return seen.removesuffix(END.encode())


def test_talk_escapes_what_steers_a_terminal_there_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The prompt, and the text of a network whose symbols are such characters."""
    image = write_image(compile_network(text_network((-1, *b"\x1b\r\x07\x00\x08[2")), ICEBREAKER))

    def written() -> None:
        write(Device(Host(FakeCore()), image), EARLIEST, prompt="\x1b[2\x9b", count=60)

    written()
    plain = capsys.readouterr().out
    assert plain.startswith("\x1b[2\x9b")
    assert len(set(plain[4:-1]) & set("\x1b\r\x07\x00\x08")) > 1
    seen = on_a_terminal(written).decode()
    assert all(sign.isprintable() for sign in seen[:-1])
    assert seen == terminal_text(plain, terminal=True)
    assert seen.startswith("\\x1b[2")


def test_talk_without_a_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.bin"
    assert main(["--port", "/dev/none", "--image", str(path)]) == 2
    assert capsys.readouterr().err == f"error: {path}: cannot be read: No such file or directory\n"
    path.write_bytes(b"")
    assert main(["--port", "/dev/none", "--image", str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: /dev/none: cannot be opened: ")
