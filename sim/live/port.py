"""What a program on this machine opens to talk to the simulated board."""

from abc import ABC, abstractmethod


class Port(ABC):
    """One way in, for one client at a time. Nothing here ever waits.

    ``address``: what pyserial opens.
    """

    address: str

    @abstractmethod
    def connected(self) -> bool:
        """Whether a client is there, one that has come since the last call included."""

    @abstractmethod
    def turn_away(self) -> None:
        """Another port has the line: whoever ``connected`` has found here is not heard."""

    @abstractmethod
    def read(self, size: int) -> bytes:
        """At most ``size`` bytes that the client has sent, or none."""

    @abstractmethod
    def write(self, data: bytes) -> int:
        """How many bytes of ``data`` the client's buffer takes; those of a client that has gone are lost and count as taken."""

    @abstractmethod
    def waits_on(self) -> list[int]:
        """File descriptors that can be read when something happens here."""

    @abstractmethod
    def close(self) -> None:
        """No client can come any more."""
