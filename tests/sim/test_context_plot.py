"""Clocks against context: measured, predicted, computed without the index cache, and the command that draws them."""

from pathlib import Path

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from golden.integer.file import save_network
from sim.context import ContextClocks, context_clocks
from sim.context_plot import main
from sim.cycles import timing
from tests.firmware.transformers import random_transformer, with_symbols

BOARD = boards.get("icebreaker")
CONTEXT = 12
NETWORK = with_symbols(random_transformer(2, context=CONTEXT))
TOKENS = 20


@pytest.fixture(scope="module")
def clocks() -> ContextClocks:
    return context_clocks(NETWORK, compile_network(NETWORK, BOARD), BOARD, tokens=TOKENS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    save_network(NETWORK, path)
    return path


def test_linear_then_flat(clocks: ContextClocks) -> None:
    assert clocks.measured == clocks.predicted
    slopes = np.diff(clocks.measured)
    assert len(slopes) == TOKENS - 1
    assert np.ptp(slopes[2 : CONTEXT - 1]) == 0 < slopes[2]
    assert not slopes[CONTEXT:].any()


def test_what_the_cache_spares(clocks: ContextClocks) -> None:
    keys = sum(head.key[..., 0].size for block in NETWORK.blocks for head in block.heads)
    more = np.subtract(clocks.again, clocks.predicted)
    assert more.tolist() == [-(-min(position, CONTEXT - 1) * keys // 2) for position in range(TOKENS)]
    assert clocks.rerun[0] == clocks.predicted[0]
    second = np.diff(clocks.rerun, 2)[2 : CONTEXT - 2]
    assert np.ptp(second) == 0 < second[0]  # quadratic
    assert not np.diff(clocks.rerun)[CONTEXT:].any()


def test_command(file: Path, capsys: pytest.CaptureFixture[str], clocks: ContextClocks) -> None:
    out = file.with_suffix(".png")
    assert main(["--network", str(file), "--tokens", str(TOKENS), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    told = f"{TOKENS} tokens, counters and cycle model equal: {clocks.measured[0]} clocks the first, {clocks.measured[-1]} the last;"
    assert capsys.readouterr().out.startswith(told)


def test_a_difference_is_told(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.cycles.rows.RUN_WORDS", timing.RUN_WORDS + 1)
    assert main(["--network", str(file), "--tokens", "3", "--out", str(file.with_suffix(".png"))]) == 1
    assert capsys.readouterr().out.startswith("DIFFERENT: the counters say (")
    assert not file.with_suffix(".png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--network", "shakespeare"], "is no transformer: its clocks do not depend on a context"),
        (["--tokens", "65"], "--tokens must be 1..64, not 65"),
        (["--network", "nothing"], "nothing is neither a file nor one of the networks that ship"),
    ],
)
def test_what_cannot_be_drawn(options: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([*options, "--out", str(tmp_path / "x.png")]) == 2
    assert message in capsys.readouterr().err
