"""What the tools of this folder count, on programs, images and source made by hand; what is taken away is a hole."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.image.image import sampler_image, write_image
from firmware.image.sections import Section, pack
from firmware.isa import Kind, Run, Width
from firmware.program import AnchorWord, Placed, Program, encode_anchor
from firmware.sampling import Sampling

from ..firmware.networks import random_network
from ..sim.compare.test_programs import SEEDS, program_of
from . import instruction, python, sections, table
from .__main__ import main

LEARNING = Path(__file__).parents[2] / "firmware/learning.py"


def of_runs(*runs: Run) -> Program:
    word = encode_anchor(AnchorWord(lanes=((8, 2047), None), emit=2), Width())
    return Program(width=Width(), runs=runs, anchors=(0, word), tables=(), store=np.zeros(0, np.int16))


ROWS = Run(table_base=0, count=1, table_log2=4, row_log2=0, row_beats=2, anchor_len=2, sync=True, first=True, last=True)
TOKEN = replace(ROWS, token=True, anchor_len=0, sync=False, tier=1, shift=3)


def test_what_two_runs_meet() -> None:
    met = instruction.met(of_runs(ROWS, TOKEN))
    assert {"field: count = 1", "field: side = 0", "order: rows, token", "order: end of a step with token, rows"} <= met
    assert {"pair: token, tier 1", "pair: tier 1, shift 3", "pair: sync, first", "pair: rows, shift 0"} <= met
    assert not {"pair: rows, tier 1", "pair: sync, tier 1", "field: side = 255", "order: token, rows"} & met
    assert {goal for goal in met if goal.startswith("anchor")} == {
        f"anchor: P = 2, {text}"
        for text in (
            *("emit 0", "emit 2", "a group of 2 words", "lane 0 without a pair", "lane 1 without a pair"),
            *("lane 0, a of slot 0", "lane 0, b of slot 3", "slot 3, word 255"),
        )
    }


def test_goals_are_what_the_rules_leave() -> None:
    goals = set(instruction.goals())
    assert {"pair: query, sync", "pair: attend, no first", "order: attend, key", "field: anchor_base = 4095"} <= goals
    assert (
        not {"pair: query, first", "pair: token, sync", "pair: residual, no last", "pair: no last, residual", "order: query, query"} & goals
    )
    assert len(instruction.goals()) == len(goals) == 505
    assert len(sections.goals()) == len(set(sections.goals()))


def test_a_run_that_breaks_a_rule_counts_for_nothing() -> None:
    met = instruction.met(of_runs(replace(ROWS, residual=True, last=False)))
    assert not [goal for goal in met if goal.startswith("pair")]


@cache
def random_programs() -> list[set[str]]:
    """What each of those meets that every run of the tests gives to the gateware."""
    return [instruction.met(program_of(seed)[0]) for seed in SEEDS]


def test_random_programs_meet_all_but_extremes_and_one_less_opens_a_hole() -> None:
    goals, met = instruction.goals(), {"gateware": dict.fromkeys(set[str]().union(*random_programs()), "a test")}
    holes = table.holes(goals, met)
    extremes = ["anchor_base = 4095", "anchor_len = 1023", "table_base = 2097151", "count = 1023"]
    assert [hole for hole in holes if hole.split(":")[0] in ("field", "pair", "order")] == [f"field: {text}" for text in extremes]
    assert not [hole for hole in holes if hole.startswith("anchor: P = 2")]
    assert table.rows(goals, met)[-1] == f"| all | 505 | {505 - len(holes)} | 0 | {len(holes)} |"
    for number, alone in enumerate(random_programs()):
        rest = set[str]().union(*(one for other, one in enumerate(random_programs()) if other != number))
        assert set(table.holes(goals, {"gateware": dict.fromkeys(rest, "")})) == {*holes, *(alone - rest)}
        assert alone - rest


def test_the_compiler_leaves_holes_that_random_programs_close() -> None:
    """What it never makes; a network's program is counted as it is."""
    compiled = instruction.met(compile_network(random_network(3, kind="rnn"), boards.get("icebreaker")))
    random = set[str]().union(*random_programs())
    assert {"order: rows, token", "field: base = 0"} <= compiled
    never = {"order: token, token", "order: anchors, rows"}
    assert not never & compiled
    assert never <= random


def test_what_an_image_meets() -> None:
    program = replace(of_runs(ROWS), tables=(Placed(0, 0, bytes(131_072)),))
    met = sections.met(write_image(program))
    assert met >= {"header: version 2, L = 8, P = 2, 0 banks", "section: TABLES, 65536 words", "section: TABLES, its last word"}
    assert met >= {"section: SIGNATURE, 2 words", "section: STORE, 0 words", "section: END, 0 words", "section: PROGRAM, from word 0 on"}
    less = sections.met(write_image(replace(program, tables=(Placed(0, 0, bytes(131_064)),))))
    assert met - less == {"section: TABLES, 65536 words", "section: TABLES, its last word"}
    own = sections.met(sampler_image(Sampling(), width=Width(lanes=16), core=3))
    assert own == {"header: version 2, L = 16, P = 2, 0 banks", "section: CONFIG of core 3", "section: END, 0 words"}
    wide = Width(lanes=16, far_banks=4)
    ends = pack([Section(kind=Kind.SDRAM, address=(1 << isa.SDRAM_ADDRESS_BITS - 1) - 1, payload=b"ab")], width=wide)
    assert {"section: SDRAM, bank 3", "section: SDRAM, the last word of an SDRAM"} <= sections.met(ends)


def test_notes_of_several_processes() -> None:
    one, other = {"gateware": {"a: 1": "x"}, "model": {"b: 1": "y"}}, {"gateware": {"a: 2": "z"}, "model": {"a: 1": "w"}}
    met, goals = table.merged([one, other]), ("a: 1", "a: 2", "a: 3", "b: 1")
    assert table.rows(goals, met) == ["| a | 3 | 2 | 0 | 1 |", "| b | 1 | 0 | 1 | 0 |", "| all | 4 | 2 | 1 | 1 |"]
    assert table.holes(goals, met) == ["a: 3", "b: 1 (y)"]


def test_tallies_and_holes_of_python() -> None:
    def file(lines: int, missing: list[int], branches: int, missed: list[list[int]], left_out: int = 0) -> dict:
        counts = {"num_statements": lines, "covered_lines": lines - len(missing), "excluded_lines": left_out}
        summary = counts | {"num_branches": branches, "covered_branches": branches - len(missed)}
        return {"summary": summary, "missing_lines": missing, "missing_branches": missed}

    report = {"files": {"hdl/b.py": file(9, [3, 4, 6], 4, [[2, 3], [7, -1]]), "sim/a.py": file(1, [], 0, [], left_out=5)}}
    found = python.tallies(report)
    assert python.rows(found) == [
        "| hdl | 1 | 9 | 6 | 66.7 % | 4 | 2 | 50.0 % | 0 |",
        "| sim | 1 | 1 | 1 | 100.0 % | 0 | 0 | 100.0 % | 5 |",
        "| all | 2 | 10 | 7 | 70.0 % | 4 | 2 | 50.0 % | 5 |",
    ]
    assert (found["hdl"].least, found["sim"].least) == (50, 100)
    assert python.holes(report) == ["hdl/b.py: 3-4, 6; 7->end"]


HERE = """
from firmware.image.image import page_image
from firmware.isa import Width
from firmware.learning import Learning

def test_it():
    assert Learning(step=3).registers() == [0x601, 0]
    assert page_image(3, width=Width())
"""
CHILD = """
import subprocess, sys

def test_a_child():
    said = subprocess.run([sys.executable, "-c", "from firmware.learning import Learning; Learning(step=0)"], capture_output=True)
    assert b"step must be 1..127, not 0" in said.stderr
"""


@pytest.mark.slow
@pytest.mark.parametrize("tests", [HERE, HERE + CHILD], ids=["a hole", "closed by a child process"])
def test_a_measured_run(tmp_path: Path, capfd: pytest.CaptureFixture[str], tests: str) -> None:
    """What a test takes is no hole, what none does is one; the tables are printed again by --report."""
    file, out = tmp_path / "test_it.py", tmp_path / "out"
    file.write_text(tests)
    assert main(["--out", str(out), str(file)]) == 0
    printed = capfd.readouterr().out
    refused = next(number for number, line in enumerate(LEARNING.read_text().splitlines(), 1) if "raise ValueError" in line)
    holes = [line for line in (out / "holes.txt").read_text().splitlines() if line.startswith("firmware/learning.py")]
    assert holes == ([] if CHILD in tests else [f"firmware/learning.py: {refused}"])
    assert main(["--out", str(out), "--report"]) == 0
    assert printed.endswith(again := capfd.readouterr().out)
    assert "| firmware | " in again
    assert "| section | 53 | 0 | 2 | 51 |" in again  # CONFIG to its last word, and END
    assert main(["--out", str(out), "--report", "--least", "95"]) == 1


def test_a_report_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--out", str(tmp_path), "--report"])
    assert ended.value.code == 2
    assert f"--report needs what a run has left: {tmp_path / 'met'} is not there" in capsys.readouterr().err
