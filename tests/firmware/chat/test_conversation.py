"""A conversation on the host's side: what a line does, what is refused, how an answer is stopped."""

import io
import signal
import sys
from contextlib import contextmanager

import pytest
from serial.tools import list_ports

import boards
from firmware.chat.conversation import Conversation, converse
from firmware.chat.lines import lines
from firmware.chat.writing import stoppable
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.image.image import write_image
from golden.integer.sampling import Sampler as GoldenSampler
from polychron.command import ports
from polychron.command.target import Sampler

from ..host.core import FakeCore
from ..host.host_bench import golden_run, text_network
from ..networks import random_network

BOARD = boards.get("icebreaker")
NETWORK, OTHER = text_network(), text_network((*b"abcdefg\n",), seed=3)
IMAGES = {"one": write_image(compile_network(NETWORK, BOARD)), "other": write_image(compile_network(OTHER, BOARD))}


class Boards:
    """Boards that are opened one after another."""

    def __init__(self):
        self.open = 0

    @contextmanager
    def connect(self, image):
        assert self.open == 0
        self.open += 1
        try:
            yield Device(Host(FakeCore()), image)
        finally:
            self.open -= 1


def conversation(count=20, **sampler):
    return Conversation(
        Boards().connect, IMAGES["one"], compiled=IMAGES.__getitem__, sampler=Sampler(**sampler), count=count, clock_hz=36e6
    )


def written(network, symbols, forced, sampler=None):
    chosen = golden_run(network, forced, sampler or GoldenSampler())
    return "".join(symbols[symbol] for given, symbol in zip(forced, chosen, strict=True) if given is None) + "\n"


def test_an_answer_goes_on_from_all_that_was_said(capsys):
    talk = conversation()
    assert talk.take("abc")
    first = capsys.readouterr().out
    assert talk.take("de")
    both = [1, 2, 3, 0, *[None] * 20, 4, 5, 0, *[None] * 20]  # the network's unknown symbol 0 is read for the end of a line
    text = written(NETWORK, "?abcdefg", both)
    assert first + capsys.readouterr().out == f"{text[:20]}\n{text[20:]}"


def test_after_a_reset_nothing_is_remembered(capsys):
    talk = conversation()
    talk.take("abc")
    talk.take("/reset")
    capsys.readouterr()
    talk.take("g")
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", [7, 0, *[None] * 20])


def test_another_network_and_its_end_of_line(capsys):
    talk = conversation()
    talk.take("/network other")
    talk.take("a")
    assert capsys.readouterr().out.removesuffix("\n") == written(OTHER, "abcdefg\n", [0, 7, *[None] * 20]).rstrip("\n")


def test_what_an_answer_is_drawn_by(capsys):
    talk = conversation(temperature=0.0)
    talk.take("/temperature 1.5")
    talk.take("/k 4")
    talk.take("/seed 7")
    talk.take("/count 33")
    talk.take("ab")
    drawn = capsys.readouterr().out
    other = conversation(count=33, temperature=1.5, k=4, seed=7)
    other.take("ab")
    assert capsys.readouterr().out == drawn
    earliest = conversation(count=33)
    earliest.take("ab")
    assert capsys.readouterr().out != drawn


def test_statistics(capsys):
    talk = conversation()
    talk.take("abc")
    capsys.readouterr()
    talk.take("/stats")
    assert capsys.readouterr().out.startswith("24 steps, ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/temprature 1", "/temprature is none of the commands /temperature, /k, "),
        ("/", "/ is none of the commands"),
        ("/k 9", "k must be 0..8, not 9"),
        ("/k 1.5", "/k takes a number, not '1.5'"),
        ("/seed 0", "seed must be 1..4294967295, not 0"),
        ("/temperature nan", "temperature"),
        ("/temperature -1", "temperature"),
        ("/count many", "/count takes 1..1000000 characters, not 'many'"),
        (f"/count {'9' * 5000}", r"/count takes 1..1000000 characters, not '9{99} ... 9{99}'$"),
        (f"/seed {'9' * 5000}", r"/seed takes a number, not '9{99} ... 9{99}'$"),
        ("/\x1b[2J", r"/\\x1b\[2J is none of the commands"),
        ("/temperature 1e308", "temperature 1e.308 takes output latencies far beyond"),
        ("/temperature inf", "temperature inf takes output latencies far beyond"),
        ("/network", "/network takes a network file"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_the_talk_goes_on(line, message, capsys):
    talk = conversation()
    with pytest.raises(ValueError, match=f"^.*{message}"):
        talk.take(line)
    capsys.readouterr()
    talk.take("abc")
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", [1, 2, 3, 0, *[None] * 20])


def test_a_network_that_reads_no_text_leaves_the_text_so_far(capsys, monkeypatch):
    """It is refused before the board is let go of."""
    talk = conversation()
    talk.take("abc")
    monkeypatch.setitem(IMAGES, "deep", write_image(compile_network(random_network(1, kind="deep"), BOARD)))
    with pytest.raises(ValueError, match="the network has no symbols"):
        talk.take("/network deep")
    capsys.readouterr()
    talk.take("de")
    both = [1, 2, 3, 0, *[None] * 20, 4, 5, 0, *[None] * 20]
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", both)[20:]


def test_an_interrupt_stops_the_reading_of_a_long_line(capsys, monkeypatch):
    """What has been read by then stays read."""
    talk = conversation()
    host = talk._device.host
    fed = []

    def feed(symbols):
        fed.append(len(symbols))
        if len(fed) == 2:
            signal.raise_signal(signal.SIGINT)
        return Host.feed(host, symbols)

    monkeypatch.setattr(host, "feed", feed)
    talk.take("a" * 2000)
    monkeypatch.undo()
    assert fed == [255, 255]
    assert capsys.readouterr().out == "\n"
    talk.take("b")
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", [*[1] * 510, 2, 0, *[None] * 20])
    talk.take("/stats")
    assert capsys.readouterr().out.startswith("532 steps, ")


def test_what_is_wrong_at_a_terminal_is_told_on_a_line_of_its_own(capsys, monkeypatch):
    """The line breaks in an answer; a file can't be read. The talk goes on."""
    talk = conversation(count=64)
    host = talk._device.host
    steps = []

    def step(count):
        if steps:
            raise LinkError("the core does not answer STEP, sent 5 times")
        steps.append(count)
        return Host.step(host, count)

    def unreadable(name):
        raise PermissionError(13, "Permission denied", f"{name}\x1b")

    monkeypatch.setattr(host, "step", step)
    monkeypatch.setattr(talk, "_compiled", unreadable)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    capsys.readouterr()
    assert converse(talk, iter(["abc", "/network file", "/quit"]).__next__) == 0
    told = capsys.readouterr()
    assert told.out == written(NETWORK, "?abcdefg", [1, 2, 3, 0, *[None] * 32])
    assert told.err.splitlines() == [
        "error: the core does not answer STEP, sent 5 times",
        r"error: file\x1b can't be read or written: Permission denied",
    ]


def test_a_network_that_cannot_be_loaded_leaves_the_one_before(capsys, monkeypatch):
    talk = conversation()
    monkeypatch.setitem(IMAGES, "damaged", IMAGES["one"][:-1])
    with pytest.raises(ValueError, match="image"):
        talk.take("/network damaged")
    capsys.readouterr()
    talk.take("abc")
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", [1, 2, 3, 0, *[None] * 20])


def test_lines_of_a_pipe_and_the_first_that_is_wrong_ends_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("abc\n/quit\nnever"))
    talk = conversation()
    assert converse(talk, lines(tmp_path / "history", talk.commands)) == 0
    assert capsys.readouterr().out == written(NETWORK, "?abcdefg", [1, 2, 3, 0, *[None] * 20])
    monkeypatch.setattr(sys, "stdin", io.StringIO("abc\n/never\nabc\n"))
    with pytest.raises(ValueError, match="/never is none of the commands"):
        converse(conversation(), lines(tmp_path / "history", talk.commands))
    assert list(tmp_path.iterdir()) == []


def test_the_first_interrupt_asks_and_the_second_interrupts():
    def interrupted():
        signal.raise_signal(signal.SIGINT)

    with stoppable() as stop:
        assert not stop.is_set()
        interrupted()
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    before = signal.getsignal(signal.SIGINT)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_ports_are_told_where_nobody_can_be_asked(monkeypatch):
    class Port:
        device, description, hwid = "/dev/ttyUSB1", "iCEBreaker V1.0e\x1b", "USB VID:PID=0403:6010"

        def __lt__(self, other):
            return False

    monkeypatch.setattr(list_ports, "comports", lambda: [Port()])
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(
        ValueError, match=r"^--port must name a serial port \(/dev/ttyUSB1  iCEBreaker V1\.0e\\x1b, USB VID:PID=0403:6010\)"
    ):
        ports.choose_port()
    monkeypatch.setattr(list_ports, "comports", list)
    with pytest.raises(ValueError, match=r"\(this machine has none\), or be simulated$"):
        ports.choose_port()


def test_a_port_is_chosen_by_its_number(monkeypatch, capsys):
    """Whatever else is typed is asked again; Enter is the first."""

    class Port:
        device, description, hwid = "/dev/ttyUSB1", "iCEBreaker", "n/a"

    typed = iter(["9" * 5000, "two", "0", "3", "2", ""])
    monkeypatch.setattr(list_ports, "comports", lambda: [Port()])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda asked: next(typed))
    assert ports.choose_port() == ports.SIMULATED
    assert ports.choose_port() == "/dev/ttyUSB1"
    assert capsys.readouterr().out.startswith("1  /dev/ttyUSB1  iCEBreaker\n2  a simulated board\n")

    def ended(asked: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    with pytest.raises(ValueError, match=r"^no port was chosen$"):
        ports.choose_port()
