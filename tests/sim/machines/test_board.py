"""The compiled board at its pins: boot from flash, a damaged image, a silent flash, a new image over the UART."""

import pytest

from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.host.link import Frame
from firmware.image.image import read_image, write_image
from sim.compare.expected import Golden
from sim.compiled.build import SimulationError
from sim.flash import Found
from sim.machines.board import BoardSimulation
from sim.machines.machine import FlashSetup
from sim.machines.preload import TABLES, memory_words

from ...firmware.flashed import WITH_FLASH
from ...firmware.networks import random_network

BOARD = WITH_FLASH


def compiled(seed):
    network = random_network(seed, kind="rnn", max_n=16, max_out=12)
    program = compile_network(network, BOARD)
    return network, program, write_image(program)


@pytest.fixture(scope="module")
def small():
    return compiled(1)


@pytest.fixture
def board_with():
    made = []

    def make(**options):
        made.append(BoardSimulation(BOARD, **options))
        return made[-1]

    yield make
    for board in made:
        board.close()


def equal_steps(board, network, program, image, count=6):
    device = Device(Host(board.transport()), image)
    golden = Golden(network, program)
    for _ in range(count):
        writes = golden.step(None)
        assert device.host.step(1) == [golden.symbol]
        for write in writes:
            assert board.latencies()[write.addresses].tolist() == write.values.tolist()
    return device


def test_boots_from_flash(board_with, small):
    network, program, image = small
    board = board_with(image=image)
    assert board.boot()
    assert (board.sim["led_g"], board.sim["led_r"]) == (1, 0)
    hello = Host(board.transport()).hello()
    assert (hello.loaded, hello.error, hello.loading, hello.code) == (True, False, False, isa.LoadError.NONE)
    equal_steps(board, network, program, image)


def test_boot_and_preload_leave_the_same_memories(board_with, small):
    _, program, image = small
    booted, preloaded = board_with(image=image), board_with(program=program)
    assert booted.boot()
    for name, words in memory_words(program).items():
        a, b = booted.sim.memory(f"core.{name}"), preloaded.sim.memory(f"core.{name}")
        assert len(words) <= len(a)
        assert (a == b).all()
        assert name == TABLES or b.any() == any(words)


@pytest.mark.parametrize(
    ("damage", "code"), [("payload", isa.LoadError.SECTION_CRC), ("magic", isa.LoadError.HEADER), ("none", isa.LoadError.FLASH)]
)
def test_a_bad_image_is_refused(board_with, small, damage, code):
    network, program, image = small
    data = bytearray(image)
    data[len(data) // 2 if damage == "payload" else 0] ^= 4
    board = board_with(flash=FlashSetup(found=Found(absent=True))) if damage == "none" else board_with(image=bytes(data))
    assert not board.boot()
    assert (board.sim["led_g"], board.sim["led_r"]) == (0, 1)
    host = Host(board.transport())
    assert (host.hello().error, host.hello().code) == (True, code)
    for refused in (lambda: host.step(1), lambda: host.feed([0])):
        with pytest.raises(LinkError, match="no image, or the last one failed to load"):
            refused()
    assert board.counter(isa.Counter.STEPS) == 0
    Device(host, image).load()  # a good one over the UART puts it right
    assert (board.sim["led_g"], board.sim["led_r"]) == (1, 0)
    equal_steps(board, network, program, image)


def test_a_garbled_frame_is_dropped_counted_and_answered(board_with, small):
    _, program, _ = small
    board = board_with(program=program)
    host = Host(board.transport())
    assert host.hello().dropped == 0
    good = Frame.request(isa.Command.HELLO, seq=5).encode()
    board.uart.send(good[:-1] + bytes([good[-1] ^ 0x80]))
    assert board.uart.receive(6, limit=200_000) == Frame.answer(isa.Status.BAD_FRAME, seq=0).encode()
    board.uart.send(good[:2])
    board.uart.send(good[2:3], break_stop=True)
    board.uart.send(good[3:])
    assert board.uart.receive(6, limit=200_000) == Frame.answer(isa.Status.BAD_FRAME, seq=0).encode()
    assert host.hello().dropped == 2
    assert host.faults.resent == 0


def test_a_lost_request_is_sent_again_and_a_repeated_one_steps_once(board_with, small):
    network, program, image = small
    board = board_with(program=program)
    device = equal_steps(board, network, program, image, count=1)
    board.uart.send(b"\xa5\x07")  # the start of a frame that is never finished, right before a request
    assert len(device.host.step(1)) == 1
    assert device.host.faults.resent >= 1
    assert device.host.counters().steps == 2
    request = Frame.request(isa.Command.STEP, b"\x03", seq=250).encode()
    replies = []
    for _ in range(2):
        board.uart.send(request)
        replies.append(board.uart.receive(9, limit=400_000))
    assert replies[0] == replies[1]
    assert len(replies[0]) == 9
    assert device.host.counters().steps == 5


def test_a_second_network_by_the_uart(board_with, small):
    """One design runs any network: another image, no new build."""
    board = board_with(program=small[1])
    for seed in (5, 8):
        network, program, image = compiled(seed)
        assert read_image(image).runs == program.runs
        Device(Host(board.transport()), image).load()
        equal_steps(board, network, program, image)


def test_boot_gives_up(board_with, small):
    board = board_with(image=small[2])
    with pytest.raises(SimulationError, match="neither loaded an image nor failed within 1000 clocks"):
        board.boot(limit=1000)
