"""Changes of signals, counted in the compiled simulation, against Amaranth's simulator; state machines, read and run."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from sim.activity.states import machines
from sim.compiled.build import SimulationError, build
from sim.compiled.simulation import Simulation
from sim.compiled.toggles import States, Toggled, Toggles, merged, own_signals

CLOCKS = 200


class Walker(wiring.Component):
    """A wide counter that counts while a state machine walks; ``sum`` is logic."""

    go: In(1)
    by: In(7)
    sum: Out(40)

    def __init__(self) -> None:
        super().__init__()
        self.count = Signal(40)
        self.state = Signal(2)  # as the machine's register is
        self.doubled = Signal(9)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.doubled.eq(2 * self.by + self.go), self.sum.eq(self.count + self.doubled)]
        with m.FSM(name="walk") as fsm:
            with m.State("REST"), m.If(self.go):
                m.next = "WALK"
            with m.State("WALK"):
                m.d.sync += self.count.eq(self.count + (self.by << 20))
                m.next = "REST"
                with m.If(self.by[0]):
                    m.next = "RUN"
            with m.State("RUN"):
                m.d.sync += self.count.eq(~self.count)
                m.next = "REST"
            with m.State("LOST"):
                m.next = "REST"
        m.d.comb += self.state.eq(fsm.state)
        return m


@pytest.fixture(scope="module")
def library() -> Path:
    return build(Walker())


def given(seed: int) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    return [(rng.randrange(2), rng.randrange(128)) for _ in range(CLOCKS)]


def ref_toggled(values: list[int], mask: int, when: list[int], gate: int) -> Toggled:
    """Of the settled values of one clock after another, in the clocks ``when`` was ``gate``."""
    seen = [value & mask for value in values]
    clocks = [pair for pair, opened in zip(pairwise([seen[0], *seen]), when, strict=True) if opened == gate]
    rose = fell = 0
    for old, new in clocks:
        rose |= new & ~old
        fell |= old & ~new
    changes = sum((old ^ new).bit_count() for old, new in clocks)
    return Toggled(rose=rose, fell=fell, changes=changes, high=sum(new.bit_count() for _, new in clocks))


def ref_values(inputs: list[tuple[int, int]]) -> dict[str, list[int]]:
    """By Amaranth's simulator, just before each edge."""
    dut = Walker()
    signals = {"count": dut.count, "doubled": dut.doubled, "sum": dut.sum, "go": dut.go, "by": dut.by, "state": dut.state}
    found: dict[str, list[int]] = {name: [] for name in signals}

    async def drive(ctx) -> None:  # type: ignore[no-untyped-def]
        for go, by in inputs:
            ctx.set(dut.go, go)
            ctx.set(dut.by, by)
            for name, signal in signals.items():
                found[name].append(ctx.get(signal))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    return found


def count(library: Path, inputs: list[tuple[int, int]], masks: dict[str, int], gate: str | None = None) -> tuple[Toggles, States]:
    """In the compiled simulation; inputs change after an edge."""
    sim = Simulation(library)
    sim["go"], sim["by"] = inputs[0]
    toggles, states = Toggles(sim, masks.items(), gate=gate), States(sim, "walk_state")
    for sim["go"], sim["by"] in inputs:
        sim.clock()
    return toggles, states


MASKS = {"count": (1 << 40) - 1, "doubled": 0x1FF, "sum": (1 << 40) - 1, "by": 0x2A}


@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_that_of_amaranths_simulator(library: Path, seed: int) -> None:
    inputs = given(seed)
    toggles, states = count(library, inputs, MASKS)
    found, values = toggles.read(), ref_values(inputs)
    assert found == {name: ref_toggled(values[name], mask, [0] * CLOCKS, 0) for name, mask in MASKS.items()}
    assert (toggles.looks(), toggles.looks(1)) == (CLOCKS, 0)
    follows = states.read()
    expected: dict[tuple[int, int], int] = {}
    for step in pairwise([values["state"][0], *values["state"]]):
        expected[step] = expected.get(step, 0) + 1
    assert {(int(a), int(b)): int(follows[a, b]) for a, b in zip(*follows.nonzero(), strict=True)} == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_gate_parts_the_counts_as_it_parts_amaranths_clocks(library: Path, seed: int) -> None:
    """An input is the gate; another one would part them otherwise."""
    inputs = given(seed)
    toggles, _ = count(library, inputs, MASKS, "go")
    values, go = ref_values(inputs), [one for one, _ in inputs]
    for gate in (0, 1):
        assert toggles.read(gate) == {name: ref_toggled(values[name], mask, go, gate) for name, mask in MASKS.items()}
        assert toggles.looks(gate) == go.count(gate)
    whole = count(library, inputs, MASKS)[0].read()
    assert merged([toggles.read(0), toggles.read(1)]) == whole
    moved = [go[-1], *go[:-1]]
    assert any(toggles.read(1)[name] != ref_toggled(values[name], mask, moved, 1) for name, mask in MASKS.items())


def test_another_stimulus_counts_otherwise(library: Path) -> None:
    """And bits outside of the mask, or a signal at rest, don't count."""
    one, other = (count(library, given(seed), MASKS)[0].read() for seed in (1, 2))
    assert all(one[name] != other[name] for name in MASKS)
    assert count(library, given(1), {"count": 0xFF})[0].read()["count"].changes < one["count"].changes
    still = count(library, [(0, 5)] * CLOCKS, MASKS)[0].read()
    assert {name: (each.changes, each.rose, each.fell) for name, each in still.items()} == dict.fromkeys(MASKS, (0, 0, 0))


def test_signals_of_its_own_are_neither_other_names_nor_memories(library: Path) -> None:
    own = own_signals(Simulation(library))
    assert own["count"] == (1 << 40) - 1
    assert len({"state", "walk_state"} & own.keys()) == 1  # one is another name of the other


def test_what_cannot_be_counted_is_refused(library: Path) -> None:
    with pytest.raises(SimulationError, match="'sum' must be a register of at most 6 bits"):
        States(Simulation(library), "sum")
    with pytest.raises(SimulationError, match="has no signal or memory 'nothing'"):
        Toggles(Simulation(library), [("nothing", 1)])
    with pytest.raises(SimulationError, match="'count' must be a signal of one bit to be a gate"):
        Toggles(Simulation(library), [("go", 1)], gate="count")


def test_a_machine_is_read_from_the_statements() -> None:
    [found] = machines(Walker())
    assert found.register == "walk_state"
    assert found.states == {0: "REST", 1: "WALK", 2: "RUN", 3: "LOST"}
    assert found.steps == {(0, 1), (1, 0), (1, 2), (2, 0), (3, 0)}
