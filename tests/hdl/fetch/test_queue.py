"""The rows that wait for the streamer, beside a plain list: their order, and when a row of the far tier may be asked."""

import random
from collections import deque

import pytest

from hdl.fetch.queue import DEPTH, RowQueue

from ..bench import simulate


def ref_far_next(waiting, last, *, int4, streams, streams_far, tight):
    """``last``: (far, int4) of the row that came last; ``int4``: of the one that stands at ``i``."""
    near = any(not far for far, _ in waiting)
    apart = tight and last[1] and not int4 and (waiting or streams)
    return streams_far and not near and not apart


@pytest.mark.parametrize("tight", [False, True])
def test_rows_leave_in_order_and_the_far_tier_is_asked_in_time(tight):
    dut, rng, seen = RowQueue(address_bits=12, tight=tight), random.Random(tight), set()

    async def bench(ctx):
        waiting, numbers, last, number = deque(), deque(), (False, False), 0
        for _ in range(3_000):
            here = last[0] if waiting else rng.random() < 0.5  # a far row waits for near ones, so all that wait are of one tier
            row = (here, rng.random() < 0.5)
            offers, takes = rng.random() < 0.5, rng.random() < 0.4
            streams = rng.random() < 0.5
            streams_far = not streams or rng.random() < 0.7
            for port, value in ((dut.i.valid, offers), (dut.o.ready, takes), (dut.streams, streams), (dut.streams_far, streams_far)):
                ctx.set(port, int(value))
            ctx.set(dut.i.payload.a, number)
            ctx.set(dut.i.payload.flash, int(row[0]))
            ctx.set(dut.i.payload.int4, int(row[1]))
            far_next = ref_far_next(waiting, last, int4=row[1], streams=streams, streams_far=streams_far, tight=tight)
            assert ctx.get(dut.far_next) == far_next
            seen.add((far_next, bool(waiting), streams, last[1], row[1]))
            assert ctx.get(dut.o.valid) == bool(waiting)
            assert ctx.get(dut.i.ready) == (len(waiting) < DEPTH)
            if waiting:
                assert ctx.get(dut.o.payload.a) == numbers[0]
            goes_in = offers and len(waiting) < DEPTH
            if waiting and takes:
                waiting.popleft()
                numbers.popleft()
            if goes_in:
                waiting.append(row)
                numbers.append(number)
                last, number = row, (number + 1) % 4096
            await ctx.tick()

    simulate(dut, bench)
    assert len(seen) > 20
