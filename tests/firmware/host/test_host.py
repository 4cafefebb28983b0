"""The host driver against a core in plain Python, over a clean line and over a disturbed one."""

import os
import pty
import signal
import tty
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.chat.writing import write
from firmware.compiler import compile_network
from firmware.host.device import Device, SymbolError
from firmware.host.host import AbortedError, Counters, Host, LinkError
from firmware.host.link import Frame
from firmware.host.transport import SerialTransport, Transport, TransportError
from firmware.image.image import write_image
from firmware.jitter import JitterError, jitter_table
from firmware.talk import main
from golden.integer.deep import deep_forward
from golden.integer.network import Network
from golden.integer.sampling import Jitter, Sampler
from golden.integer.signal import SignalNetwork, signal_outputs
from polychron.command.target import EARLIEST
from polychron.command.terminal import terminal_text

from ...golden.helpers import rnn_outputs, rnn_update
from ..compiler.test_compiler import shaped
from ..networks import random_network
from .core import FakeCore

ICEBREAKER = boards.get("icebreaker")
LETTERS = (-1, *b"abcdefg")


def text_network(symbols: tuple[int, ...] = LETTERS, *, seed: int = 2) -> Network:
    network = shaped(seed, n=24, n_t=6, n_c=4, out_t=8, out_c=3, n_out=len(symbols))
    return replace(network, symbols=symbols, out_frac=3)


def device(network: Network, core: FakeCore, *, tries: int = 5) -> Device:
    return Device(Host(core, tries=tries), write_image(compile_network(network, ICEBREAKER)))


def golden_run(network: Network, forced: list[int | None], sampler: Sampler) -> list[int]:
    h = np.zeros((1, network.n), np.int16)
    chosen = []
    for symbol in forced:
        chosen.append(sampler.choose(rnn_outputs(network, h)[0][0]))
        h, _ = rnn_update(network, h, np.array([chosen[-1] if symbol is None else symbol]))
    return chosen


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_a_disturbed_line_never_steps_twice(noise: float) -> None:
    network, core = text_network(), FakeCore(noise=noise, seed=5)
    board = device(network, core, tries=40)
    board.load()
    prompt = b"abcxyzab"
    chosen = board.feed(prompt)
    for _ in range(30):
        chosen += board.host.step(3)
    forced: list[int | None] = [*board.symbols(prompt), *[None] * 90]
    assert chosen == golden_run(network, forced, Sampler())
    assert core.executed == 31
    assert (board.host.faults.resent > 0) == (noise > 0)


def test_without_replay_it_would() -> None:
    network, core = text_network(), FakeCore(noise=0.3, seed=5, replay=False)
    board = device(network, core, tries=40)
    board.load = board.host.hello  # type: ignore[method-assign, assignment]
    core.noise = 0.0
    board.host.load(board.image)
    core.noise = 0.3
    for _ in range(30):
        board.host.step(3)
    assert core.executed > 30


def test_greeting_and_counters() -> None:
    core = FakeCore()
    board = device(text_network(), core)
    assert not board.host.hello().loaded
    board.load()
    hello = board.host.hello()
    assert (hello.version, hello.width, hello.loaded, hello.error, hello.dropped) == (3, isa.Width(), True, False, 0)
    before = board.host.counters()
    board.host.step(300)
    used = board.host.counters() - before
    assert used.rows == 300 * (8 + 6 + 1)
    assert used.beats == core.machine.beats  # type: ignore[union-attr]
    assert board.host.store(0, 300) == core.machine.store[:300]  # type: ignore[union-attr]


def test_counters_wrap() -> None:
    late = Counters(clocks=5, rows=2, beats=3, saturations=0, steps=1, flash=2)
    early = Counters(clocks=0xFFFFFFFE, rows=1, beats=0xFFFFFFFF, saturations=0, steps=1, flash=0xFFFFFFFF)
    assert late - early == Counters(clocks=7, rows=1, beats=4, saturations=0, steps=0, flash=3)
    assert (late - early).stalls == 3


@pytest.mark.parametrize("k", [0, 3])
def test_temperature(k: int) -> None:
    network = text_network()
    board = device(network, FakeCore())
    board.load()
    board.set_sampler(temperature=0.7, k=k, seed=99)
    table, mask = jitter_table(temperature=0.7, out_frac=3, outputs=(-100, 100))
    drawn = board.host.step(60)
    assert drawn == golden_run(network, [None] * 60, Sampler(seed=99, jitter=Jitter(table=table, mask=mask), k=k))
    board.reset()
    board.set_sampler()
    calm = board.host.step(60)
    assert calm == golden_run(network, [None] * 60, Sampler())
    assert calm != drawn
    with pytest.raises(JitterError, match=r"^temperature 5000\.0 could take an output latency to"):
        board.set_sampler(temperature=5000.0)


@pytest.mark.parametrize("seed", range(8))
def test_classes(seed: int) -> None:
    network = random_network(seed, kind="deep")
    rng = np.random.default_rng(seed)
    board = device(network, FakeCore())
    board.load()
    for _ in range(3):
        x = rng.integers(-300, 300, network.n - network.n_ref).astype(np.int16)
        outputs = deep_forward(network, x[None]).states[-1][0]
        assert board.classify(x.tolist()) == outputs.argmin()
        order = sorted(range(network.n_out), key=lambda o: (outputs[o], o))[:8]
        assert board.host.results() == [(o, int(outputs[o])) for o in order]


@pytest.mark.parametrize("seed", range(8))
def test_signals(seed: int) -> None:
    network = random_network(seed, kind="signal")
    assert isinstance(network, SignalNetwork)
    x = np.random.default_rng(seed).integers(-300, 300, (2, 4, network.n_in)).astype(np.int16)
    board = device(network, FakeCore())
    board.load()
    for one, outputs in zip(x, signal_outputs(network, x), strict=True):
        board.reset()
        for step, due in zip(one, outputs, strict=True):
            assert board.classify(step.tolist()) == due.argmin()
            order = sorted(range(network.n_out), key=lambda o: (due[o], o))[:8]
            assert board.host.results() == [(o, int(due[o])) for o in order]


def test_a_signal_has_no_classes_of_single_samples() -> None:
    board = device(random_network(1, kind="signal"), FakeCore())
    with pytest.raises(LinkError, match=r"^the network reads signals, step after step: it has no classes of samples on their own$"):
        board.classify_all([[0] * board.program.meta.n_in])


def test_wrong_inputs() -> None:
    board = device(random_network(0, kind="deep"), FakeCore())
    n_in = board.program.meta.n_in
    with pytest.raises(LinkError, match=rf"^the network must take 0 latencies, it is of kind deep and takes {n_in}$"):
        board.classify([])
    with pytest.raises(LinkError, match=r"^an input latency must be -32768\.\.32767, not 32768$"):
        board.classify([32768] * n_in)


def test_symbols() -> None:
    board = device(text_network(), FakeCore())
    assert board.symbols(b"ab!g") == [1, 2, 0, 7]
    assert board.text([1, 2, 0, 7]) == b"ab?g"
    strict = device(text_network(tuple(b"abcdefgh")), FakeCore())
    with pytest.raises(SymbolError, match=r"^byte 33 \('!'\) at 2 of the text is none of the network's 8 symbols$"):
        strict.symbols(b"ab!g")
    with pytest.raises(SymbolError, match=r"^the network has no symbols, so it reads no text$"):
        device(random_network(0, kind="deep"), FakeCore()).symbols(b"a")


def test_a_damaged_image_is_reported() -> None:
    core = FakeCore()
    board = device(text_network(), core)
    broken = bytearray(board.image)
    broken[100] ^= 1
    with pytest.raises(LinkError, match=r"^the core refuses the image near byte \d+: a section's CRC is wrong$"):
        board.host.load(bytes(broken))
    assert board.host.hello().code == isa.LoadError.SECTION_CRC
    with pytest.raises(LinkError, match=r"^the image ends after \d+ bytes and the core wants more$"):
        board.host.load(board.image[:-1])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (isa.Status.NOT_LOADED, "STEP is refused: the core has no image, or the last one failed to load"),
        (isa.Status.BAD_COMMAND, "STEP is refused: the core does not know that command or value"),
        (isa.Status.FAULT, "STEP is refused: a step took more than 2^24 clocks and the core was reset"),
        (isa.Status.BUSY, "the core does not answer STEP, sent 5 times"),
    ],
)
def test_refused(status: isa.Status, message: str) -> None:
    core = FakeCore()
    core.refuse = status
    with pytest.raises(LinkError) as caught:
        Host(core).step(1)
    assert str(caught.value) == message


class Script(Transport):
    """Answers each request with prepared bytes, the request's seq put in place of 0xEE."""

    def __init__(self, *answers: list[Frame]) -> None:
        self.answers = list(answers)
        self.ready = b""
        self.requests: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.requests.append(data)
        for frame in self.answers.pop(0) if self.answers else []:
            self.ready += replace(frame, seq=data[1] if frame.seq == 0xEE else frame.seq).encode()

    def read(self, size: int, timeout: float) -> bytes:
        data, self.ready = self.ready[:size], self.ready[size:]
        return data


def answer(status: isa.Status, payload: bytes = b"", seq: int = 0xEE) -> Frame:
    return Frame.answer(status, payload, seq=seq)


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


def test_image_for_another_core() -> None:
    board = device(text_network(), FakeCore(comparators=1))
    with pytest.raises(LinkError, match=r"^the image is for 8 lanes and 2 comparators, the core has 8 lanes and 1 comparator$"):
        board.load()


def test_talk(capsys: pytest.CaptureFixture[str]) -> None:
    network = text_network()
    image = write_image(compile_network(network, ICEBREAKER))
    used = write(Device(Host(FakeCore()), image), EARLIEST, prompt="abc", count=50).used
    assert used.rows == 53 * (8 + 6 + 1)
    chosen = golden_run(network, [1, 2, 3, *[None] * 50], Sampler())
    expected = "abc" + "".join("?abcdefg"[symbol] for symbol in chosen[3:])
    assert capsys.readouterr().out == expected + "\n"


def test_talk_reads_a_prompt_of_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    image = write_image(compile_network(text_network(), ICEBREAKER))
    used = write(Device(Host(FakeCore()), image), EARLIEST, prompt="a\udcff", count=0).used
    assert used.steps == 2
    assert capsys.readouterr().out == "a\ufffd\n"


END = "\x04"  # of what is printed: no one else prints it


def on_a_terminal(write: Callable[[], object]) -> bytes:
    """What ``write`` prints where standard output is a terminal."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with os.fdopen(theirs, "w") as terminal, redirect_stdout(terminal):
        write()
        terminal.write(END)
        terminal.flush()
        seen = b""
        while not seen.endswith(END.encode()):  # a terminal passes on a part now, a part later
            seen += os.read(ours, 1 << 12)
    os.close(ours)
    return seen.removesuffix(END.encode())


def test_talk_escapes_what_steers_a_terminal_there_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The prompt, and the text of a network whose symbols are such characters."""
    image = write_image(compile_network(text_network((-1, *b"\x1b\r\x07\x00\x08[2")), ICEBREAKER))

    def written() -> None:
        write(Device(Host(FakeCore()), image), EARLIEST, prompt="\x1b[2\x9b", count=60)

    written()
    plain = capsys.readouterr().out
    assert plain.startswith("\x1b[2\x9b")
    assert len(set(plain[4:-1]) & set("\x1b\r\x07\x00\x08")) > 1
    seen = on_a_terminal(written).decode()
    assert all(sign.isprintable() for sign in seen[:-1])
    assert seen == terminal_text(plain, terminal=True)
    assert seen.startswith("\\x1b[2")


def test_talk_without_a_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.bin"
    assert main(["--port", "/dev/none", "--image", str(path)]) == 2
    assert capsys.readouterr().err == f"error: {path}: cannot be read: No such file or directory\n"
    path.write_bytes(b"")
    assert main(["--port", "/dev/none", "--image", str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: /dev/none: cannot be opened: ")


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


class Babble(Transport):
    """A port whose other end sends ``bytes_of(number)`` at each read, a hundredth of a second apart by its own clock."""

    def __init__(self, bytes_of: Callable[[int], bytes]) -> None:
        self.bytes_of = bytes_of
        self.reads = 0

    def now(self) -> float:
        return self.reads / 100

    def write(self, data: bytes) -> None:
        self.seq = data[1]

    def read(self, size: int, timeout: float) -> bytes:
        assert timeout > 0
        self.reads += 1
        return self.bytes_of(self.reads)


BABBLE: dict[str, Callable[[int], bytes]] = {
    "random bytes": lambda number: np.random.default_rng(number).integers(0, 256, 50, dtype=np.uint8).tobytes(),
    "zeros": lambda number: bytes(20),
    "log text": lambda number: b"[%d] I (1234) boot: ready\r\n" % number,
    "replies of another request": lambda number: answer(isa.Status.OK, b"\x02", seq=200).encode(),
    "a drip of start bytes": lambda number: b"\x5a",
    "busy": lambda number: answer(isa.Status.BUSY, seq=1).encode(),
    "a frame that never ends": lambda number: b"\x5a\x01\x00\xff"[(number - 1) % 4 :][:1],
}


@pytest.mark.parametrize("kind", BABBLE)
def test_a_port_that_keeps_sending_is_not_waited_for_without_end(kind: str) -> None:
    line = Babble(BABBLE[kind])
    host = Host(line, timeout=1.0, tries=3)
    with pytest.raises(LinkError, match="the core does not answer STEP, sent 3 times"):
        host.step(1)
    assert line.now() <= 2 * 3 * 1.0 + 0.1  # BUSY is answered twice


def test_a_core_that_reads_its_flash_without_end_is_given_up() -> None:
    core = FakeCore(flash=b"", starting=1 << 30)
    clock = iter(range(1 << 30))
    core.now = lambda: float(next(clock))  # type: ignore[method-assign]
    host = Host(core, timeout=5.0, patience=60.0)
    with pytest.raises(LinkError, match=r"the core still reads its flash after 60 s \(section 0\)"):
        host.wait()
    assert next(clock) < 400
