"""Where nextpnr has put every cell, and which block of the design it belongs to."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_BEL = re.compile(r"X(\d+)/Y(\d+)/(.+)")
_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)
TOP = "top"
"""The block of what has no name of a deeper one: clock buffers, constants, cells that nextpnr adds."""


class Cell(NamedTuple):
    """A placed cell: its name in the netlist, nextpnr's name of its kind, the tile, and the place in it."""

    name: str
    kind: str
    x: int
    y: int
    place: str


def placed_cells(netlist: bytes) -> list[Cell]:
    """The cells of the netlist that nextpnr writes (``--write``), in the order of their names."""
    cells = json.loads(netlist)["modules"]["top"]["cells"]
    found = []
    for name, cell in sorted(cells.items()):
        if bel := _BEL.fullmatch(cell["attributes"].get("NEXTPNR_BEL", "")):
            found.append(Cell(name, cell["type"], int(bel[1]), int(bel[2]), bel[3]))
    return found


def to_step(cells: Sequence[Cell]) -> bytes:
    """What a build step keeps of them."""
    return json.dumps(cells, ensure_ascii=True, separators=(",", ":")).encode()


def from_step(content: bytes) -> list[Cell]:
    """The inverse of :func:`to_step`."""
    return [Cell(*cell) for cell in json.loads(content)]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a design: the modules of its hierarchy, ``core.sorter`` below the top."""

    names: frozenset[str]

    @classmethod
    def of(cls, rtlil: str) -> "Blocks":
        """Those of the RTLIL that Amaranth writes, where each module's name is its path."""
        return cls(frozenset(name.partition(".")[2] for name in _MODULE.findall(rtlil)) - {""})

    def of_cell(self, name: str) -> str:
        """The block of a cell or net of the flattened netlist, by the name yosys gives it after the nearest net with a name."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if (block := ".".join(parts[:length])) in self.names:
                return block
        return TOP

    def count(self, cells: Sequence[Cell], kinds: Mapping[str, str]) -> dict[str, dict[str, int]]:
        """Of each block its cells by figure; ``kinds``: nextpnr's name of each figure's cell (:class:`hdl.flow.family.Family`)."""
        figures = {kind: figure for figure, kind in kinds.items()}
        tally = Counter((self.of_cell(cell.name), figures[cell.kind]) for cell in cells if cell.kind in figures)
        blocks = sorted({block for block, _ in tally})
        return {block: {figure: tally[block, figure] for figure in kinds if tally[block, figure]} for block in blocks}
