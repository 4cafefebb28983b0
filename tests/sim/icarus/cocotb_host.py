"""What cocotb tests of a board share: the real host driver, in a thread beside the simulation, and what it is asked to do."""

from firmware.host.device import Device
from firmware.host.host import Host
from sim.compare.expected import Golden
from sim.netlist.pins import UartPins


def check_latencies(host, writes):
    """Every latency of a step, read over the UART."""
    for write in writes:
        first = int(write.addresses.min())
        span = host.store(first, int(write.addresses.max()) - first + 1)
        got = [span[address - first] for address in write.addresses]
        assert got == write.values.tolist(), f"op {write.stage}: {got}, golden says {write.values.tolist()}"


def talk(bench, network, program, image, *, steps):
    """Steps by the host driver, beside golden: symbols of all, latencies of the last."""
    host = Host(UartPins(bench.source, bench.sink))
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
