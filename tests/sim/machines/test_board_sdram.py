"""The compiled board with tables in its SDRAM, at its pins: boot from flash, steps, scrubs, resets, by the host driver over the UART."""

import random
from dataclasses import replace

import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, ScrubError
from firmware.image.contents import contents
from firmware.image.image import write_image
from sim.compare.expected import Golden
from sim.machines.board import BoardSimulation
from sim.machines.sdram import SdramSetup, read_sdram
from sim.machines.session import BoardSession
from sim.sdram import SdramPads

from ...firmware.networks import random_network

BOARD = boards.get("ulx3s_85f_sdram")
UNREFRESHED = {"t_refi", "t_ref", "t_ras_max"}  # what a reset does: the chip then waits for its start sequence


@pytest.fixture(scope="module")
def small():
    """A small network, most of its tables in the SDRAM."""
    network = random_network(1, kind="rnn", max_n=16, max_out=12)
    near, far = BOARD.tiers
    program = compile_network(network, replace(BOARD, tiers=(replace(near, size=32 * BOARD.lanes), far)))
    assert {run.tier for run in program.runs} == {0, 1}
    return network, program, write_image(program)


@pytest.fixture
def board_with():
    made = []

    def make(**options):
        made.append(BoardSimulation(BOARD, **options))
        return made[-1]

    yield make
    for board in made:
        assert not board.chip.violations
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


def tables_in(board, program):
    """Whether the chip holds the program's tables."""
    beat = program.width.beat_bytes
    far = [piece for piece in program.tables if piece.tier]
    return all(read_sdram(board.sdram, program.width, piece.beat * beat, len(piece.data)) == piece.data for piece in far)


def flip(chip, program):
    """Inverts a bit of the first table in the chip."""
    piece = next(piece for piece in program.tables if piece.tier)
    assert piece.beat == 0
    word = bytearray(chip.row(0, 0)[:2])
    word[1] ^= 8
    chip.fill(bytes(word), bank=0, row=0)


def test_boots_runs_and_scrubs(board_with, small):
    network, program, image = small
    board = board_with(image=image, sdram=SdramSetup(seed=7))
    assert board.boot()
    assert tables_in(board, program)
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.code) == (True, False, isa.LoadError.NONE)
    device = equal_steps(board, network, program, image)
    assert device.host.scrub().section == contents(image)[-1].number
    equal_steps(board, network, program, image)
    assert not board.sdram.violations


def test_a_scrub_finds_a_flipped_bit(board_with, small):
    """The negative control: of a table in the SDRAM, after a boot that was right."""
    _, program, image = small
    board = board_with(image=image)
    assert board.boot()
    flip(board.sdram, program)
    assert not tables_in(board, program)
    host = Host(board.transport())
    host.hello()
    with pytest.raises(ScrubError) as caught:
        host.scrub()
    assert caught.value.code == isa.LoadError.SDRAM
    assert not board.sdram.violations


def test_an_sdram_that_does_not_answer_is_told(board_with, small):
    """Its words come later than they are looked for."""
    board = board_with(image=small[2], sdram=SdramSetup(pads=SdramPads(out=4_000, out_clk=4_000, back=30_000)))
    assert not board.boot()
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.code) == (False, True, isa.LoadError.SDRAM)


def test_a_reset_at_any_clock(board_with, small):
    """While the chip is started, while tables come, while they are read: the next boot works."""
    network, program, image = small
    rng = random.Random(5)
    board = board_with(image=image)
    resets = [name for name in board.sim.names() if name in ("rst", "flash_rst")]
    for clock in [rng.randrange(7_500), rng.randrange(8_000, 40_000), None]:
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
    assert tables_in(board, program)
    equal_steps(board, network, program, image, count=2)
    assert {violation.name for violation in board.sdram.violations} <= UNREFRESHED


def test_a_preloaded_board_equals_golden(small):
    """Every latency, and no violation, while steps come one after another."""
    network, program, _ = small
    session = BoardSession(network, program, board=BOARD, sdram=SdramSetup(seed=3))
    assert len(list(session.run([None] * 300))) == 300, session.difference
    assert session.difference is None
    assert not session.board.sdram.violations
    session.close()
