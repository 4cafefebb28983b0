"""What cocotb tests of a board share: the real host driver, in a thread beside the simulation, and what it is asked to do."""

from cocotb.task import resume
from cocotb.utils import get_sim_time

from firmware.host.device import Device
from firmware.host.host import Host
from firmware.host.transport import Transport
from sim.compare.expected import Golden


class PinTransport(Transport):
    """The host driver's byte stream, from its thread to the simulation."""

    def __init__(self, bench):
        self._bench = bench

    def write(self, data):
        self._write(data)

    def read(self, size, timeout):
        return self._read(size, timeout)

    def now(self):
        return self._now()

    @resume
    async def _now(self):
        return get_sim_time("step") * 1e-12

    @resume
    async def _write(self, data):
        await self._bench.source.write(data)

    @resume
    async def _read(self, size, timeout):
        sink = self._bench.sink
        if sink.empty():
            await sink.wait(round(timeout * 1e9), "ns")
        return bytes(sink.read_nowait(min(size, sink.count())))


def check_latencies(host, writes):
    """Every latency of a step, read over the UART."""
    for write in writes:
        first = int(write.addresses.min())
        span = host.store(first, int(write.addresses.max()) - first + 1)
        got = [span[address - first] for address in write.addresses]
        assert got == write.values.tolist(), f"op {write.stage}: {got}, golden says {write.values.tolist()}"


def talk(bench, network, program, image, *, steps):
    """Steps by the host driver, beside golden: symbols of all, latencies of the last."""
    host = Host(PinTransport(bench))
    device = Device(host, image)
    greeting = host.hello()
    assert (greeting.loaded, greeting.error, greeting.loading) == (True, False, False)
    golden = Golden(network, program)
    forced = [1, 0, 3]
    wanted = []
    writes = []
    for given in [*forced, *[None] * (steps - len(forced))]:
        writes = golden.step(given)
        wanted.append(golden.symbol)
    assert host.feed(forced) + host.step(steps - len(forced)) == wanted
    check_latencies(host, writes)
    assert host.counters().steps == steps
    assert host.faults.resent == 0
    return device
