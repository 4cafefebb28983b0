"""Mutants of a small block are killed, proved equivalent or named."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..formal.proofs import PROOFS
from ..formal.test_proofs import needs_solver
from . import table
from .__main__ import main
from .judge import Verdict, judge
from .proofs import OF_BLOCK, TRUE_OF_THE_CORE
from .recording import packed_words
from .replay import Seen, Stimulus
from .units import UNITS, Unit


class Tally(wiring.Component):
    """Counts the lowest bit of ``up``; ``spare`` changes nothing."""

    up: In(2)
    spare: In(1)
    count: Out(8)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        unused = Signal()
        m.d.sync += unused.eq(self.spare)
        with m.If(self.up[0]):
            m.d.sync += self.count.eq(self.count + 1 + (unused & ~unused))
        return m


@dataclass(frozen=True)
class Random:
    """So many clocks of random inputs, with a reset now and then."""

    clocks: int
    name: str = "random"

    def record(self, ports: Sequence[tuple[str, Value]]) -> Stimulus:
        values = np.random.default_rng(1).integers(0, 2, (self.clocks, len(ports)))
        words = packed_words(values.tolist(), [len(port) for _, port in ports]).copy()
        words[701::101, 0] = 1
        return Stimulus(self.name, words)


def seen(m: Module, dut: wiring.Component) -> Seen:
    return [(dut.count, 1)]


def verdicts(work: Path, *clocks: int, seed: int = 1) -> list[Verdict]:
    unit = Unit("tally", Tally, seen, ("",), lambda: [Random(one) for one in clocks])
    return judge(unit, unit.blocks, count=30, seed=seed, work=work, note=lambda line: None)


@needs_solver
def test_mutants_are_killed_or_proved_equivalent_or_survive(tmp_path: Path) -> None:
    """The more is tried, the fewer survive: the top bits change late. What cannot be seen is proved."""
    short, long = (verdicts(tmp_path, *clocks) for clocks in ((20,), (20, 1000)))
    assert [one.mutant for one in short] == [one.mutant for one in long]
    kinds = [[one.kind for one in found] for found in (short, long)]
    assert kinds[0].count("equivalent") == kinds[1].count("equivalent") > 0
    assert kinds[0].count("survived") > kinds[1].count("survived") == 0
    assert {one.mutant.sources[0].split(":")[0] for one in long if one.mutant.sources} == {"tests/mutation/test_mutation.py"}
    first = next(one for one in long if one.kind == "killed")
    assert first.stimulus == "random"
    assert first.clock is not None


def test_the_score_leaves_out_what_is_equivalent() -> None:
    class Of:
        def __init__(self, kind: str) -> None:
            self.kind = kind

    found = [Of(kind) for kind in ("killed", "killed", "killed", "survived", "equivalent")]
    assert table.score(found) == 75.0  # type: ignore[arg-type]
    assert table.score(found[-1:]) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["cores"], "DESIGN must be one of core, link, loader, not 'cores'"),
        (["loader", "--blocks", "frames"], "BLOCK must be one of crc, itself, section, signature, not 'frames'"),
        (["--count", "0"], "--count must be 1..100, not 0"),
    ],
)
def test_a_wrong_option_is_refused(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"{message}\n")


def test_the_proofs_that_kill_exist() -> None:
    known = {proof.block for proof in PROOFS}
    assert {name for names in OF_BLOCK.values() for name in names} <= known
    assert set(TRUE_OF_THE_CORE) <= known
    assert {(unit.name, block) for unit in UNITS for block in unit.blocks} >= set(OF_BLOCK)
