"""A board at a serial port, or a simulated one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import boards
from boards import Board
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.host.transport import SerialTransport, Transport
from firmware.image.files import read_bytes
from firmware.image.image import read_image

from .command.ports import SIMULATED


@contextmanager
def connect(
    port: str, image: Path | str | bytes, *, baud: int = 1_000_000, board: str | Board = "icebreaker", patience: float = 600.0
) -> Iterator[Device]:
    """The network of a memory image on the board at ``port``; nothing is sent before ``load()`` (docs/user/talk.md).

    ``port``: what pyserial opens, or :data:`SIMULATED`: a ``board`` that has the image loaded and in its flash. ``baud``: bits a second of
    a serial port. ``patience``: seconds of the board's time in which it must have read its flash.
    """
    content = image if isinstance(image, bytes) else read_bytes(Path(image))
    with _line(port, content, baud, board) as line:
        yield Device(Host(line, patience=patience), content)


@contextmanager
def _line(port: str, image: bytes, baud: int, board: str | Board) -> Iterator[Transport]:
    if port != SIMULATED:
        with SerialTransport(port, baud=baud) as line:
            yield line
        return
    from sim.machines.board import BoardSimulation

    record = boards.get(board) if isinstance(board, str) else board
    with closing(BoardSimulation(record, program=read_image(image), image=image)) as simulation:
        yield simulation.transport()
