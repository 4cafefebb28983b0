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
def connect(port: str, image: Path | str | bytes, *, baud: int | None = None, board: str | Board = "icebreaker") -> Iterator[Device]:
    """The network of a memory image on the board at ``port``; nothing is sent before ``load()`` (docs/user/talk.md).

    ``port``: what pyserial opens, or :data:`SIMULATED`: a ``board`` that has the image loaded and in its flash. ``baud``: bits a second of
    a serial port; left out, those of the ``board``.
    """
    content = image if isinstance(image, bytes) else read_bytes(Path(image))
    with transport(port, content, baud=baud, board=board) as line:
        yield Device(Host(line), content)


@contextmanager
def transport(port: str, image: bytes | None, *, baud: int | None = None, board: str | Board = "icebreaker") -> Iterator[Transport]:
    """The byte stream to the board at ``port``, as :func:`connect` takes it; a simulated board needs its ``image``."""
    record = boards.get(board) if isinstance(board, str) else board
    if port != SIMULATED:
        with SerialTransport(port, baud=baud or record.uart_baud) as line:
            yield line
        return
    if image is None:
        raise ValueError(f"--port {SIMULATED} needs --image: it is what the board's flash holds")
    from sim.machines.board import BoardSimulation

    with closing(BoardSimulation(record, program=read_image(image), image=image)) as simulation:
        yield simulation.transport()
