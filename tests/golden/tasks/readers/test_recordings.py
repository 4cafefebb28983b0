"""Folders of recordings by class: signals, labels, speakers; what a network hears of one; and every file that is no recording is named."""

import json
import wave
from contextlib import suppress

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.sound.front_end import CHANNELS, NAME, features
from golden.tasks.hearing import Hearing
from golden.tasks.readers.wav import read_wav
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.signals import Signals
from golden.tasks.tables.target import Labels
from polychron.cli import main
from polychron.network import load

from ....damage import damage_tables
from ...sound.sounds import noise, word, write_wav, write_words

WORDS = {"low": 250.0, "middle": 800.0, "high": 2500.0}
QUICK = ["--tables", "24", "--pairs", "4", "--lags", "2", "--epochs", "80"]


def read(path, **rest):
    return read_samples(path, Labels(), **{"target": None, "group": None, "signals": Signals(series=None)} | rest)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_words(tmp_path / "words", WORDS, speakers=("ann", "ben", "cleo", "dan"), takes=3)
    return tmp_path / "words"


def test_recordings_are_signals(folder):
    (folder / "low" / ".hidden.wav").write_text("no sound")
    (folder / "low" / "notes.txt").write_text("no sound")
    found = read(folder)
    assert found.answers.tolist() == [name for name in sorted(WORDS) for _ in range(12)]
    assert sorted(set(found.groups)) == ["ann", "ben", "cleo", "dan"]
    assert (found.names, found.heard, len(found.files)) == (CHANNELS, NAME, 36)
    assert found.files[0].name == "ann_0.wav"
    np.testing.assert_array_equal(found.x[0], features(read_wav(found.files[0])))
    before = found.sha256
    (folder / "low" / "ann_0.wav").rename(folder / "low" / "zed_0.wav")
    assert read(folder).sha256 != before


def test_without_speakers_there_are_no_groups(folder):
    write_wav(folder / "low" / "0.wav", word(0))
    assert read(folder).groups is None
    with pytest.raises(NetworkError, match="there is no column 'speaker'"):
        read(folder, group="speaker")


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_train_eval_sim_and_one_recording(folder, capsys, monkeypatch):
    assert main(["train", "stream", "--data", "words", *QUICK, "--json"]) == 0
    trained = told(capsys)
    card = load("stream.safetensors").integer.card
    assert card["data"]["sound"] == NAME
    assert trained["figures"]["accuracy_integer"] > 0.8
    assert main(["eval", "stream.safetensors", "--data", "words", "--json"]) == 0
    scored = told(capsys)
    assert (scored["signals"], scored["accuracy_integer"]) == (9, trained["figures"]["accuracy_integer"])  # a quarter of the speakers
    assert main(["sim", "--network", "stream.safetensors", "--data", "words", "--samples", "2", "--json"]) == 0
    assert told(capsys)["equal"]
    one = ["sim", "--network", "stream.safetensors", "--wav", "words/high/ann_0.wav"]
    assert main([*one, "--json"]) == 0
    found = told(capsys)
    assert (found["equal"], found["word"], found["signals"]) == (True, "high", 1)
    assert found["steps"] == len(features(read_wav(folder / "high" / "ann_0.wav")))
    assert found["latencies_compared"] > 0
    assert 1 <= found["settled"] <= found["steps"]
    damage_tables(monkeypatch)
    assert main(one) == 1
    out = capsys.readouterr().out
    assert out.startswith("DIFFERENT from the golden model: ")
    assert main([*one, "--data", "words"]) == 2
    assert capsys.readouterr().err == "error: --wav is one recording: --samples and --data are for those of a folder\n"


def test_a_network_of_something_else_hears_nothing(folder, capsys):
    assert main(["sim", "--wav", "words/low/ann_0.wav"]) == 2
    assert "it reads no signals" in capsys.readouterr().err
    network = load("digits").integer
    with pytest.raises(NetworkError, match="it reads no signals"):
        Hearing.of(network, folder / "low" / "ann_0.wav")


def test_a_changed_front_end_is_seen(folder, capsys, monkeypatch):
    assert main(["train", "stream", "--data", "words", *QUICK[:-1], "1"]) == 0
    monkeypatch.setattr("golden.tasks.readers.recordings.NAME", "bands-2")
    monkeypatch.setattr("golden.tasks.hearing.NAME", "bands-2")
    capsys.readouterr()
    assert main(["eval", "stream.safetensors", "--data", "words"]) == 2
    assert "error: words: the network must have been trained on recordings as bands-2 hears them, not 'bands-1'" in capsys.readouterr().err
    assert main(["sim", "--network", "stream.safetensors", "--wav", "words/low/ann_0.wav"]) == 2
    assert "the network was not trained on recordings as bands-2 hears them" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["classify", "regress", "anomaly", "forecast"])
def test_other_tasks_refuse_recordings(task, folder, capsys):
    assert main(["train", task, "--data", "words"]) == 2
    assert "train stream" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (
            {"channels": 2},
            "(sox IN -c 1 -b 16 -r 16000 OUT), not 2 of 16 bits at 16,000 Hz",
        ),
        ({"rate": 44_100}, "not 1 of 16 bits at 44,100 Hz"),
        ({"width": 1}, "not 1 of 8 bits at 16,000 Hz"),
    ],
)
def test_other_kinds_of_sound_are_refused(shape, said, folder):
    write_wav(folder / "low" / "ann_0.wav", noise(0), **shape)
    with pytest.raises(NetworkError) as caught:
        read(folder)
    assert str(caught.value).startswith(f"{folder}/low/ann_0.wav: it must have one channel")
    assert said in str(caught.value)


def test_recordings_are_no_rows(folder):
    with pytest.raises(NetworkError, match=r"words: recordings are signals, which train stream reads$"):
        read(folder, signals=None)


def test_what_is_no_recording_is_named(folder):
    path = folder / "low" / "ann_0.wav"
    whole = path.read_bytes()
    for content in (b"", b"RIFF", whole[:30], b"no sound at all", whole[:1000], whole[:4] + bytes(4) + whole[8:]):
        path.write_bytes(content)
        with pytest.raises(NetworkError, match=r"low/ann_0\.wav: it (is no WAV file|is cut short)"):
            read_wav(path)
    rng = np.random.default_rng(0)
    for _ in range(300):
        changed = bytearray(whole[: int(rng.integers(1, len(whole)))])
        for _ in range(int(rng.integers(1, 6))):
            changed[int(rng.integers(min(60, len(changed))))] = int(rng.integers(256))
        path.write_bytes(bytes(changed))
        with suppress(NetworkError):
            assert len(read_wav(path)) >= 512
    write_wav(path, noise(0)[:511])
    with pytest.raises(NetworkError, match="it must have at least 512 samples, not 511"):
        read_wav(path)
    with wave.open(str(path), "rb") as file:
        assert file.getnframes() == 511
