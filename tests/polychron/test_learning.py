"""``polychron learn --port``: a simulated board learns beside the rule, and its tables are read back, compared and kept."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from firmware.isa import LearnCounter
from firmware.learning import Learning
from firmware.talk import main as talk
from golden.integer.file import LEARN, load, load_extra
from golden.learn import main
from golden.learning.text import TextLearner
from polychron.learning.core import LearningCore

WORDS = b"the cat sat on the mat and the dog sat on the log; " * 60
SMALL = "--n 24 --hidden 4x4 --output 8x4 --symbols 24 --bits 4 --rates 4,4,1 --steps-back 4 --characters 600"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_bytes(WORDS)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(tmp_path: Path) -> str:
    assert main(["text", "--text", "words.txt", "--out", "small.st", *SMALL.split()]) == 0
    return "small.st"


def on_board(words: str, *, port: str = "simulated", code: int = 0) -> None:
    assert main([*words.split(), "--port", port]) == code


def output_of(path: str) -> list[np.ndarray]:
    return [group.tables for group in load(Path(path)).output.groups]


def same(one: list[np.ndarray], two: list[np.ndarray]) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, two, strict=True))


def counted(figures: dict[str, int]) -> tuple[int, int]:
    return figures["writes"], figures["held_at_limit"]


def test_a_board_learns_a_text(small, capsys):
    capsys.readouterr()
    on_board(f"text --text words.txt --network {small} --characters 700 --out board.st --json")
    figures = json.loads(capsys.readouterr().out)
    assert figures["board"]["equal"] is True
    assert figures["board"]["steps"] == figures["figures"]["characters_learned"] == 700
    assert figures["board"]["clocks_per_step"] > 60
    assert figures["parts"][0]["writes"] > 700
    assert counted(figures["board"]) == counted(figures["parts"][0])
    assert not same(output_of("board.st"), output_of(small))
    network = load(Path("board.st"))
    assert network.card["command"] == f"python -m golden.learn text --text words.txt --network {small} --characters 700 --port PORT"
    learner = TextLearner.resumed(network, load_extra(Path("board.st"), prefix=LEARN))
    assert learner.formats["output"].name == "int4+0"
    assert (
        main(["text", "--text", "words.txt", "--network", "board.st", "--layers", "output", "--characters", "20"]) == 0
    )  # it goes on here


def test_a_board_is_taught_samples(capsys):
    on_board("classify --network digits --zero --samples 12 --out board.st")
    assert "board: every entry of its output tables is as the rule has it" in capsys.readouterr().out
    assert main("classify --network digits --zero --below 0 --samples 12 --out here.st".split()) == 0
    assert same(output_of("board.st"), output_of("here.st"))


@pytest.mark.parametrize(
    "words", ["text --text words.txt --network small.st --characters 300", "classify --network digits --zero --samples 40"]
)
def test_a_core_alone_learns_the_same(small, words, capsys):
    capsys.readouterr()
    on_board(f"{words} --out core.st --json", port="core")
    figures = json.loads(capsys.readouterr().out)
    assert figures["board"]["equal"] is True
    assert figures["board"]["steps"] == int(words.split()[-1])
    assert figures["parts"][0]["writes"] > 100
    assert counted(figures["board"]) == counted(figures["parts"][0])


def test_a_core_that_learns_otherwise_is_found(small, monkeypatch, capsys):
    with monkeypatch.context() as wrong:
        wrong.setattr(Learning, "registers", lambda learning: [1 | 2 << 9, 0])  # twice the step
        on_board(f"text --text words.txt --network {small} --characters 40 --out core.st", port="core", code=1)
    assert "board: output table 0, row " in capsys.readouterr().out


def test_a_core_that_counts_otherwise_is_found(small, monkeypatch, capsys):
    right, looks = LearningCore._counters, iter(range(1000))
    monkeypatch.setattr(LearningCore, "_counters", lambda core: right(core) | {LearnCounter.HELD: next(looks)})
    on_board(f"text --text words.txt --network {small} --characters 40 --out core.st", port="core", code=1)
    assert "board: it counted 1 writes held at a limit, and the rule " in capsys.readouterr().out


def test_a_board_that_learns_otherwise_is_told_and_its_network_kept(small, capsys, monkeypatch):
    monkeypatch.setattr(Learning, "registers", lambda learning: [1 | 2 << 9, 0])  # twice the step
    on_board(f"text --text words.txt --network {small} --characters 40 --out board.st", code=1)
    said = capsys.readouterr().out
    assert "board: output table 0, row " in said
    assert " on the board and " in said
    assert load_extra(Path("board.st"), prefix=LEARN) == {}  # the rule's bits are not this board's
    assert main(f"text --text words.txt --network {small} --layers output --below 0 --characters 40 --out here.st".split()) == 0
    assert not same(output_of("board.st"), output_of("here.st"))


def typed(monkeypatch, lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))


def test_what_is_typed_is_learned_and_saved(small, capsys, monkeypatch):
    typed(monkeypatch, "the cat sat\n" * 5 + "/save mine.st\n/learn off\nthe cat sat\n/save same.st\n/original\n/save first.st\n")
    words = f"--network {small} --board icebreaker_learns --port simulated --learn --count 5"
    assert talk(words.split()) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("learned: ")]
    bits = [float(line.split()[1]) for line in said]
    assert len(bits) == 5
    assert bits[-1] < bits[0]
    assert not same(output_of("mine.st"), output_of(small))
    assert same(output_of("same.st"), output_of("mine.st"))
    assert same(output_of("first.st"), output_of(small))
    assert [load(Path(name)).card["learned"]["characters"] for name in ("mine.st", "first.st")] == [60, 0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--learn --port simulated", "the core of icebreaker has no learning unit"),
        ("--learn --port simulated --prompt a", "--learn goes with a conversation: leave out --prompt"),
        ("--step 2 --port simulated", "--step goes with --learn"),
        ("--learn --port simulated --image image.bin --board icebreaker_learns", "--learn needs --network in place of --image"),
        ("--learn --port simulated --network transformer --board icebreaker_learns", "transformer can't learn on icebreaker_learns"),
    ],
)
def test_what_cannot_be_learned_by_talking(words, sentence, capsys):
    assert talk(words.split()) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("text --text words.txt --port simulated", "--port needs --network: a board begins with a network"),
        ("text --text words.txt --network small.st --port simulated --layers new", "--layers is for learning on this computer"),
        ("text --text words.txt --network small.st --port simulated --streams 4", "--streams is for learning on this computer"),
        ("text --text words.txt --network small.st --port simulated --rates 5,-,-", "--rates is for learning on this computer"),
        ("text --text words.txt --network small.st --step 2", "--baud, --board and --step are for a board: name it with --port"),
        ("text --text words.txt --network small.st --port simulated --step 3", "--step"),
        ("text --text words.txt --network small.st --port simulated --board icebreaker", "the core of icebreaker has no"),
        (
            "text --text words.txt --network best-5m --port simulated",
            "best-5m can't learn on icebreaker_learns: its output tables must lie",
        ),
        ("text --text words.txt --network small.st --port /dev/none", "/dev/none: cannot be opened"),
        ("classify --network digits --port simulated --below 3", "--below is for learning on this computer"),
        ("classify --network digits --port simulated --layers new", "--layers is for learning on this computer"),
        ("classify --network digits --baud 9600", "--baud, --board and --step are for a board"),
    ],
)
def test_refusals(small, words, sentence, capsys):
    capsys.readouterr()
    assert main(words.split()) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not Path("learned.safetensors").exists()
