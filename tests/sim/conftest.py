"""A small design with every kind of thing that a compiled simulation has to reach."""

import pytest
from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class Inner(wiring.Component):
    """A memory of 16 words of 40 bits, a counter, and a struct whose fields are driven apart."""

    address: In(4)
    write: In(1)
    value: Out(40)
    pair: Out(data.StructLayout({"low": 8, "high": 8}))

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Memory(shape=unsigned(40), depth=16, init=[1 << 35 | i for i in range(16)])
        read, write = words.read_port(), words.write_port()
        count = Signal(16)
        m.d.sync += [count.eq(count + 1), self.pair.low.eq(count)]
        m.d.comb += [read.addr.eq(self.address), self.value.eq(read.data + 1), self.pair.high.eq(count[8:])]
        m.d.comb += [write.addr.eq(self.address), write.data.eq(count), write.en.eq(self.write)]
        return m


class Bench(wiring.Component):
    """``Inner`` as a submodule; the UART's line inverted twice in registers; a register at each pin of an SPI bus."""

    address: In(4)
    write: In(1)
    value: Out(40)
    odd: Out(1)
    held: Out(1)
    rx: In(1, init=1)
    tx: Out(1, init=1)
    drive: In(3)
    cs_n: Out(1, init=1)
    clk_out: Out(1)
    copi: Out(1)
    cipo: In(1)
    seen: Out(1)
    coin: In(1)
    heads: Out(16)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Inner()
        line = Signal()
        m.d.comb += [inner.address.eq(self.address), inner.write.eq(self.write), self.value.eq(inner.value)]
        m.d.comb += [self.odd.eq(inner.pair.low[0]), self.tx.eq(~line)]
        m.d.sync += [line.eq(~self.rx), self.held.eq(self.odd), self.heads.eq(self.heads + self.coin)]
        m.d.sync += [self.cs_n.eq(self.drive[0]), self.clk_out.eq(self.drive[1]), self.copi.eq(self.drive[2]), self.seen.eq(self.cipo)]
        return m


@pytest.fixture(scope="session")
def bench_class():
    return Bench


@pytest.fixture(scope="session")
def bench_library(tmp_path_factory):
    """The compiled bench; the session's own cache, so that the build is tested too."""
    from sim.cxxrtl_build import build

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYCHRON_CACHE", str(tmp_path_factory.mktemp("cache")))
        return build(Bench())


@pytest.fixture
def bench(bench_library):
    from sim.cxxrtl import Simulation

    sim = Simulation(bench_library)
    yield sim
    sim.close()
