"""Mutants under the proofs of tests/formal: whether one of a block's claims is still proved.

The mutant is made in the circuit of the claims, in the cell of the same place: elaborated for claims or for a design, a block has the same
cells in the same order, which is checked.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from amaranth.back.rtlil import convert_fragment
from amaranth.hdl import Fragment

from sim.compiled.build import yosys

from ..formal.claims import Claims
from ..formal.proofs import PROOFS
from ..formal.prove import Proof, is_one
from ..formal.solver import Solver, either
from .equivalence import Circuit, Equivalence
from .mutants import PREPARE, SELECT, SELECT_BITS, SETTLE, Mutant

OF_BLOCK: Mapping[tuple[str, str], Sequence[str]] = {
    ("core", "index"): ("index maker of the icebreaker", "index maker, P = 2, store in 1"),
    ("core", "reader"): ("store reader, store in 1",),
    ("core", "accumulators"): ("accumulators, sums in 1",),
    ("core", "writeback"): ("write-back, store in 1",),
    ("core", "sequencer"): ("sequencer",),
    ("core", "sorter.generator"): ("jitter",),
    ("core", "counters"): ("counters",),
    ("core", "host"): ("host reader",),
    ("core", "fetch"): ("row fetch with flash", "row fetch of the icebreaker"),
    ("core", "fetch.cache"): ("index cache",),
    ("core", "fetch.streamer"): ("streamer",),
    ("core", "tables"): ("tier, tables in 1, far 1",),
    ("link", ""): ("link",),
    ("link", "frames"): ("frame receiver",),
    ("link", "check"): ("request check",),
    ("link", "feed"): ("payload feed, cores: 1",),
    ("link", "sender"): ("reply sender",),
    ("loader", ""): ("loader",),
    ("loader", "crc"): ("serial CRC, 32 bits",),
}
"""The proofs of a block; of its mutants, they count for those in cells that are as wide there as in the design."""
TRUE_OF_THE_CORE = ("index maker of the icebreaker", "jitter")
"""Proofs that assume only what others claim of the blocks around, or the instruction set: what they claim and assume is always so."""
_SECONDS = 20  # of the processor, for one mutant
_SMT = "flatten; opt_clean; memory_collect; memory_nordff; opt_clean; {0}opt -noff; dffunmap; opt_clean; write_smt2 -wires claims.smt2"
_Cells = dict[str, list[tuple[str, str, str]]]


def cells_of(text: str) -> _Cells:
    """Of each module in RTLIL, its cells in order: what they are, their parameters, and their names."""
    found: _Cells = {}
    for module, body in re.findall(r"^module \\(\S+)$(.*?)^end$", text, flags=re.M | re.S):
        cells = re.findall(r"^  cell (\S+) (\S+)$((?:\n    parameter .*)*)", body, flags=re.M)
        found[module] = [(kind if kind.startswith("$") else "part", settings, name) for kind, name, settings in cells]
    return found


class Prover:
    """Of the mutants of one block, in the module ``home`` of the design prepared.il in ``work``; None of those that have no such cell."""

    def __init__(self, proof: Proof, mutants: Sequence[Mutant], *, home: str, work: Path) -> None:
        self._proof, self._claims = proof, proof.write()
        text, _ = convert_fragment(Fragment.get(self._claims.m, None), self._claims.ports(), "top", emit_src=False)
        (work / "claims.il").write_text(text, encoding="utf-8")
        prepare = PREPARE.replace("design.il", "claims.il")
        yosys(f"{prepare}write_rtlil claims_prepared.il", work)
        theirs = cells_of((work / "claims_prepared.il").read_text(encoding="utf-8"))
        ours = cells_of((work / "prepared.il").read_text(encoding="utf-8"))
        moved = [self._move(one, ours, theirs, home=home) for one in mutants]
        lines = [f"mutate -ctrl {SELECT} {SELECT_BITS} {one.number} {moved_}" for one, moved_ in zip(mutants, moved, strict=True) if moved_]
        script = [*prepare.split("; "), *lines, SETTLE, *_SMT.format("memory_map; " if proof.map_memories else "").split("; "), ""]
        (work / "claims.ys").write_text("\n".join(script), encoding="utf-8")
        yosys("script claims.ys", work)
        self._text = (work / "claims.smt2").read_text(encoding="utf-8")
        self._equivalence: Equivalence | None = None
        self._has = {one.number for one, moved_ in zip(mutants, moved, strict=True) if moved_}

    @staticmethod
    def _move(mutant: Mutant, ours: _Cells, theirs: _Cells, *, home: str) -> str | None:
        """The mutant's command for the claims' circuit, but for its first word; None where the module has other cells there."""
        there = mutant.module.replace(home, "top.block", 1)
        here, other = ours[mutant.module], theirs.get(there, [])
        command = mutant.command.split(" -src")[0].removeprefix("mutate ")
        cell = re.search(r"-cell (\S+)", command)
        assert cell is not None
        [(*_, name)] = [one for (_, ours_, named), one in zip(here, other, strict=False) if named == cell[1] and ours_ == one[1]] or [
            ("", "", "")
        ]
        if [kind for kind, *_ in here] != [kind for kind, *_ in other] or not name:
            return None
        return command.replace(f"-cell {cell[1]} ", f"-cell {name} ").replace(f"-module {mutant.module} ", f"-module {there} ")

    def alike(self, mutant: int) -> str | None:
        """What the proof is called if no output of the block can differ where all that it claims and assumes holds, as it always does."""
        if mutant not in self._has or self._proof.block not in TRUE_OF_THE_CORE:
            return None
        if self._equivalence is None:
            own = [one.name for one in self._claims.assumptions] + [one.holds.name for one in self._claims.claims]
            found = Circuit.of(self._text)
            watched = [name for name in found.outputs if not re.fullmatch(r"(claim|cover|assumption)_\d+", name)]
            self._equivalence = Equivalence(found, held=own, watched=watched)
        return f"as `{self._proof.block}` claims and assumes" if self._equivalence.proved(mutant) else None

    def fails(self, mutant: int) -> str | None:
        """The first claim that isn't proved with the mutant, if there is one."""
        if mutant not in self._has:
            return None
        try:
            with Solver(self._text, seconds=_SECONDS) as solver:
                return self._ask(solver, self._claims, mutant)
        except TimeoutError:
            return None

    def _ask(self, solver: Solver, claims: Claims, mutant: int) -> str | None:
        clocks = [f"s{at}" for at in range(self._proof.clocks + 1)]
        for at, clock in enumerate(clocks):
            solver.clock(clock)
            solver.know(f"(|top_h| {clock})", *(is_one(one.name, clock) for one in claims.assumptions))
            solver.know(f"(= (|top_n {SELECT}| {clock}) (_ bv{mutant} {SELECT_BITS}))")
            if at:
                solver.know(f"(|top_t| {clocks[at - 1]} {clock})")
                solver.know(*(is_one(one.holds.name, clocks[at - 1]) for one in claims.claims))
        verdicts = [is_one(one.holds.name, clocks[-1]) for one in claims.claims]
        values = solver.possible(either(f"(not {one})" for one in verdicts), ask=verdicts)
        return None if values is None else claims.claims[values.index("false")].text


def proofs_of(unit: str, block: str) -> list[Proof]:
    """Those that have the block as the unit has it."""
    return [one for name in OF_BLOCK.get((unit, block), ()) for one in PROOFS if one.block == name]
