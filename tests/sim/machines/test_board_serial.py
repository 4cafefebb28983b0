"""The compiled board whose flash is read on one line or two, at its pins: boot, steps, scrubs, resets, a chip that is damaged or gone."""

import random
from dataclasses import replace

import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.host import Host, ScrubError
from firmware.image.contents import contents
from firmware.image.image import write_image
from sim.flash import Pads, Power
from sim.machines.board import BoardSimulation
from sim.machines.machine import FlashSetup, board_chip

from ...firmware.networks import random_network
from .test_board_flash import equal_steps

ONE = boards.get("colorlight_5a75b_v8")
BOARDS = {1: ONE, 2: replace(ONE, image_flash=replace(ONE.image_flash, lines=2))}
LINES = pytest.mark.parametrize("lines", BOARDS)


@pytest.fixture(scope="module")
def small():
    network = random_network(1, kind="rnn", max_n=16, max_out=12)
    program = compile_network(network, ONE)
    return network, program, write_image(program)


@pytest.fixture
def board_with():
    made = []

    def make(lines, **options):
        made.append(BoardSimulation(BOARDS[lines], **options))
        return made[-1]

    yield make
    for board in made:
        assert not board.chip.violations
        board.close()


def found(**changes):
    return FlashSetup(found=replace(board_chip(ONE), **changes), pads=Pads(out=6_000, back=5_000))


@LINES
@pytest.mark.parametrize("power", list(Power))
def test_boots_runs_and_scrubs(board_with, small, lines, power):
    network, program, image = small
    board = board_with(lines, image=image, flash=found(power=power))
    assert board.boot()
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.loading, hello.code, hello.flash_ready) == (True, False, False, isa.LoadError.NONE, True)
    device = equal_steps(board, network, program, image)
    after = device.host.scrub()
    assert (after.loaded, after.error, after.section) == (True, False, contents(image)[-1].number)
    equal_steps(board, network, program, image, count=2)


@LINES
def test_a_reset_at_any_clock(board_with, small, lines):
    """While the chip starts, in the middle of a read, and later; it goes on where the chip stands."""
    network, program, image = small
    rng = random.Random(lines)
    board = board_with(lines, image=image, flash=found())
    for clocks in [rng.randrange(2_500), *(rng.randrange(2_500, 30_000) for _ in range(4)), None]:
        if clocks is None:
            assert board.boot()
        else:
            board.sim.clock(clocks)
        board.sim["rst"] = 1
        board.sim.clock()
        board.sim["rst"] = 0
    assert board.boot()
    equal_steps(board, network, program, image, count=2)


@LINES
def test_a_flipped_bit_is_refused(board_with, small, lines):
    """The negative control of the boot, and of the scrub."""
    _, program, image = small
    part = next(part for part in contents(image) if part.kind == isa.Kind.PROGRAM)
    damaged = bytearray(image)
    damaged[part.start + 9] ^= 4
    board = board_with(lines, image=bytes(damaged), flash=found())
    assert not board.boot()
    assert (board.sim["led_g"], board.sim["led_r"]) == (0, 1)
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.code, hello.section) == (False, isa.LoadError.SECTION_CRC, part.number)
    loaded = board_with(lines, program=program, image=bytes(damaged), flash=found())
    host = Host(loaded.transport())
    host.hello()
    with pytest.raises(ScrubError) as caught:
        host.scrub()
    assert (caught.value.section, caught.value.code) == (part.number, isa.LoadError.SECTION_CRC)


@LINES
@pytest.mark.parametrize("fault", [{"absent": True}, {"stuck": 0}, {"stuck": 1}, {"busy_until": 1 << 50}])
def test_a_flash_that_does_not_answer_is_told(board_with, small, lines, fault):
    network, program, image = small
    board = board_with(lines, image=image, flash=found(**fault))
    assert not board.boot(limit=40_000)
    assert (board.sim["led_g"], board.sim["led_r"]) == (0, 1)
    host = Host(board.transport())
    hello = host.hello()
    assert (hello.error, hello.code, hello.flash_ready) == (True, isa.LoadError.FLASH, False)
    host.load(image)
    equal_steps(board, network, program, image, count=2)


@LINES
def test_an_empty_flash_leaves_it_to_the_host(board_with, small, lines):
    network, program, image = small
    board = board_with(lines, flash=found())
    assert not board.boot()
    host = Host(board.transport())
    assert host.hello().code == isa.LoadError.HEADER
    host.load(image)
    equal_steps(board, network, program, image, count=2)
