"""Lines planted in a training set: repeated programs and contradictions, where they stand, and what the card says of them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from golden.integer.file import load
from golden.programs.command import main
from golden.programs.machine import run
from golden.programs.options import Planted, World, WorldError
from golden.programs.planted.lines import contradiction
from golden.programs.tokens import Fault
from golden.programs.training_set import TrainingSet
from golden.train import main as train_main

WORLD = World(seed=3, largest=20)
PLANTED = Planted(contradictions=7, duplicates=3, copies=5)


@pytest.fixture(scope="module")
def training() -> TrainingSet:
    return TrainingSet(world=WORLD, count=300, planted=PLANTED)


def test_planted_lines_stand_among_the_true_programs(training: TrainingSet) -> None:
    lines, made = training.lines, training.programs
    assert (len(lines), lines.false) == (350, 7)
    assert Counter(lines.planted.tolist()) == {-1: 300} | dict.fromkeys(range(10), 5)
    true = [lines.written.program(int(line)) for line in lines.places(-1)]
    assert true == [made.written.program(number) for number in range(300)]
    assert lines.source[lines.planted == -1].tolist() == list(range(300))
    for number in range(10):
        places = lines.places(number).tolist()
        source = int(lines.source[places[0]])
        for line in places:
            assert lines.source[line] == source
            assert lines.families[line] == made.families[source]
            assert lines.written.prompt(line) == made.written.prompt(source)
            assert lines.written.program(line) == lines.written.program(places[0])
        verdict = run(lines.written.program(places[0]))
        assert verdict.accepted == (number >= 7)
        assert verdict.accepted or verdict.fault is Fault.FALSE
        assert (lines.written.program(places[0]) == made.written.program(source)) == (number >= 7)
    assert len({lines.written.prompt(int(lines.places(number)[0])) for number in range(10)}) == 10
    assert lines.data() == b"".join(lines.written.program(line) for line in range(350))


def test_without_planted_lines_nothing_changes() -> None:
    plain = TrainingSet(world=WORLD, count=300)
    assert plain.lines.data() == plain.programs.data()
    assert "planted" not in plain.card


def test_a_card_gives_the_planted_lines_again(training: TrainingSet) -> None:
    card = training.card
    assert card["planted"] == {"contradictions": 7, "duplicates": 3, "copies": 5}
    assert TrainingSet.of_card(card).lines.data() == training.lines.data()
    for change in ({"copies": 4}, {"contradictions": 8}):
        with pytest.raises(WorldError, match="another generator"):
            TrainingSet.of_card(card | {"planted": card["planted"] | change})
    for planted in ({"copies": 1}, {"contradictions": -1, "duplicates": 0, "copies": 1}, card["planted"] | {"copies": 0}, [1]):
        with pytest.raises(WorldError, match="describes no training set"):
            TrainingSet.of_card(card | {"planted": planted})
    other = TrainingSet(world=World(seed=4, largest=20), count=300, planted=PLANTED)
    assert not np.array_equal(other.lines.planted, training.lines.planted)


def test_a_planted_program_has_its_line(training: TrainingSet) -> None:
    lines = training.lines
    for number in range(7):
        assert training.place(lines.written.program(int(lines.places(number)[0]))) == lines.places(number)[0]
    for number, line in enumerate(lines.places(-1).tolist()):
        assert training.place(training.programs.written.program(number)) == line
    assert training.place(b"1 1+3=;") is None


def test_too_many_can_not_be_planted() -> None:
    with pytest.raises(WorldError, match=r"of 20 programs only \d+ can be planted again, not 30: plant fewer"):
        _ = TrainingSet(world=WORLD, count=20, planted=Planted(contradictions=30)).lines


@pytest.mark.parametrize(
    ("prompt", "completion", "wrong"),
    [
        (b"3 4+", b"7=;", b"8=;"),
        (b"120 7+", b"127=;", b"126=;"),
        (b"3 8s", b"3=8=;", b"4=8=;"),
        (b"1 2-", b"_1=;", b"0=;"),
        (b"L1 2 ", b"3:=;", b"2:=;"),
        (b"3d", b"=;", None),
    ],
)
def test_a_contradiction_is_false_and_nothing_else(prompt: bytes, completion: bytes, wrong: bytes | None) -> None:
    assert contradiction(prompt, completion) == wrong
    assert wrong is None or run(prompt + wrong).fault is Fault.FALSE


def test_the_commands_plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    world = ["--programs", "300", "--world", "3", "--largest", "20", "--contradictions", "7", "--duplicates", "3", "--copies", "5"]
    assert main(["write", *world, "--out", "p.txt"]) == 0
    assert "p.txt: 350 lines, 300 programs, " in capsys.readouterr().out
    lines = TrainingSet(world=WORLD, count=300, planted=PLANTED).lines
    assert Path("p.txt").read_bytes().splitlines() == [lines.written.program(line) for line in range(350)]
    assert main(["write", *world, "--split", "held", "--out", "q.txt"]) == 2
    assert "are for the split train, not held" in capsys.readouterr().err
    planted = int(lines.places(0)[0])
    assert main(["seen", lines.written.program(planted).decode(), *world]) == 0
    assert f"training program {planted} of 350" in capsys.readouterr().out
    small = ["--n", "16", "--hidden", "4x3", "--output", "4x3", "--steps", "1", "--streams", "4", "--window", "8", "--threads", "1"]
    assert train_main(["programs", "recurrent", *world, *small, "--no-float", "--out", "n.safetensors"]) == 0
    assert TrainingSet.of_card(load(Path("n.safetensors")).card["data"]).lines.data() == lines.data()
