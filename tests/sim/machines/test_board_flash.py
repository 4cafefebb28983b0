"""The compiled board with tables in flash, at its pins: boot, steps, scrubs, resets, by the host driver over the UART."""

import random
from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, ScrubError
from firmware.image.contents import contents
from firmware.image.image import write_image
from sim.compare.expected import Golden
from sim.flash import Found, Power
from sim.machines.board import BoardSimulation
from sim.machines.machine import FlashSetup
from sim.machines.preload import TABLES
from sim.machines.session import BoardSession

from ...firmware.compiler.test_compiler import shaped
from ...firmware.networks import random_network

BOARDS = {mode: boards.flash_mode(boards.get("icebreaker"), mode) for mode in boards.FLASH_MODES} | {"ulx3s": boards.get("ulx3s_85f")}


def small_tiers(board):
    """The board as if its own memory were smaller, with the tables in flash close behind the image."""
    chip, flash = board.tiers
    return replace(board, tiers=(replace(chip, size=32 * board.lanes), replace(flash, base=board.image_offset + 0x4000)))


def compiled(seed, mode):
    """A small network, most of its tables in flash."""
    network = random_network(seed, kind="rnn", max_n=16, max_out=12)
    board = small_tiers(BOARDS[mode])
    program = compile_network(network, board)
    assert {run.tier for run in program.runs} == {0, 1}
    return network, program, write_image(program)


@pytest.fixture(scope="module")
def small():
    return {mode: compiled(1, mode) for mode in BOARDS}


@pytest.fixture
def board_with():
    made = []

    def make(mode, **options):
        made.append(BoardSimulation(BOARDS[mode], **options))
        return made[-1]

    yield make
    for board in made:
        assert board.chip is None or not board.chip.violations
        board.close()


def equal_steps(board, network, program, image, count=6):
    device = Device(Host(board.transport()), image)
    golden = Golden(network, program)
    device.reset()
    for _ in range(count):
        writes = golden.step(None)
        assert device.host.step(1) == [golden.symbol]
        for write in writes:
            assert board.latencies()[write.addresses].tolist() == write.values.tolist()
    return device


@pytest.mark.parametrize("mode", BOARDS)
def test_boots_runs_and_scrubs(board_with, small, mode):
    network, program, image = small[mode]
    board = board_with(mode, image=image, flash=FlashSetup(found=Found(power=Power.CONTINUOUS)))
    assert board.boot()
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.loading, hello.code) == (True, False, False, isa.LoadError.NONE)
    device = equal_steps(board, network, program, image)
    seen = []
    after = device.host.scrub(progress=seen.append)
    assert (after.loaded, after.error, after.flash_ready) == (True, False, True)
    assert after.section == contents(image)[-1].number
    equal_steps(board, network, program, image)


@pytest.mark.parametrize("mode", BOARDS)
def test_a_scrub_names_the_section_of_a_flipped_bit(board_with, small, mode):
    """Any section, those that are loaded too; what is loaded stays."""
    _, program, image = small[mode]
    rng = random.Random(mode)
    parts = contents(image)
    flash = [part for part in parts if part.kind == isa.Kind.FLASH]
    assert flash
    for part in [*rng.sample(flash, min(2, len(flash))), rng.choice([part for part in parts if part.kind == isa.Kind.PROGRAM])]:
        damaged = bytearray(image)
        damaged[rng.randrange(part.start + 8, part.end)] ^= 1 << rng.randrange(8)  # payload or CRC
        board = board_with(mode, program=program, image=bytes(damaged))
        host = Host(board.transport())
        host.hello()
        with pytest.raises(ScrubError) as caught:
            host.scrub()
        assert (caught.value.section, caught.value.code) == (part.number, isa.LoadError.SECTION_CRC)
        assert (board.sim["led_r"], board.chip.continuous) == (1, True)


def test_a_damaged_table_in_flash_does_not_stop_the_boot(board_with, small):
    image = small["byte"][2]
    part = next(part for part in contents(image) if part.kind == isa.Kind.FLASH)
    damaged = image[: part.start + 9] + bytes([image[part.start + 9] ^ 1]) + image[part.start + 10 :]
    board = board_with("byte", image=damaged)
    assert board.boot()
    host = Host(board.transport())
    host.hello()
    with pytest.raises(ScrubError, match=f"section {part.number} of the image in flash"):
        host.scrub()


@pytest.mark.parametrize("mode", BOARDS)
def test_a_reset_at_any_clock(board_with, small, mode):
    """Of the design: while it starts, boots, steps; the chip goes on where it stood, the next boot works."""
    network, program, image = small[mode]
    rng = random.Random(5)
    board = board_with(mode, image=image)
    resets = [name for name in board.sim.names() if name in ("rst", "flash_rst")]
    for clock in [rng.randrange(3_000), rng.randrange(3_000, 20_000), None]:
        if clock is None:
            assert board.boot()
            equal_steps(board, network, program, image, count=2)
            board.uart.send(b"\xa5\x09\x04\x01\x08")  # the beginning of a frame
            clock = rng.randrange(2_000)
        board.sim.clock(clock)
        for name in resets:
            board.sim[name] = 1
        board.sim.clock()
        for name in resets:
            board.sim[name] = 0
    assert board.boot()
    equal_steps(board, network, program, image, count=2)


@pytest.mark.parametrize("mode", BOARDS)
def test_a_damaged_image_is_refused(board_with, small, mode):
    """The negative control of the boot: a bit of a section that is loaded."""
    part = next(part for part in contents(small[mode][2]) if part.kind == isa.Kind.PROGRAM)
    damaged = bytearray(small[mode][2])
    damaged[part.start + 9] ^= 4
    board = board_with(mode, image=bytes(damaged))
    assert not board.boot()
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.code, hello.section) == (False, True, isa.LoadError.SECTION_CRC, part.number)


FAULTS = [{"absent": True}, {"stuck": 0}, {"stuck": 1}, {"busy_until": 1 << 50}]


@pytest.mark.parametrize(
    ("mode", "fault"), [*(("byte", fault) for fault in (*FAULTS, {"jedec": 0xC22018})), *(("ulx3s", fault) for fault in FAULTS)]
)
def test_a_flash_that_does_not_answer_is_told(small, mode, fault):
    image = small[mode][2]
    board = BoardSimulation(BOARDS[mode], image=image, flash=FlashSetup(found=Found(**fault)))
    assert not board.boot(limit=40_000)
    hello = Host(board.transport()).hello()
    assert (hello.error, hello.code, hello.flash_ready) == (True, isa.LoadError.FLASH, False)
    board.close()


def test_more_tables_than_fit():
    """A network of more than the board's own memory, booted from flash into memories that held something else: the beat that int4 rows of
    flash are added to is loaded as zeros."""
    network = shaped(2, n=40, n_t=40, n_c=9, out_t=20, out_c=6, n_out=30)
    board = BOARDS["byte"]
    program = compile_network(network, board)
    assert (1, True) in {(run.tier, run.int4) for run in program.runs}
    image = write_image(program)
    simulation = BoardSimulation(board, image=image)
    simulation.sim.memory("core." + TABLES)[:] = np.random.default_rng(1).integers(0, 1 << 32, (1 << 14, 2), np.uint32)
    assert simulation.boot()
    equal_steps(simulation, network, program, image, count=8)
    assert not simulation.chip.violations
    simulation.close()


@pytest.mark.parametrize("mode", BOARDS)
def test_a_session_over_the_uart(small, mode):
    network, program, _ = small[mode]
    session = BoardSession(network, program, board=BOARDS[mode])
    assert len(list(session.run([None] * 10 + [0, 1] + [None] * 5))) == 17
    assert session.difference is None
    assert session.counters().flash > 0
    session.close()
