"""The command that offers a simulated board: the host's command on it, how it ends, what it leaves, and what it says of bad input."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import firmware.talk
import polychron
import sim.board
import sim.run
from firmware.host.host import Host
from firmware.host.transport import SerialTransport
from firmware.isa import LINK_VERSION
from sim.live.link import linked

ROOT = Path(__file__).parents[2]


@contextmanager
def offered(*words, before=(), **options):
    """The command under way, with its ports; killed at the end if it still runs. ``before``: words in front of it."""
    command = [*before, sys.executable, "-m", "sim.board", *map(str, words)]
    options = {"stderr": subprocess.PIPE, **options}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, **options)
    try:
        ports = []
        while len(ports) < 1 + ("--tcp" in words):
            line = process.stdout.readline()
            assert line.startswith("port: "), process.stderr.read() if process.stderr else line
            ports.append(line.removeprefix("port: ").strip())
        yield process, ports
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def talked(capsys, *words):
    """What ``polychron talk`` writes to standard output."""
    assert firmware.talk.main(list(map(str, words))) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_cleanly(tmp_path, number):
    link = tmp_path / "board"
    with offered("--link", link, "--tcp", 0) as (process, ports):
        assert os.readlink(link) == ports[0]
        with socket.create_connection(("127.0.0.1", int(ports[1].rpartition(":")[2]))):
            process.send_signal(number)
            assert process.wait(30) == 128 + number
        assert process.stderr.read().splitlines()[-1] == "stopped"  # a cold cache tells what it compiles before that
    assert not os.path.lexists(link)
    assert list(tmp_path.iterdir()) == []
    assert not os.path.exists(ports[0])


@pytest.mark.skipif(not os.path.exists("/usr/bin/setpriv"), reason="no setpriv, which takes the rights of root away")
def test_a_client_that_makes_the_terminal_its_own_leaves_it_to_the_next():
    """As ``screen`` does; nobody but root could open it then."""
    common = ["setpriv", "--bounding-set=-sys_admin"] if os.geteuid() == 0 else []
    opened = "import fcntl, os, sys, termios, time; fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); "
    client = [*common, sys.executable, "-c", opened + "fcntl.ioctl(fd, termios.TIOCEXCL); time.sleep(0.5)"]
    with offered(before=common) as (process, [port]):
        for _ in range(2):
            subprocess.run([*client, port], check=True)
        with SerialTransport(port) as line:
            assert Host(line, timeout=20).hello().version == LINK_VERSION
        assert process.poll() is None


def test_talk_writes_on_it_what_the_compared_simulation_writes(tmp_path, capsys):
    polychron.load("shakespeare").compile(board="icebreaker").export(tmp_path)
    master, slave = os.openpty()
    how = ("--prompt", "ROMEO:", "--temperature", "0.7", "--seed", "5")
    with offered("--link", tmp_path / "board", "--tcp", 0, stderr=slave) as (process, ports):
        texts = [
            talked(capsys, "--port", port, "--image", tmp_path / "image.bin", *how, "--count", "40")
            for port in (tmp_path / "board", ports[1])
        ]
        time.sleep(1)  # of a line that is kept up to date every half
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    os.close(slave)
    status = os.read(master, 65536).decode()
    os.close(master)
    assert sim.run.main([*how, "--length", "40"]) == 0
    assert texts[0] == texts[1] == capsys.readouterr().out.split("equal to")[0]
    assert "92 characters, rows 4,876 SPRAM + 0 flash" in status  # 53 rows each


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--link", "taken"], "--link taken is there already, and nothing is overwritten"),
        (["--link", "no/such/folder"], "no/such/folder can't be read or written: No such file or directory"),
        (["--tcp", "65536"], "--tcp must be 0..65535, not 65536"),
        (["--network", "nothing"], "nothing is neither a file nor one of the networks that ship"),
        (["--board", "nothing"], "unknown board 'nothing'"),
        (["--board", "upduino_v3", "--network", "best-5m"], "4000.0 KiB too few: tier SPRAM is full"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_2(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("mine")
    assert sim.board.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert Path("taken").read_text() == "mine"


def test_a_port_in_use(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert sim.board.main(["--tcp", str(port)]) == 2
    assert capsys.readouterr().err == f"error: --tcp {port} can't be offered: Address already in use\n"


def test_without_a_compiler(tmp_path):
    command = [sys.executable, "-m", "sim.board", "--link", str(tmp_path / "board")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CXX": "no-such-compiler"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: the C++ compiler no-such-compiler was not found: install g++, or name one in the environment variable CXX\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_link_takes_the_place_of_one_left_over_and_of_nothing_else(tmp_path):
    path = tmp_path / "board"
    path.symlink_to("/dev/pts/999999")
    with linked(path, "/dev/null"):
        assert os.readlink(path) == "/dev/null"
        with pytest.raises(ValueError, match="is there already"), linked(path, "/dev/zero"):
            pass
        assert os.readlink(path) == "/dev/null"
    assert not os.path.lexists(path)
    path.symlink_to(tmp_path / "nothing")
    with pytest.raises(ValueError, match="is there already"), linked(path, "/dev/null"):
        pass
    assert os.readlink(path) == str(tmp_path / "nothing")


def test_a_link_of_somebody_else_is_left(tmp_path):
    path = tmp_path / "board"
    with linked(path, "/dev/null"):
        path.unlink()
        path.symlink_to("/dev/zero")
    assert os.readlink(path) == "/dev/zero"


@pytest.mark.slow
def test_tables_in_flash(tmp_path, capsys):
    """The largest network that ships, from the flash at its pins, by the host's command with its defaults; and a scrub of 5 MB."""
    polychron.load("best-5m").compile(board="icebreaker").export(tmp_path)
    image = tmp_path / "image.bin"
    with offered("--network", "best-5m") as (_, [port]):
        text = talked(capsys, "--port", port, "--image", image, "--prompt", "ROMEO:" * 30, "--count", "30")
        assert firmware.talk.main(["scrub", "--port", port, "--image", str(image)]) == 0
        assert "the flash is sound" in capsys.readouterr().err
    assert sim.run.main(["--network", "best-5m", "--prompt", "ROMEO:" * 30, "--length", "30"]) == 0
    assert text == capsys.readouterr().out.split("equal to")[0]
