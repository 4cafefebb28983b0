"""``polychron tune forecast``: slices of time are held back, each told by what is before it; the held-out end has no part in it."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from distributed import Client, LocalCluster
from sklearn.metrics import r2_score

import boards
import polychron
from golden.tasks.fitting.training import fit_numbers
from golden.tasks.inputs import listed
from golden.tasks.tables.forecast import LEAD, Forecast
from golden.tasks.tables.read import Samples
from golden.tasks.tables.task import TASKS, inputs_of, parts
from polychron.cli import main
from polychron.tuning.costs import cost_of, cost_of_shape
from polychron.tuning.errors import unexplained, untold
from polychron.tuning.options import TuneForecast
from polychron.tuning.shapes import Shape, Space
from polychron.tuning.subjects import SUBJECTS
from polychron.tuning.task import task_of
from polychron.tuning.trial import try_shape

from .samples import finished

STEPS = 160
STUDY = Path("forecast.study")


@pytest.fixture(autouse=True)
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pandas.DataFrame:
    monkeypatch.chdir(tmp_path)
    few = Space(pairs=2, epochs=(1, 2), default=Shape(8, 2, 2), least=4)
    monkeypatch.setattr("polychron.tuning.shapes.Space.around", lambda *words, **options: few)
    rng, step = np.random.default_rng(1), np.arange(STEPS)
    load = np.sin(step / 4) + rng.normal(0, 0.1, STEPS)
    frame = pandas.DataFrame({"hour": [f"h{one}" for one in step], "load": load, "wind": rng.normal(size=STEPS)})
    frame.to_csv("loads.csv", index=False)
    return frame


def words(*more: str, trials: int = 2) -> list[str]:
    return ["tune", "forecast", "--data", "loads.csv", "--time", "hour", "--target", "load", "--trials", str(trials), *more]


def options(**more: Any) -> TuneForecast:
    return TuneForecast(**{"data": Path("loads.csv"), "time": "hour", "target": "load"} | more)


def training_part(search: TuneForecast) -> Samples:
    return parts(TASKS["forecast"], search.training())[0]


def errors_of(search: TuneForecast, shape: Shape) -> tuple[Any, ...]:
    outcome = try_shape("forecast", training_part(search), search.training(shape), (), None)
    assert outcome is not None
    assert outcome.reason is None
    return outcome.errors


def test_a_slice_follows_what_it_is_told_by() -> None:
    """Of signals of any lengths: the last halves are told once each, and nothing that comes later is there before."""
    signals = [np.arange(count, dtype=float)[:, None] for count in (1, 2, 3, 9, 40, 200)]
    samples = Samples(
        x=listed(signals), answers=np.zeros(6, np.int64), names=("a",), targets=(), groups=None, sha256="", files=(), size=None,
        heard=None, held_out=0,
    )  # fmt: skip
    told: list[list[float]] = [[] for _ in signals[1:]]
    for before, rest in Forecast().slices(samples, 4):
        assert len(before.x) == len(rest.x) == len(rest.answers) == 5
        for some, one, other, read in zip(told, before.x, rest.x, rest.answers, strict=True):
            assert one[:, 0].tolist() == list(range(len(one)))
            assert read == min(len(one), LEAD)
            assert other[:read].tolist() == one[-read:].tolist()
            some += other[read:, 0].tolist()
    assert told == [list(range(len(signal) // 2, len(signal))) for signal in signals[1:]]


def test_what_comes_later_makes_no_difference(frame: pandas.DataFrame) -> None:
    """Of the training part's last slice only its own error changes; the held-out end changes none."""
    search, shape = options(horizon=2), Shape(8, 3, 2)
    before = errors_of(search, shape)
    assert len(before) == 4
    for first, same in ((STEPS * 3 // 4, 4), (STEPS * 3 // 4 - 3, 3)):
        other = frame.copy()
        other.loc[first:, ["load", "wind"]] *= -3
        other.to_csv("loads.csv", index=False)
        found = errors_of(search, shape)
        assert [one == two for one, two in zip(found, before, strict=True)] == [number < same for number in range(4)]


def test_the_error_is_that_of_a_network_of_what_is_before() -> None:
    """As a training of the first half has it, on the slice behind it; of numbers that can't be told it is no less than 1."""
    seed = int(np.random.RandomState(0).randint(1 << 31))  # as the estimator draws it
    search, shape = options(seed=seed), Shape(16, 4, 8)
    part, rest = next(iter(Forecast().slices(training_part(search), 4)))
    model = polychron.StreamForecaster(tables=16, pairs=4, epochs=8, random_state=0).fit(list(part.x), targets=[0])
    first = int(rest.answers[0])
    numbers = model.predict(list(rest.x))[0][first - 1 : -1, 0, 0]
    due = rest.x[0][first:, 0]
    assert errors_of(search, shape)[0].value == pytest.approx(1 - r2_score(due, numbers), rel=1e-9)
    assert errors_of(options(target="wind"), shape)[-1].value > 0.9


def test_the_share_that_is_not_told() -> None:
    """R2 of what is due, the mean over outputs, whatever their size."""
    rng = np.random.default_rng(1)
    due = rng.normal(5, 1, size=(200, 3)) * [1, 1e60, 1e-60]
    found = due + rng.normal(size=due.shape) * [0.5, 5e59, 2e-61]
    assert untold(due, found, ahead=1).value == pytest.approx(1 - r2_score(due / [1, 1e60, 1e-60], found / [1, 1e60, 1e-60]), rel=1e-9)
    assert untold(due, found, ahead=1).value == pytest.approx(unexplained(due, found).value, rel=1e-9)
    gone = rng.random(due.shape) < 0.2
    columns = zip((due / [1, 1e60, 1e-60]).T, (found / [1, 1e60, 1e-60]).T, ~gone.T, strict=True)
    each = [1 - r2_score(one[there], other[there]) for one, other, there in columns]
    error = untold(np.where(gone, np.nan, due), found, ahead=3)
    assert error.value == pytest.approx(np.mean(each), rel=1e-9)
    assert error.low < error.value < error.high
    assert untold(due, due, ahead=1) == (0.0, 0.0, 0.0)
    constant = np.full((20, 1), 0.1)
    assert untold(constant, constant, ahead=1).value == 0
    assert untold(constant, constant + 0.1, ahead=1).value == 1


@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f", "ulx3s_85f_sdram"])
def test_the_costs_are_those_of_a_trained_network(board: str) -> None:
    """To the byte and the clock: the same pairs are drawn."""
    search = options(horizon=3, seed=5)
    train = training_part(search)
    task = task_of(train, search, boards.get(board))
    for shape in (Shape(4, 1, 1), Shape(7, 3, 1), Shape(40, 5, 1)):
        plain = search.training(shape)
        training = TASKS["forecast"].training(train, plain)
        fit = fit_numbers(train.x, training, inputs_of(training, train, plain), names=None, parameters={}, seed=5, tick=lambda *_: False)
        assert cost_of_shape(shape, task.inputs, task.board) == cost_of(fit.network, task.board)
    with pytest.raises(ValueError, match=r"^the tables have \d+ entries of 4 bits, "):
        cost_of_shape(Shape(1023, 16, 1), task.inputs, task.board)


def test_it_goes_on_and_trains_what_is_picked(capsys: pytest.CaptureFixture[str]) -> None:
    """In pieces it finds what a search without a break does; the network is that of the command, scored on the held-out end."""
    assert main(words(trials=4)) == 0
    due = finished(STUDY)
    for trials in (1, 3):
        assert main(words("--study", "pieces.study", trials=trials)) == 0
    capsys.readouterr()
    assert main([*words("--study", "pieces.study", "--out", "mine.safetensors", trials=4), "--json"]) == 0
    assert finished(Path("pieces.study")) == due
    found = json.loads(capsys.readouterr().out)
    assert (found["samples"], found["folds"], found["held_out"]) == (120, 4, 40)
    assert (found["default"]["tables"], found["default"]["pairs"], found["default"]["epochs"]) == (8, 2, 2)
    assert found["picked"] == found["frontier"][0]
    assert main([*shlex.split(found["picked"]["command"])[1:], "--out", "again.safetensors", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["figures"] == found["network"]["figures"]
    assert again["clocks_per_step"] == found["picked"]["clocks_per_step"]
    assert Path("again.safetensors").read_bytes() == Path("mine.safetensors").read_bytes()


def test_workers_of_dask_find_the_same() -> None:
    alone = polychron.tune("forecast", data="loads.csv", time="hour", target="load", trials=3, study="alone.study")
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        found = polychron.tune("forecast", data="loads.csv", time="hour", target="load", trials=3, client=client)
    assert found.tried == alone.tried


def test_whole_signals_are_held_back_by_their_groups() -> None:
    rng = np.random.default_rng(2)
    rows = [(f"s{place}", f"g{place % 8}", step, number) for place in range(16) for step, number in enumerate(rng.normal(size=20).cumsum())]
    pandas.DataFrame(rows, columns=["place", "who", "hour", "load"]).to_csv("loads.csv", index=False)
    search = options(series="place", group="who")
    train = training_part(search)
    every = []
    for part, rest in SUBJECTS["forecast"].parts(train, search.training()):
        assert not set(part.groups) & set(rest.groups)
        assert len(part.x) + len(rest.x) == len(train.x) == 12
        assert not rest.answers.any()
        every += [signal.tobytes() for signal in rest.x]
    assert sorted(every) == sorted(signal.tobytes() for signal in train.x)
    assert len(errors_of(search, Shape(8, 2, 2))) == 4


def test_a_study_of_something_else_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(trials=1)) == 0
    before = STUDY.read_bytes()
    capsys.readouterr()
    for changed, said in (
        (["--horizon", "2"], "--horizon 1, not 2"),
        (["--lags", "4"], "--lags 3, not 4"),
        (["--seed", "1"], "--seed 0, not 1"),
    ):
        assert main(words("--study", str(STUDY), *changed)) == 2
        sentence = f"error: forecast.study is the study of another search: {said}; --study names another file\n"
        assert capsys.readouterr().err == sentence
    assert main(["tune", "forecast", "--data", "loads.csv", "--series", "hour", "--target", "load", "--trials", "1"]) == 2
    capsys.readouterr()
    assert STUDY.read_bytes() == before


def test_too_few_steps_are_refused(frame: pandas.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    frame[:12].to_csv("loads.csv", index=False)
    assert main(words("--horizon", "2")) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(
        r"error: loads\.csv: too few steps for a search, in fold 1 of 4: channel 'load': of what is held out, [^\n]*\n", said
    )
    assert not STUDY.exists()
