"""Trainings of both kinds of text networks: stopped by signals, resumed, refused."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from golden.integer.file import load, load_extra, save_network
from golden.integer.shipped import find_network
from golden.model.rnn import Rnn
from golden.model.transformer import Transformer
from golden.tasks.language import float_bits
from golden.tasks.text import read_text
from golden.train import main
from golden.training.architectures.recurrent import Recurrent
from golden.training.architectures.transformer import TransformerArchitecture
from golden.training.learner import Architecture
from golden.training.trainer import Trainer

from ...polychron.terminal import Terminal

WORDS = b"the cat sat on the mat and the dog sat on the log; " * 60
USUAL = {
    "text": "--preset small --n 32 --hidden 6x4 --output 6x4 --symbols 24 --hidden-unit 0.03125 --rate 0.04",
    "transformer": "--preset tiny --rate 0.02",
}
KINDS: dict[str, Architecture] = {"text": Recurrent(), "transformer": TransformerArchitecture()}


@pytest.fixture(params=USUAL)
def task(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_bytes(WORDS)
    monkeypatch.chdir(tmp_path)


def command(task: str, *options: str, out: str) -> list[str]:
    usual = "--text words.txt --streams 8 --window 12 --threads 1".split()
    return [task, *usual, *USUAL[task].split(), "--out", out, *options]


def train(task: str, *options: str, out: str = "net.safetensors", code: int = 0) -> Path:
    assert main(command(task, *options, out=out)) == code
    return Path(out)


def bits_of(path: Path) -> float:
    return load(path).card["figures"]["bits_per_character"]


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``at_step(number, *signals)``: from now on these signals arrive in the midst of step ``number``."""
    step = Trainer.one_step

    def arrange(number: int, *signals: signal.Signals) -> None:
        def one_step(self: Trainer, done: float) -> float:
            if self.step + 1 == number:
                for each in signals:
                    os.kill(os.getpid(), each)
            return step(self, done)

        monkeypatch.setattr(Trainer, "one_step", one_step)

    return arrange


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", [1, 20, 90])
def test_a_signal_keeps_the_network_after_the_step_under_way(
    task: str, at: int, number: signal.Signals, at_step: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the tables are rounded, and after."""
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    at_step(at, number)
    path = train(task, "--steps", "120", "--qat", "0.5")
    figures = load(path).card["figures"]
    assert figures["stopped_at_step"] == at
    assert ("float_before_rounding" in figures) == (at > 60)
    assert "stopped: keeping the network as it is now" in capsys.readouterr().out
    assert path.with_suffix(".png").exists()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    if at == 90:
        held_out = read_text(Path("words.txt")).held_out
        model = KINDS[task].model.from_arrays(load_extra(path))
        assert float_bits(KINDS[task], model, load(path).symbols, held_out) == pytest.approx(bits_of(path), abs=1e-3)


def test_what_was_stopped_is_what_was_trained_so_far(task: str, at_step: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The float network is that of a training whose every step is the same, and no step more."""
    seen: dict[int, dict[str, np.ndarray]] = {}
    step = Trainer.one_step

    def watched(self: Trainer, done: float) -> float:
        bits = step(self, done)
        seen[self.step] = {name: array.copy() for name, array in self.learner.current().arrays().items()}
        return bits

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "one_step", watched)
        train(task, "--steps", "40", "--qat", "0.5", out="whole.safetensors")
    at_step(15, signal.SIGINT)
    extra = load_extra(train(task, "--steps", "40", "--qat", "0.5"))
    assert all(np.array_equal(extra[name], array) for name, array in seen[15].items())
    assert not all(np.array_equal(extra[name], array) for name, array in seen[16].items())


def test_a_stopped_training_is_resumed(task: str, at_step: Callable[..., None]) -> None:
    at_step(60, signal.SIGINT)
    first = train(task, "--steps", "150", "--qat", "0.2")
    at_step(0)
    second = train(task, "--steps", "150", "--resume", str(first), out="second.safetensors")
    assert "stopped_at_step" not in load(second).card["figures"]
    assert bits_of(second) < bits_of(first)


def test_a_second_signal_leaves_at_once(task: str, at_step: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    at_step(20, signal.SIGINT, signal.SIGINT)
    path = train(task, "--steps", "120", code=130)
    assert capsys.readouterr().err.endswith("stopped\n")
    assert not path.exists()


def test_ctrl_c_in_a_terminal_keeps_the_network() -> None:
    """A process of its own, whose terminal hears Ctrl-C while it trains for an hour."""
    words = [sys.executable, "-m", "golden.train", *command("text", "--minutes", "60", out="net.safetensors")]
    with Terminal(words) as terminal:
        terminal.until("step 20")
        terminal.type("\x03")
        said = terminal.until(None)
        assert terminal.process.wait() == 0
    assert "stopped: keeping the network as it is now" in said
    assert load(Path("net.safetensors")).card["figures"]["stopped_at_step"] >= 20


def shapes(arrays: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def test_a_training_is_resumed_from_its_float_network(task: str) -> None:
    first = train(task, "--steps", "100")
    before = load_extra(first)
    assert len(before["embed"]) == len(load(first).symbols)
    second = train(task, "--steps", "60", "--resume", str(first), out="second.safetensors")
    after = load_extra(second)
    assert bits_of(second) < bits_of(first)
    assert load(second).symbols == load(first).symbols
    assert shapes(before) == shapes(after)
    assert all(np.array_equal(before[name], after[name]) for name in before if "anchors" in name or name.endswith((".query", ".key")))
    assert not np.array_equal(before["output.0.tables"], after["output.0.tables"])
    assert f"--resume {first.name}" in load(second).card["command"]


def test_the_shape_of_a_resumed_network_is_the_files(task: str) -> None:
    """Whatever shape the options name, and all its pairs are there from the start."""
    first = train(task, "--steps", "5")
    other = {"text": ("--n", "64", "--hidden", "3x2"), "transformer": ("--n", "32", "--blocks", "1")}[task]
    words = command(task, "--steps", "5", "--grow", "1", "--resume", str(first), out="second.safetensors")
    for option, value in zip(other[::2], other[1::2], strict=True):
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    assert main(words) == 0
    assert shapes(load_extra(first)) == shapes(load_extra(Path("second.safetensors")))


def test_what_can_not_be_resumed_is_refused(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    other = "transformer" if task == "text" else "text"
    wrong = train(other, "--steps", "3", out="wrong.safetensors")
    bare = train(task, "--steps", "3", "--no-float", out="bare.safetensors")
    good = train(task, "--steps", "3", out="good.safetensors")
    arrays = load_extra(good)
    save_network(load(good), Path("short.safetensors"), extra={name: array for name, array in arrays.items() if name != "embed"})
    save_network(load(good), Path("cut.safetensors"), extra=arrays | {"embed": arrays["embed"][:-1]})
    save_network(load(good), Path("nan.safetensors"), extra=arrays | {"embed": arrays["embed"] * np.nan})
    odd = {"type": arrays["embed"].astype(np.int32), "scalar": np.float32(1), "huge": arrays["embed"] + np.float32(1e38)}
    for name, array in odd.items():
        save_network(load(good), Path(f"{name}.safetensors"), extra=arrays | {"embed": array})
    for path, message in (
        (wrong, "wrong.safetensors: no text network of this kind, it can't be resumed with this task"),
        (find_network("digits"), "digits.safetensors: no text network of this kind, it can't be resumed with this task"),
        (bare, "bare.safetensors: carries no float network to resume from (it was saved with --no-float)"),
        (Path("short.safetensors"), "short.safetensors: its float network is damaged: 'embed'"),
        (Path("cut.safetensors"), "cut.safetensors: its float network "),
        (Path("nan.safetensors"), "nan.safetensors: its float network is damaged: embed has entries that are not finite"),
        (Path("type.safetensors"), "damaged: embed must be float32 of 2 dimensions, not int32 of 2"),
        (Path("scalar.safetensors"), "damaged: embed must be float32 of 2 dimensions, not float32 of "),
        (Path("huge.safetensors"), "damaged: embed has entries that are not finite, or beyond +-1073741824"),
        (Path("absent"), "absent: cannot be read"),
    ):
        capsys.readouterr()
        train(task, "--steps", "3", "--resume", str(path), out="refused.safetensors", code=2)
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert message in said
        assert said.count("\n") == 1
        assert not Path("refused.safetensors").exists()


@pytest.mark.parametrize(("kind", "model"), [("text", Rnn), ("transformer", Transformer)])
def test_the_float_network_beside_a_rounded_one_is_the_same_network(kind: str, model: type) -> None:
    """Trained with rounded tables, both need the same bits."""
    path = train(kind, "--steps", "60")
    found = float_bits(KINDS[kind], model.from_arrays(load_extra(path)), load(path).symbols, read_text(Path("words.txt")).held_out)
    assert found == pytest.approx(bits_of(path), abs=1e-3)


def test_a_training_that_diverges_ends_in_a_sentence(
    task: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Trainer.one_step

    def poisoned(self: Trainer, done: float) -> float:
        if self.step == 2:
            self.learner.parts()["embed"][0].used[:] = np.nan
            self.learner.parts()["output"][0].used[:] = np.nan
        return step(self, done)

    monkeypatch.setattr(Trainer, "one_step", poisoned)
    path = train(task, "--steps", "20", code=2)
    assert "error: the training run diverged at step 3, its loss is nan: lower --rate, 0.0" in capsys.readouterr().err
    assert not path.exists()
