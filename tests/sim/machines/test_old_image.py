"""Images of version 1 on the compiled board: from its flash, over the UART, and where they are refused."""

from pathlib import Path

import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.image.image import read_image
from firmware.image.sections import until_rest
from polychron.board import connect
from sim.compare.expected import Golden
from sim.machines.board import BoardSimulation

from ...firmware.networks import random_network
from ...firmware.old_images import with_head, write_old_image
from .test_board_flash import small_tiers

ICEBREAKER = boards.get("icebreaker")
WRITTEN = (Path(__file__).parents[2] / "firmware/image/version-1.bin").read_bytes()
"""By the last code of that version, of this network."""
NETWORK = random_network(3, kind="rnn", max_n=16, max_out=12)


@pytest.fixture
def board_with():
    made = []

    def make(image, board=ICEBREAKER):
        made.append(BoardSimulation(board, image=image))
        return made[-1]

    yield make
    for board in made:
        assert not board.chip.violations
        board.close()


def equal_steps(board, device, network, count=12):
    """How many of ``count`` steps equal golden's, up to the first that does not, in every latency."""
    golden = Golden(network, device.program)
    for step in range(count):
        writes = golden.step(None)
        good = device.host.step(1) == [golden.symbol]
        if not good or any(board.latencies()[write.addresses].tolist() != write.values.tolist() for write in writes):
            return step
    return count


def test_one_that_was_written_then_boots_from_flash(board_with):
    board = board_with(WRITTEN)
    assert board.boot()
    device = Device(Host(board.transport()), WRITTEN)
    hello = device.host.hello()
    assert (hello.loaded, hello.error, hello.signature, hello.flash_same) == (True, False, 0, False)
    assert equal_steps(board, device, NETWORK) == 12
    sent = []
    device.load(progress=sent.append)
    assert sent[-1] == len(device.loadable)
    assert device.host.hello().signature == device.signature
    assert equal_steps(board, device, NETWORK) == 12


def test_a_wrong_bit_is_seen(board_with):
    """A table's entry is another one, all CRCs are right."""
    program = read_image(WRITTEN)
    wrong = tuple(piece._replace(data=bytes(byte ^ 1 for byte in piece.data)) for piece in program.tables)
    image = write_old_image(type(program)(**vars(program) | {"tables": wrong}))
    board = board_with(image)
    assert board.boot()
    assert equal_steps(board, Device(Host(board.transport()), WRITTEN), NETWORK) < 12


@pytest.mark.parametrize("version", [0, 3])
def test_other_versions_are_refused(board_with, version):
    board = board_with(with_head(WRITTEN, version=version))
    assert not board.boot()
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.code) == (False, True, isa.LoadError.HEADER)


def test_wider_cores_refuse_it(board_with):
    board = board_with(WRITTEN, boards.get("ulx3s_85f"))
    assert not board.boot()
    host = Host(board.transport())
    assert (host.hello().loaded, host.hello().code) == (False, isa.LoadError.HEADER)
    with pytest.raises(LinkError, match=r"^the core refuses the image near byte 0: the header's magic, version, P or lanes differ"):
        host.load(WRITTEN)
    with pytest.raises(LinkError, match=r"^the image is for 8 lanes and 2 comparators, the core has 16 lanes and 2 comparators$"):
        Device(host, WRITTEN).load()


def test_tables_in_a_flash_without_a_signature(board_with):
    network = random_network(1, kind="rnn", max_n=16, max_out=12)
    program = compile_network(network, small_tiers(ICEBREAKER))
    image = write_old_image(program)
    assert len(until_rest(image)) < len(image)
    board = board_with(image)
    assert board.boot()
    device = Device(Host(board.transport()), image)
    assert equal_steps(board, device, network) == 12
    device.load()
    hello = device.host.hello()
    assert (hello.signature, hello.flash_same, device.guessed) == (device.signature, False, True)
    assert equal_steps(board, device, network) == 12


def test_the_simulated_board_has_it():
    with connect("simulated", WRITTEN) as device:
        sent = []
        device.load(progress=sent.append)
        assert sent == []
        golden = Golden(NETWORK, device.program)
        for _ in range(12):
            golden.step(None)
            assert device.host.step(1) == [golden.symbol]
    refused = r"^the program is made for 8 lanes and 2 comparators, the core has 16 lanes and 2 comparators$"
    with pytest.raises(ValueError, match=refused), connect("simulated", WRITTEN, board="ulx3s_85f"):
        pass
