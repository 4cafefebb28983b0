"""The host driver and the compiled board, by UART pins only: load, feed, steps, draws, a bad image, abort, a disturbed line."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.host.link import Frame, FrameReader
from firmware.host.transport import Transport
from firmware.image.image import write_image
from firmware.jitter import jitter_table
from golden.integer.sampling import Jitter, Sampler
from sim.compare.expected import Golden
from sim.machines.board import BoardSimulation

from ...firmware.machine import Machine
from ...firmware.networks import random_network

BOARD = boards.get("icebreaker")
SILENCE = 1.2 * 0xFFFF / BOARD.clock_hz  # seconds after which the board has given a broken frame up
NETWORK = replace(random_network(1, kind="rnn", max_n=16, max_out=12), frac=3, out_frac=3)
NETWORK = replace(NETWORK, symbols=tuple(range(97, 97 + NETWORK.n_out)))
PROGRAM = compile_network(NETWORK, BOARD)
IMAGE = write_image(PROGRAM)


@pytest.fixture
def board():
    simulation = BoardSimulation(BOARD, program=PROGRAM)
    yield simulation
    simulation.close()


@pytest.fixture
def device(board):
    """On a preloaded board; tests of loading load it again, from other latencies."""
    made = Device(Host(board.transport()), IMAGE)
    made.host.hello()
    return made


def golden_symbols(forced, sampler=None):
    golden = Golden(NETWORK, PROGRAM, sampler=sampler)
    chosen = []
    for symbol in forced:
        *_, last = golden.step(symbol)
        chosen.append(golden.symbol)
    return chosen, last.made.result.tolist()


def state(device):
    """The latencies of all neurons, read over the link."""
    store = device.host.store(0, 8 * device.program.meta.placement.state_words)
    return [store[addresses[0]] for addresses in device.program.meta.placement.neurons]


class Disturbed(Transport):
    """Loses or changes a byte of some requests, and some bytes of replies, which come one at a time: ``noise`` of a frame of 10 bytes."""

    def __init__(self, line, *, noise, seed):
        self.line, self.noise, self.rng = line, noise, np.random.default_rng(seed)

    def _disturb(self, data, noise):
        if not data or self.rng.random() >= noise:
            return data
        at = int(self.rng.integers(len(data)))
        changed = bytes([data[at] ^ 1 << int(self.rng.integers(8))]) if self.rng.random() < 0.5 else b""
        return data[:at] + changed + data[at + 1 :]

    def now(self):
        return self.line.now()

    def write(self, data):
        self.line.write(self._disturb(data, self.noise))

    def read(self, size, timeout):
        return self._disturb(self.line.read(size, timeout), self.noise / 10)


def test_feed_steps_and_counters_equal_golden(device):
    prompt = bytes(97 + symbol % NETWORK.n_out for symbol in range(9))
    device.host.step(3)
    device.load()  # by LOAD_BEGIN and LOAD
    before = device.host.counters()
    assert before.steps == 3
    got = device.feed(prompt) + device.symbols("".join(device.generate(40)).encode())
    forced = [*device.symbols(prompt), *[None] * 40]
    wanted, latencies = golden_symbols(forced)
    assert got == wanted
    assert state(device) == latencies
    machine = Machine.load(PROGRAM)
    for symbol in forced:
        machine.step(symbol)
    counted = device.host.counters() - before
    assert (counted.steps, counted.rows, counted.beats) == (49, machine.rows, machine.beats)
    assert counted.saturations == machine.saturations % (1 << 16)
    other, latencies = golden_symbols([(forced[0] + 1) % NETWORK.n_out, *forced[1:]])
    assert (got, state(device)) != (other, latencies)  # the control: another first symbol


@pytest.mark.parametrize("k", [0, 3])
def test_draws_equal_golden(device, k):
    table, mask = jitter_table(temperature=9.0, out_frac=3, outputs=PROGRAM.meta.placement.output_range)
    device.set_sampler(temperature=9.0, k=k, seed=99)
    drawn = device.host.step(60)
    assert drawn == golden_symbols([None] * 60, Sampler(seed=99, jitter=Jitter(table=table, mask=mask), k=k))[0]
    assert drawn != golden_symbols([None] * 60, Sampler(seed=98, jitter=Jitter(table=table, mask=mask), k=k))[0]
    device.reset()
    device.set_sampler()
    assert device.host.step(20) == golden_symbols([None] * 20)[0]


def test_a_bad_image_is_refused_and_nothing_runs(device, board):
    bad = bytearray(IMAGE)
    bad[len(bad) // 2] ^= 4
    with pytest.raises(LinkError, match=r"the core refuses the image near byte .*: a section's CRC is wrong"):
        device.host.load(bytes(bad))
    hello = device.host.hello()
    assert (hello.loaded, hello.error, hello.code) == (False, True, isa.LoadError.SECTION_CRC)
    for refused in (lambda: device.host.step(1), lambda: device.host.feed([0])):
        with pytest.raises(LinkError, match="no image, or the last one failed to load"):
            refused()
    assert board.counter(isa.Counter.STEPS) == 0
    device.load()
    assert device.host.step(5) == golden_symbols([None] * 5)[0]


def test_abort_then_reset(device, board):
    """A long STEP ended by ABORT tells the symbols finished; after the state is loaded anew everything is as at the start."""
    reader = FrameReader(reply=True)
    board.uart.send(Frame.request(isa.Command.STEP, b"\xff", seq=201).encode() + Frame.request(isa.Command.ABORT, seq=202).encode())
    replies = []
    while not replies:
        data = board.uart.receive(1, limit=100_000)
        assert data
        replies = reader.push(data)
    aborted = replies[0]
    assert (aborted.code, aborted.seq) == (isa.Status.ABORTED, 201)
    finished = list(aborted.payload)
    assert 0 < len(finished) < 255
    assert finished == golden_symbols([None] * 255)[0][: len(finished)]
    device.reset()
    assert device.host.step(12) == golden_symbols([None] * 12)[0]
    assert state(device) == golden_symbols([None] * 12)[1]


def test_a_disturbed_line_never_steps_twice(device, board):
    line = Disturbed(board.transport(), noise=0.2, seed=5)
    host = Host(line, timeout=SILENCE, tries=40)
    got = []
    for _ in range(12):
        got += host.step(3)
    assert host.faults.resent > 3
    assert got == golden_symbols([None] * 36)[0]
    assert board.counter(isa.Counter.STEPS) == 36
    line.noise = 0.0
    assert host.counters().steps == 36
    assert host.hello().dropped > 0
    # the control: once HELLO has made the core forget it, a repeated request does step again
    repeated = Frame.request(isa.Command.STEP, b"\x03", seq=77).encode()
    for request in (repeated, Frame.request(isa.Command.HELLO, seq=0).encode(), repeated):
        board.uart.send(request)
        board.uart.receive(64, limit=200_000)
    assert board.counter(isa.Counter.STEPS) == 42
