"""The compiled simulator on a small design, beside Amaranth's own simulator where both can run it."""

import os
import random
import subprocess
import sys

import pytest
from amaranth.sim import Simulator

from sim.compiled.build import SimulationError, build
from sim.compiled.simulation import Simulation

DIVISOR = 9


def test_reads_and_writes_signals_wider_than_a_word(bench):
    bench["address"] = 3
    bench.clock()
    assert bench["value"] == (1 << 35 | 3) + 1
    assert bench["inner.value"] == bench["value"]
    bench.clock(299)
    assert (bench["inner.count"], bench.clocks) == (300, 300)
    assert bench["inner.pair"] == (300 >> 8) << 8 | 299 & 0xFF


def test_memory_is_the_simulators_own(bench):
    words = bench.memory("inner.words")
    assert words.shape == (16, 2)
    words[5] = [7, 0x80]
    bench["address"] = 5
    bench.clock()
    assert bench["value"] == (0x80 << 32 | 7) + 1
    bench["write"] = 1
    bench.clock()
    assert list(words[5]) == [1, 0]
    assert bench.memories()["inner.words"] == (16, 40)


def test_state_can_be_set(bench):
    bench["inner.count"] = 1000
    bench.clock(5)
    assert bench["inner.count"] == 1005


@pytest.mark.parametrize("name", ["inner.count", "held", "odd", "inner.pair.low"])
def test_run_until_samples_before_the_edge(bench, name):
    """State, registered output, output by logic, and a signal that must be evaluated apart: each when it has its value before an edge."""
    expected = {"inner.count": (37, 38), "held": (1, 3 + 1), "odd": (1, 2 + 1), "inner.pair.low": (21, 22 + 1)}
    value, clocks = expected[name]
    assert bench.run_until(name, value=value, limit=100) == clocks
    assert bench["inner.count"] == clocks == bench.clocks


def test_run_until_gives_up(bench):
    with pytest.raises(SimulationError, match=r"'inner\.count' was not 50 within 40 clocks"):
        bench.run_until("inner.count", value=50, limit=40)
    assert bench.clocks == bench["inner.count"] == 40


def test_uart_bytes_come_back(bench):
    uart = bench.uart(from_design="tx", to_design="rx", divisor=DIVISOR)
    message = bytes(range(256))
    uart.send(message)
    assert uart.receive(256, limit=300 * 10 * DIVISOR) == message
    assert bench.clocks == pytest.approx(256 * 10 * DIVISOR, abs=2 * DIVISOR)
    assert not uart.framing_errors


def test_uart_sees_a_missing_stop_bit(bench):
    uart = bench.uart(from_design="tx", to_design="rx", divisor=8.5)
    uart.send(b"a", break_stop=True)
    uart.send(b"b")
    assert uart.receive(2, limit=400) == b"b"
    assert uart.framing_errors == 1
    assert not uart.busy


def test_random_bit_has_its_probability(bench):
    coin = bench.random_bit("coin", probability=0.25, seed=3)
    bench.clock(10_000)
    assert 2300 < bench["heads"] < 2700
    coin.detach()
    bench["coin"] = 0
    before = bench["heads"]
    bench.clock(100)
    assert bench["heads"] == before


def test_equals_amaranths_simulator(bench, bench_class):
    """Random inputs: both simulators show the same outputs after every clock."""
    rng = random.Random(2)
    inputs = [(rng.randrange(16), rng.randrange(2), rng.randrange(2)) for _ in range(500)]
    dut, expected = bench_class(), []

    async def drive(ctx):
        for address, write, rx in inputs:
            ctx.set(dut.address, address)
            ctx.set(dut.write, write)
            ctx.set(dut.rx, rx)
            _, _, value, odd, held, tx = await ctx.tick().sample(dut.value, dut.odd, dut.held, dut.tx)
            expected.append((value, odd, held, tx))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    for (address, write, rx), outputs in zip(inputs, expected, strict=True):
        bench["address"], bench["write"], bench["rx"] = address, write, rx
        assert (bench["value"], bench["odd"], bench["held"], bench["tx"]) == outputs
        bench.clock()


def test_trace(bench, tmp_path):
    bench.clock(3)
    path = tmp_path / os.fsdecode(b"r\xff.vcd")  # a name that is no UTF-8
    bench.trace(path, clock_hz=36e6)
    bench.clock(2)
    bench.run_until("inner.count", value=9, limit=10)
    bench.close_trace()
    text = path.read_text()
    assert "$timescale 1 ps $end" in text
    assert "count" in text
    changes = [line for line in text.splitlines() if line.startswith("b") and line.split()[0] == "b" + f"{9:016b}"]
    assert changes
    with pytest.raises(SimulationError, match="can't be written"):
        bench.trace(tmp_path / "none" / "run.vcd", clock_hz=36e6)


def test_errors_name_what_is_wrong(bench):
    with pytest.raises(SimulationError, match=r"no signal or memory 'count'; there is inner\.count"):
        bench["count"]
    with pytest.raises(SimulationError, match=r"'inner\.value' can't be set: it is driven by logic"):
        bench["inner.value"] = 0
    with pytest.raises(SimulationError, match=r"'address' must be 0\.\.15, not 16"):
        bench["address"] = 16
    with pytest.raises(SimulationError, match=r"'inner\.words' is a memory"):
        bench["inner.words"]
    with pytest.raises(SimulationError, match="'odd' is not a memory"):
        bench.memory("odd")
    with pytest.raises(SimulationError, match="'odd' must be an input of the design"):
        bench.random_bit("odd", probability=0.5, seed=1)


def test_library_is_kept_and_keyed(monkeypatch, bench_library, bench_class):
    monkeypatch.setenv("POLYCHRON_CACHE", str(bench_library.parent))
    before = bench_library.stat().st_mtime_ns
    assert build(bench_class()) == bench_library
    assert bench_library.stat().st_mtime_ns == before
    kept = sorted((name.split("-")[0], name.split(".")[-1]) for name in os.listdir(bench_library.parent))
    assert kept == [("cxxrtl", "lock"), ("cxxrtl", "so"), ("driver", "o")]
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SimulationError, match="the C\\+\\+ compiler no-such-compiler was not found"):
        build(bench_class())


def test_two_simulations_are_apart(bench_library):
    first, second = Simulation(bench_library), Simulation(bench_library)
    first.clock(10)
    assert (first["inner.count"], second["inner.count"]) == (10, 0)


def test_uart_watch_sees_every_clock_of_a_bit(bench):
    """``held`` follows the counter's lowest bit: high in every other clock, from the third on."""
    uart = bench.uart(from_design="tx", to_design="rx", divisor=DIVISOR)
    times = []
    assert uart.receive(1, limit=20, watch="held", seen=lambda: times.append(bench.clocks)) == b""
    assert times == list(range(4, 21, 2))
    assert bench.clocks == 20


def test_detached_uart_leaves_the_line(bench):
    uart = bench.uart(from_design="tx", to_design="rx", divisor=DIVISOR)
    uart.send(b"\0")
    bench.clock(5 * DIVISOR)
    uart.detach()
    bench.clock(20 * DIVISOR)
    assert (bench["rx"], bench["tx"]) == (0, 0)


def test_the_same_text_from_every_process():
    """A design of two clock domains, whose names a set holds in an order that differs from process to process."""
    script = (
        "import hashlib, boards; from sim.compiled.build import component_rtlil; from hdl.board.system import System;"
        "print(hashlib.sha256(component_rtlil(System(boards.get('icebreaker'))).encode()).hexdigest())"
    )
    made = [
        subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, check=True)
        for seed in (1, 2)
    ]
    assert made[0].stdout == made[1].stdout != b""
