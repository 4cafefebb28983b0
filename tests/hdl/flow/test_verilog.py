"""``polychron verilog``: the file's head and ports, the same bytes again, Verilator's lint, bad input; the ports in the docs."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import boards
from hdl.flow.verilog import MODULE, WAIVERS, CoreFile, make_rtlil, make_verilog, waivers, without_board
from polychron.cli import main

from .fakes import tool

ROOT = Path(__file__).parents[3]
VARIANTS = [("icebreaker", "none"), ("icebreaker", "byte")]
SLOW = [("icebreaker", "nibble"), ("ulx3s_85f", "none"), ("ulx3s_85f", "nibble")]
ALL = [*VARIANTS, *(pytest.param(*variant, marks=pytest.mark.slow) for variant in SLOW)]


def record(board: str, flash: str) -> boards.Board:
    whole = boards.get(board)
    return without_board(whole if flash == "none" else boards.flash_mode(whole, flash), flash=flash != "none")


@cache
def made(board: str, flash: str) -> CoreFile:
    return make_verilog(record(board, flash), version="1.2.3", note=lambda line: None)


def text_of(board: str, flash: str) -> str:
    return made(board, flash).text


def declared(text: str) -> set[tuple[str, int, bool]]:
    """The ports that the module itself declares: name, bits, whether it is an input."""
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);$", text, re.MULTILINE)
    return {(name, int(high or 0) + 1, way == "input") for way, high, name in found}


@pytest.mark.parametrize(("board", "flash"), ALL)
def test_the_head_tells_ports_memories_and_sizes(board: str, flash: str) -> None:
    text, ports = made(board, flash)
    head, body = text[: text.index(f"module {MODULE}")], text[text.index(f"module {MODULE}") :]
    assert declared(body) == {(port.name, port.bits, port.input) for port in ports}
    told = re.findall(r"^//   (\w+) +(in|out) +(\d+)  \S.*?(?: \[(\w+)\])?$", head, re.MULTILINE)
    assert told == [(port.name, "in" if port.input else "out", str(port.bits), port.clock) for port in ports]
    memories = re.findall(r"^  reg \[(\d+):0\] (\w+) \[(\d+):0\];$", body, re.MULTILINE)
    lines = [f"//   {name}: {int(depth) + 1} words of {int(bits) + 1} bits, " for bits, name, depth in memories]
    assert len(lines) == len(re.findall(r" words of ", head)) >= 16
    assert all(line in head for line in lines)
    tables = next(line for line in head.splitlines() if "tables__bank" in line)
    assert tables.endswith("anything at power-up")
    assert head.count("0 at power-up") == len(memories) - 1
    assert f"made by:    polychron verilog --board {board} --flash {flash}\n" in head
    assert "Polychron 1.2.3 " in head
    assert f"{record(board, flash).tiers[0].size:,} bytes on chip" in head


@pytest.mark.parametrize(
    ("name", "same"), [("ulx3s_25f_sdram", "ulx3s_25f"), ("ulx3s_85f_two", "ulx3s_45f"), ("colorlight_5a75b_v8", "ulx3s_25f")]
)
def test_one_core_with_its_tables_on_chip(name: str, same: str) -> None:
    """Whatever else the board has: an SDRAM, a second core, a flash for the image alone."""
    assert make_rtlil(record(name, "none")) == make_rtlil(record(same, "none"))


@pytest.mark.parametrize(("board", "flash"), ALL)
def test_nothing_but_one_plain_module(board: str, flash: str) -> None:
    """No instance of anything, no attribute, no position in a source, no path, no line beyond Verilog of 2005."""
    text = text_of(board, flash)
    assert len(re.findall(r"\bmodule\b", text.split("// Ports")[1])) == 1
    assert re.findall(r"^  \w+ (?:#\(.*)?\w+ \($", text, re.MULTILINE) == []
    assert "(*" not in text.replace("@(*)", "").replace("@*", "")
    assert "/tmp" not in text
    assert str(ROOT) not in text
    assert ".py" not in text


def test_the_same_bytes_wherever_it_is_made(tmp_path: Path) -> None:
    """By a process of its own, with other hashes, in another folder; but for the version in the first line. What was there is replaced."""
    out = tmp_path / "deep" / "core.v"
    out.parent.mkdir()
    out.write_text("old")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-m", "hdl.verilog", "--out", str(out)], env=env, capture_output=True, text=True, check=True)
    waived = Path(f"{out}.vlt")
    assert sorted(out.parent.iterdir()) == [out, waived]
    assert done.stdout == f"{out} ({out.stat().st_size:,} bytes)\n{waived} ({waived.stat().st_size:,} bytes)\n"
    assert out.read_text().partition("\n")[2] == text_of("icebreaker", "none").partition("\n")[2]
    assert waived.read_text() == waivers("core.v")


def lint(folder: Path, *files: str) -> list[str]:
    command = ["verilator", "--lint-only", "-Wall", "--top-module", MODULE, *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if line.startswith("%")]


@pytest.mark.skipif(shutil.which("verilator") is None, reason="the Debian package verilator is not installed")
@pytest.mark.parametrize(("board", "flash"), ALL)
def test_verilator_has_nothing_to_say_but_what_is_waived(board: str, flash: str, tmp_path: Path) -> None:
    (tmp_path / "own.v").write_text(text_of(board, flash))
    (tmp_path / "own.v.vlt").write_text(waivers("own.v"))
    assert lint(tmp_path, "own.v.vlt", "own.v") == []
    rules = {match[1] for line in lint(tmp_path, "own.v") if (match := re.match(r"%Warning-(\w+):", line))}
    assert rules == set(WAIVERS)
    (tmp_path / "own.v").write_text(text_of(board, flash).replace("endmodule", "  assign symbol_valid = clk;\nendmodule"))
    assert any("symbol_valid" in line for line in lint(tmp_path, "own.v.vlt", "own.v"))


@pytest.mark.skipif(shutil.which("verilator") is None, reason="the Debian package verilator is not installed")
@pytest.mark.parametrize("name", ["core.v", "k\u00f6r*[p\\er].v"])
def test_the_waivers_are_for_this_file_alone(name: str, tmp_path: Path) -> None:
    """In whichever folder it is called, whatever its name is; a file whose name ends alike has its warnings."""
    text = text_of("icebreaker", "none")
    (tmp_path / "deep").mkdir()
    for path in (name, f"deep/{name}", f"my_{name}"):
        (tmp_path / path).write_text(text)
    (tmp_path / "core.vlt").write_text(waivers(name), encoding="utf-8")
    for path in (name, f"deep/{name}"):
        assert lint(tmp_path, "core.vlt", path) == []
    assert len(lint(tmp_path, "core.vlt", f"my_{name}")) > 10


def test_names_of_files(capsys: pytest.CaptureFixture[str]) -> None:
    """One that is no UTF-8, or that has a line's end or quotes in it, makes no line of the waivers another; one of no file is refused."""
    assert re.sub(r'"\S+"', '"core.v"', waivers("core.v")) == re.sub(
        r'"\S+"', '"core.v"', waivers(os.fsdecode(b'\xff\n".v')).replace(r'\udcff\n".v', "core.v")
    )
    for out in ("", ".", "/"):
        assert main(["verilog", "--out", out]) == 2
        assert capsys.readouterr().err == f"error: --out must name a file, not {out or '.'!r}\n"


@pytest.mark.parametrize("body", [":", "echo 'module other(); endmodule' > core.v"])
def test_a_yosys_that_writes_no_core(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YOSYS", tool(tmp_path, "yosys", body))
    assert main(["verilog", "--out", str(tmp_path / "core.v")]) == 2
    assert capsys.readouterr().err == "error: yosys ended without an error, but did not write the module polychron_core\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["yosys"]


def test_what_is_there_is_kept_after_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "core.v"
    out.write_text("old")
    none = "--flash must be none for {}, which has no tables in flash"
    for board, flash, message in (
        ("upduino_v3", "byte", none),
        ("ulx3s_85f_sdram", "nibble", none),
        ("ulx3s_85f_two", "nibble", none),
        ("ulx3s_85f", "byte", "the flash of the board {} can only be read with nibble, not with byte"),
        (
            "colorlight_5a75b_v8",
            "byte",
            "the flash mode must be left out for {}, whose flash holds no tables: it is not read on four lines",
        ),
    ):
        assert main(["verilog", "--board", board, "--flash", flash, "--out", str(out)]) == 2
        assert capsys.readouterr().err == f"error: {message.format(board)}\n"
    assert out.read_text() == "old"
    (tmp_path / "core.v.vlt").mkdir()
    assert main(["verilog", "--out", str(out)]) == 2
    assert "core.v.vlt" in capsys.readouterr().err
    assert out.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["core.v", "core.v.vlt"]


def test_the_table_of_ports_in_the_docs() -> None:
    page = (ROOT / "docs" / "user" / "verilog.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (in|out) \| (\d+) \| (.*) \|$", page, re.MULTILINE)
    ports = made("icebreaker", "byte").ports
    assert rows == [(port.name, "in" if port.input else "out", str(port.bits), port.meaning) for port in ports]
    for rule, reason in WAIVERS.items():
        assert f"| {rule} | {reason} |" in page
