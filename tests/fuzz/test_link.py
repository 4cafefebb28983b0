"""Hostile replies to the host and hostile frames to the board. The short sets run by default, the long ones are slow."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.host import Host, LinkError
from firmware.host.link import Frame, FrameReader
from firmware.image.image import write_image
from golden.integer.recurrent import RecurrentNetwork
from sim.machines.board import BoardSimulation

from ..golden.helpers import rnn_outputs, rnn_update
from .disturbed import TimedCore
from .mutants import Rng, fuzz, mutate_bytes
from .targets import BOARD, COUNTS, NETWORKS, one_sentence


class HostileCore(TimedCore):
    """A core of which some replies are something else: disturbed, cut, repeated, of another number, with a wrong CRC."""

    def __init__(self, rng: Rng) -> None:
        super().__init__()
        self.hostile = rng

    def _send(self, frame: Frame) -> None:
        rng = self.hostile
        if rng.random() < 0.7:
            return super()._send(frame)
        way = int(rng.integers(4))
        if way == 0:
            self._sent += mutate_bytes(rng, frame.encode())
        elif way == 1:
            self._sent += frame.encode() * int(rng.integers(2, 5))
        elif way == 2:
            self._sent += Frame(reply=True, seq=int(rng.integers(256)), code=int(rng.integers(256)), payload=frame.payload).encode()
        else:
            self._sent += Frame(reply=True, seq=frame.seq, code=frame.code, payload=rng.bytes(int(rng.integers(256)))).encode()
        return None


@pytest.mark.parametrize("count", COUNTS)
def test_replies(count: int) -> None:
    image = write_image(compile_network(NETWORKS["rnn"], BOARD))

    def one(rng: Rng) -> str:
        host = Host(HostileCore(rng), timeout=0.1, tries=3, patience=1.0)
        try:
            host.hello()
            host.load(image)
            assert len(host.step(5)) == 5
            host.counters()
            host.results()
        except LinkError as error:
            one_sentence(error)
            return "refused"
        return "accepted"

    assert fuzz("replies", one, count=count).seen["refused"]


def frame_for(rng: Rng, *, seq: int) -> bytes:
    """A request that the core may get from a host, rarely one that ends what it has loaded."""
    payloads = {
        isa.Command.HELLO: b"",
        isa.Command.FEED: bytes(rng.integers(0, 4, rng.integers(8)).tolist()),
        isa.Command.STEP: bytes([int(rng.integers(20))]),
        isa.Command.READ: struct.pack("<BHB", rng.integers(4), rng.integers(2100), rng.integers(20)),
        isa.Command.LOAD: rng.bytes(int(rng.integers(8))),
        isa.Command.ABORT: b"",
        isa.Command.LOAD_BEGIN: rng.bytes(int(rng.integers(8))),
        isa.Command.SCRUB: b"",
    }
    chances = [0.195 if command not in (isa.Command.LOAD_BEGIN, isa.Command.SCRUB) else 0.005 for command in payloads]
    command = rng.choice(list(payloads), p=np.array(chances) / sum(chances))
    return Frame.request(isa.Command(command), payloads[isa.Command(command)], seq=seq).encode()


def replies(board: BoardSimulation, *, quiet: int, one: bool) -> list[Frame]:
    """What the board answers: to its first whole reply if ``one``, else until nothing has come for ``quiet`` clocks; bytes are frames."""
    reader, found, size = FrameReader(reply=True), list[Frame](), 0
    while True:
        busy = board.uart.busy
        data = board.uart.receive(1, limit=quiet)
        size += len(data)
        found += reader.push(data)
        if (one and found) or not (data or busy):
            break
    assert size == sum(len(frame.encode()) for frame in found)
    assert all(frame.code in list(isa.Status) for frame in found)
    return found


def recovers(board: BoardSimulation, network: RecurrentNetwork, image: bytes) -> None:
    host = Host(board.transport(), timeout=0.1, tries=10)
    host.hello()
    host.load(image)
    state = np.zeros((1, network.n), np.int16)
    for symbol in host.step(20):
        assert symbol == rnn_outputs(network, state)[0][0].argmin()
        state, _ = rnn_update(network, state, np.array([symbol]))


SHORT = replace(BOARD, uart_baud=BOARD.clock_hz // 8)


@pytest.mark.parametrize(
    ("count", "board", "gap_bits"),
    [(40, BOARD, 16), pytest.param(10_000, SHORT, 9, marks=pytest.mark.slow)],
    ids=["as it is", "short times"],
)
def test_frames_to_the_compiled_board(count: int, board: Board, gap_bits: int) -> None:
    """Three of ten frames are whole and are answered, once; after the others, and now and then, the board gives golden's symbols."""
    network = NETWORKS["rnn"]
    program = compile_network(network, board)
    image = write_image(program)
    simulation = BoardSimulation(board, program=program, gap_bits=gap_bits)
    sent = 0

    def one(rng: Rng) -> str:
        nonlocal sent
        sent += 1
        if sent % 500 == 0:
            recovers(simulation, network, image)
        seq = sent % 255 + 1
        frame = frame_for(rng, seq=seq)
        whole = rng.random() < 0.3
        simulation.uart.send(frame if whole else mutate_bytes(rng, frame)[:64])
        answers = replies(simulation, quiet=(1 << gap_bits) * 9 // 8 + 4000, one=whole)
        codes = " and ".join(sorted({isa.Status(answer.code).name for answer in answers})) or "dropped"
        if whole:
            assert [answer.seq for answer in answers] == [seq]
            assert codes != "BAD_FRAME"
        return f"{'whole' if whole else 'disturbed'}: {codes}"

    try:
        tally = fuzz(f"frames to the board, gap_bits {gap_bits}", one, count=count)
        assert tally.seen["whole: OK"]
        assert tally.seen["disturbed: BAD_FRAME"]
        recovers(simulation, network, image)
    finally:
        simulation.close()
