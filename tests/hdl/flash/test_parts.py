# amaranth: UnusedElaboratable=no
"""Parts of flash: what each is told, and several of them tried in turn."""

import pytest

from boards import IS25LP128F, W25Q64JV, W25Q128JV, W25Q256JV, FlashPart
from firmware import isa
from hdl.flash.controller import FlashController
from hdl.flash.wave import commands
from sim.flash import FlashChip, Found, Power

from ..board_models import seeded
from .flash_bench import OFFSET, QUICK, Bench
from .issi_chip import ISSI, IssiChip
from .test_flash import CONTENT, delays, random_rows

HEAD = CONTENT[:8]
BOTH = (W25Q128JV, IS25LP128F)
both = pytest.mark.parametrize("nibbles", [1, 2])


def issi(content=CONTENT, **found):
    """Not strict: before its QE is set, the address that a W25Q128JV would be sent pulls its HOLD# low, until CS# rises."""
    return IssiChip(content, Found(jedec=ISSI, timing=QUICK, **found), offset=OFFSET, strict=False)


def winbond(content=CONTENT, *, strict=True, **found):
    return FlashChip(content, Found(timing=QUICK, **found), offset=OFFSET, strict=strict)


def started(chip, *, nibbles=1, parts=BOTH, head=HEAD, quarters=3, script=None):
    """(the image came and rows are served, number of fails, what the pins said)."""
    bench = Bench(nibbles=nibbles, chip=chip, pads=delays(nibbles, quarters=quarters), options={"parts": parts, "head": head})
    rows, ready, fails = random_rows(seeded(quarters), 4), [], []

    async def go(ctx):
        for _ in range(2 if script else 1):
            if script and ready:
                script()
                await bench.pulse(ctx, bench.dut.start)
            got, _ = await bench.image(ctx, 20, limit=10_000)
            ready.append(got == CONTENT[:20])
            assert ready[-1] or got == b""
            await bench.pulse(ctx, bench.dut.stop)
            if ready[-1]:
                assert await bench.settle(ctx) is not None
                (await bench.rows(ctx, rows)).check(nibbles=nibbles, rows=rows, content=CONTENT)

    async def watch(ctx):
        async for *_, failed in ctx.tick().sample(bench.dut.fail):
            fails.extend([1] * failed)

    bench.run(go, background=[watch])
    assert {violation.name for violation in chip.violations} <= {"HOLD#"}
    return ready, len(fails), bench.decoder.log


def test_the_commands_are_those_of_the_page():
    assert commands(W25Q128JV) == commands(W25Q64JV) == commands(W25Q256JV) == bytes.fromhex("ffff ab 50 3102 94 eb")
    assert commands(IS25LP128F) == bytes.fromhex("ffff ab 50 0140 eb eb")


@both
@pytest.mark.parametrize("quarters", [0, 2, 3, 5, 7])
@pytest.mark.parametrize("chip", [winbond, issi])
def test_the_part_that_is_there_is_found(nibbles, quarters, chip):
    made = chip()
    ready, fails, _ = started(made, nibbles=nibbles, quarters=quarters)
    assert (ready, fails) == ([True], 0)
    assert (made.quad, made.protocol.quad_stored, made.continuous) == (True, False, True)


@pytest.mark.parametrize("power", list(Power))
def test_the_second_part_in_any_state(power):
    assert started(issi(power=power))[:2] == ([True], 0)


def test_what_the_second_part_is_told():
    _, _, log = started(issi())
    sent = [each for each in log if all(nibble is None or nibble >> 1 == 7 for nibble in each.nibbles[:8])]
    first, second = sent[:9], sent[9:]
    assert [each.bits(len(each.nibbles)) for each in first[:5]] == [b"\xff", b"\xff", b"\xab", b"\x50", b"\x31\x02"]
    assert [each.bits(8) for each in first[5:]] == [b"\x94"] * 4
    assert [each.bits(len(each.nibbles)) for each in second[:5]] == [b"\xff", b"\xff", b"\xab", b"\x50", b"\x01\x40"]
    *probes, read = second[5:]
    assert len(probes) > 1
    for each, mode in [*((probe, 0xFF) for probe in probes), (read, 0xA0)]:
        assert each.bits(8) == b"\xeb"
        assert each.quad(8, 4) == OFFSET.to_bytes(3, "big") + bytes([mode])
        assert each.floats(17)
    assert all(len(each.nibbles) == 8 + 8 + 4 + 16 for each in probes)


@both
@pytest.mark.parametrize("bit", [0, 13, 38, 63])
def test_a_flipped_bit_of_the_head_is_seen(nibbles, bit):
    """The negative control: of a part without an id, each of the eight bytes is compared."""
    head = bytearray(HEAD)
    head[bit // 8] ^= 1 << bit % 8
    assert started(issi(), nibbles=nibbles, head=bytes(head))[:2] == ([False], 1)


def test_one_part_is_not_taken_for_another():
    assert started(issi(), parts=(W25Q128JV,))[:2] == ([False], 1)
    assert started(issi(content=b""))[:2] == ([False], 1)
    assert started(winbond(strict=False), parts=(IS25LP128F,))[:2] == ([False], 1)  # 01h 40h of a W25Q128JV sets no QE


def test_start_tries_all_again():
    chip = issi()
    chip._absent = True

    def comes():
        chip._absent = False

    assert started(chip, script=comes)[:2] == ([False, True], 1)


def test_start_begins_with_the_part_that_was_found():
    _, _, log = started(issi(), script=lambda: None)
    status = [each.bits(16) for each in log if len(each.nibbles) == 16 and each.nibbles[0] is not None]
    assert status == [b"\x31\x02", b"\x01\x40", b"\x01\x40"]


@pytest.mark.parametrize("options", [{"parts": ()}, {"parts": BOTH}, {"parts": BOTH, "head": b"abc"}])
def test_parameters_are_checked(options):
    with pytest.raises(ValueError, match="head must be 8 bytes where a part has no answer, and there must be a part, not"):
        FlashController(width=isa.Width(lanes=8), offset=0, nibbles=1, **options)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"start": b"12345"}, "^start of X must be 6 bytes, not 5$"),
        ({"answer": b"123"}, "^answer of X must be 0, 1, 2, 4 or 8 bytes, not 3$"),
    ],
)
def test_records_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FlashPart(**{"name": "X", "size": 1, "start": b"123456", **kwargs})
