# amaranth: UnusedElaboratable=no
"""The serial CRC against zlib and binascii."""

from binascii import crc_hqx
from zlib import crc32

import pytest
from amaranth.lib.crc import catalog

from hdl.link.crc import SerialCrc

from ..board_models import seeded, simulate

KINDS = {"crc32": (catalog.CRC32_ISO_HDLC, crc32, 4, True), "xmodem": (catalog.CRC16_XMODEM, lambda data: crc_hqx(data, 0), 2, False)}


def bits(data, lowest_first):
    return [byte >> (at if lowest_first else 7 - at) & 1 for byte in data for at in range(8)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_crc(kind, seed):
    algorithm, reference, size, lowest_first = KINDS[kind]
    rng = seeded(seed)
    dut = SerialCrc(algorithm)

    async def bench(ctx):
        for _ in range(3):
            data = rng.randbytes(rng.randint(0, 9))
            ctx.set(dut.given, 0)
            for bit in bits(data, lowest_first):
                ctx.set(dut.shift, 0)
                await ctx.tick().repeat(rng.randint(1, 3))
                ctx.set(dut.bit, bit)
                ctx.set(dut.shift, 1)
                await ctx.tick()
            ctx.set(dut.given, 1)
            crc = reference(data).to_bytes(size, "little")
            for byte in crc:
                assert ctx.get(dut.low) == byte
                for bit in bits([byte], lowest_first):
                    assert ctx.get(dut.expected) == bit
                    ctx.set(dut.bit, rng.randrange(2))
                    await ctx.tick()
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)

    simulate(dut, bench)


def test_a_wrong_bit_changes_what_is_expected():
    algorithm, reference, _, lowest_first = KINDS["crc32"]
    dut = SerialCrc(algorithm)

    async def bench(ctx):
        ctx.set(dut.shift, 1)
        for bit in bits(b"polychrom", lowest_first):
            ctx.set(dut.bit, bit)
            await ctx.tick()
        assert ctx.get(dut.low) != reference(b"polychron") & 255

    simulate(dut, bench)


def test_half_reflected_algorithms_are_refused():
    with pytest.raises(ValueError, match="algorithm must reflect input and output alike"):
        SerialCrc(catalog.CRC12_UMTS)
