"""A byte stream to a core: a serial port here, a simulated UART elsewhere."""

import errno
import re
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from types import TracebackType

import serial


class TransportError(ValueError):
    """A port that can't be opened, read or written; the message is one sentence."""


class Transport(ABC):
    """What the host driver needs of a byte stream. Usable in a ``with`` statement."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send all of ``data``."""

    @abstractmethod
    def read(self, size: int, timeout: float) -> bytes:
        """What has come, 1 to ``size`` bytes, or none after ``timeout`` seconds (of the core's time, where it is simulated)."""

    def now(self) -> float:
        """Seconds on the clock that ``timeout`` is measured by."""
        return time.monotonic()

    def close(self) -> None:
        """Let go of the stream. Nothing to do by default."""
        return None

    def __enter__(self) -> "Transport":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class SerialTransport(Transport):
    """A serial port by pyserial: 8 data bits, no parity, 1 stop bit. While it is open no second one can be opened at it."""

    def __init__(self, port: str, *, baud: int = 1_000_000) -> None:
        self.port = port
        try:
            self._serial = serial.serial_for_url(port, baudrate=baud, timeout=0, exclusive=True)
        except (serial.SerialException, ValueError, OSError, re.error) as error:
            raise TransportError(f"{port}: cannot be opened: {_reason(error)}") from None
        # USB serial chips hold short replies back for 16 ms unless told not to: a hint, which ports of other kinds and systems don't know
        with suppress(AttributeError, ValueError, OSError, NotImplementedError):
            self._serial.set_low_latency_mode(True)

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except (serial.SerialException, OSError) as error:
            raise TransportError(f"{self.port}: cannot be written: {_reason(error)}") from None

    def read(self, size: int, timeout: float) -> bytes:
        try:
            self._serial.timeout = timeout
            first = self._serial.read(1)
            self._serial.timeout = 0
            return bytes(first + self._serial.read(size - 1)) if first and size > 1 else bytes(first)
        except (serial.SerialException, OSError) as error:
            raise TransportError(f"{self.port}: cannot be read: {_reason(error)}") from None

    def close(self) -> None:
        self._serial.close()


def _reason(error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EWOULDBLOCK:  # of the lock
        return "another program has it open"
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
