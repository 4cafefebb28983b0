"""The simulated board between its UART pins and the ports that clients open: the loop that lets its time pass."""

import select
from collections.abc import Sequence

from sim.live.port import Port
from sim.machines.board import BoardSimulation

TURN_BYTES = 4  # bytes that the line carries in a turn
UNREAD = 1 << 16  # bytes kept for a client that doesn't read; what comes beyond them is lost
LOOK = 0.05  # seconds after which an idle board looks for a client that opens its pseudo-terminal


class ServedBoard:
    """``board`` behind ``ports``, of which one client at a time has the line: who comes first, until it leaves.

    Time passes, a turn at a time, while there is something to do: bytes on the line, steps, a flash that is read. It then runs on
    for ``quiet`` clocks, in which a frame that has begun is given up: two gaps of silence, the longest that the link waits for on an idle
    line. After that nothing in the design can change but the phase of its free-running counters until another byte comes, and time stands
    still.
    """

    def __init__(self, board: BoardSimulation, ports: Sequence[Port]) -> None:
        self.board = board
        self._ports = ports
        self._client: Port | None = None
        self._byte = 10 * board.board.clock_hz / board.board.uart_baud  # clocks
        self.quiet = 2 * board.gap_clocks
        self._sent_at = 0.0  # the clock at which the last byte on its way to the board has arrived
        self._busy_at = board.sim.clocks
        self._out = bytearray()
        self._at_work = ["link.feed.running"] + (["flash.status__active"] if board.board.flash else [])

    @property
    def idle(self) -> bool:
        """Whether time stands still."""
        return self.board.sim.clocks - self._busy_at >= self.quiet

    def turn(self) -> None:
        """Let a few bytes' time pass, or wait a moment for a client if nothing is going on."""
        client = self._choose()
        came = self._take(client)
        if self.idle and not came:
            self._give(client, b"")  # what it had no room for before
            select.select([fd for port in self._ports for fd in port.waits_on()], [], [], LOOK)
            return
        uart, sim = self.board.uart, self.board.sim
        got = uart.receive(UNREAD, limit=round(TURN_BYTES * self._byte))
        self._give(client, got)
        if came or got or uart.busy or any(sim[name] for name in self._at_work):
            self._busy_at = sim.clocks

    def _choose(self) -> Port | None:
        # they are asked before the client is: who comes when that one has left is not turned away
        came = [port for port in self._ports if port is not self._client and port.connected()]
        if self._client is not None and not self._client.connected():
            self._client = None
            self._out.clear()
        if self._client is None:
            self._client = next(iter(came), None)
        for port in came:
            if port is not self._client:
                port.turn_away()
        return self._client

    def _take(self, client: Port | None) -> bool:
        """Bytes of the client go on the line; a client that sends faster than it waits in its own buffer."""
        now = self.board.sim.clocks
        if client is None or self._sent_at - now > TURN_BYTES * self._byte:
            return False
        data = client.read(256)
        self.board.uart.send(data)
        self._sent_at = max(self._sent_at, now) + len(data) * self._byte
        return bool(data)

    def _give(self, client: Port | None, data: bytes) -> None:
        """Bytes of the board go to the client; while none is there they are lost, as at a port that nobody has opened."""
        if client is None:
            return
        self._out += data
        del self._out[: client.write(bytes(self._out)) if self._out else 0]
        del self._out[UNREAD:]
