"""Mutants of a design, made by yosys' ``mutate``: all in one netlist, and chosen by an input."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Fragment
from amaranth.lib import wiring

from sim.compiled.build import yosys

ROOT = Path(__file__).parents[2]
SELECT, SELECT_BITS = "mutant", 12
"""The input that chooses: n is the mutant of that number, from 1 on; 0 is the design as it is."""
SETTLE = "pmuxtree"
"""Behind mutants: where several inputs of one multiplexer are chosen at once, simulator and solver would not take the same one."""
PREPARE = "read_rtlil design.il; hierarchy -top top; proc; opt_expr; opt_clean; "
_FREE = re.compile(r"-port (CLK|rst|clk) ")  # a clock isn't logic; the reset of a block comes from nowhere in these designs but a port


@dataclass(frozen=True)
class Mutant:
    """``number``: what chooses it. ``command``: yosys' own, without the input."""

    number: int
    block: str
    command: str

    @property
    def module(self) -> str:
        return self._word("module")

    @property
    def sources(self) -> list[str]:
        """Lines of the project that the cell comes from, such as ``hdl/core/index.py:57``."""
        found = re.findall(r"-src (\S+)", self.command)
        ours = [Path(one).relative_to(ROOT) for one in found if Path(one).is_relative_to(ROOT) and one.split(":")[0] != __file__]
        return [str(one) for one in ours]

    @property
    def text(self) -> str:
        """What was done: such as ``index.made: $add A[3] const0 (address[3])``."""
        place = f"{self.module.removeprefix('top.dut').lstrip('.') or 'top'}: {self._word('port')}[{self._word('portbit')}]"
        wire = f" of {self._word('wire')}[{self._word('wirebit')}]" if "-wire" in self.command else ""
        other = f" by bit {self._word('ctrlbit')}" if "-ctrlbit" in self.command else ""
        return f"{place}{wire} {self._word('mode')}{other}"

    def _word(self, option: str) -> str:
        found = re.search(rf"-{option} (\S+)", self.command)
        assert found is not None
        return found[1]


def design_rtlil(component: wiring.Component) -> str:
    """RTLIL of ``component`` as ``top``, with its lines of source."""
    fragment, domain = Fragment.get(component, None), ClockDomain("sync")
    fragment.add_domains(domain)
    ports = {"__".join(map(str, path)): (port, None) for path, _, port in component.signature.flatten(component)}
    return rtlil.convert(fragment, name="top", ports=ports | {"clk": (domain.clk, None), "rst": (domain.rst, None)})


def modules_of(text: str) -> list[str]:
    """The modules' names."""
    return re.findall(r"^module \\(\S+)$", text, flags=re.M)


def choose(work: Path, blocks: Mapping[str, Sequence[str]], *, count: int, seed: int) -> list[Mutant]:
    """``count`` mutants in the modules of each block, of design.il in the folder ``work``; one of a clock or a memory's first
    contents is none. The same seed gives the same ones."""
    script = f"{PREPARE}write_rtlil prepared.il; "
    for number, modules in enumerate(blocks.values()):
        cells = " ".join(f"{module}/*" for module in modules)
        script += f"select -set all {cells}; select -set cells @all t:$meminit* %d t:$scopeinfo %d; "
        script += f"mutate -list {3 * count // 2} -seed {seed} -o list_{number}.txt @cells; "
    yosys(script, work)
    found: list[Mutant] = []
    for number, block in enumerate(blocks):
        lines = [line for line in (work / f"list_{number}.txt").read_text().splitlines() if not _FREE.search(line)]
        kept = sorted(random.Random(seed).sample(range(len(lines)), min(count, len(lines))))
        found += [Mutant(len(found) + at, block, lines[line]) for at, line in enumerate(kept, start=1)]
    return found


def put_in(work: Path, mutants: Sequence[Mutant]) -> None:
    """From design.il to top.il in the same folder, with all ``mutants`` and the input :data:`SELECT`."""
    lines = [f"{one.command.replace('mutate', f'mutate -ctrl {SELECT} {SELECT_BITS} {one.number}', 1)}" for one in mutants]
    (work / "apply.ys").write_text("\n".join([*PREPARE.split("; "), *lines, SETTLE, "write_rtlil top.il", ""]), encoding="utf-8")
    yosys("script apply.ys", work)
