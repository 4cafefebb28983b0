"""The netlists of a board's FPGA, made by the steps of its build."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from boards import Board
from hdl.board.pins import make_platform
from hdl.flow.design import Design, elaborate
from hdl.flow.pipeline import Toolchain, route, synthesise
from hdl.flow.steps import Steps, only_build
from hdl.flow.tools import Tool
from polychron.system.progress import under_way
from sim.netlist.delays.sdf import Delays, read_delays
from sim.netlist.family import ICE40, family_of
from sim.netlist.parts import Netlist, NetlistError

Stage = Literal["synthesis", "route"]
_PLACED, _DELAYS = "placed.json", "top.sdf"


class Made(NamedTuple):
    """A netlist, and the delays of place and route if they were asked for."""

    netlist: Netlist
    delays: Delays | None = None


def make_netlist(board: Board, *, stage: Stage, seed: int, folder: Path, say: Callable[[str], None]) -> Netlist:
    """:func:`make` without delays."""
    return make(board, stage=stage, seed=seed, folder=folder, say=say).netlist


def make(board: Board, *, stage: Stage, seed: int, folder: Path, say: Callable[[str], None], delays: bool = False) -> Made:
    """The netlist of ``board`` after the ``stage`` of its build in ``folder``, that of ``seed`` after place and route.

    Steps of the build that stand there already are not run again; those that have to be run stay there. A netlist that misses its clock is
    taken all the same. Raises :class:`NetlistError` for a board without models of its pins, and ``BuildError`` where a tool fails or
    another build is under way. ``delays`` are those of an iCE40 after place and route: a :class:`NetlistError` for what has none.
    """
    family = family_of(board)
    if delays and (family is not ICE40 or stage != "route"):
        raise NetlistError(f"delays are known after place and route of an iCE40, and not of {board.name} after {stage}")
    with only_build(folder) as kept:
        steps = Steps(folder=kept, say=say)
        with under_way("elaborating the gateware"):
            design = elaborate(family.top(board), make_platform(board))
        tools = Toolchain.find(design)
        made, _ = synthesise(design, tools.synth, steps)
        if stage == "synthesis":
            return Made(family.read(made))
        placed = route(design, tools.place, steps, made, seed, packed=True).netlist
        sdf = _sdf(design, tools.place, steps, placed, seed) if delays else b""
    return Made(family.read(placed), read_delays(sdf) if delays else None)


def _sdf(design: Design, tool: Tool, steps: Steps, placed: bytes, seed: int) -> bytes:
    """The delays of a placed and routed netlist, which nextpnr reads back as it has written it, in a step of its own."""
    args = [*design.part, "--json", _PLACED, "--no-pack", "--no-place", "--no-route", "--timing-allow-fail", "--sdf", _DELAYS]

    def run(folder: Path) -> None:
        (folder / _PLACED).write_bytes(placed)
        tool.run(args, folder=folder, log=folder / "nextpnr.log", note=steps.say, title="delays")
        (folder / _PLACED).unlink()

    return steps.run(
        f"delays{seed}",
        title=f"delays of seed {seed}",
        inputs={"netlist": placed, "args": "\n".join(args).encode(), "tool": tool.version.encode()},
        outputs=[_DELAYS],
        make=run,
    )[_DELAYS]
