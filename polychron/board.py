"""A board at a serial port."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.host.device import Device
from firmware.host.host import Host
from firmware.host.transport import SerialTransport
from firmware.image.files import read_bytes


@contextmanager
def connect(port: str, image: Path | str | bytes, *, baud: int = 1_000_000) -> Iterator[Device]:
    """The network of a memory image on the board at ``port``; nothing is sent before ``load()`` (docs/user/talk.md)."""
    content = image if isinstance(image, bytes) else read_bytes(Path(image))
    with SerialTransport(port, baud=baud) as line:
        yield Device(Host(line), content)
