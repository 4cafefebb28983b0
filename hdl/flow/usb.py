"""The USB devices of this machine, as Linux lists them."""

from dataclasses import dataclass
from pathlib import Path

from polychron.command.terminal import printable

DEVICES = Path("/sys/bus/usb/devices")


@dataclass(frozen=True, kw_only=True, order=True)
class UsbDevice:
    """``bus``, ``number``: where it is; ``name``: what it says of itself, for a terminal."""

    bus: int
    number: int
    name: str

    @property
    def place(self) -> str:
        return f"{self.bus}/{self.number}"

    def __str__(self) -> str:
        return f"{self.place} ({self.name})"


def usb_devices(usb: str, *, folder: Path = DEVICES) -> list[UsbDevice]:
    """Those with the vendor and product ``usb``, "VVVV:PPPP", in the order of their places."""
    found = []
    for device in folder.glob("*"):
        told = {name: _word(device / name) for name in ("idVendor", "idProduct", "busnum", "devnum", "product", "serial")}
        if f"{told['idVendor']}:{told['idProduct']}" == usb and told["busnum"].isdecimal() and told["devnum"].isdecimal():
            name = " ".join(part for part in (told["product"], told["serial"]) if part) or usb
            found.append(UsbDevice(bus=int(told["busnum"]), number=int(told["devnum"]), name=printable(name, limit=80)))
    return sorted(found)


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # it has none, or it has just been taken off
        return ""
