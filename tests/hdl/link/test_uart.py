# amaranth: UnusedElaboratable=no
"""UART: bytes on a line made bit by bit, with baud rates that are a little off, noise, breaks and framing errors."""

from math import ceil

import pytest

import boards
from hdl.link.uart import UartReceiver, UartTransmitter

from ..board_models import put, seeded, simulate

CLOCKS = 8


def levels(data, *, clocks=CLOCKS, rest=0, stop=1):
    """The line's level in each clock: frames of 10 bits of ``clocks`` (may be fractional), ``rest`` clocks of silence after each."""
    line = []
    for byte in data:
        bits = [0, *(byte >> at & 1 for at in range(8)), stop]
        line += [bits[int(at / clocks)] for at in range(round(10 * clocks))] + [1] * rest
    return line


def receive(line, *, clocks=CLOCKS):
    """What the receiver makes of ``line``: (clock, byte, error)."""
    dut, got = UartReceiver(clocks=clocks), []

    async def drive(ctx):
        for level in [1, 1, *line, *[1] * 2 * clocks]:
            ctx.set(dut.rx, level)
            await ctx.tick()

    async def watch(ctx):
        clock = -2
        async for _, _, valid, payload in ctx.tick().sample(dut.o.valid, dut.o.payload):
            if valid:
                got.append((clock, payload.data, payload.error))
            clock += 1

    simulate(dut, drive, background=[watch])
    return got


@pytest.mark.parametrize("clocks", [CLOCKS, CLOCKS * 0.97, CLOCKS * 1.03])
@pytest.mark.parametrize("rest", [0, 5])
def test_receive(clocks, rest):
    data = seeded(rest).randbytes(40) + b"\x00\xff\xa5"
    assert [(byte, error) for _, byte, error in receive(levels(data, clocks=clocks, rest=rest))] == [(byte, 0) for byte in data]


def seen(data, *, clocks, rng):
    """The line in each clock of a receiver, bits of ``clocks`` of its clocks: bytes begin anywhere in one, and wherever the line changes
    it may be seen a clock too early."""
    line, end = [1] * 3, 3.0
    for byte in data:
        start = end + rng.random()
        for at, bit in enumerate([0, *(byte >> at & 1 for at in range(8)), 1]):
            edge = ceil(start + at * clocks) - rng.randrange(2)
            line += [line[-1]] * (edge - len(line)) + [bit]
        end = start + 10 * clocks
        line += [1] * (ceil(end) - len(line))
    return line


RATES = {
    "3 Mbaud at 36 MHz": (12, 36 / 3),
    **{f"{board.uart_baud} at {board.clock_hz}": (board.bit_clocks, board.clock_hz / board.uart_baud) for board in boards.BOARDS.values()},
}


@pytest.mark.parametrize(("own", "true"), RATES.values(), ids=RATES.keys())
@pytest.mark.parametrize("error", [-0.02, 0.02])
def test_receive_with_both_clocks_off(own, true, error):
    """Sender and receiver off by 1 % each, against each other, besides the rounding of the receiver's bit; edges seen a clock early."""
    rng = seeded(own)
    data = rng.randbytes(60) + b"\x00\xff\x55\xaa"
    assert [event[1:] for event in receive(seen(data, clocks=true * (1 + error), rng=rng), clocks=own)] == [(byte, 0) for byte in data]


def test_a_sender_far_off_is_misread():
    rng = seeded(1)
    data = rng.randbytes(60)
    for clocks in (12 * 0.93, 12 * 1.08):
        assert [byte for _, byte, _ in receive(seen(data, clocks=clocks, rng=rng), clocks=12)] != list(data)


@pytest.mark.parametrize("clocks", [4, 5, 36])
def test_receive_latency(clocks):
    ((clock, byte, error),) = receive(levels(b"\x5c", clocks=clocks), clocks=clocks)
    assert (clock, byte, error) == (9 * clocks + clocks // 2 + 1, 0x5C, 0)


def test_a_low_stop_bit_is_an_error_and_a_break_is_one_byte():
    assert [event[1:] for event in receive(levels(b"\x31", stop=0) + [1] * 20 + levels(b"\x32"))] == [(0x31, 1), (0x32, 0)]
    assert [event[1:] for event in receive([0] * 40 * CLOCKS + [1] * 3 + levels(b"\x32"))] == [(0, 1), (0x32, 0)]


def test_a_glitch_is_no_start_bit():
    assert [event[1:] for event in receive([0] * (CLOCKS // 2 - 1) + [1] * CLOCKS + levels(b"\x77"))] == [(0x77, 0)]


def test_a_line_too_fast_is_misread():
    data = bytes(range(1, 40))
    assert [byte for _, byte, _ in receive(levels(data, clocks=CLOCKS * 0.85))] != list(data)


def transmit(data, *, clocks=CLOCKS, stalls=None):
    """The line's level in each clock after reset until the last byte is out."""
    dut, line = UartTransmitter(clocks=clocks), []

    async def drive(ctx):
        await ctx.tick().repeat(3)
        await put(ctx, dut.i, data, stalls=stalls)
        await ctx.tick().repeat(11 * clocks)

    async def watch(ctx):
        async for _, _, level in ctx.tick().sample(dut.tx):
            line.append(level)

    simulate(dut, drive, background=[watch])
    return line


@pytest.mark.parametrize("clocks", [4, CLOCKS])
def test_transmit_without_gaps(clocks):
    data = seeded(1).randbytes(12) + b"\x00\xff"
    line = transmit(data, clocks=clocks)
    start = line.index(0)
    assert start == 4  # the clock after the transfer
    assert line[start:] == levels(data, clocks=clocks) + [1] * (len(line) - start - 10 * clocks * len(data))


def test_transmit_with_rests():
    data = seeded(2).randbytes(12)
    line = transmit(data, stalls=(30, seeded(3)))
    assert [(byte, error) for _, byte, error in receive(line)] == [(byte, 0) for byte in data]


@pytest.mark.parametrize("block", [UartReceiver, UartTransmitter])
@pytest.mark.parametrize("clocks", [3, 65537])
def test_clocks_are_checked(block, clocks):
    with pytest.raises(ValueError, match=r"clocks must be 4\.\.65536"):
        block(clocks=clocks)
