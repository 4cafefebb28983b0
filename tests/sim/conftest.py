"""A small design with every kind of thing that a compiled simulation has to reach."""

import pytest
from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hdl.flash.bus import FlashPins

SDRAM = {"command": Out(6, init=63), "bank": Out(4), "address": Out(26), "dq_o": Out(16), "dq_oe": Out(1), "dq_i": In(64)}


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
    """``Inner`` as a submodule; the UART's line inverted twice in registers; a coin's heads counted."""

    address: In(4)
    write: In(1)
    value: Out(40)
    odd: Out(1)
    held: Out(1)
    rx: In(1, init=1)
    tx: Out(1, init=1)
    coin: In(1)
    heads: Out(16)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Inner()
        line = Signal()
        m.d.comb += [inner.address.eq(self.address), inner.write.eq(self.write), self.value.eq(inner.value)]
        m.d.comb += [self.odd.eq(inner.pair.low[0]), self.tx.eq(~line)]
        m.d.sync += [line.eq(~self.rx), self.held.eq(self.odd), self.heads.eq(self.heads + self.coin)]
        return m


@pytest.fixture(scope="session")
def bench_class():
    return Bench


@pytest.fixture(scope="session")
def bench_library(tmp_path_factory):
    """The compiled bench; the session's own cache, so that the build is tested too."""
    from sim.compiled.build import build

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYCHRON_CACHE", str(tmp_path_factory.mktemp("cache")))
        return build(Bench())


@pytest.fixture
def bench(bench_library):
    from sim.compiled.simulation import Simulation

    sim = Simulation(bench_library)
    yield sim
    sim.close()


class FlashBench(wiring.Component):
    """The pins of a flash in the domain flash: driven by registers (``logic``: by logic from them) with what stands at ``drive``, and the
    samples that come back, in a register; beside a counter in each domain, the one of flash copied by the other."""

    drive: In(8)
    flash: Out(FlashPins)
    seen: Out(8)
    slow: Out(16)
    fast: Out(16)
    copied: Out(16)

    def __init__(self, *, logic=False, domain="flash"):
        self._logic, self._domain = logic, domain
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        pins = Signal(8, init=1)
        m.d[self._domain] += [pins.eq(self.drive), self.seen.eq(self.flash.io_i), self.fast.eq(self.fast + 1)]
        m.d.sync += [self.slow.eq(self.slow + 1), self.copied.eq(self.fast)]
        outputs = [self.flash.cs_n, self.flash.sck, self.flash.io_o, self.flash.io_oe]
        if self._logic:
            m.d.comb += Cat(outputs).eq(pins ^ 0)
        else:
            m.d[self._domain] += Cat(outputs).eq(self.drive)
        return m


class SdramBench(wiring.Component):
    """The pins of an SDRAM of 16 bits: driven by registers (``logic``: by logic from them) with what stands at ``drive``, and the samples
    that come back, in a register. ``script``: instead, what is presented, by clock: (command, bank, address, word or None) in the first
    slot; ``takes``: the clocks in which sample number 2 of those that the design then sees is taken, the last four into ``got``."""

    drive: In(53)
    sdram: Out(wiring.Signature(SDRAM))
    seen: Out(64)
    got: Out(64)

    def __init__(self, *, logic=False, script=None, takes=()):
        self._logic, self._script, self._takes = logic, script, takes
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        pins, clock = Signal(53, init=63), Signal(32)
        port = self.sdram
        outputs = Cat(port.command, port.bank, port.address, port.dq_o, port.dq_oe)
        m.d.sync += [clock.eq(clock + 1), self.seen.eq(port.dq_i)]
        if self._script is not None:
            m.d.sync += outputs.eq(63)
            with m.Switch(clock):
                for number, (command, bank, address, word) in self._script.items():
                    with m.Case(number):
                        m.d.sync += [port.command.eq(7 << 3 | command), port.bank.eq(bank), port.address.eq(address)]
                        m.d.sync += [port.dq_o.eq(word or 0), port.dq_oe.eq(word is not None)]
            with m.Switch(clock):
                with m.Case(*self._takes):
                    m.d.sync += self.got.eq(Cat(self.got[16:], port.dq_i.word_select(2, 16)))
        elif self._logic:
            m.d.sync += pins.eq(self.drive)
            m.d.comb += outputs.eq(pins ^ 0)
        else:
            m.d.sync += outputs.eq(self.drive)
        return m
