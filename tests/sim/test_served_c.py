"""The C examples, under sanitizers, at a simulated board's TCP port: what they write is what golden writes for the seed."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import boards
from firmware.c.network import main as network_command
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.jitter import jitter_table
from golden.integer.sampling import Jitter, Sampler
from sim.compare.expected import Golden
from sim.live.served import ServedBoard
from sim.live.tcp import TcpPort
from sim.machines.board import BoardSimulation

from ..firmware.c.driver import COMPILERS, SANITIZERS, SOURCES, WARNINGS, compile_c
from ..firmware.networks import random_network
from .test_served_board import running

BOARD = boards.get("icebreaker")
NETWORK = replace(random_network(1, kind="rnn", max_n=16, max_out=12), frac=3, out_frac=3)
NETWORK = replace(NETWORK, symbols=(-1, *range(98, 97 + NETWORK.n_out)))
TIGHT = replace(BOARD, tiers=(replace(BOARD.tiers[0], size=256), BOARD.tiers[1]))  # most tables go to flash; the gateware is the same
TEMPERATURE = 9.0


@contextmanager
def served(image):
    board = BoardSimulation(BOARD, image=image)
    port = TcpPort(0)
    try:
        with running(ServedBoard(board, [port])):
            yield port.address
    finally:
        port.close()
        board.close()


SLOW = pytest.mark.slow


def example(compiler, name, program, folder, *more, command=()):
    """An example for the network of ``program``, compiled."""
    image = folder / "image.bin"
    image.write_bytes(write_image(program))
    assert network_command(["--image", str(image), "--out", str(folder), "--temperature", str(TEMPERATURE), *command]) == 0
    examples = SOURCES / "examples"
    sources = [examples / name, examples / "posix_port.c", SOURCES / "polychron.c", folder / "network.c", *more]
    return compile_c(compiler, sources, folder / "example", f"-I{folder}", f"-I{examples}", *WARNINGS, *SANITIZERS)


def golden_text(program, prompts, count, *, seed):
    """What is written after each prompt, the network beginning anew with each; the generator goes on."""
    table, mask = jitter_table(temperature=TEMPERATURE, out_frac=3, outputs=program.meta.placement.output_range)
    sampler = Sampler(seed=seed, jitter=Jitter(table=table, mask=mask))
    texts = []
    for prompt in prompts:
        golden, written = Golden(NETWORK, program, sampler=sampler), bytearray()
        for forced in [*(NETWORK.symbols.index(byte) if byte in NETWORK.symbols else 0 for byte in prompt), *[None] * count]:
            golden.step(forced)
            if forced is None:
                written.append(b"?"[0] if golden.symbol == 0 else NETWORK.symbols[golden.symbol])
        texts.append(bytes(written))
    return texts


@SLOW
@pytest.mark.parametrize("board", [BOARD, TIGHT], ids=["on chip", "in flash"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_talk(board, compiler, tmp_path):
    program = compile_network(NETWORK, board)
    talk = example(compiler, "talk.c", program, tmp_path)
    with served(write_image(program)) as address:
        for seed in (1, 99):
            done = subprocess.run([talk, address, "bcd", "50", str(seed)], capture_output=True, timeout=300)
            assert (done.returncode, done.stdout) == (0, b"bcd" + golden_text(program, [b"bcd"], 50, seed=seed)[0] + b"\n"), done.stderr
            assert done.stderr.startswith(b"53 steps, ")  # it was in the flash: nothing was loaded
    assert golden_text(program, [b"bcd"], 50, seed=1) != golden_text(program, [b"bcd"], 50, seed=99)


@SLOW
def test_talk_loads_what_is_not_in_the_flash(tmp_path):
    program = compile_network(NETWORK, BOARD)
    talk = example("gcc", "talk.c", program, tmp_path)
    with served(b"") as address:
        done = subprocess.run([talk, address, "b", "20", "5"], capture_output=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, b"b" + golden_text(program, [b"b"], 20, seed=5)[0] + b"\n"), done.stderr
    assert b"\rloading 100 %\n21 steps" in done.stderr


@pytest.mark.parametrize("board", [pytest.param(BOARD, marks=SLOW), TIGHT], ids=["on chip", "in flash"])
@pytest.mark.parametrize("command", [pytest.param([], marks=SLOW), ["--without-image"]], ids=["image in the program", "image in the board"])
def test_the_loop_of_a_microcontroller(board, command, tmp_path):
    program = compile_network(NETWORK, board)
    loop = example("gcc", "microcontroller.c", program, tmp_path, Path(__file__).with_name("board_on_posix.c"), command=command)
    with served(write_image(program)) as address:
        done = subprocess.run([loop], input=b"bc\n\nd!\n", env={**os.environ, "POLYCHRON_PORT": address}, capture_output=True, timeout=300)
    first, second, third = golden_text(program, [b"bc", b"", b"d!"], 80, seed=1)
    assert done.stdout == b"bc" + first + b"\n" + second + b"\nd!" + third + b"\n"
    assert (done.returncode, done.stderr) == (0, b"error\nready\n")
