"""Which block a cell belongs to, and the estimate of energy."""

import pytest

from hdl.flow.placement import TOP, Blocks, Cell, from_step, placed_cells, to_step
from hdl.flow.report.energy import CURRENTS, energy

RTLIL = "\n".join(f"module \\{name}\nend" for name in ("top", "top.core", "top.core.sorter", "top.core.sorter.cells", "top.link"))
BLOCKS = Blocks.of(RTLIL)


@pytest.mark.parametrize(
    ("cell", "block"),
    [
        ("core.sorter.cells.used_2_SB_LUT4_I0_LC", "core.sorter.cells"),
        ("core.sorter.cellsized_LC", "core.sorter"),
        ("core.sums.0.4_WDATA_3_SB_LUT4_O_LC", "core"),
        ("core.sorter.list[3]", "core.sorter"),
        ("link", "link"),
        ("linked.x", TOP),
        ("$nextpnr_ICESTORM_LC_46", TOP),
    ],
)
def test_block_of_a_cell(cell: str, block: str) -> None:
    assert BLOCKS.of_cell(cell) == block


def test_cells_by_block() -> None:
    cells = [
        Cell("core.a", "LC", 1, 1, "lc0"),
        Cell("core.b", "LC", 1, 1, "lc1"),
        Cell("core.m", "RAM", 6, 1, "ram"),
        Cell("x", "IO", 0, 0, "io0"),
    ]
    assert BLOCKS.count(cells, {"lc": "LC", "ebr": "RAM"}) == {"core": {"lc": 2, "ebr": 1}}
    assert from_step(to_step(cells)) == cells


def test_cells_without_a_place_are_left_out() -> None:
    written = b"""{"modules": {"top": {"cells": {
        "b": {"type": "LC", "attributes": {"NEXTPNR_BEL": "X12/Y3/lc4"}},
        "a": {"type": "COMB", "attributes": {"NEXTPNR_BEL": "X2/Y30/SLICEA.COMB1"}},
        "c": {"type": "VCC", "attributes": {}}}}}}"""
    assert placed_cells(written) == [Cell("a", "COMB", 2, 30, "SLICEA.COMB1"), Cell("b", "LC", 12, 3, "lc4")]


def test_energy_by_hand() -> None:
    """1000 cells at 10 MHz: 981 + 10 (36 + 1000 c) uA at 1.219 V; 100 clocks a step are 10 us."""
    found = energy(device="iCE40UP5K", logic_cells=1000, clock_mhz=10, clocks_per_step=100)
    assert found is not None
    assert found.mw == (round(1.219 * 1.461, 2), round(1.219 * 2.941, 2))
    assert found.uj_per_step == (round(1.219 * 1.461 * 0.01, 4), round(1.219 * 2.941 * 0.01, 4))
    assert found.figures()["source"] == CURRENTS["iCE40UP5K"].source
    assert energy(device="LFE5U-85F", logic_cells=1000, clock_mhz=10, clocks_per_step=100) is None


def test_the_currents_explain_their_source() -> None:
    """The source's table: at 16 MHz of the PLL, 32 cells, 1419 uA on the core rail and 138.6 on the PLL's; at 48 MHz, 2573 and 103.6."""
    current = CURRENTS["iCE40UP5K"]
    for clock_mhz, measured in ((16, 1419 + 138.6), (48, 2573 + 103.6)):
        assert current.still + clock_mhz * (current.base + 32 * current.cell[0]) == pytest.approx(measured, rel=0.03)
