"""``--json``: one object on standard output, every key of it documented and every documented key there; all else on standard error."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from golden import transformer_bench
from polychron.cli import main
from polychron.command.figures import dumps
from sim import simulators

from ..golden.sound.sounds import write_words
from ..hdl.flow.fakes import ROUTES, tools

DOCS = Path(__file__).parents[2] / "docs" / "user"
Perform = Callable[..., dict[str, Any]]


def keys_of(table: str) -> set[str]:
    """The keys in the first column of a page's tables."""
    cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


def documented(section: str, page: str = "json.md") -> set[str]:
    """The keys of a section of a page."""
    parts = (DOCS / page).read_text(encoding="utf-8").split("\n## ")
    (found,) = (part for part in parts if part.split("\n")[0] == section)
    return keys_of(found)


def keys(value: Any, known: set[str], at: str = "") -> Iterator[str]:
    """The keys of an object, those of the objects in its lists as ``runs[].rows``; what is documented as a whole is not looked into."""
    for name, one in value.items():
        key = f"{at}{name}"
        if key not in known and isinstance(one, list) and one and isinstance(one[0], Mapping):
            for item in one:
                yield from keys(item, known, f"{key}[].")
        else:
            yield key


@pytest.fixture
def perform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perform:
    """``perform(command, code=0)``: what it prints with ``--json``."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes(b"to be or not to be, that is the question. " * 200)

    Path("table.csv").write_text("a,b,kind\n" + "".join(f"{number},{number % 7},{number % 2}\n" for number in range(20)), encoding="utf-8")
    write_words(tmp_path / "words", {"low": 250.0, "high": 2500.0}, speakers=("ann", "ben"), takes=2)

    def performed(command: str, *, code: int = 0) -> dict[str, Any]:
        for name, training in (
            ("table.safetensors", CLASSIFY),
            ("numbers.safetensors", REGRESS),
            ("rare.safetensors", RARE),
            ("plain.safetensors", PLAIN),
            ("stream.safetensors", STREAM),
            ("forecast.safetensors", FORECAST),
            ("heard.safetensors", HEARD),
            ("programs.safetensors", PROGRAMS),
        ):
            if name in command and not command.startswith("train"):
                assert main(training.split()) == 0
                capsys.readouterr()
        assert main([*command.split(), "--json"]) == code, capsys.readouterr().err
        told = capsys.readouterr()
        assert "{\n" not in told.err
        found = json.loads(told.out)
        assert isinstance(found, dict)
        return found

    return performed


TALK = "talk --port simulated --prompt First --count 3"
CLASSIFY = "train classify --data table.csv --tables 2 --pairs 1 --epochs 1 --out table.safetensors"
REGRESS = CLASSIFY.replace("classify", "regress").replace("table.safe", "numbers.safe")
RARE = "train anomaly --data table.csv --target kind --tables 4 --pairs 2 --out rare.safetensors"
PLAIN = "train anomaly --data table.csv --tables 4 --pairs 2 --out plain.safetensors"
TUNE = "tune classify --data table.csv --trials 2"
STREAM = "train stream --data table.csv --tables 4 --pairs 2 --epochs 1 --out stream.safetensors"
FORECAST = STREAM.replace("train stream", "train forecast").replace("stream.safe", "forecast.safe")
HEARD = STREAM.replace("table.csv", "words").replace("stream.safe", "heard.safe")
PLANTED = "--largest 9 --programs 300 --contradictions 2 --duplicates 1"
PROGRAMS = f"train programs recurrent {PLANTED} --steps 3 --n 32 --hidden 6x4 --output 6x4 --out programs.safetensors"
TRAIN = "train text --text text --preset small --steps 3"
# section of the page, and commands that have its keys between them
SHOWN = [
    ("polychron estimate", ["estimate --network paper-rnn"]),
    ("polychron export", ["export --network transformer --out image"]),
    ("polychron report", ["report --network digits --out r.html", "report --compare digits digits --out c.html"]),
    ("polychron tune", [f"{TUNE} --out tuned.safetensors --board upduino_v3", f"{TUNE} --study other.study --seed 2"]),
    ("polychron train", [TRAIN, "train digits --minutes 0", CLASSIFY, REGRESS, RARE, PLAIN, STREAM, FORECAST]),
    (
        "polychron programs",
        [
            "programs run 1d=;",
            "programs write --programs 20 --out p.txt",
            "programs seen 3;",
            "programs visits programs.safetensors",
            "programs explain programs.safetensors --prompt 3 --completion 3=;",
            "programs novelty programs.safetensors --programs 2",
            "programs trace programs.safetensors",
            "programs forget programs.safetensors --family steps --programs 2",
        ],
    ),
    ("polychron bench programs", ["bench programs --seconds 0.01"]),
    ("polychron learn", ["learn text --text text --characters 500", "learn classify --network digits --samples 1 --port simulated"]),
    ("polychron grow", ["grow digits --tables 2x3"]),
    (
        "polychron eval",
        [
            "eval shakespeare --text text",
            "eval digits",
            "eval table.safetensors --data table.csv",
            "eval numbers.safetensors --data table.csv",
            "eval rare.safetensors --data table.csv",
            "eval plain.safetensors --data table.csv",
            "eval stream.safetensors --data table.csv",
            "eval forecast.safetensors --data table.csv",
            "eval programs.safetensors --programs 1",
        ],
    ),
    (
        "polychron sim",
        [
            "sim --prompt F --length 3 --uart",
            "sim --digits 3",
            "sim --network numbers.safetensors --data table.csv --samples 3",
            "sim --network rare.safetensors --data table.csv --samples 3",
            "sim --network plain.safetensors --data table.csv --samples 3",
            "sim --network stream.safetensors --data table.csv --samples 1 --uart",
            "sim --network forecast.safetensors --data table.csv",
            "sim --network programs.safetensors --length 9",
            "sim --network heard.safetensors --wav words/low/ben_0.wav",
        ],
    ),
    ("polychron selftest", ["selftest --port simulated --network digits --vectors 2"]),
    ("polychron talk --prompt", [TALK]),
    ("polychron bench train", ["bench train --seconds 0.01 --threads 1", "bench train --to 8 --steps 15 --preset small --text text"]),
]


@pytest.mark.parametrize(("section", "commands"), SHOWN, ids=[section for section, _ in SHOWN])
def test_the_keys_are_the_documented_ones(section: str, commands: list[str], perform: Perform) -> None:
    known = documented(section)
    assert known
    found = [set(keys(perform(command), known)) for command in commands]
    assert set().union(*found) == known


def test_a_key_too_much_or_too_few_is_found() -> None:
    table = "| key | unit |\n| --- | --- |\n| `a`, `b[].c` | `no key` |\n| `d` | |\n"
    assert keys_of(table) == {"a", "b[].c", "d"}
    assert set(keys({"a": {"x": 1}, "b": [{"c": 1}, {"c": 2}], "d": []}, keys_of(table))) == keys_of(table)
    assert set(keys({"a": 1, "b": [{"c": 1, "e": 2}]}, keys_of(table))) == {"a", "b[].c", "b[].e"}


def test_of_transformers(perform: Perform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer_bench, "throughput", lambda variant, **_: (2.0, 1.0))
    found = perform("bench transformer")
    known = documented("polychron bench transformer")
    assert set(keys(found, known)) == known
    assert [(one["variant"], one["carried_caches"]) for one in found["variants"]] == [
        ("paper", False), ("paper", True), ("reference", False), ("reference", True)
    ]  # fmt: skip


def test_of_three_simulators(perform: Perform, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_amaranth", "_icarus", "_cxxrtl"):
        figure = simulators.Figure(name=name, clocks=1000, seconds=2.0, total=3.0, counters={"clocks": 7})
        monkeypatch.setattr(simulators, name, lambda *_, figure=figure, **__: figure)
    found = perform("bench sim --clocks 1000")
    known = documented("polychron bench sim")
    assert set(keys(found, known)) == known
    assert found["simulators"][2] == {"simulator": "_cxxrtl", "clocks": 1000, "seconds": 2, "clocks_per_second": 500, "total_seconds": 3}


def test_of_a_build(perform: Perform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shell scripts place and route. The object is report.json, and the files."""
    for variable, word in tools(tmp_path).items():
        monkeypatch.setenv(variable, word)
    found = perform("build --network digits --seeds 2 --out out")
    own = documented("polychron build")
    assert set(keys(found, documented("report.json", "build.md") | own)) == documented("report.json", "build.md") | own
    assert found["seeds"] == [{"seed": 1, "fmax_mhz": 38.5}, {"seed": 2, "fmax_mhz": 38.5}]
    files = found.pop("files")
    assert found == json.loads(Path("out/report.json").read_bytes())
    assert {file["file"]: file["bytes"] for file in files} == {str(path): path.stat().st_size for path in Path("out").glob("*.*")}
    assert set(perform("build --estimate")) == set(perform("estimate"))


def test_a_build_that_misses_its_clock_reports_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable, word in tools(tmp_path, nextpnr=ROUTES.replace("38.5", "35.5")).items():
        monkeypatch.setenv(variable, word)
    for words, tried, more in ([], "the best of 9 seeds", 3), (["--seeds", "1"], "the only seed", 0):
        assert main(["build", "--network", "digits", "--out", "out", "--json", *words]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.splitlines()[-1].startswith(f"error: timing is missed: {tried} (1) reaches 35.50 MHz")
        assert told.err.count("; trying more seeds") == more


def test_figures_are_those_that_are_shown(perform: Perform, capsys: pytest.CaptureFixture[str]) -> None:
    written = perform("sim --prompt First --length 20")
    assert main(["sim", "--prompt", "First", "--length", "20"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(written["text"])
    assert f"{written['steps']} characters: {written['clocks_per_step']:.2f} clocks a character, limit {written['clocks_limit']}" in shown
    assert f"{written['steps_per_second']:,.0f} characters a second" in shown
    assert (written["equal"], written["difference"]) == (True, None)
    talked = perform(f"{TALK} --seed 3")
    assert main([*TALK.split(), "--seed", "3"]) == 0
    assert capsys.readouterr().out == f"{talked['text']}\n"
    silent = perform("sim --length 0")
    assert (silent["steps"], silent["clocks_per_step"], silent["text"]) == (0, None, "")


def test_a_missed_goal_is_told(perform: Perform) -> None:
    found = perform("bench train --to 0.01 --steps 15 --preset small --text text --threads 1", code=1)
    assert found["reached"] is False
    assert found["steps"] is None


def test_a_difference_is_told(perform: Perform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is there with exit code 1 too."""
    from firmware import selftest
    from sim.selftest.selftest import Outcome

    monkeypatch.setattr(selftest, "_test", lambda network, **_: Outcome(compared=5, difference="one" if network.name == "digits" else None))
    found = perform("selftest --port simulated", code=1)
    assert found["equal"] is False
    assert [(one["network"], one["equal"]) for one in found["networks"]] == [
        ("shakespeare", True),
        ("digits", False),
        ("transformer", True),
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("estimate --network shakespear --json", "shakespear is neither a file nor one of the networks that ship"),
        ("talk --port simulated --json", "--json goes with --prompt"),
        ("sim --length many --json", "--length must be a whole number, not 'many'"),
        ("eval shakespeare --data x --json", "--data is for classifiers, and this is a text network"),
    ],
)
def test_an_error_is_a_sentence_as_ever(command: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert message in told.err.splitlines()[-1]
    assert told.err.splitlines()[-1].startswith("error: ")


def test_json_has_no_nan() -> None:
    nothing = json.loads(dumps({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf")}, "e": Path("x")}))
    assert nothing == {"a": None, "b": [None, 1.5], "c": {"d": None}, "e": "x"}
    with pytest.raises(TypeError):
        dumps({"a": object()})
