"""Rows of the state before the outputs' rows: where they save clocks, and only there."""

from dataclasses import replace
from pathlib import Path

import pytest

import boards
import golden
from firmware.compiler import compile_network
from firmware.compiler.program import emit
from firmware.estimate import estimate
from golden.integer.file import load
from sim.cycles import predict

from ..networks import random_text_network

SHAKESPEARE = load(Path(golden.__file__).parent / "networks" / "shakespeare.safetensors")
BOARD = boards.get("ulx3s_85f")


@pytest.mark.parametrize(("lanes", "counts"), [(8, [32, 20, 1]), (16, [6, 32, 14, 1]), (32, [32, 20, 1])])
def test_only_where_the_outputs_wait_for_comparators_and_the_sorter_stays_hidden(lanes: int, counts: list[int]) -> None:
    program = compile_network(SHAKESPEARE, replace(BOARD, lanes=lanes))
    assert [run.count for run in program.runs] == counts
    assert [run.sync for run in program.runs] == [True] + [False] * (len(counts) - 1)
    assert [run.first for run in program.runs] == ([True, True, False] + [False] * (len(counts) - 3))


def test_the_estimate_names_what_every_run_reads() -> None:
    one, lead = (estimate(compile_network(SHAKESPEARE, board), board) for board in (replace(BOARD, program_instructions=3), BOARD))
    assert one.bytes_per_step == lead.bytes_per_step
    assert sum(run.span - run.idle for run in one.runs) == sum(run.span - run.idle for run in lead.runs)


def test_it_saves_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    led = predict(compile_network(SHAKESPEARE, BOARD), BOARD).clocks_per_step
    monkeypatch.setattr(emit, "lead_with_state", lambda drafts, tables, width: (drafts, tables))
    assert (led, predict(compile_network(SHAKESPEARE, BOARD), BOARD).clocks_per_step) == (266, 288)


def test_no_instruction_is_spent_that_the_board_lacks() -> None:
    assert len(compile_network(SHAKESPEARE, replace(BOARD, program_instructions=3)).runs) == 3


def test_the_parts_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anchor words, tables and places of the two parts of S, put together, are those of the one run."""
    led = compile_network(SHAKESPEARE, BOARD)
    monkeypatch.setattr(emit, "lead_with_state", lambda drafts, tables, width: (drafts, tables))
    whole = compile_network(SHAKESPEARE, BOARD)
    (lead, _, rest, _), (_, state, _) = led.runs, whole.runs
    origins, origin = led.meta.placement.runs, whole.meta.placement.runs[1]
    size = 16384 * BOARD.lanes
    assert led.memory(size) == whole.memory(size)
    assert {run.table_base for run in led.runs} <= {piece.beat for piece in led.tables}
    assert (lead.table_base, rest.table_base) == (state.table_base, state.table_base + (lead.count << state.table_log2))
    assert origins[0].tables + origins[2].tables == origin.tables
    assert origins[0].pairs + origins[2].pairs == origin.pairs
    words = [led.anchors[run.anchor_base : run.anchor_base + run.anchor_len] for run in (lead, rest)]
    assert words[0] + words[1] == whole.anchors[state.anchor_base : state.anchor_base + state.anchor_len]


def test_it_never_costs_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def clocks() -> list[int]:
        found = []
        for seed in range(60, 120):
            board = replace(BOARD, lanes=(8, 16, 16, 32)[seed % 4], anchor_words=1024)
            board = replace(board, tiers=(replace(board.tiers[0], size=65536 * board.lanes),))
            found.append(predict(compile_network(random_text_network(seed), board), board).clocks_per_step)
        return found

    led = clocks()
    monkeypatch.setattr(emit, "lead_with_state", lambda drafts, tables, width: (drafts, tables))
    plain = clocks()
    assert all(ours <= theirs for ours, theirs in zip(led, plain, strict=True))
    assert sum(ours < theirs for ours, theirs in zip(led, plain, strict=True)) >= 3
