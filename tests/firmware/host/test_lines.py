"""The host driver on lines that answer late, wrongly, without end or not at all, and serial ports."""

import os
import pty
import signal

import pytest

from firmware import isa
from firmware.host.host import AbortedError, Host, LinkError
from firmware.host.transport import SerialTransport, Transport, TransportError

from .lines import BABBLE, Babble, Script, answer


def test_busy_waits_for_the_first_answer() -> None:
    line = Script([], [answer(isa.Status.BUSY), answer(isa.Status.OK, b"\x07")])
    assert Host(line).step(1) == [7]
    assert line.requests[0] == line.requests[1]


def test_late_answers_are_passed_over() -> None:
    line = Script([answer(isa.Status.OK, b"\x01"), answer(isa.Status.OK, b"\x01")], [answer(isa.Status.OK, b"\x02")])
    host = Host(line)
    assert host.step(1) + host.step(1) == [1, 2]


def test_abort() -> None:
    line = Script([answer(isa.Status.ABORTED, b"\x03\x04")], [answer(isa.Status.ABORTED, b"\x05", seq=1)], [answer(isa.Status.OK)])
    host = Host(line)
    with pytest.raises(AbortedError) as caught:
        host.step(9)
    assert caught.value.symbols == b"\x03\x04"
    host.abort()
    host.abort()
    assert [request[2] for request in line.requests] == [isa.Command.STEP, isa.Command.ABORT, isa.Command.ABORT]


def test_a_dead_line() -> None:
    with pytest.raises(LinkError, match=r"^the core does not answer HELLO, sent 5 times$"):
        Host(Script()).hello()


@pytest.mark.parametrize(
    ("greeting", "message"),
    [
        (bytes([1, 2, 8, 0, 0, 0, 0]), "the core speaks link version 1, this host version 3"),
        (b"", "the core speaks link version unknown, this host version 3"),
        (bytes([3, 2, 8, 0, 0, 0, 0, 0]), "the core's greeting must have 12 bytes, not 8"),
        (bytes([3, 2, 4, *bytes(9)]), "the core's greeting tells of no core: lanes must be one of 8, 16, 32, not 4"),
        (bytes([3, 2, 8, 0, 9, *bytes(7)]), "the core reports the unknown loader error 9"),
    ],
)
def test_a_greeting_that_is_not_understood(greeting: bytes, message: str) -> None:
    with pytest.raises(LinkError) as caught:
        Host(Script([answer(isa.Status.OK, greeting)])).hello()
    assert str(caught.value) == message


def test_serial_transport() -> None:
    with SerialTransport("loop://") as line:
        line.write(b"abc")
        assert line.read(2, 0.1) + line.read(9, 0.1) == b"abc"
        assert line.read(1, 0.01) == b""
    with pytest.raises(TransportError, match=r"^loop://: cannot be written: "):
        line.write(b"x")


def test_a_port_is_open_once() -> None:
    _, slave = pty.openpty()
    port = os.ttyname(slave)
    with SerialTransport(port), pytest.raises(TransportError, match=rf"^{port}: cannot be opened: another program has it open$"):
        SerialTransport(port)
    SerialTransport(port).close()


def test_a_pattern_for_a_port_that_is_none() -> None:
    with pytest.raises(TransportError, match=r"^hwgrep://\(: cannot be opened: missing \), unterminated subpattern"):
        SerialTransport("hwgrep://(")


def test_an_interrupt_on_a_line_that_has_broken() -> None:
    class Broken(Transport):
        written = 0

        def write(self, data: bytes) -> None:
            self.written += 1
            if self.written > 1:
                raise TransportError("port: cannot be written: gone")

        def read(self, size: int, timeout: float) -> bytes:
            raise KeyboardInterrupt(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        Host(Broken()).step(1)
    assert caught.value.args == (signal.SIGINT,)


@pytest.mark.parametrize("kind", BABBLE)
def test_a_port_that_keeps_sending_is_not_waited_for_without_end(kind: str) -> None:
    line = Babble(BABBLE[kind])
    host = Host(line, timeout=1.0, tries=3)
    with pytest.raises(LinkError, match="the core does not answer STEP, sent 3 times"):
        host.step(1)
    assert line.now() <= 2 * 3 * 1.0 + 0.1  # BUSY is answered twice
