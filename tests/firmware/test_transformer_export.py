"""What is said of a compiled transformer: figures, the sections of its image, the export command."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from firmware import isa
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.export import main
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.contents import contents
from firmware.image.image import read_image, write_image
from golden.integer.file import load, save_network
from golden.integer.transformer import TransformerState

from .execution import first_difference
from .flashed import ICEBREAKER
from .host.core import FakeCore
from .transformers import random_transformer, with_symbols

NETWORK = random_transformer(3, context=12)
FULL = compile_network(NETWORK, ICEBREAKER)
LEAN = replace(ICEBREAKER, anchor_words=len(FULL.anchors) - 1)  # the anchors of a block are copied


def test_estimate() -> None:
    """Rows of attention count once a position attended to; side blocks and copied anchor words take room on chip."""
    figures, copying = estimate(FULL, ICEBREAKER), estimate(compile_network(NETWORK, LEAN), LEAN)
    parts = {f"blocks.{i}.part.{p}": heads for i, block in enumerate(NETWORK.blocks) for p, heads in enumerate(block.groups())}
    reads = {name: sum(head.n_t for head in heads) * 11 for name, heads in parts.items()}
    attend = [run for run in figures.runs if ".part." in run.stage]
    assert {run.stage: run.rows for run in attend} == reads
    assert figures.rows == sum(reads.values()) + sum(run.tables for run in figures.runs if run.stage not in reads)
    assert [1 << run.n_c for run in attend] == [heads[0].tables.shape[1] for heads in parts.values()]
    assert [run.limit for run in attend] == [run.rows * -(-run.row_bytes // 8) for run in attend]
    assert figures.limit_with(11) == figures.limit_with(1000) == figures.limit
    steps = [figures.limit_with(cached) for cached in range(12)]
    assert np.diff(steps).tolist() == [sum(run.limit for run in attend) // 11] * 11
    near, lean = figures.tiers[0], copying.tiers[0]
    sides = [-(-sum(head.n_t for head in heads) // 4) for heads in parts.values()]
    assert near.side == 512 * sum(sides) - 8 * len(NETWORK.blocks)
    assert near.used == sum(len(piece.data) for piece in FULL.tables) - 8  # all but the zero beat
    assert near.copied == 0 < lean.copied
    assert lean.used == near.used + lean.copied
    assert lean.clocks == near.clocks + lean.copied // 8
    reading = sum(run.clocks for run in figures.runs) + sum(run.count for run in FULL.runs if run.mode == isa.Mode.KEY)
    assert near.clocks == reading + sum(2 * 11 * side for side in sides)
    assert copying.limit == figures.limit
    assert "KiB of index caches and position bits)" in figures.text()
    assert f"{lean.copied / 1024:.1f} KiB of anchor words, copied before they are used)" in copying.text()
    assert f"program: {len(FULL.runs)} of 32 instructions" in figures.text()


def test_sections_are_named() -> None:
    program = compile_network(NETWORK, LEAN)
    copied = [run for run in program.runs if run.mode == isa.Mode.ANCHORS]
    sections = [section for section in contents(write_image(program)) if section.kind == isa.Kind.TABLES]
    stages = [str(section.stage) for section in sections]
    assert len(sections) == len(program.tables)
    assert [stage for stage in sorted(stages) if stage.endswith("side")] == ["blocks.0.side", "blocks.1.side"]
    assert sum(stage.endswith(".anchors") for stage in stages) == len(copied) > 0
    assert sum(str(section).endswith("the zero beat") for section in sections) == 1
    (part,) = (section for section in sections if str(section.stage) == "blocks.0.part.0")
    assert sorted(part.tables) == list(range(sum(head.n_t for head in NETWORK.blocks[0].groups()[0])))
    assert str(next(section for section in sections if str(section.stage) == "blocks.1.side")).endswith(" of the image): blocks.1.side")


def test_a_reset_empties_the_cache() -> None:
    """By the host driver: the same text after a reset gives the same symbols, without one it need not."""
    network = with_symbols(NETWORK)
    device = Device(Host(FakeCore()), write_image(compile_network(network, ICEBREAKER)))
    device.load()
    text = bytes(network.symbols or ()) * 6
    state = TransformerState(network)
    expected = []
    for symbol in device.symbols(text):
        expected.append(int(state.outputs().argmin()))
        state.update(symbol)
    assert device.feed(text) == expected
    assert device.feed(text) != expected
    device.reset()
    assert device.feed(text) == expected


def test_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.safetensors"
    save_network(with_symbols(NETWORK), file)
    assert main(["--network", str(file), "--out", str(tmp_path)]) == 0
    assert "blocks.0.part.0" in capsys.readouterr().out
    program = read_image((tmp_path / "image.bin").read_bytes())
    assert program.meta.kind == "transformer"
    assert program.meta.n_in == NETWORK.n_out
    assert first_difference(load(file), program, seed=2, steps=40) is None


def test_export_refuses_a_long_context(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "long.safetensors"
    save_network(with_symbols(random_transformer(3, context=40)), file)
    assert main(["--network", str(file), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: the context is 40 positions, the core's index cache has room for 32\n"
    assert list(tmp_path.iterdir()) == [file]
