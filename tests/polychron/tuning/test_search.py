"""``polychron tune``: what it finds is cross-validated without the held-out part, and the same however often it was interrupted."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

import boards
import polychron
from golden.tasks.fitting.cross_validation import unseen
from golden.tasks.fitting.training import fit_numbers
from golden.tasks.tables.task import TASKS, parts
from polychron.cli import main
from polychron.tuning.costs import Inputs, cost_of_shape
from polychron.tuning.errors import Error
from polychron.tuning.options import TuneClassify, TuneRegress
from polychron.tuning.shapes import Shape, Space
from polychron.tuning.task import tuned
from polychron.tuning.trial import Outcome, Rival, try_shape

from .samples import ROOT, SAMPLES, finished, held_out, made, wait_for, words


@pytest.fixture(autouse=True)
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pandas.DataFrame:
    monkeypatch.chdir(tmp_path)
    frame = made()
    frame.to_csv("classify.csv", index=False)
    frame.drop(columns="kind").to_csv("regress.csv", index=False)
    return frame


def child(*command: str) -> "subprocess.Popen[str]":
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", "polychron", *command]
    return subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_frontier_and_its_commands(frame, capsys):
    frame.assign(kind=np.array(["calm", "wild"])[frame["kind"]]).to_csv("classify.csv", index=False)
    assert main([*words(trials=9), "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "the frontier on the icebreaker, whose clock is 36 MHz:" in told.err
    measured = [(one["error"], one["table_bytes"], one["clocks_per_step"]) for one in found["frontier"]]
    every = [tuple(values) for _, values, _ in finished(Path("classify.study")) if values]
    assert len(every) == found["shapes_trained"] >= 5
    assert measured == sorted(measured)
    assert set(measured) <= set(every)
    for one in every:  # each is on the frontier, or is beaten
        worse = [all(np.array(other) <= one) and other != one for other in every]
        assert (one in measured) != any(worse)
    first = found["frontier"][0]
    assert first["microseconds"] == pytest.approx(first["clocks_per_step"] / 36, abs=1e-3)
    assert first["error_low"] < first["error"] < first["error_high"]
    assert (found["default"]["tables"], found["default"]["pairs"], found["default"]["epochs"]) == (64, 6, 100)
    assert found["frontier"][0]["command"] in told.err
    for one in found["frontier"][:2]:
        assert main([*shlex.split(one["command"])[1:], "--json"]) == 0
        made_by_it = json.loads(capsys.readouterr().out)
        assert made_by_it["clocks_per_step"] == one["clocks_per_step"]
        program = polychron.load("classify.safetensors").compile(board="icebreaker")
        assert sum(tier.used for tier in program.estimate().placement.tiers) == one["table_bytes"]
        assert program.network.integer.card["parameters"] == {name: one[name] for name in ("tables", "pairs", "epochs")}


def test_the_held_out_part_has_no_part_in_it(frame):
    """Whatever it holds, the study is the same; a sample of the training part makes a difference."""
    held = held_out(frame)
    assert main(words()) == 0
    before = finished(Path("classify.study"))
    other = frame.copy()
    other.loc[held, ["a", "b", "c"]] = 1000.0
    other.to_csv("classify.csv", index=False)
    assert main(words("--study", "other.study")) == 0
    assert finished(Path("other.study")) == before
    other = frame.copy()
    other.loc[np.setdiff1d(np.arange(SAMPLES), held)[:5], ["a", "b", "c"]] = 1000.0
    other.to_csv("classify.csv", index=False)
    assert main(words("--study", "third.study")) == 0
    assert finished(Path("third.study")) != before


def test_the_error_is_that_of_samples_that_were_not_trained_on(frame):
    """As the cross-validation of the probabilities' temperature has it; and of labels that mean nothing it is that of guessing."""
    options = TuneClassify(data=Path("classify.csv"))
    train, _ = parts(TASKS["classify"], options.training())
    shape = options.training(Shape(8, 3, 20))

    def again(x, answers):
        training = TASKS["classify"].training(train, shape).of(answers)
        return fit_numbers(x, training, training.inputs(x), names=None, parameters={}, seed=0, tick=lambda *_: False)

    scores, due = unseen(train.x, train.answers, None, again, seed=0)
    outcome = try_shape("classify", train, shape, (), None)
    assert outcome.errors[-1].value == np.mean(np.unique(train.answers)[scores.argmax(axis=1)] != due)
    frame.assign(kind=np.random.default_rng(0).permutation(frame["kind"])).to_csv("classify.csv", index=False)
    train, _ = parts(TASKS["classify"], options.training())
    assert 0.35 < try_shape("classify", train, shape, (), None).errors[-1].value < 0.65


def test_groups_are_kept_together(frame):
    """A number that is each group's own tells the label of samples of its group, and nothing of others."""
    group = np.arange(SAMPLES) // 4
    label = np.random.default_rng(3).integers(2, size=SAMPLES // 4)[group]
    pandas.DataFrame({"own": group, "person": group, "label": label}).to_csv("classify.csv", index=False)
    errors = []
    for grouped in (None, "person"):
        options = TuneClassify(data=Path("classify.csv"), group=grouped)
        train, _ = parts(TASKS["classify"], options.training())
        errors.append(try_shape("classify", train, options.training(Shape(30, 5, 40)), (), None).errors[-1].value)
    assert errors[0] < 0.25 < 0.35 < errors[1]


def test_a_shape_that_another_beats_is_given_up():
    options = TuneClassify(data=Path("classify.csv"))
    train, _ = parts(TASKS["classify"], options.training())
    shape = options.training(Shape(2, 1, 1))
    whole = try_shape("classify", train, shape, (), None)
    assert (len(whole.errors), whole.reason) == (4, None)
    third = whole.errors[2].low / 2
    rivals = [Rival(name="a better one", errors=(Error(0, 0, 1), Error(0, 0, 1), Error(third, third, third), Error(0, 0, 0)))]
    given_up = try_shape("classify", train, shape, rivals, None)
    assert given_up.errors == whole.errors[:3]
    assert given_up.reason.startswith(f"given up after 3 of 4 folds: error {whole.errors[2]}; a better one, which take no more: ")
    rivals = [Rival(name="no better one", errors=tuple(Error(0, 0, one.low) for one in whole.errors))]
    assert try_shape("classify", train, shape, rivals, None) == whole


def test_small_steps_are_those_of_the_command(frame, capsys):
    """Of shapes, errors and commands; a search with large ones finds others. A fifth of the labels is wrong."""
    wrong = np.random.default_rng(0).random(SAMPLES) < 0.2
    frame.assign(kind=np.where(wrong, 1 - frame["kind"], frame["kind"])).to_csv("classify.csv", index=False)
    assert main([*words("--gentle", trials=6), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["default"]["epochs"] == 10
    assert all("--gentle" in one["command"] for one in found["frontier"])
    options = TuneClassify(data=Path("classify.csv"), gentle=True)
    train, _ = parts(TASKS["classify"], options.training())
    small, large = (replace(options, gentle=gentle).training(Shape(40, 5, 40)) for gentle in (True, False))
    outcomes = [try_shape("classify", train, one, (), None) for one in (small, large)]
    assert outcomes[0] != outcomes[1]
    assert main([*shlex.split(found["frontier"][0]["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clocks_per_step"] == found["frontier"][0]["clocks_per_step"]


def test_what_does_not_fit_is_not_trained(capsys, monkeypatch):
    """The first shapes, of which every fourth or so takes too many anchor words for two comparators."""
    trained = []

    def noted(task, train, options, *rest):
        trained.append((options.tables, options.pairs))
        return Outcome(errors=(Error(0.5, 0.4, 0.6),) * 4)

    monkeypatch.setattr("polychron.tuning.search.try_shape", noted)
    assert main([*words(trials=30), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["shapes_trained"] == len(trained) == 30 - len(found["not_trained"])
    assert all(tables * -(-pairs // 2) <= 512 for tables, pairs in trained)
    assert len(found["not_trained"]) >= 3
    for one in found["not_trained"]:
        assert one["tables"] * -(-one["pairs"] // 2) > 512
        assert one["folds"] == 0
        assert re.fullmatch(r"the network needs \d+ anchor words, icebreaker has 512: the anchor memory is full", one["reason"])
    board = boards.get("upduino_v3")
    inputs = Inputs(count=3, vary=np.arange(3), outputs=2)
    with pytest.raises(ValueError, match=r"upduino_v3 has 128\.0 KiB, 352\.0 KiB too few: tier SPRAM is full$"):
        cost_of_shape(Shape(60, 10, 1), inputs, board)
    with pytest.raises(ValueError, match=r"^the tables have 134086656 entries of 4 bits, upduino_v3 has 131072 bytes for them$"):
        cost_of_shape(Shape(1023, 16, 1), inputs, board)


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "ulx3s_85f_sdram"])
def test_the_costs_are_those_of_a_trained_network(board, frame):
    x, y = frame.drop(columns="kind"), frame["kind"]
    for shape in (Shape(1, 1, 1), Shape(5, 3, 1), Shape(40, 7, 1), Shape(200, 2, 1)):
        model = polychron.LutClassifier(tables=shape.tables, pairs=shape.pairs, epochs=shape.epochs, random_state=0).fit(x, y)
        found = model.network_.compile(board=board).estimate()
        cost = cost_of_shape(shape, Inputs(count=3, vary=np.arange(3), outputs=2), boards.get(board))
        assert cost == (sum(tier.used for tier in found.placement.tiers), found.clocks_per_step)


def test_numbers(capsys):
    assert main(words("--target", "b,c", "--out", "n.safetensors", "--pick", "fastest", "--json", task="regress")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["network"]["file"] == "n.safetensors"
    assert [target["target"] for target in found["network"]["figures"]["targets"]] == ["b", "c"]
    assert polychron.load("n.safetensors").integer.card["parameters"]["tables"] == found["picked"]["tables"]
    options = TuneRegress(data=Path("regress.csv"), target="b,c")
    train, _ = parts(TASKS["regress"], options.training())
    plain = options.training(Shape(found["picked"]["tables"], found["picked"]["pairs"], found["picked"]["epochs"]))
    assert try_shape("regress", train, plain, (), None).errors[-1].value == found["picked"]["error"]


def test_what_is_picked_is_trained_on_the_whole_training_part(capsys):
    """And scored on the held-out part, as train does it."""
    assert main(words("--out", "mine.safetensors", "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["picked"] == found["frontier"][0]
    assert main([*shlex.split(found["picked"]["command"])[1:], "--out", "again.safetensors", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["figures"] == found["network"]["figures"]
    assert Path("again.safetensors").read_bytes() == Path("mine.safetensors").read_bytes()


def test_a_search_that_was_killed_goes_on(capsys):
    """By SIGKILL, and then with a line cut short: what comes out is what a search without a break finds. No more is done than asked."""
    assert main(words(trials=10)) == 0
    due = finished(Path("classify.study"))
    with child(*words("--study", "killed.study", trials=10)) as running:
        wait_for(Path("killed.study"), 3)
        running.send_signal(signal.SIGKILL)
    killed = Path("killed.study")
    there = finished(killed)
    assert 3 <= len(there) < 10
    assert there == due[: len(there)]
    killed.write_bytes(killed.read_bytes()[:-20])
    assert main(words("--study", "killed.study", trials=10)) == 0
    assert finished(killed) == due
    before = killed.read_bytes()
    capsys.readouterr()
    assert main(words("--study", "killed.study", trials=10)) == 0
    assert killed.read_bytes() == before
    assert "10 shapes: " in capsys.readouterr().out


def test_a_search_in_pieces_finds_what_one_without_a_break_does():
    """The first ten are drawn at random, and the others by what those before were worth."""
    assert main(words(trials=16)) == 0
    due = finished(Path("classify.study"))
    for trials in (4, 10, 11, 12, 16):
        assert main(words("--study", "pieces.study", trials=trials)) == 0
    assert finished(Path("pieces.study")) == due


def test_ctrl_c_ends_it_and_keeps_what_is_done():
    with child(*words("--out", "never.safetensors", trials=1000)) as running:
        wait_for(Path("classify.study"), 3)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")
    assert "the frontier on the icebreaker" in out
    assert out.splitlines()[-1] == "note: no network was made: the search was interrupted"
    assert not Path("never.safetensors").exists()
    assert len(finished(Path("classify.study"))) >= 3


def test_time_ends_it(capsys):
    assert main(["tune", "classify", "--data", "classify.csv", "--minutes", "0", "--out", "never.safetensors"]) == 0
    out = capsys.readouterr().out
    assert "0 shapes: none done yet; kept in classify.study" in out
    assert out.splitlines()[-1] == "note: no network was made: no shape was trained"
    options = TuneClassify(data=Path("classify.csv"))
    train, _ = parts(TASKS["classify"], options.training())
    assert try_shape("classify", train, options.training(), (), 0.0) is None


def test_a_search_without_anything_new_ends(monkeypatch):
    """Of few shapes each is tried once."""
    few = Space(pairs=2, epochs=(1,), default=Shape(1, 1, 1))
    monkeypatch.setattr("polychron.tuning.shapes.MOST_TABLES", 2)
    monkeypatch.setattr("polychron.tuning.shapes.Space.of", lambda *words, **options: few)
    found = tuned(TuneClassify(data=Path("classify.csv"), trials=50))
    assert sorted(one.shape for one in found.tried) == [(tables, pairs, 1) for tables in (1, 2) for pairs in (1, 2)]


def test_from_python(capsys):
    found = polychron.tune("classify", data="classify.csv", trials=4, minutes=None, out="mine.safetensors", pick="smallest")
    assert isinstance(found, polychron.Tuning)
    assert found.frontier[0].error == min(one.error for one in found.frontier)
    assert found.command(found.frontier[0].shape) in str(found)
    assert "picked, the smallest: " in capsys.readouterr().out
    assert polychron.load("mine.safetensors").integer.card["parameters"]["tables"] == found.picked.shape.tables
    with pytest.raises(ValueError, match=r"^--trials must be 1\.\.100000, not 0$"):
        polychron.tune("classify", data="classify.csv", trials=0)
    with pytest.raises(ValueError, match=r'^Unknown command "clasify"'):
        polychron.tune("clasify", data="classify.csv")


def test_a_network_that_fits_no_board_is_refused_before_anything(frame, capsys):
    wide = {f"x{number}": np.arange(SAMPLES) for number in range(2100)}
    pandas.DataFrame(wide | {"kind": frame["kind"]}).to_csv("classify.csv", index=False)
    assert main(words()) == 2
    assert "latenc" in capsys.readouterr().err
    assert not Path("classify.study").exists()


def test_the_base_install_says_what_is_missing(tmp_path):
    """Without Optuna the package is imported, and the command is one sentence."""
    script = (
        f"import sys\nsys.modules['optuna'] = None\nimport polychron\nfrom polychron.cli import main\nsys.exit(main({list(words())!r}))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: a search needs Optuna: pip install 'polychron[tune]'\n")
