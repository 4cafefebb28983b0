"""A TCP port on loopback, which pyserial opens as socket://localhost:PORT."""

import select
import socket

from sim.live.port import Port

SAID_GOODBYE = getattr(select, "POLLRDHUP", select.POLLHUP)  # the first is Linux's


class TcpPort(Port):
    """``port``: 0 takes one that is free. A second client, while one is connected, is disconnected at once."""

    def __init__(self, port: int) -> None:
        self._listener = socket.socket()
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(("127.0.0.1", port))
            self._listener.listen()
        except OSError as error:
            self._listener.close()
            raise ValueError(f"--tcp {port} can't be offered: {error.strerror}") from None
        self._listener.setblocking(False)
        self.address = f"socket://localhost:{self._listener.getsockname()[1]}"
        self._client: socket.socket | None = None

    def connected(self) -> bool:
        if self._client is not None and self._gone(self._client):
            self._hang_up()
        while self._client is None and (client := self._accepted()) is not None:
            if self._gone(client):
                client.close()  # it has left before its turn came
            else:
                self._client = client
        if self._client is not None:
            self._refuse(self._client)
        return self._client is not None

    def _accepted(self) -> socket.socket | None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # none is there, or it has gone already
            return None
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _refuse(self, client: socket.socket) -> None:
        """Who waits while ``client`` is there is disconnected; who waits when it has said goodbye was behind it and stays in the queue."""
        while select.select([self._listener], [], [], 0)[0] and not self._leaving(client):
            if (other := self._accepted()) is not None:
                other.close()

    @staticmethod
    def _leaving(client: socket.socket) -> bool:
        """Whether nothing more comes than what is here to be read."""
        ended = select.poll()
        ended.register(client, SAID_GOODBYE)
        return bool(ended.poll(0))

    @staticmethod
    def _gone(client: socket.socket) -> bool:
        try:
            broken = select.poll()
            broken.register(client, 0)  # POLLHUP, POLLERR: nobody hears an answer, whatever is still to be read
            return bool(broken.poll(0)) or not client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def turn_away(self) -> None:
        self._hang_up()

    def read(self, size: int) -> bytes:
        try:
            return self._client.recv(size) if self._client is not None else b""
        except OSError:
            return b""

    def write(self, data: bytes) -> int:
        try:
            return self._client.send(data) if self._client is not None else len(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def waits_on(self) -> list[int]:
        return [self._listener.fileno()] + ([] if self._client is None else [self._client.fileno()])

    def close(self) -> None:
        self._hang_up()
        self._listener.close()
