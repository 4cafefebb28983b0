"""The flash model against the datasheet's sequences, pin by pin."""

import pytest

from sim.flash_model import FlashModel

CONTENT = bytes(range(1, 200))


def transfer(flash, data, size, idle=4):
    """One transaction, mode 0; time is the number of levels so far; returns ``size`` bytes after ``data``."""
    flash.pins(0, 0, 0, now=flash.time)
    out = 0
    bits = [byte >> (7 - i) & 1 for byte in data for i in range(8)] + [0] * (8 * size)
    level = 1
    for bit in bits:
        out = out << 1 | level
        flash.pins(0, 1, bit, now=flash.time + 1)
        level = flash.pins(0, 0, bit, now=flash.time + 2)
        flash.time += 2
    flash.pins(1, 0, 0, now=flash.time)
    flash.time += idle
    return (out & ((1 << 8 * size) - 1)).to_bytes(size, "big")


def made(flash):
    flash.time = 0
    return flash


@pytest.fixture
def flash():
    return made(FlashModel(CONTENT, offset=0x100000, wake_time=30))


def test_sleeps_until_woken(flash):
    assert transfer(flash, b"\x9f", 3) == b"\xff" * 3
    assert transfer(flash, b"\x03\x10\x00\x00", 4) == b"\xff" * 4
    transfer(flash, b"\xab", 0, idle=40)
    assert transfer(flash, b"\x9f", 3) == b"\xef\x70\x18"


def test_wakes_only_after_its_time(flash):
    transfer(flash, b"\xab", 0, idle=1)
    assert flash.asleep
    assert transfer(flash, b"\x9f", 3, idle=40) == b"\xff" * 3
    assert transfer(flash, b"\x9f", 3) == b"\xef\x70\x18"


def test_reads_from_any_address_and_runs_on(flash):
    transfer(flash, b"\xab", 0, idle=40)
    assert transfer(flash, b"\x03\x10\x00\x05", 10) == CONTENT[5:15]
    assert transfer(flash, b"\x03\x0f\xff\xfe", 4) == b"\xff\xff\x01\x02"
    assert transfer(flash, b"\x03\x10\x00\xc6", 3) == CONTENT[198:] + b"\xff\xff"


def test_address_wraps_at_the_end():
    flash = made(FlashModel(b"z", offset=0))
    transfer(flash, b"\xab", 0)
    assert transfer(flash, b"\x03\xff\xff\xff", 2) == b"\xffz"


def test_wake_tells_the_device_id(flash):
    assert transfer(flash, b"\xab\0\0\0", 2) == b"\x17\x17"


def test_sleeps_again(flash):
    transfer(flash, b"\xab", 0, idle=40)
    transfer(flash, b"\xb9", 0)
    assert transfer(flash, b"\x9f", 3) == b"\xff" * 3


def test_ignores_other_commands(flash):
    transfer(flash, b"\xab", 0, idle=40)
    assert transfer(flash, b"\x0b\x10\x00\x00", 3) == b"\xff" * 3
    assert transfer(flash, b"\x03\x10\x00\x00", 1) == CONTENT[:1]


def test_content_must_fit():
    with pytest.raises(ValueError, match="must lie within 16777216 bytes"):
        FlashModel(b"ab", offset=0xFFFFFF)
