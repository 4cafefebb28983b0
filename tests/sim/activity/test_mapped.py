"""Designs as cells: they compute what the gateware does, what changes in them is counted, and what their memories are asked for."""

from pathlib import Path

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from sim.activity.count import Meter, bits_of
from sim.activity.mapped import Mapped, build_mapped
from sim.compiled.build import in_parts
from sim.compiled.simulation import Simulation
from sim.compiled.toggles import Toggles

CLOCKS = 300


class Stored(wiring.Component):
    """A part ``walk`` counts; a memory of 256 words of 16 bits is written while ``write`` and read while ``read``."""

    write: In(1)
    read: In(1)
    data: Out(16)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walk = walk = Walk()
        m.submodules.words = words = Memory(shape=16, depth=256, init=[])
        written, asked = words.write_port(), words.read_port()
        m.d.comb += [
            written.addr.eq(walk.o),
            written.data.eq(walk.o * 0x101),
            written.en.eq(self.write),
            asked.addr.eq(walk.o),
            asked.en.eq(self.read),
            self.data.eq(asked.data),
        ]
        return m


class Walk(wiring.Component):
    o: Out(8)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(8)
        m.d.sync += count.eq(count + 1)
        m.d.comb += self.o.eq(count)
        return m


@pytest.fixture(scope="module")
def mapped() -> Mapped:
    return build_mapped(Stored())


def test_flip_flops_change_as_a_counter_does(mapped: Mapped) -> None:
    sim = Simulation(mapped.compiled)
    toggles = Toggles(sim, bits_of(sim, mapped.registers))
    sim.clock(CLOCKS)
    changes = sum(one.changes for one in toggles.read().values())
    assert changes == sum((count % 256 ^ (count + 1) % 256).bit_count() for count in range(CLOCKS - 1))
    assert sum(mask.bit_count() for mask in mapped.registers.values()) == 8
    assert mapped.fast == {}


def test_it_computes_what_the_gateware_does(mapped: Mapped) -> None:
    sim = Simulation(mapped.compiled)
    sim["write"] = 1
    sim.clock(256)
    sim["write"], sim["read"] = 0, 1
    for count in range(256):
        sim.clock()
        assert sim["data"] == count * 0x101


def test_accesses_are_counted_where_they_are_enabled(mapped: Mapped) -> None:
    sim = Simulation(mapped.compiled)
    [memory] = mapped.memories
    assert (memory.cells, memory.single) == (1, False)
    meter = Meter(sim, mapped)
    sim["write"] = 1
    sim.clock(40)
    sim["write"], sim["read"] = 0, 1
    sim.clock(7)
    sim["read"] = 0
    sim.clock(100)
    found = meter.read()
    assert found.clocks == 147
    assert found.memories == {memory.name: (7, 40)}
    assert found.changes["registers"].keys() == {"walk"}


def test_less_that_happens_is_less_that_changes(mapped: Mapped) -> None:
    """The outputs of the memory rest where nothing is read."""

    def changes(read: int) -> int:
        sim = Simulation(mapped.compiled)
        sim["write"] = 1
        sim.clock(256)
        sim["write"], sim["read"] = 0, read
        meter = Meter(sim, mapped)
        sim.clock(CLOCKS)
        return sum(meter.read().changes["data"].values())

    assert changes(0) == 0
    assert changes(1) > CLOCKS


def test_the_list_of_cells_is_kept_beside_the_library(mapped: Mapped) -> None:
    assert Path(f"{mapped.compiled.with_suffix('')}-cells.il").exists()
    assert build_mapped(Stored()) == mapped


def test_an_evaluation_in_parts_has_its_statements_in_their_order() -> None:
    head = ["bool p_top::eval(performer *performer) {", "\t// wire", "\tvalue<1> i_one;"]
    statements = [
        ["\t// cell", "\t// of a line", "\ti_one = 1;"],
        ["\t// cell", "\tif (i_one) {", "\t\t// inside", "\t}"],
        ["\t// cell", "\ti_one = 0;"],
    ]
    source = [*head, *(line for one in statements for line in one), "\treturn converged;", "}"]
    made = in_parts("\n".join(source), 2).split("\n")
    opened, closed = "\t[&]() __attribute__((noinline)) {", "\t}();"
    assert made == [*head, opened, *statements[0], *statements[1], closed, opened, *statements[2], closed, *source[-2:]]
