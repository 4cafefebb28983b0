"""Coverage of a small design: what its sessions don't reach is listed, by bit, state and step."""

from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sim.activity.states import machines
from sim.compiled.build import build

from ..mutation.recording import packed_words
from ..mutation.replay import Packed, Seen
from ..mutation.units import Unit
from . import table
from .__main__ import main
from .sessions import Seen as Found
from .sessions import replay


class Gate(wiring.Component):
    """Opens for a 3, and is never stuck while it isn't asked to be."""

    ask: In(2)
    stick: In(1)
    count: Out(6)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.inner = inner = Inner()
        m.d.comb += [inner.up.eq(self.ask[0]), self.count.eq(inner.count)]
        with m.FSM(name="gate"):
            with m.State("SHUT"), m.If(self.ask == 3):
                m.next = "OPEN"
            with m.State("OPEN"):
                m.next = "SHUT"
                with m.If(self.stick):
                    m.next = "STUCK"
            with m.State("STUCK"):
                m.next = "SHUT"
        return m


class Inner(wiring.Component):
    up: In(1)
    count: Out(6)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = Signal(3)
        m.d.sync += [self.count.eq(self.count + self.up), held.eq(5)]
        return m


def seen(m: Module, dut: wiring.Component) -> Seen:
    return [(dut.count, 1)]


UNIT = Unit("gate", Gate, seen, ("inner",), lambda: [])


@pytest.fixture(scope="module")
def library() -> Path:
    return build(Packed(Gate(), seen=seen))


def run(library: Path, *sessions: list[tuple[int, int]]) -> Found:
    """Sessions of (ask, stick)."""
    found = Found(machines=machines(Gate()))
    for session in sessions:
        replay(library, packed_words(session, [2, 1]), found)
    return found


SHORT = [(3, 0), (1, 0)] * 4 + [(0, 0)]
STUCK = [(3, 0), (3, 1), (2, 0), (0, 0)]


def test_states_and_steps_are_listed_until_they_are_taken(library: Path) -> None:
    [row] = table.states(UNIT, run(library, SHORT))
    assert row == "| gate | `gate_state` | 3 | 2 | 4 | 2 | STUCK, OPEN to STUCK, STUCK to SHUT |"
    [row] = table.states(UNIT, run(library, SHORT, STUCK))
    assert row == "| gate | `gate_state` | 3 | 3 | 4 | 4 | - |"


def test_bits_that_do_not_toggle_are_holes(library: Path) -> None:
    """The counter comes to 8, and its bits 4 and 5 do not change."""
    found = run(library, SHORT)
    holes = [row for row in table.holes(UNIT, found) if "count" in row]
    assert holes == ["| gate | `inner.count` of 6 | 4..5 | 3..5 |"]
    longer = [row for row in table.holes(UNIT, run(library, SHORT, [(1, 0)] * 66)) if "count" in row]
    assert longer == []


def test_sessions_add_up(library: Path) -> None:
    one, both = run(library, SHORT), run(library, SHORT, SHORT)
    assert both.clocks == 2 * one.clocks == 2 * len(SHORT)
    assert both.toggled["inner.count"].changes == 2 * one.toggled["inner.count"].changes
    assert np.array_equal(both.follows["gate_state"], 2 * one.follows["gate_state"])


def test_a_row_for_each_block_and_one_for_all(library: Path) -> None:
    rows = list(table.rows(UNIT, run(library, SHORT)))
    assert [row.split(" | ")[1] for row in rows] == ["inner", "itself", "all"]
    bits = [int(row.split(" | ")[3]) for row in rows]
    assert bits[0] + bits[1] == bits[2]


@pytest.mark.parametrize(("mask", "text"), [(0, "-"), (1, "0"), (0b1011, "0..1, 3"), (0xFF00, "8..15")])
def test_bits_are_told_as_ranges(mask: int, text: str) -> None:
    assert table.spans(mask) == text


def test_a_wrong_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cores"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("DESIGN must be one of core, link, loader, not 'cores'\n")
