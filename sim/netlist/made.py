"""The netlists of a board's FPGA, made by the steps of its build."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from boards import Board
from hdl.board.pins import make_platform
from hdl.flow.design import elaborate
from hdl.flow.pipeline import Toolchain, route, synthesise
from hdl.flow.steps import Steps, only_build
from polychron.system.progress import under_way
from sim.netlist.family import family_of
from sim.netlist.parts import Netlist

Stage = Literal["synthesis", "route"]


def make_netlist(board: Board, *, stage: Stage, seed: int, folder: Path, say: Callable[[str], None]) -> Netlist:
    """The netlist of ``board`` after the ``stage`` of its build in ``folder``, that of ``seed`` after place and route.

    Steps of the build that stand there already are not run again; those that have to be run stay there. A netlist that misses its clock is
    taken all the same. Raises :class:`NetlistError` for a board without models of its pins, and ``BuildError`` where a tool fails or
    another build is under way.
    """
    family = family_of(board)
    with only_build(folder) as kept:
        steps = Steps(folder=kept, say=say)
        with under_way("elaborating the gateware"):
            design = elaborate(family.top(board), make_platform(board))
        tools = Toolchain.find(design)
        made, _ = synthesise(design, tools.synth, steps)
        if stage == "route":
            made = route(design, tools.place, steps, made, seed, packed=True).netlist
    return family.read(made)
