"""A pseudo-terminal as a serial port. Its baud rate and modem lines can be set and mean nothing."""

import errno
import fcntl
import os
import select
import termios
import tty
from contextlib import suppress

from sim.live.port import Port


class PseudoTerminal(Port):
    """A new one. A client is there while its slave, ``address``, is open; as with a serial port nothing keeps two from opening it."""

    def __init__(self) -> None:
        try:
            self._master, self._slave = os.openpty()
        except OSError as error:
            raise ValueError(f"no pseudo-terminal can be made: {error.strerror}") from None
        self.address = os.ttyname(self._slave)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)
        self._there = False

    def _events(self) -> int:
        """What the master tells with its own end of the slave closed for a moment: that end keeps the terminal one that can be opened, also
        after a client that has made it its own (TIOCEXCL), as ``screen`` does."""
        fcntl.ioctl(self._slave, termios.TIOCNXCL)
        os.close(self._slave)
        events = next((events for _, events in self._poll.poll(0)), 0)
        self._slave = os.open(self.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        return events

    def connected(self) -> bool:
        events = self._events()
        there = bool(events & select.POLLIN) or not events & select.POLLHUP
        if self._there and not there:
            self._clear()
        self._there = there
        return there

    def _clear(self) -> None:
        """What a client has not read is not for the next. Only the slave's side reaches all of it."""
        termios.tcflush(self._slave, termios.TCIFLUSH)

    def turn_away(self) -> None:
        while self.read(4096):
            pass

    def read(self, size: int) -> bytes:
        try:
            return os.read(self._master, size)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):  # EIO: no client is there
                return b""
            raise

    def write(self, data: bytes) -> int:
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def waits_on(self) -> list[int]:
        return [self._master]

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._slave)
            os.close(self._master)
