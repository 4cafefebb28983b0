"""What becomes of each mutant of a unit: killed by a stimulus, proved equivalent, or neither."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .equivalence import Equivalence, circuit, unread
from .mutants import Mutant, choose, design_rtlil, modules_of, put_in
from .proofs import Prover, proofs_of
from .replay import Packed, Replay, Stimulus, Words, inputs
from .units import DUT, Unit


@dataclass(frozen=True)
class Verdict:
    """``stimulus`` and ``clock`` of the first difference; ``claim``, which is no longer proved; or ``reason``, by which there is no
    difference: what the proof assumes."""

    mutant: Mutant
    stimulus: str | None = None
    clock: int | None = None
    claim: str | None = None
    reason: str | None = None

    @property
    def kind(self) -> str:
        killed = self.stimulus is not None or self.claim is not None
        return "killed" if killed else "equivalent" if self.reason is not None else "survived"


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
    return _prove_all(killed, unit, work)


def _simulate(mutant: Mutant, replay: Replay, stimuli: Sequence[Stimulus], outputs: Sequence[Words]) -> Verdict:
    for stimulus, expected in zip(stimuli, outputs, strict=True):
        clock = replay.differs(mutant.number, stimulus, expected)
        if clock is not None:
            return Verdict(mutant, stimulus.name, clock)
    return Verdict(mutant)


def _prove_all(verdicts: Sequence[Verdict], unit: Unit, work: Path) -> list[Verdict]:
    """What nothing reads is found first. What is left goes to the solver, block by block: at the block's ports, then under its claims."""
    found = {one.mutant.number: one for one in verdicts}
    alone = unread(work, [one.mutant for one in verdicts if one.stimulus is None])
    found |= {one.number: Verdict(one, reason="nothing reads it") for one in alone}
    for block in unit.blocks:
        left = [one.mutant for one in found.values() if one.kind == "survived" and one.mutant.block == block]
        if not left:
            continue
        home = f"{DUT}.{block}" if block else DUT
        equivalence = Equivalence(circuit(work, home))
        found |= {one.number: Verdict(one, reason=equivalence.proved(one.number)) for one in left}
        for proof in proofs_of(unit.name, block):
            if left := [one for one in left if found[one.number].kind == "survived"]:
                prover = Prover(proof, left, home=home, work=work)
                found |= {one.number: _under(prover, one) for one in left}
    return [found[one.mutant.number] for one in verdicts]


def _under(prover: Prover, mutant: Mutant) -> Verdict:
    if claim := prover.fails(mutant.number):
        return Verdict(mutant, claim=claim)
    return Verdict(mutant, reason=prover.alike(mutant.number))
