"""The build command: every bad input ends in one sentence, exit code 2 and nothing written; the estimate is quick."""

import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amaranth_boards.upduino_v3 import UpduinoV3Platform

import boards
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.image.image import read_image
from golden.integer.deep import DeepNetwork
from golden.integer.file import load, save_network
from golden.integer.layer import Layer, TableGroup
from golden.integer.shipped import find_network
from hdl.board.ecp5.top import EcpTop
from hdl.board.pins import make_platform, place_of
from hdl.board.top import Top
from hdl.build import main
from hdl.flow.design import check_resources
from hdl.flow.errors import BuildError
from polychron.report.read import read_report
from sim.cycles import predict

ROOT = Path(__file__).parents[3]


def command(*args: str, folder: Path, environ: dict[str, str] | None = None, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """``python -m hdl.build`` in a process of its own; ``limit``: the largest file it may write, in bytes."""

    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "hdl.build", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=restrict,
    )


def network(path: Path, *, n_t: int = 8, n_c: int = 4) -> Path:
    """A deep network of one layer, random, saved to ``path``."""
    rng, n = np.random.default_rng(1), max(16, 2 * n_c)
    anchors = np.stack([rng.permutation(n)[: 2 * n_c].reshape(n_c, 2) for _ in range(n_t)]).astype(np.int16)
    tables = rng.integers(-7, 8, (n_t, 2**n_c, 16)).astype(np.int8)
    group = TableGroup(anchors=anchors, tables=tables)
    save_network(DeepNetwork(n=n, hidden=(), output=Layer(groups=(group,), bits=8), frac=4, out_frac=4), path)
    return path


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *args: str) -> str:
    """Runs the command; it must fail with code 2 and one line, and leave ``folder`` without products. Returns the line."""
    out = folder / "out"
    assert main([*args, "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    assert not out.exists() or [path for path in out.iterdir() if path.is_file()] == []
    return captured.err


def test_unknown_board(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "unknown board 'icebraker': the boards are colorlight_5a75b_v7, " in refused(capsys, tmp_path, "--board", "icebraker")


@pytest.mark.parametrize("seeds", ["0", "-1", "101"])
def test_seeds(capsys: pytest.CaptureFixture[str], tmp_path: Path, seeds: str) -> None:
    assert f"--seeds must be 1..100, not {seeds}" in refused(capsys, tmp_path, "--board", "icebreaker", "--seeds", seeds)


def test_missing_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "absent.safetensors"
    assert str(path) in refused(capsys, tmp_path, "--board", "icebreaker", "--network", str(path))


@pytest.mark.parametrize("damage", ["empty", "short", "text", "folder"])
def test_corrupt_network(capsys: pytest.CaptureFixture[str], tmp_path: Path, damage: str) -> None:
    path = network(tmp_path / "net.safetensors")
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "short": content[:-100], "text": b"hello, world" * 20}[damage])
    assert str(path) in refused(capsys, tmp_path, "--board", "icebreaker", "--network", str(path))


def test_a_network_that_does_not_fit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = network(tmp_path / "big.safetensors", n_t=40, n_c=8)
    line = refused(capsys, tmp_path, "--board", "upduino_v3", "--network", str(path))
    assert re.search(r"needs 160\.0 KiB .* has 128\.0 KiB, 32\.0 KiB too few: tier SPRAM is full", line)


def test_a_network_that_does_not_fit_the_flash(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = network(tmp_path / "big.safetensors", n_t=31, n_c=15)
    line = refused(capsys, tmp_path, "--board", "icebreaker", "--network", str(path))
    assert re.search(r"needs 15872\.0 KiB .* and 15104\.0 KiB of flash, 640\.0 KiB too few: tier flash is full", line)


def test_missing_tool(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXTPNR_ICE40", "no-such-program")
    path = network(tmp_path / "net.safetensors")
    line = refused(capsys, tmp_path, "--board", "icebreaker", "--network", str(path))
    assert "NEXTPNR_ICE40 names 'no-such-program', which is not a program" in line


def test_a_tool_that_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "yosys"
    tool.write_text("#!/bin/sh\necho ERROR: out of cheese\nexit 1\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("YOSYS", str(tool))
    line = refused(capsys, tmp_path, "--board", "icebreaker", "--network", str(network(tmp_path / "net.safetensors")))
    assert line == "error: yosys failed with exit code 1 and said: ERROR: out of cheese\n"


def test_a_board_that_lacks_a_resource(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of an iCEBreaker with the platform of its small sister, which has no UART chip."""
    board = replace(boards.get("icebreaker"), name="bitsy", platform="amaranth_boards.icebreaker_bitsy:ICEBreakerBitsyPlatform")
    monkeypatch.setitem(boards.BOARDS, "bitsy", board)
    path = network(tmp_path / "net.safetensors")
    line = refused(capsys, tmp_path, "--board", "bitsy", "--network", str(path))
    assert line == "error: the platform ICEBreakerBitsyPlatform of the board bitsy has no resource uart 0, which the design needs\n"


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_every_resource_is_missed(name: str) -> None:
    """The boards there are have all that their tops request; each resource, taken away, is named."""
    board = boards.get(name)
    top = EcpTop if board.device.startswith("LFE5") else Top
    for role in top.roles(board):
        platform = make_platform(board)
        check_resources(platform, board, top.roles(board))
        resource, number, _ = place_of(platform, board, role)
        if resource != "@":
            del platform.resources[resource, number]
            with pytest.raises(BuildError, match=f"of the board {name} has no resource {resource} {number}, which the design needs$"):
                check_resources(platform, board, top.roles(board))
    platform.default_clk = None
    with pytest.raises(BuildError, match="has no default clock"):
        check_resources(platform, replace(board, wiring=boards.Wiring()), ("clock",))


@pytest.mark.parametrize(
    ("wiring", "message"),
    [
        (boards.Wiring(), "has no resource SB_HFOSC 0, which the design needs$"),
        (boards.Wiring(clock="clk12 0"), "has no resource uart 0, which the design needs$"),
        (boards.Wiring(clock="clk12 0", uart_rx="@15", uart_tx="rgb_led 0.tx"), r"has no resource rgb_led 0\.tx, which the design needs$"),
        (boards.Wiring(clock="clk12 0.io"), r"has no resource clk12 0\.io, which the design needs$"),
        (boards.Wiring(clock="clk12"), "^clock of the board upduino_v3 must be 'NAME NUMBER', 'NAME NUMBER.PART' or '@PIN', not 'clk12'$"),
    ],
)
def test_a_wiring_that_the_platform_lacks(wiring: boards.Wiring, message: str) -> None:
    """The UPduino's record with another wiring: as found it has neither the oscillator nor a UART under the usual names."""
    board = replace(boards.get("upduino_v3"), wiring=wiring)
    with pytest.raises(ValueError, match=message):
        check_resources(UpduinoV3Platform(), board, Top.roles(board))


def test_a_full_disk(tmp_path: Path) -> None:
    path = network(tmp_path / "net.safetensors")
    done = command("--board", "icebreaker", "--network", str(path), folder=tmp_path, limit=1000)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "can't be read or written: File too large" in done.stderr
    assert [p for p in (tmp_path / "build" / "icebreaker").iterdir() if p.is_file()] == []


def test_a_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = network(tmp_path / "net.safetensors")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(["--board", "icebreaker", "--network", str(path), "--out", str(tmp_path / "taken" / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_estimate_is_quick_and_writes_nothing(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = command("--board", "icebreaker", "--estimate", folder=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert re.search(r"cycle model: \d+ clocks a step, 0\.\d+ of the limit's speed, [\d,]+ steps a second at 36 MHz", done.stdout)
    for word in ("SPRAM", "anchors", "store", "image", "bytes a step", "limit"):
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_estimate_of_a_transformer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--board", "icebreaker", "--network", "transformer", "--estimate"]) == 0
    speed, first = capsys.readouterr().out.splitlines()[-2:]
    board = boards.get("icebreaker")
    program = compile_network(load(find_network("transformer")), board)
    found = predict(program, board)
    assert speed.startswith(f"  cycle model: {found.clocks_per_step} clocks a step, ")
    assert first == f"  (with a full index cache; the first step, with an empty one, takes {found.clocks} clocks)"
    assert found.clocks < found.clocks_per_step
    assert found.clocks_per_step <= 1.15 * estimate(program, board).limit


def test_help_names_every_option(tmp_path: Path) -> None:
    text = command("--help", folder=tmp_path).stdout
    for option in ("--board", "--network", "--flash", "--seeds", "--estimate", "--out"):
        assert option in text


def test_the_main_job(tmp_path: Path) -> None:
    """The whole design, real tools: every product, the targets of size, and a second run that changes the network only."""
    done = command("--board", "icebreaker", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "build" / "icebreaker"
    first = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert set(first) == {"files.sha256", "bitstream.bin", "image.bin", "flash.bin", "report.json", "report.txt", "report.html"}
    assert first["flash.bin"] == first["bitstream.bin"].ljust(0x100000, b"\xff") + first["image.bin"]
    program = read_image(first["image.bin"])
    assert program.meta.name == "shakespeare"

    figures = json.loads(first["report.json"])
    assert figures["lc"] <= 4800
    assert figures["dsp"] == 0
    assert (figures["spram"], figures["ebr"] <= 30) == (4, True)
    assert figures["fmax_mhz"] >= figures["clock_mhz"] == 36
    assert figures["clocks_per_step"] <= 1.1 * figures["clocks_limit"]
    assert figures["steps_per_second"] >= 65_000
    assert figures["bitstream_sha256"] == hashlib.sha256(first["bitstream.bin"]).hexdigest()
    assert figures["image_crc32"] == f"{zlib.crc32(first['image.bin']):08x}"
    assert sum(counts.get("lc", 0) for counts in figures["blocks"].values()) == figures["lc"]
    assert read_report(out / "report.json") == figures
    assert b"Floorplan</h2>" in first["report.html"]
    for product in first.values():
        assert str(tmp_path).encode() not in product
        assert str(ROOT).encode() not in product

    again = command("--board", "icebreaker", "--network", str(network(tmp_path / "net.safetensors")), folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert re.findall(r"(\S+): unchanged", again.stdout) == ["synthesis", "1", "packing"]
    second = {name: (out / name).read_bytes() for name in first}
    assert second["bitstream.bin"] == first["bitstream.bin"]
    assert second["image.bin"] != first["image.bin"]
    assert second["report.json"] != first["report.json"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["icesugar", "upduino_v3"])
def test_other_boards_with_an_up5k(name: str, tmp_path: Path) -> None:
    done = command("--board", name, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "build" / name / "report.json").read_bytes())["fmax_mhz"] >= 36


ECP5 = ["ulx3s_12f", "ulx3s_25f", "ulx3s_45f", "ulx3s_85f", "icepi_zero", "icesugar_pro"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ECP5)
def test_boards_with_an_ecp5(name: str, tmp_path: Path) -> None:
    """All products, the image in its place, and both clocks checked."""
    done = command("--board", name, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    products = tmp_path / "build" / name
    made = {path.name: path.read_bytes() for path in products.iterdir() if path.is_file()}
    assert made.keys() == {"files.sha256", "bitstream.bit", "image.bin", "flash.bin", "report.json", "report.txt", "report.html"}
    board = boards.get(name)
    assert made["flash.bin"] == made["bitstream.bit"].ljust(board.image_offset, b"\xff") + made["image.bin"]
    figures = json.loads(made["report.json"])
    mhz = board.clock_hz / 1e6
    assert figures["fmax_mhz"] >= figures["clock_mhz"] == mhz
    (fast,) = figures["other_clocks"]
    assert fast["clock_mhz"] == pytest.approx(2 * mhz, abs=0.05)  # nextpnr counts in whole picoseconds
    paths = [(path["to"] == "pins", path["limit_ns"]) for path in figures["crossings"]]
    period = 1000 / (2 * mhz)
    assert sorted(paths) == [(False, pytest.approx(period, abs=0.01))] * 2 + [(True, pytest.approx(period / 2, abs=0.01))]
    shutil.rmtree(tmp_path / "build")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["colorlight_5a75b_v7", "colorlight_5a75b_v8", "orangecrab_25f"])
def test_boards_with_an_ecp5_and_no_tables_in_flash(name: str, tmp_path: Path) -> None:
    done = command("--board", name, "--network", "digits", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "build" / name / "report.json").read_bytes())
    assert figures["fmax_mhz"] >= figures["clock_mhz"] == boards.get(name).clock_hz / 1e6
    assert [clock["clock_mhz"] for clock in figures["other_clocks"]] == (
        [pytest.approx(2 * figures["clock_mhz"], abs=0.05)] if boards.get(name).flash else []
    )
    shutil.rmtree(tmp_path / "build")
