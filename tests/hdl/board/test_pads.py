# amaranth: UnusedElaboratable=no
"""Pads of both families between the flash controller and the chip: what the pages promise, at the chip's pins."""

import pytest

from boards import IS25LP128F, W25Q128JV
from hdl.flash.serial import SerialFlash
from sim.flash import FlashChip, FlashTiming, Found, Pads, Power
from sim.violations import ChipError

from ..flash.flash_bench import OFFSET, QUICK, Bench
from ..flash.issi_chip import ISSI, IssiChip
from ..flash.test_flash import CONTENT, FIRST_BEAT, delays
from .pads_bench import PadsBench

FAMILIES = pytest.mark.parametrize(("family", "nibbles"), [("ecp5", 1), ("ice40", 1), ("ice40", 2)])
ROWS = [(FIRST_BEAT + 5 * k, beats) for k, beats in enumerate([1, 1, 2, 3, 9])]


def runs(bench):
    """Starts, reads an image and then rows; returns the setting, clocks of the start, and of every byte of the rows."""
    found = []

    async def go(ctx):
        got, at = await bench.image(ctx, 20, stall=14, limit=8000)
        assert got == CONTENT[:20]
        await bench.pulse(ctx, bench.dut.stop)
        assert await bench.settle(ctx) is not None
        served = await bench.rows(ctx, ROWS)
        served.check(nibbles=bench.nibbles, rows=ROWS, content=CONTENT)
        found.extend([ctx.get(bench.dut.status.capture), at, served.taken, served.strobes])

    bench.run(go)
    return found


@FAMILIES
@pytest.mark.parametrize("quarters", [0, 1, 3, 4, 6, 7])
def test_pads_are_as_the_contract_says(family, nibbles, quarters):
    """With the cells of sim/flash, which stand for the contract, and with the pads: the same setting is found, and every clock is equal."""
    options = {"nibbles": nibbles, "content": CONTENT, "pads": delays(nibbles, quarters=quarters)}
    assert runs(PadsBench(family=family, **options)) == runs(Bench(**options))


@pytest.mark.parametrize("early", [1, 2, 3])
def test_it_does_not_matter_which_clock_runs_first(early):
    """The faster clock of an ECP5 may have come to any of its two phases when the core's begins."""
    options = {"nibbles": 1, "content": CONTENT, "pads": delays(1, quarters=3)}
    assert runs(PadsBench(family="ecp5", early=early, **options)) == runs(Bench(**options))


@FAMILIES
def test_samples_of_the_wrong_edge_are_seen(family, nibbles):
    """The negative control: with the two samples of a clock exchanged, other settings are found, or none."""
    found = {}
    for swapped in (None, False, True):
        for quarters in (1, 4, 6):
            options = {"nibbles": nibbles, "content": CONTENT, "pads": delays(nibbles, quarters=quarters), "boot": False}
            bench = Bench(**options) if swapped is None else PadsBench(family=family, swapped=swapped, **options)

            async def go(ctx, bench=bench, swapped=swapped):
                settled = await bench.settle(ctx, limit=8000)
                found.setdefault(swapped, []).append((settled, ctx.get(bench.dut.status.capture)))

            bench.run(go)
    assert found[None] == found[False] != found[True]


@pytest.mark.parametrize("part", [W25Q128JV, IS25LP128F])
@pytest.mark.parametrize(("power", "lost"), [*((power, lost) for power in Power for lost in (0, 1, 7, 8, 9, 16)), (Power.ASLEEP, 17)])
def test_clocks_that_the_ecp5_swallows_after_configuration(part, power, lost):
    """Up to the sixteen of the two FFh, whatever the chip was doing; one more, and a chip that sleeps is not woken."""
    found = Found(power=power, timing=QUICK, jedec=0xEF7018 if part is W25Q128JV else ISSI)
    chip = (FlashChip if part is W25Q128JV else IssiChip)(CONTENT, found, offset=OFFSET, strict=lost < 17)
    options = {"parts": (part,), "head": CONTENT[:8]}
    bench = PadsBench(family="ecp5", nibbles=1, chip=chip, lost=lost, pads=Pads(out=6_000, back=3_000), boot=False, options=options)

    async def go(ctx):
        assert (await bench.settle(ctx, limit=4000) is not None) == (lost <= 16)

    bench.run(go)


@pytest.mark.parametrize(("period", "latest"), [(20_000, 5_000), (12_500, 3_125)], ids=["50 MHz", "80 MHz"])
def test_the_times_of_the_chip_are_kept(period, latest):
    """With the data sheet's own times, SCK later than the other pins by half a period of ``fast``, as its way to MCLK is the fabric's."""
    for late in (0, latest // 2, latest):
        chip = FlashChip(CONTENT, Found(timing=FlashTiming(res1=0)), offset=OFFSET)
        bench = PadsBench(family="ecp5", nibbles=1, chip=chip, late=late, period=period, pads=Pads(out=4_000, back=2_000))
        assert runs(bench)[0] >= 1


@pytest.mark.parametrize(("period", "late"), [(20_000, 8_000), (12_500, 4_000)], ids=["50 MHz", "80 MHz"])
def test_a_clock_that_is_too_late_is_seen(period, late):
    """The negative control of the test above: by more than half a period less the hold time."""
    chip = FlashChip(CONTENT, Found(timing=FlashTiming(res1=0)), offset=OFFSET)
    bench = PadsBench(family="ecp5", nibbles=1, chip=chip, late=late, period=period, pads=Pads(out=4_000, back=2_000))
    with pytest.raises(ChipError, match="tCHDX"):
        runs(bench)


class SerialBench(PadsBench):
    """With the controller of a flash on one line or two."""

    @staticmethod
    def controller(*, width, nibbles, **given):
        return SerialFlash(**given)


@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize(("power", "lost"), [(Power.ASLEEP, 0), (Power.ASLEEP, 16), (Power.AWAKE, 9), (Power.CONTINUOUS, 0)])
def test_a_flash_of_which_two_lines_are_wired(lines, power, lost):
    """WP# and HOLD# are tied high, SCK comes late, and MCLK swallows clocks."""
    for late, pads in ((0, Pads()), (3_500, Pads(out=10_000, back=10_000))):
        chip = FlashChip(CONTENT, Found(power=power, timing=FlashTiming(res1=200_000)), offset=OFFSET)
        options = {"options": {"lines": lines, "pause_bits": 5}, "pads": pads, "chip": chip, "nibbles": 1}
        bench = SerialBench(family="ecp5", lines=2, lost=lost, late=late, period=14_286, early=1 + lines, **options)

        async def go(ctx, bench=bench):
            got, _ = await bench.image(ctx, 12, stall=14)
            assert got == CONTENT[:12]

        bench.run(go)
