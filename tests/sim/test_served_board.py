"""A simulated board as a serial port: the host driver by pseudo-terminal and TCP, clients one after another, and what they leave behind."""

import io
import os
import re
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import serial

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.host.link import Frame, FrameReader
from firmware.host.transport import SerialTransport
from firmware.image.image import write_image
from sim.compare.expected import Golden
from sim.live.port import Port
from sim.live.served import ServedBoard
from sim.live.status import Status
from sim.live.tcp import TcpPort
from sim.live.terminal import PseudoTerminal
from sim.machines.board import BoardSimulation
from sim.machines.preload import TABLES

from ..firmware.networks import random_network

BOARD = boards.get("icebreaker")
NETWORK = random_network(1, kind="rnn", max_n=16, max_out=12)
TIGHT = replace(BOARD, tiers=(replace(BOARD.tiers[0], size=256), BOARD.tiers[1]))  # most tables go to flash; the gateware is the same
PROGRAM = compile_network(NETWORK, TIGHT)
IMAGE = write_image(PROGRAM)
STEPS = 12


@pytest.fixture(scope="module")
def served():
    board = BoardSimulation(BOARD, image=IMAGE)
    ports = [PseudoTerminal(), TcpPort(0)]
    yield ServedBoard(board, ports)
    for port in ports:
        port.close()
    board.close()


@contextmanager
def running(served):
    """The loop, in a thread of its own; what it raises is raised here."""
    stop, raised = threading.Event(), []

    def loop():
        try:
            while not stop.is_set():
                served.turn()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert raised == []


@pytest.fixture
def addresses(served):
    with running(served):
        yield [port.address for port in served._ports]


@contextmanager
def device_at(address):
    with SerialTransport(address) as line:
        yield Device(Host(line, timeout=20.0), IMAGE)  # a machine under load; 5 tries of a second are the default


def golden_symbols(count=STEPS):
    golden = Golden(NETWORK, PROGRAM)
    symbols = []
    for _ in range(count):
        golden.step(None)
        symbols.append(golden.symbol)
    return symbols


def runs_as_golden(device):
    sent = []
    greeting = device.load(progress=sent.append)
    device.reset()
    assert device.host.step(STEPS) == golden_symbols()
    return greeting, sent


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def unread(address):
    """What a client finds that opens the port and neither sends nor clears anything."""
    if address.startswith("socket:"):
        with serial.serial_for_url(address, timeout=0.3) as line:
            return line.read(100)
    descriptor = os.open(address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        time.sleep(0.3)
        return os.read(descriptor, 100)
    except BlockingIOError:
        return b""
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("port", [0, 1], ids=["pty", "tcp"])
def test_the_image_in_flash_runs_as_golden(addresses, port):
    assert {run.tier for run in PROGRAM.runs} == {0, 1}
    with device_at(addresses[port]) as device:
        greeting, sent = runs_as_golden(device)
        assert device.host.hello().signature == device.signature
    assert sent == []  # the flash has it: nothing but state and sampler is loaded
    assert greeting.version == isa.LINK_VERSION


@pytest.mark.parametrize("order", [(0, 0), (0, 1), (1, 0), (1, 1)], ids=["pty-pty", "pty-tcp", "tcp-pty", "tcp-tcp"])
def test_clients_one_after_another(addresses, order):
    for port in order:
        with device_at(addresses[port]) as device:
            runs_as_golden(device)


@pytest.mark.parametrize("port", [0, 1], ids=["pty", "tcp"])
def test_a_client_that_vanishes_leaves_nothing_to_the_next(addresses, served, port):
    with device_at(addresses[port]) as device:
        runs_as_golden(device)
        before = device.host.counters().steps
    with serial.serial_for_url(addresses[port]) as line:
        line.write(Frame.request(isa.Command.HELLO, seq=8).encode())
        wait_until(lambda: line.in_waiting)  # and does not read it
        wait_until(lambda: served.idle)  # the reply is whole
        line.write(Frame.request(isa.Command.STEP, b"\xff", seq=9).encode() + b"\xa5\x07")  # a long request and the beginning of another
        wait_until(lambda: served.board.sim["link.feed.running"])
    wait_until(lambda: served.idle)
    assert unread(addresses[port]) == b""  # the replies were for someone else
    with device_at(addresses[port]) as device:
        assert device.host.hello().dropped > 0
        assert device.host.counters().steps == before + 255
        runs_as_golden(device)


def test_one_client_at_a_time(addresses):
    terminal, tcp = addresses
    with device_at(tcp) as device:
        runs_as_golden(device)
        with socket.create_connection(("127.0.0.1", int(tcp.rpartition(":")[2])), timeout=20) as other:
            assert other.recv(1) == b""  # disconnected at once
        with SerialTransport(terminal) as line, pytest.raises(ValueError, match="does not answer HELLO"):
            Host(line, timeout=0.2, tries=2).hello()
        runs_as_golden(device)
    with device_at(terminal) as device:
        runs_as_golden(device)


def connected(port):
    client = socket.create_connection(("127.0.0.1", int(port.address.rpartition(":")[2])), timeout=20)
    client.sendall(b"abc")
    return client


def broken(client):
    """It ends without a farewell, as that of a program that is killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_tcp_clients_that_have_gone_are_in_nobodys_way():
    """In the queue, or with bytes that nobody has read."""
    port = TcpPort(0)
    for _ in range(3):
        broken(connected(port))
    with connected(port) as client:
        wait_until(port.connected)
        assert port.read(100) == b"abc"
        client.sendall(bytes(5000))
        wait_until(lambda: port.read(1))
        assert port.connected()
        broken(client)
        with connected(port) as other:
            wait_until(lambda: port.connected() and port.read(100) == b"abc")
            port.write(b"d")
            assert other.recv(100) == b"d"
    port.close()


def test_tcp_clients_that_have_said_goodbye_are_read_to_the_end():
    port = TcpPort(0)
    connected(port).close()
    wait_until(port.connected)
    assert port.read(100) == b"abc"
    wait_until(lambda: not port.connected())
    port.close()


def test_who_comes_when_the_last_one_has_just_left_is_served():
    """It leaves when it has been asked whether it is there, and the next one comes before anything else happens."""

    class Hasty(TcpPort):
        @staticmethod
        def _gone(client):
            gone = TcpPort._gone(client)
            if first:
                first.pop().close()
                second.append(connected(port))
            return gone

    port, first, second = Hasty(0), [], []
    first.append(connected(port))
    wait_until(lambda: port.connected() and second)
    assert port.read(100) == b"abc"
    wait_until(lambda: port.connected() and port.read(100) == b"abc")
    port.write(b"d")
    assert second[0].recv(100) == b"d"
    second[0].close()
    port.close()


class Narrow(Port):
    """A client whose buffer is full until it reads."""

    address = "narrow"

    def __init__(self, request):
        self.sent, self.got, self.full = request, b"", True

    def connected(self):
        return True

    def turn_away(self):
        raise AssertionError

    def read(self, size):
        data, self.sent = self.sent[:size], self.sent[size:]
        return data

    def write(self, data):
        if self.full:
            return 0
        self.got += data
        return len(data)

    def waits_on(self):
        return []

    def close(self):
        pass


def test_a_client_that_reads_late_gets_all(served):
    """Also when time stands still already."""
    port = Narrow(Frame.request(isa.Command.HELLO, seq=3).encode())
    late = ServedBoard(served.board, [port])
    late.turn()
    while not late.idle:
        late.turn()
    assert port.got == b""
    port.full = False
    late.turn()
    [reply] = FrameReader(reply=True).push(port.got)
    assert (reply.seq, reply.payload[0]) == (3, isa.LINK_VERSION)


def test_who_comes_to_another_port_when_the_last_one_has_just_left_is_served(served):
    class Leaving(Narrow):
        """Gone as soon as it has been asked whether it is there; the next one is at the other port at once."""

        def __init__(self):
            super().__init__(b"")
            self.here, self.leaves = True, False

        def connected(self):
            here, self.here = self.here, self.here and not self.leaves
            if here and not self.here:
                came.append(socket.create_connection(("127.0.0.1", int(tcp.address.rpartition(":")[2])), timeout=20))
            return here

    port, tcp, came = Leaving(), TcpPort(0), []
    board = ServedBoard(served.board, [port, tcp])
    board.turn()  # it has the line
    port.leaves = True
    board.turn()
    [client] = came
    client.sendall(Frame.request(isa.Command.HELLO, seq=4).encode())
    for _ in range(3):
        board.turn()
    while not board.idle:
        board.turn()
    [reply] = FrameReader(reply=True).push(client.recv(100))
    assert (reply.seq, reply.payload[0]) == (4, isa.LINK_VERSION)
    client.close()
    tcp.close()


@pytest.mark.slow
def test_a_board_at_3_mbaud():
    """The ULX3S: bytes take the time of its own rate, the network is golden's."""
    board = boards.get("ulx3s_85f")
    program = compile_network(NETWORK, board)
    simulation, port = BoardSimulation(board, image=write_image(program)), TcpPort(0)
    golden, wanted = Golden(NETWORK, program), []
    for _ in range(STEPS):
        golden.step(None)
        wanted.append(golden.symbol)
    try:
        with running(ServedBoard(simulation, [port])), SerialTransport(port.address, baud=board.uart_baud) as line:
            device = Device(Host(line, timeout=20.0), write_image(program))
            device.load()
            before = device.host.counters()
            assert device.host.step(STEPS) == wanted
            assert (device.host.counters() - before).steps == STEPS
    finally:
        port.close()
        simulation.close()


def test_any_baud_rate_can_be_set(addresses):
    with serial.Serial(addresses[0], baudrate=9600, timeout=20) as line:
        line.baudrate = 3_000_000
        line.write(Frame.request(isa.Command.HELLO, seq=3).encode())
        assert line.read(3)[:2] == b"\x5a\x03"


def test_time_stands_still_while_nothing_happens_and_silence_still_counts(addresses, served):
    sim = served.board.sim
    with device_at(addresses[0]) as device:
        dropped = device.host.hello().dropped
        wait_until(lambda: served.idle)
        clocks = sim.clocks
        time.sleep(0.3)
        assert sim.clocks == clocks
        device.host.transport.write(b"\xa5\x07")  # a frame that is never finished: given up after 65,536 clocks
        wait_until(lambda: sim.clocks > clocks)
        wait_until(lambda: served.idle)
        assert sim.clocks - clocks >= served.quiet == 1 << 17
        assert device.host.hello().dropped == dropped + 1


def test_a_flipped_table_bit_is_seen(served):
    """The control of all of these: the port shows what the gateware computes, not what it should.

    Memory is changed while no time passes: the simulator writes a word back whose address stands at a write port.
    """
    tables = served.board.sim.memory(f"core.{TABLES}")

    def ran():
        with running(served), device_at(served._ports[0].address) as device:
            device.load()
            device.reset()
            return device.host.step(STEPS), device.host.store(0, 64)

    right = ran()
    assert right[0] == golden_symbols()
    used = [index for index in range(32) if tables[index].any()]
    seen = 0
    for index in used:
        tables[index] ^= 0x04040404
        seen += ran() != right
        tables[index] ^= 0x04040404
    assert seen > 0
    assert ran() == right


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def numbers(line):
    """Characters, rows on chip, rows from flash."""
    return [int(number.replace(",", "")) for number in re.findall(r"([0-9,]+) (?:characters|SPRAM|flash)", line)]


def test_the_status_line_counts(served):
    stream = Terminal()
    status = Status(served, stream)
    before = numbers(status.line())
    with running(served), device_at(served._ports[1].address) as device:
        runs_as_golden(device)
    status.end()
    line = stream.getvalue()
    assert line.startswith("\r")
    assert "green ● red ○" in line
    near, far = (sum(run.count for run in PROGRAM.runs if run.tier == tier) for tier in (0, 1))
    assert near * far > 0
    assert [b - a for a, b in zip(before, numbers(line), strict=True)] == [STEPS, STEPS * near, STEPS * far]


def test_a_terminal_that_goes_ends_the_status_line_alone(served):
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        status = Status(served, stream)
        status.update()
        assert b" characters, " in os.read(master, 1000)
        os.close(master)
        status._next = 0
        status.update()
        status.update()
        status.end()
        os.dup2(os.open(os.devnull, os.O_WRONLY), slave)  # what is still to be flushed


def test_nothing_is_written_where_no_terminal_is(served):
    stream = io.StringIO()
    status = Status(served, stream)
    status.update()
    status.end()
    assert stream.getvalue() == ""
