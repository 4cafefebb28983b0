"""Hostile files, options and frames: refused in one sentence, or right. The short sets run by default, the long ones are slow."""

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

import boards
from firmware import isa
from firmware.compiler import CompileError, compile_network
from firmware.host.host import Host, LinkError
from firmware.host.link import Frame
from firmware.image.image import read_image, write_image
from firmware.image.sections import ImageError
from firmware.jitter import JitterError
from golden.integer.file import KEY, load, load_extra, save_network
from golden.integer.layer import NetworkError
from golden.tasks.images.mnist import read_idx
from polychron.cli import main
from sim.machines.board import BoardSimulation

from ..firmware.execution import first_difference
from ..firmware.host.core import FakeCore
from ..firmware.networks import random_network
from ..firmware.transformers import random_transformer
from .mutants import ODD, Rng, fuzz, mutate_array, mutate_bytes, mutate_json

BOARD = boards.get("icebreaker")
COUNTS = [300, pytest.param(20_000, marks=pytest.mark.slow)]
NETWORKS = {
    "rnn": random_network(1, kind="rnn", max_n=12),
    "deep": random_network(2, kind="deep", max_n=12),
    "transformer": random_transformer(3),
}


def one_sentence(error: Exception) -> None:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 1000, text[:1000]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", sorted(NETWORKS))
def test_network_files(kind: str, count: int, tmp_path: Path) -> None:
    """What is accepted is compiled, and the interpreter gives golden's latencies from the image."""
    network = NETWORKS[kind]
    path = tmp_path / "net.safetensors"
    save_network(network, path)
    whole, header, arrays = path.read_bytes(), {"version": 1} | json.loads(json.dumps(network.header())), network.arrays()

    def one(rng: Rng) -> bool:
        way = int(rng.integers(3))
        if way == 0:
            path.write_bytes(mutate_bytes(rng, whole))
        elif way == 1:
            path.write_bytes(save(arrays, metadata={KEY: json.dumps(mutate_json(rng, header))}))
        else:
            name = list(arrays)[int(rng.integers(len(arrays)))]
            path.write_bytes(save(arrays | {name: mutate_array(rng, arrays[name])}, metadata={KEY: json.dumps(header)}))
        try:
            load_extra(path)
            mutant = load(path)
            image = write_image(compile_network(mutant, BOARD))
        except (NetworkError, CompileError, JitterError, ImageError) as error:
            one_sentence(error)
            return False
        assert first_difference(mutant, read_image(image), seed=1, steps=3) is None
        return True

    tally = fuzz(f"network files, {kind}", one, count=count)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
def test_images(count: int) -> None:
    """An image that is accepted is written again as it was."""
    image = write_image(compile_network(NETWORKS["rnn"], BOARD))

    def one(rng: Rng) -> bool:
        mutant = mutate_bytes(rng, image)
        try:
            program = read_image(mutant)
        except ImageError as error:
            one_sentence(error)
            return False
        assert write_image(program)[: len(image)] == mutant[: len(image)]
        return True

    assert fuzz("images", one, count=count).seen["refused"]


@pytest.mark.parametrize("count", COUNTS)
def test_idx_files(count: int, tmp_path: Path) -> None:
    path = tmp_path / "images"
    whole = struct.pack(">4B3I", 0, 0, 8, 3, 2, 4, 4) + bytes(range(32))

    def one(rng: Rng) -> bool:
        path.write_bytes(mutate_bytes(rng, whole))
        try:
            array, data = read_idx(path, ndim=3)
        except NetworkError as error:
            one_sentence(error)
            return False
        assert array.tobytes() == data[16:]
        return True

    assert fuzz("IDX files", one, count=count).seen["refused"]


OPTIONS = {
    "estimate": ("--network", "--board", "--flash", "--temperature", "--k", "--seed"),
    "export": ("--network", "--board", "--flash", "--temperature", "--greedy", "--k", "--seed"),
    "sim": ("--network", "--board", "--length", "--digits", "--data", "--k", "--seed", "--temperature"),
    "train text": (
        "--steps",
        "--minutes",
        "--hidden",
        "--output",
        "--n",
        "--symbols",
        "--streams",
        "--bits",
        "--qat",
        "--grow",
        "--resume",
        "--text",
    ),
    "train transformer": ("--context", "--heads", "--tables", "--n", "--rate", "--preset", "--text"),
    "eval": ("--text", "--data"),
    "talk": ("--baud", "--count", "--image", "--port", "--temperature", "--seed"),
}
WORDS = [
    *(str(word) for word in ODD),
    "--",
    "-",
    "-1",
    "1e999",
    "nan",
    "0x10",
    "9999x16",
    "3x",
    "\x00",
    "\udcff",
    "/dev/zero",
    "/",
    "/nowhere/a",
    "$HOME",
    "\u0664",
]


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.slow)])
def test_options(count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line with an option that no command has at its end is refused whatever else stands there: nothing long is begun."""
    monkeypatch.chdir(tmp_path)

    def one(rng: Rng) -> bool:
        command = list(OPTIONS)[int(rng.integers(len(OPTIONS)))]
        words = command.split()
        for _ in range(rng.integers(1, 4)):
            name, value = OPTIONS[command][int(rng.integers(len(OPTIONS[command])))], WORDS[int(rng.integers(len(WORDS)))]
            words += [f"{name}={value}"] if rng.random() < 0.5 else [name, value]
        code = main([*words, "--no-such-option"])
        told = capsys.readouterr()
        assert code == 2, words
        assert re.fullmatch(r"error: [^\n\x1b]{1,1100}\n", told.err), (words, told.err)
        assert not list(tmp_path.iterdir())
        return False

    fuzz("options", one, count=count)


class HostileCore(FakeCore):
    """A core of which some replies are something else: disturbed, cut, repeated, of another number, with a wrong CRC."""

    def __init__(self, rng: Rng) -> None:
        super().__init__()
        self.hostile, self.clock = rng, 0.0

    def now(self) -> float:
        self.clock += 0.001
        return self.clock

    def read(self, size: int, timeout: float) -> bytes:
        data = super().read(size, timeout)
        if not data:
            self.clock += timeout
        return data

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

    def one(rng: Rng) -> bool:
        host = Host(HostileCore(rng), timeout=0.1, tries=3, patience=1.0)
        try:
            host.hello()
            host.load(image)
            assert len(host.step(5)) == 5
            host.counters()
            host.results()
        except LinkError as error:
            one_sentence(error)
            return False
        return True

    assert fuzz("replies", one, count=count).seen["refused"]


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_frames_to_the_compiled_board(count: int) -> None:
    """After hostile frames the board greets, takes an image and gives golden's symbols."""
    network = NETWORKS["rnn"]
    program = compile_network(network, BOARD)
    with_board = BoardSimulation(BOARD, program=program)
    commands = [command for command in isa.Command if command != isa.Command.SCRUB]

    def one(rng: Rng) -> bool:
        command = commands[int(rng.integers(len(commands)))]
        frame = Frame.request(command, rng.bytes(int(rng.integers(8))), seq=int(rng.integers(256))).encode()
        with_board.uart.send(mutate_bytes(rng, frame)[:64])
        return bool(with_board.uart.receive(64, limit=20_000))

    try:
        fuzz("frames to the board (accepted: answered)", one, count=count)
        with_board.uart.receive(4096, limit=2_000_000)
        host = Host(with_board.transport(), timeout=0.1, tries=10)
        host.hello()
        host.load(write_image(program))
        state = np.zeros((1, network.n), np.int16)
        from golden.integer.recurrent import rnn_outputs, rnn_update

        for symbol in host.step(20):
            assert symbol == rnn_outputs(network, state)[0][0].argmin()
            state, _ = rnn_update(network, state, np.array([symbol]))
    finally:
        with_board.close()
