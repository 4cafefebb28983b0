"""What is written to a board's flash, by which program, and what is said before."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from boards import Board, Programmer
from polychron.command.terminal import printable
from polychron.system.children import child
from polychron.system.files import read_input
from polychron.system.together import check_together

from .errors import BuildError
from .usb import DEVICES, UsbDevice, usb_devices


class VerifyError(BuildError):
    """What was read back from the flash is not what was written. Exit code 1."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Writing:
    """``file``, ``size`` bytes, goes to ``offset`` of the board's flash, by ``programmer`` through ``device``."""

    board: Board
    file: Path
    size: int
    offset: int
    programmer: Programmer
    device: UsbDevice

    def __str__(self) -> str:
        what = f"{printable(self.file)}, {self.size:,} bytes, to {self.offset:#x}..{self.offset + self.size - 1:#x} of the flash"
        return f"{what} of the {self.board.title} at USB {self.device}, by {self.programmer.tool}"

    def command(self) -> list[str]:
        """The words of the programmer, which verifies what it has written."""
        device, file = self.device, str(self.file.absolute())
        if self.programmer.tool == "iceprog":
            return ["iceprog", "-d", f"d:{device.bus:03d}/{device.number:03d}", "-o", str(self.offset), file]
        there = ["--busdev-num", f"{device.bus}:{device.number}"]
        how = ["--write-flash", "--verify", "-o", str(self.offset)]
        return ["openFPGALoader", *self.programmer.words, *there, *how, file]

    def run(self) -> None:
        """Write and verify; the programmer tells its progress itself. ``VerifyError``, or ``BuildError`` where it fails otherwise."""
        words = self.command()
        with (
            tempfile.TemporaryDirectory(prefix="polychron-") as folder,
            child(words, folder=Path(folder), stdout=None, stderr=subprocess.STDOUT) as process,
        ):
            pass
        if process.returncode == 3 and self.programmer.tool == "iceprog":
            raise VerifyError("what iceprog has read back from the flash is not what it has written")
        if process.returncode:
            code = f"exit code {process.returncode}"
            raise BuildError(f"{self.programmer.tool} failed with {code}, for what it says above; the flash may be written in part")


def plan(board: Board, folder: Path, *, image_only: bool, place: str | None, devices: Path = DEVICES) -> Writing:
    """What writes the products of a build in ``folder``; ``BuildError`` or ``OSError`` in one sentence where that can't be.

    ``image_only``: the memory image alone. ``place``: "BUS/NUMBER" of the board's USB chip, needed where several of its kind are there.
    """
    programmer = _programmer(board)
    file, offset = _product(board, folder, image_only=image_only)
    data = read_input(file)
    check_together(file, data)
    if offset + len(data) > board.flash_size:
        raise BuildError(f"{printable(file)} has {len(data)} bytes, {board.flash_size - offset} are left in the flash from {offset:#x} on")
    device = _device(board, place, devices)
    return Writing(board=board, file=file, size=len(data), offset=offset, programmer=programmer, device=device)


def _product(board: Board, folder: Path, *, image_only: bool) -> tuple[Path, int]:
    """The file of a build, and where in the flash it goes."""
    if board.flash is None:
        if image_only:
            raise BuildError(f"the {board.title} reads no image from its flash: polychron talk loads it over the serial port")
        return folder / ("bitstream.bit" if board.device.startswith("LFE5") else "bitstream.bin"), 0
    return (folder / "image.bin", board.image_offset) if image_only else (folder / "flash.bin", 0)


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
        found = [device for device in found if device.place == place]
    if not found:
        asked = f" at {printable(place)}" if place else ""
        raise BuildError(f"the {board.title} shows as USB device {board.usb}, and there is none{asked}; of that kind there are: {there}")
    if len(found) > 1:
        raise BuildError(f"there are several USB devices {board.usb}, {there}: name the board's with --usb BUS/NUMBER")
    return found[0]
