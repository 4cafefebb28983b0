"""What a command writes at a terminal: progress that is gone when it is done, colours only where they are wanted."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from hdl.flow.tools import phase_of

from ..hdl.flow.fakes import ROUTES, SYNTHESISES, tools
from .terminal import ESCAPE, Terminal, at_terminal, command, environ_of

YOSYS = 'echo "2.13.1. Executing OPT_MERGE pass (detect identical cells)."; sleep 1.2; ' + SYNTHESISES
NEXTPNR = 'echo "Info: Packing constants.."; sleep 1.2; ' + ROUTES
PLAIN = [{"NO_COLOR": "1"}, {"TERM": "dumb"}]
BUILD = command("build", "--network", "digits", "--seeds", "2", "--out", "out")


def shown(text: str) -> list[str]:
    """The lines that are left when all is written; each begin of a line anew overwrites what stood there."""
    lines = []
    for line in text.split("\n"):
        stands = ""
        for part in line.split("\r"):
            stands = part + stands[len(part) :]
        lines.append(stands.rstrip())
    return lines


def test_what_is_left_of_a_line() -> None:
    assert shown("abc\rx  \nd\n") == ["x", "d", ""]
    assert shown("abc\rx\n") == ["xbc", ""]


def test_a_builds_progress_is_told_and_gone(tmp_path: Path) -> None:
    """Synthesis with its pass, two seeds side by side with their phase, cut to the terminal; afterwards the lines that a pipe gets."""
    environ = tools(tmp_path, yosys=YOSYS, nextpnr=NEXTPNR)
    text, code = at_terminal(BUILD, environ=environ, folder=tmp_path, columns=50)
    assert code == 0, text
    assert ESCAPE not in text
    told = [part for part in re.split(r"[\r\n]", text) if re.match(r"\d\d:\d\d ", part)]
    assert max(map(len, told)) < 50
    assert re.search(r"\r\d\d:\d\d synthesis: 2\.13\.1 OPT_MERGE", text)
    assert re.search(r"\r\d\d:\d\d seeds: 0 of 2 done; (1: packing; 2|2: packing; 1): packin *\r", text)
    piped = subprocess.run([*BUILD[:-1], "other"], env=environ_of(environ), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    assert "\r" not in piped.stdout
    times = re.compile(r"\[ *[0-9.]+ s\]|done in \d+ s|in (out|other)")

    def plain(lines: list[str]) -> list[str]:
        return sorted(times.sub("", line).rstrip() for line in lines)

    assert plain(shown(text)) == plain(piped.stdout.split("\n"))


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupted_build_leaves_no_line(number: signal.Signals, tmp_path: Path) -> None:
    environ = tools(tmp_path, yosys=YOSYS.replace("sleep 1.2", "sleep 600"))
    with Terminal(BUILD, environ=environ, folder=tmp_path) as terminal:
        terminal.until("OPT_MERGE")
        terminal.process.send_signal(number)
        terminal.until(None, seconds=30)
        assert terminal.process.wait() == 128 + number
        assert shown(terminal.seen.replace("\r\n", "\n"))[-2:] == ["stopped", ""]


@pytest.mark.slow
def test_a_build_at_a_dumb_terminal_says_what_a_pipe_gets(tmp_path: Path) -> None:
    text, code = at_terminal(BUILD, environ={**tools(tmp_path, yosys=YOSYS), "TERM": "dumb"}, folder=tmp_path)
    assert code == 0, text
    assert "\r" not in text
    assert ESCAPE not in text


@pytest.mark.parametrize("environ", PLAIN, ids=lambda one: "-".join(*one.items()))
def test_no_colours_where_they_are_not_wanted(environ: dict[str, str], tmp_path: Path) -> None:
    for words, code in ((["--help"], 0), (["estimate", "--bord", "x"], 2), (["eval", "digits"], 0)):
        text, found = at_terminal(command(*words), environ=environ, folder=tmp_path)
        assert (found, ESCAPE in text) == (code, False), text
    assert "accuracy_integer: 0.9" in text


def test_the_help_has_colours_at_a_terminal_only() -> None:
    coloured, _ = at_terminal(command("estimate", "--help"))
    assert ESCAPE in coloured
    empty, _ = at_terminal(command("estimate", "--help"), environ={"NO_COLOR": ""})
    assert ESCAPE in empty
    piped = subprocess.run(command("estimate", "--help"), env=environ_of({}), capture_output=True, text=True, check=True)
    assert ESCAPE not in piped.stdout
    plain, _ = at_terminal(command("estimate", "--help"), environ={"NO_COLOR": "1"})
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_training_shows_a_bar_at_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"to be or not to be, that is the question. " * 200)
    words = command("train", "text", "--text", "text", "--preset", "small", "--steps", "60", "--threads", "1")
    text, code = at_terminal(words, folder=tmp_path)
    assert code == 0, text
    assert re.search(r"\r *\d+%\|", text)
    assert ESCAPE not in text
    left = [line for line in shown(text) if line]
    assert left[0].startswith("vocabulary: ")
    assert left[1].startswith("making the first step ")
    assert left[2].startswith("float ")
    assert left[3].startswith("bits per character: ")
    piped = subprocess.run(words, env=environ_of({}), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    assert [line for line in piped.stdout.splitlines() if line] == left


CONVERSATION = command("talk", "--port", "simulated", "--count", "5")


@pytest.mark.parametrize("environ", [PLAIN[0], pytest.param(PLAIN[1], marks=pytest.mark.slow)], ids=["NO_COLOR", "dumb"])
def test_a_conversation(environ: dict[str, str], tmp_path: Path) -> None:
    """Its line editor moves the cursor and colours nothing; a dumb terminal gets no escape sequence at all."""
    dumb = "TERM" in environ
    ready = "> " if dumb else f"{ESCAPE}[?2004h"
    with Terminal(CONVERSATION, environ={**environ, "PROMPT_TOOLKIT_NO_CPR": "1"}, folder=tmp_path) as terminal:
        terminal.until(ready)
        terminal.type("ROMEO:\r")
        terminal.until(ready)
        terminal.type("/quit\r")
        terminal.until(None)
        assert terminal.process.wait() == 0
        seen = terminal.seen
    assert re.findall(r"\x1b\[[0-9;]*[1-9][0-9;]*m", seen) == []
    assert (ESCAPE in seen) != dumb


LOG = {
    "2.43.12. Executing ABC9 pass.": "2.43.12 ABC9",
    "2. Executing SYNTH_ICE40 pass.": "2 SYNTH_ICE40",
    "-- Executing script file `synth.ys' --": None,
    "Info: Packing indirect carry+LUT pairs...": "packing",
    "Info: Creating initial analytic placement for 3647 cells, random placement wirelen = 120291.": "placing",
    "Info:     at iteration #12, type ALL: wirelen solved = 10806, spread = 29340, legal = 42498; time = 0.96s": "placing, iteration 12",
    "Info:   at iteration #25: temp = 0.000000, timing cost = 1739, wirelen = 29849": "refining, iteration 25",
    "Info: Routing 16143 arcs.": "routing, 16143 left",
    "Info:    IterCnt |  w/ripup   wo/ripup |  w/r  wo/r |      arcs| batch(sec) total(sec)|": None,
    "Info:       1000 |       39        960 |   39   960 |     15191|       1.74       1.74|": "routing, 15191 left",
    "Info:     iter=3 wires=41874 overused=612 overuse=671 archfail=NA": "routing, 612 overused",
    "Info: Max frequency for clock 'clk': 35.04 MHz (FAIL at 36.00 MHz)": None,
}


@pytest.mark.parametrize(("line", "phase"), LOG.items())
def test_phases_of_a_log(line: str, phase: str | None) -> None:
    """Lines as yosys and nextpnr write them."""
    assert phase_of(f"{line}\n") == phase
