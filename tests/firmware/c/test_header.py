"""The committed header of constants is the one that its command writes, from firmware/isa.py."""

import re
from pathlib import Path

import pytest

from firmware import isa
from firmware.c.header import HEADER, SETS, main, text
from firmware.host.link import Frame


def test_the_header_is_current() -> None:
    assert HEADER.read_text(encoding="utf-8") == text(), "python -m firmware.c.header writes it anew"


def test_the_command_writes_it(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "constants.h")]) == 0
    assert (tmp_path / "constants.h").read_text(encoding="utf-8") == text()


def test_a_changed_constant_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isa, "MAX_READ", 126)
    assert HEADER.read_text(encoding="utf-8") != text()


def test_it_has_every_member() -> None:
    numbers = {name: int(value, 16) for name, value in re.findall(r"^    POLYCHRON_(\w+) = (0x[0-9a-f]+)", text(), re.MULTILINE)}
    assert len(numbers) == sum(len(kind) for kind in SETS)
    assert numbers["COMMAND_SCRUB"] == isa.Command.SCRUB
    assert numbers["STATE_FLASH_SAME"] == isa.State.FLASH_SAME
    assert numbers["LOAD_ERROR_HEADER_CRC"] == isa.LoadError.HEADER_CRC


def test_the_frames_are_those_of_the_host() -> None:
    """The defines beside the sets, as the host uses them."""
    numbers = {name: int(value, 16) for name, value in re.findall(r"^#define POLYCHRON_(\w+) (0x[0-9a-f]+)u", text(), re.MULTILINE)}
    frame = Frame.request(isa.Command.HELLO, seq=1).encode()
    assert (frame[0], len(frame)) == (numbers["REQUEST_START"], numbers["FRAME_OVERHEAD"])
    assert Frame.answer(isa.Status.OK, seq=1).encode()[0] == numbers["REPLY_START"]
    assert numbers["IMAGE_MAGIC"].to_bytes(4, "little") == isa.IMAGE_MAGIC
