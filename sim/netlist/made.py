"""The netlists of a board's FPGA, made by the steps of its build."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from boards import Board, icebreaker
from hdl.board.pins import make_platform
from hdl.board.top import Top
from hdl.flow.design import elaborate
from hdl.flow.pipeline import Toolchain, route, synthesise
from hdl.flow.steps import Steps, only_build
from polychron.system.progress import under_way
from sim.netlist.parts import Netlist, NetlistError
from sim.netlist.read import read_netlist

Stage = Literal["synthesis", "route"]


def make_netlist(board: Board, *, stage: Stage, seed: int, folder: Path, say: Callable[[str], None]) -> Netlist:
    """The netlist of ``board`` after the ``stage`` of its build in ``folder``, that of ``seed`` after place and route.

    Steps of the build that stand there already are not run again; those that have to be run stay there. A netlist that misses its clock is
    taken all the same. Raises :class:`NetlistError` for a board that is no iCEBreaker, and ``BuildError`` where a tool fails or another
    build is under way.
    """
    if board.platform != icebreaker.BOARD.platform:
        raise NetlistError(f"the board must be an iCEBreaker, whose pins and cells there are models of, not {board.name}")
    with only_build(folder) as kept:
        steps = Steps(folder=kept, say=say)
        with under_way("elaborating the gateware"):
            design = elaborate(Top(board), make_platform(board))
        tools = Toolchain.find(design)
        made, _ = synthesise(design, tools.synth, steps)
        if stage == "route":
            made = route(design, tools.place, steps, made, seed, packed=True).netlist
    return read_netlist(made)
