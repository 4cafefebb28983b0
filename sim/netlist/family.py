"""What differs between the families of FPGAs below the RTL, and the boards whose pins there are models of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boards import Board, icebreaker
from boards.ecp5 import ulx3s
from hdl.board.ecp5.top import EcpTop
from hdl.board.top import Top
from sim.netlist.ecp5 import models as ecp5_models
from sim.netlist.ecp5 import read as ecp5_read
from sim.netlist.ice40 import models as ice40_models
from sim.netlist.ice40 import read as ice40_read
from sim.netlist.memories import Memory
from sim.netlist.parts import Netlist, NetlistError


@dataclass(frozen=True, kw_only=True)
class Family:
    """``top``: what makes the FPGA's design of a board. ``platforms``: those of boards whose pins ``bench`` has, Verilog of the module
    ``bench`` around the module ``top``; ``models``: Verilog of the cells. ``read``: the netlist of a JSON that the tools wrote;
    ``memories``: those of it with the tables on chip, in the order of their bits."""

    top: Callable[[Board], Top | EcpTop]
    platforms: frozenset[str]
    bench: Path
    models: Callable[[], str]
    read: Callable[[bytes], Netlist]
    memories: Callable[[Netlist], list[Memory]]


ICE40 = Family(
    top=Top,
    platforms=frozenset({icebreaker.BOARD.platform}),
    bench=ice40_models.PINS,
    models=ice40_models.cell_models,
    read=ice40_read.read_netlist,
    memories=ice40_models.table_memories,
)

ECP5 = Family(
    top=EcpTop,
    platforms=frozenset(board.platform for board in (ulx3s.ULX3S_85F, ulx3s.ULX3S_45F, ulx3s.ULX3S_25F, ulx3s.ULX3S_12F)),
    bench=ecp5_models.PINS,
    models=ecp5_models.cell_models,
    read=ecp5_read.read_netlist,
    memories=ecp5_models.table_memories,
)


def family_of(board: Board) -> Family:
    """The family of ``board``; one without models of its pins raises :class:`NetlistError`."""
    plain = board.sdram is None and board.cores == 1
    for family in (ICE40, ECP5):
        if board.platform in family.platforms and plain:
            return family
    raise NetlistError(
        f"the board must be an iCEBreaker, or a ULX3S with one core and no SDRAM, whose pins there are models of, not {board.name}"
    )
