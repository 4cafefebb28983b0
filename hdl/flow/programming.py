"""What is written to a board's flash, by which program, and what is said before."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boards import Board, Programmer
from polychron.command.terminal import printable, say
from polychron.system.children import child
from polychron.system.files import open_input, read_input
from polychron.system.together import check_together

from .errors import BuildError
from .usb import DEVICES, UsbDevice, usb_devices

READ_BACK = Path("read-back.bin")
PARTLY = "the flash may be written in part"


class VerifyError(BuildError):
    """What was read back from the flash is not what was written. Exit code 1."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Writing:
    """``data``, the content of ``file``, goes to ``offset`` of the board's flash, by ``programmer`` through ``device``."""

    board: Board
    file: Path
    data: bytes = field(repr=False)
    offset: int
    programmer: Programmer
    device: UsbDevice

    def __str__(self) -> str:
        size = len(self.data)
        what = f"{printable(self.file)}, {size:,} bytes, to {self.offset:#x}..{self.offset + size - 1:#x} of the flash"
        return f"{what} of the {self.board.title} at USB {self.device}, by {self.programmer.tool}"

    def commands(self, read_back: Path = READ_BACK) -> list[list[str]]:
        """The words that call the programmer: to write, and then, unless it verifies that itself, to read the flash into ``read_back``."""
        device, file, offset = self.device, str(self.file.absolute()), str(self.offset)
        if self.programmer.tool == "iceprog":
            return [["iceprog", "-d", f"d:{device.bus:03d}/{device.number:03d}", "-o", offset, file]]
        start = ["openFPGALoader", *self.programmer.words, "--busdev-num", f"{device.bus}:{device.number}"]
        if self.programmer.verifies:
            return [[*start, "--write-flash", "--verify", "-o", offset, file]]
        read = ["--dump-flash", "--file-size", str(len(self.data)), "-o", offset, str(read_back)]
        return [[*start, "--write-flash", "-o", offset, file], [*start, *read]]

    def run(self) -> None:
        """Write and verify; the programmer tells its progress itself. ``VerifyError``, or ``BuildError`` where it fails otherwise."""
        try:
            with tempfile.TemporaryDirectory(prefix="polychron-") as name:
                read_back = Path(name) / READ_BACK
                for words in self.commands(read_back):
                    self._call(words, Path(name))
                if not self.programmer.verifies:
                    self._compare(read_back)
        except KeyboardInterrupt:
            say(f"{self.programmer.tool} was ended; {PARTLY}")
            raise

    def _call(self, words: Sequence[str], folder: Path) -> None:
        tool = self.programmer.tool
        with child(words, folder=folder, stdout=None, stderr=subprocess.STDOUT) as process:
            pass
        if process.returncode == 3 and tool == "iceprog":
            raise VerifyError("what iceprog has read back from the flash is not what it has written")
        if process.returncode < 0:
            raise BuildError(f"{tool} was ended by signal {-process.returncode}; {PARTLY}")
        if process.returncode:
            raise BuildError(f"{tool} failed with exit code {process.returncode}, for what it says above; {PARTLY}")

    def _compare(self, path: Path) -> None:
        """What has been read back with what was to be written."""
        tool, read = self.programmer.tool, read_input(path) if path.exists() else b""
        if read == self.data:
            return
        same = next((at for at, (one, other) in enumerate(zip(read, self.data, strict=False)) if one != other), None)
        if same is None:
            raise BuildError(f"{tool} has read back {len(read)} of {len(self.data)} bytes, so nobody knows what is in the flash")
        raise VerifyError(f"what {tool} has read back from the flash is not what was to be written, from {self.offset + same:#x} on")


def plan(board: Board, folder: Path, *, image_only: bool, place: str | None, devices: Path = DEVICES) -> Writing:
    """What writes the products of a build in ``folder``; ``BuildError`` or ``OSError`` in one sentence where that can't be.

    ``image_only``: the memory image alone. ``place``: "BUS/NUMBER" of the board's USB chip, needed where several of its kind are there.
    """
    programmer = _programmer(board)
    file, offset = _product(board, folder, image_only=image_only)
    left = board.flash_size - offset
    with open_input(file) as opened:
        data = opened.read(left + 1)
    if len(data) > left:
        raise BuildError(f"{printable(file)} has more bytes than the {left} that are left in the flash from {offset:#x} on")
    if not data:
        raise BuildError(f"{printable(file)} is empty")
    check_together(file, data)
    _check_board(board, folder)
    if board.flash is not None and not image_only:
        _check_parts(board, folder, data)
    device = _device(board, place, devices)
    return Writing(board=board, file=file, data=data, offset=offset, programmer=programmer, device=device)


def _check_board(board: Board, folder: Path) -> None:
    """That the report of the build in ``folder``, if it has left one, names ``board``."""
    path = folder / "report.json"
    try:
        named = json.loads(read_input(path))["board"]
    except FileNotFoundError:
        return
    except (ValueError, LookupError, TypeError, RecursionError):
        raise BuildError(f"{printable(path)} names no board, so it is not known which one the files beside it are for") from None
    if named != board.name:
        raise BuildError(f"{printable(folder)} holds a build for the board {printable(named)}, not for {board.name}")


def _check_parts(board: Board, folder: Path, flash: bytes) -> None:
    """That ``flash`` is made of the files beside it. An export into the folder leaves a list of its own, which doesn't name flash.bin."""
    parts = {_bitstream(board): flash[: board.image_offset], "image.bin": flash[board.image_offset :]}
    for name, part in parts.items():
        path = folder / name
        if path.exists() and read_input(path).ljust(len(part), b"\xff") != part:
            raise BuildError(f"{printable(path)} is not the one in flash.bin beside it: build again")


def _product(board: Board, folder: Path, *, image_only: bool) -> tuple[Path, int]:
    """The file of a build, and where in the flash it goes."""
    if board.flash is None:
        if image_only:
            raise BuildError(f"the {board.title} reads no image from its flash: polychron talk loads it over the serial port")
        return folder / _bitstream(board), 0
    return (folder / "image.bin", board.image_offset) if image_only else (folder / "flash.bin", 0)


def _bitstream(board: Board) -> str:
    return "bitstream.bit" if board.device.startswith("LFE5") else "bitstream.bin"


def _programmer(board: Board) -> Programmer:
    if not board.programmers:
        raise BuildError(
            f"no tool is known that writes the flash of the {board.title} from here: docs/user/bring-up.md says how it is done"
        )
    for programmer in board.programmers:
        if shutil.which(programmer.tool):
            return programmer
    tools = " or ".join(f"{programmer.tool} (apt-get install {programmer.package})" for programmer in board.programmers)
    raise BuildError(f"the {board.title} is written by {tools}, which was not found: install it")


def _device(board: Board, place: str | None, folder: Path) -> UsbDevice:
    found = usb_devices(board.usb, folder=folder)
    there = ", ".join(map(str, found)) or "none"
    if place is not None:
        words = re.fullmatch("([0-9]{1,9})/([0-9]{1,9})", place)
        if words is None:
            raise BuildError(f"--usb must be BUS/NUMBER as lsusb counts, such as 003/014, not {printable(place)!r}")
        found = [device for device in found if (device.bus, device.number) == (int(words[1]), int(words[2]))]
    if not found:
        asked = f" at {printable(place)}" if place else ""
        raise BuildError(f"the {board.title} shows as USB device {board.usb}, and there is none{asked}; of that kind there are: {there}")
    if len(found) > 1:
        raise BuildError(f"there are several USB devices {board.usb}, {there}: name the board's with --usb BUS/NUMBER")
    return found[0]
