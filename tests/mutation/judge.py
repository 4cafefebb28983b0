"""What becomes of each mutant of a unit: killed by a stimulus, proved equivalent, or neither."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .equivalence import Equivalence
from .mutants import Mutant, choose, design_rtlil, modules_of, put_in
from .packed import Packed, inputs
from .replay import Replay, Stimulus, Words
from .units import DUT, Unit


@dataclass(frozen=True)
class Verdict:
    """``stimulus`` and ``clock`` of the first difference; or ``reason``, by which there is none: what the proof assumes."""

    mutant: Mutant
    stimulus: str | None = None
    clock: int | None = None
    reason: str | None = None

    @property
    def kind(self) -> str:
        return "killed" if self.stimulus is not None else "equivalent" if self.reason is not None else "survived"


def judge(unit: Unit, blocks: Sequence[str], *, count: int, seed: int, work: Path, note: Callable[[str], None]) -> list[Verdict]:
    """``count`` mutants in each of the ``blocks``. Runs yosys, the C++ compiler and the solver in the folder ``work``."""
    dut = unit.make()
    packed = Packed(dut, seen=unit.seen)
    text = design_rtlil(packed)
    (work / "design.il").write_text(text, encoding="utf-8")
    modules = {block: found for block, found in unit.modules(modules_of(text)).items() if block in blocks}
    mutants = choose(work, modules, count=count, seed=seed)
    put_in(work, mutants)
    note(f"{unit.name}: {len(mutants)} mutants")
    replay = Replay(work, out_bits=len(packed.o))
    stimuli = [plan.record(inputs(dut)) for plan in unit.plans()]
    outputs = [replay.record(one) for one in stimuli]
    note(f"{unit.name}: {len(stimuli)} stimuli of {sum(len(one.inputs) for one in stimuli)} clocks")
    for stimulus, expected in zip(stimuli, outputs, strict=True):
        if replay.differs(0, stimulus, expected) is not None:
            raise RuntimeError(f"{unit.name}: {stimulus.name} gives two results where there is no mutant")
    killed = [_simulate(one, replay, stimuli, outputs) for one in mutants]
    note(f"{unit.name}: {sum(one.stimulus is not None for one in killed)} killed")
    provers: dict[str, Equivalence] = {}
    return [one if one.stimulus else _prove(one, provers, work) for one in killed]


def _simulate(mutant: Mutant, replay: Replay, stimuli: Sequence[Stimulus], outputs: Sequence[Words]) -> Verdict:
    for stimulus, expected in zip(stimuli, outputs, strict=True):
        clock = replay.differs(mutant.number, stimulus, expected)
        if clock is not None:
            return Verdict(mutant, stimulus.name, clock)
    return Verdict(mutant)


def _prove(verdict: Verdict, provers: dict[str, Equivalence], work: Path) -> Verdict:
    """At the ports of the mutant's block, first whatever comes in, then with what the surroundings promise."""
    block = verdict.mutant.block
    if block not in provers:
        provers[block] = Equivalence(work, f"{DUT}.{block}" if block else DUT)
    return Verdict(verdict.mutant, reason=provers[block].proved(verdict.mutant.number))
