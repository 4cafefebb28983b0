"""The spread between one link and several cores: who gets a step, who is heard, and whose word of an image it is."""

import pytest
from amaranth.sim import Simulator

from firmware.isa import Kind
from hdl.link.spread import Spread

from ..board_models import seeded


def settle(dut, testbench):
    """Runs a testbench on what has no clock."""
    simulator = Simulator(dut)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("cores", [2, 4])
def test_steps_and_symbols(cores):
    dut, rng = Spread(cores=cores), seeded(cores)

    async def bench(ctx):
        for _ in range(60):
            to, of, valid, ready = rng.randrange(cores), rng.randrange(cores), rng.getrandbits(1), rng.getrandbits(cores)
            symbols, words, heard = rng.randbytes(cores), rng.randbytes(cores), rng.getrandbits(cores)
            payload = {"forced": rng.getrandbits(1), "symbol": rng.getrandbits(8)}
            asked = {"space": rng.randrange(3), "address": rng.getrandbits(16)}
            for port, value in ((dut.step_core, to), (dut.symbol_core, of), (dut.step.valid, valid), (dut.step.payload, payload)):
                ctx.set(port, value)
            for port in (dut.read_request.valid, dut.symbol.ready, dut.read_data.ready):
                ctx.set(port, valid)
            ctx.set(dut.read_request.payload, asked)
            for number in range(cores):
                for port in (dut.steps[number].ready, dut.read_requests[number].ready):
                    ctx.set(port, ready >> number & 1)
                for port, value in ((dut.symbols[number], symbols), (dut.read_datas[number], words)):
                    ctx.set(port.payload, value[number])
                    ctx.set(port.valid, heard >> number & 1)
            await ctx.delay(1e-6)
            assert [ctx.get(step.valid) for step in dut.steps] == [valid * (number == to) for number in range(cores)]
            assert [ctx.get(step.payload.symbol) for step in dut.steps] == [payload["symbol"]] * cores
            assert ctx.get(dut.step.ready) == ready >> to & 1
            assert [ctx.get(request.valid) for request in dut.read_requests] == [valid * (number == of) for number in range(cores)]
            assert [ctx.get(request.payload.address) for request in dut.read_requests] == [asked["address"]] * cores
            assert ctx.get(dut.read_request.ready) == ready >> of & 1
            for one, many, values in ((dut.symbol, dut.symbols, symbols), (dut.read_data, dut.read_datas, words)):
                assert (ctx.get(one.payload), ctx.get(one.valid)) == (values[of], heard >> of & 1)
                assert [ctx.get(other.ready) for other in many] == [valid * (number == of) for number in range(cores)]

    settle(dut, bench)


@pytest.mark.parametrize("cores", [2, 4])
def test_words_of_an_image(cores):
    """Latencies and the sampler's may be one core's, the rest is everyone's."""
    dut = Spread(cores=cores)

    async def bench(ctx):
        for kind in (Kind.TABLES, Kind.ANCHORS, Kind.PROGRAM, Kind.STORE, Kind.JITTER, Kind.CONFIG):
            for named in range(cores + 1):
                for strobe in (0, 1):
                    address = named << 13 | 0x123
                    for name, value in (("space", kind), ("address", address), ("data", 0x4567), ("strobe", strobe)):
                        ctx.set(getattr(dut.load, name), value)
                    await ctx.delay(1e-6)
                    own = kind in (Kind.STORE, Kind.JITTER, Kind.CONFIG) and named > 0
                    meant = [number for number in range(cores) if not own or named == number + 1]
                    assert [number for number in range(cores) if ctx.get(dut.loads[number].strobe)] == (meant if strobe else [])
                    assert {ctx.get(load.address) & 0x1FFF for load in dut.loads} == {0x123}
                    assert {(ctx.get(load.data), ctx.get(load.space)) for load in dut.loads} == {(0x4567, kind)}

    settle(dut, bench)
