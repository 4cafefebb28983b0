"""The report as a page and side by side: what it says is what the figures say, and what is odd is refused."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import polychron
from polychron.cli import main
from polychron.report import charts
from polychron.report.compare import Side, comparison_page, comparison_text, differences
from polychron.report.facts import facts
from polychron.report.page import Drawn, area_cells, report_page
from polychron.report.read import ReportError, read_report

from ...fuzz.mutants import Rng, fuzz, mutate_json
from ...fuzz.targets import one_sentence
from .builds import built, write_build


class Reader(HTMLParser):
    """Headings, the rows of tables, and every address that a page could load."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.rows: list[list[str]] = []
        self.loaded: list[str] = []
        self._tags: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href") and not (value or "").startswith("#")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_data(self, data: str) -> None:
        if self._tags and self._tags[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if self._tags and self._tags[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop() != tag:
            continue


def test_a_build_from_head_to_foot() -> None:
    figures, drawn = built()
    page = report_page(figures, drawn)
    assert page == report_page(*built())
    read = Reader(page)
    named = ["In short", "Where the cells go", "Timing", "Floorplan", "Energy, estimated", "Memory", "Clocks", "Spikes", "Use of rows"]
    assert read.headings == ["digits on icebreaker", *named, "Where it comes from"]
    assert all(address.startswith("data:image/png;base64,") for address in read.loaded)
    assert b"<script" not in page
    assert ["system.core.sorter", "2", "0"] in read.rows
    assert ["system.link", "1", "1"] in read.rows
    assert ["13.39", "12.00", "routing", "core.sorter", "system.core.sorter.list"] in read.rows
    assert ["clk to fast", "6.00 ns", "13.89 ns"] in read.rows
    assert ["output", "92", "26", "78", "comparators"] in read.rows
    assert ["yosys", "yosys 1"] in read.rows
    assert ["reaches", "39.25 MHz with seed 2, 36 asked"] in read.rows
    assert area_cells(figures) == {"core.sorter": 2, "core": 1, "link": 1, "pins, clock, constants": 1}
    least, most = figures["energy"]["mw"]
    assert f"An estimate, not a measurement: {least:g} to {most:g} mW".encode() in page


def test_a_picture_shows_its_figures() -> None:
    """A cell more or a clock less is another picture; the same figures are the same bytes."""
    figures, drawn = built()
    assert charts.layers(figures["layers"]) == charts.layers(figures["layers"])
    longer = [{**figures["layers"][0], "clocks": figures["layers"][0]["clocks"] + 1}, *figures["layers"][1:]]
    assert charts.layers(longer) != charts.layers(figures["layers"])
    moved = Drawn(cells=[drawn.cells[0]._replace(x=2), *drawn.cells[1:]], blocks=drawn.blocks, raster=drawn.raster)
    assert report_page(figures, moved) != report_page(figures, drawn)


def test_names_of_files_are_no_markup(tmp_path: Path) -> None:
    figures, drawn = built()
    name = '<script>alert(1)</script>$x_1$"\x1b[2J'
    layers = [{**one, "layer": name, "needs": {name: 3}, "held_by": name} for one in figures["layers"]]
    hostile = {**figures, "network": name, "card": {name: name}, "layers": layers, "tools": {name: name}}
    page = report_page(read_report(write_build(tmp_path, hostile) / "report.json"), drawn)
    assert b"<script" not in page
    assert b"\x1b" not in page
    assert b"&lt;script&gt;alert" in page


def test_without_a_build(tmp_path: Path) -> None:
    """Fewer parts, and none that only a build knows; a board whose currents are unknown says so."""
    path = polychron.load("shakespeare").compile().report(tmp_path / "x.html")
    read = Reader(path.read_bytes())
    assert read.headings == ["shakespeare on icebreaker", "In short", "Memory", "Clocks", "Spikes", "Use of rows", "Where it comes from"]
    figures, drawn = built()
    page = report_page({**figures, "energy": None, "row_use": None}, drawn)
    assert b"so there is no estimate" in page
    assert b"does not say what its inputs look like" in page


def test_numbers_of_a_card_that_json_lacks() -> None:
    program = polychron.load("digits").compile()
    network = replace(program.network.integer, card={"rate": math.inf, "figures": {"bits": math.nan, "steps": 3}, "none": None})
    found = facts(network, program.code, program.board)
    assert found.figures["card"] == {"figures": {"bits": None, "steps": 3}, "rate": None}
    assert found.figures["row_use"] is None  # no task is named, so nothing tells what is drawn
    json.dumps(found.figures, allow_nan=False)


def test_differences() -> None:
    a, _ = built()
    b = {**a, "lc": 10, "clocks_per_step": 54, "layers": [{**a["layers"][0], "clocks": 46}], "blocks": {"system.core": {"lc": 3}}}
    rows = {row[0]: row[1:] for row in differences(a, b)}
    assert rows["clocks a step"] == (108, 54, "0.500")
    assert rows["logic cells"] == (5, 10, "2.000")
    assert rows["clocks of symbol"] == (16, "-", "")
    assert rows["logic cells of core"] == (1, 3, "3.000")
    assert rows["multipliers"] == (0, 0, "")
    assert all(row[3] in ("", "1.000") and row[1] == row[2] for row in differences(a, a))
    assert re.search(r"^clocks a step +108 +54 +0\.500$", comparison_text(a, b), re.MULTILINE)


def test_two_builds_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("digits", "mnist"):
        write_build(tmp_path / name, built(name)[0])
    out = tmp_path / "both.html"
    assert main(["report", "--compare", str(tmp_path / "digits"), str(tmp_path / "mnist"), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^clocks a step +108 +478 +4\.426$", said, re.MULTILINE)
    read = Reader(out.read_bytes())
    assert read.headings[:4] == ["digits on icebreaker and mnist on icebreaker", "Differences", "digits on icebreaker", "In short"]
    assert ["clocks a step", "108", "478", "4.426"] in read.rows


def test_a_build_beside_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_build(tmp_path / "digits", built()[0])
    assert main(["report", "--compare", str(folder), "digits", "--out", str(tmp_path / "both.html")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^clocks a step +108 +108 +1\.000$", said, re.MULTILINE)
    assert re.search(r"^logic cells +5 +-$", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"clocks_per_step": "7"}, "the report.clocks_per_step must be a whole number"),
        ({"clocks_per_step": True}, "the report.clocks_per_step must be a whole number"),
        ({"fmax_mhz": float("nan")}, "the report.fmax_mhz must be 0 to 1e+15, not nan"),
        ({"steps_per_second": -1}, "the report.steps_per_second must be 0 to 1e+15, not -1"),
        ({"layers": {}}, "the report.layers must be a list"),
        ({"blocks": {"core": {"lc": []}}}, "the report.blocks.core.lc must be a whole number"),
        ({"seeds": []}, "there must be a seed, and two numbers for each tile"),
        ({"row_use": {"of": "x", "steps": 1, "groups": [{"layer": "a"}]}}, "row_use.groups[0] has no field group"),
        ({"energy": {"mw": [0, 1], "uj_per_step": [1, 1], "source": "", "not_counted": ""}}, "energy.mw must be two numbers above 0"),
    ],
)
def test_a_report_that_is_none(change: dict[str, object], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_build(tmp_path / "build", {**built()[0], **change})
    assert main(["report", "--compare", str(folder), "digits", "--out", str(tmp_path / "out.html")]) == 2
    told = capsys.readouterr().err
    assert f"report.json: {said}" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out.html").exists()


def test_older_and_broken_reports(tmp_path: Path) -> None:
    figures, _ = built()
    path = write_build(tmp_path, figures) / "report.json"
    assert read_report(path) == figures
    path.write_bytes(path.read_bytes().replace(b"108", b"109"))
    with pytest.raises(OSError, match=r"report\.json is not the file that files\.sha256 lists"):
        read_report(path)
    (tmp_path / "files.sha256").unlink()
    for content, said in ((b"{", "it is no JSON"), (b"[" * 100_000, "it is no JSON"), (b"[]", "the report must be an object")):
        path.write_bytes(content)
        with pytest.raises(ReportError, match=said):
            read_report(path)
    path.write_bytes(json.dumps({name: value for name, value in figures.items() if name != "blocks"}).encode())
    with pytest.raises(ReportError, match="the report has no field blocks; build again"):
        read_report(path)


@pytest.mark.parametrize("count", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_hostile_reports(count: int, tmp_path: Path) -> None:
    """What is read is drawn; the rest is refused in a sentence."""
    figures, _ = built()
    path = tmp_path / "report.json"

    def one(rng: Rng) -> str:
        path.write_text(json.dumps(mutate_json(rng, figures)), encoding="utf-8")
        try:
            found = read_report(path)
        except ReportError as error:
            one_sentence(error)
            return "refused"
        comparison_page(Side(figures=found), Side(figures=figures))
        return "drawn"

    tally = fuzz("reports", one, count=count)
    assert all(tally.seen[what] for what in ("refused", "drawn"))
