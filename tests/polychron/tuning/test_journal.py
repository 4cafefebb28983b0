"""The file of a search: any beginning of one is one; it is refused in a sentence, and left as it is, where it is not this search's."""

import errno
import fcntl
import json
import re
from pathlib import Path

import numpy as np
import pandas
import pytest

from polychron.cli import main
from polychron.tuning.journal import StudyError, opened

from .samples import finished, made, words

ABOUT = {"--board": ("icebreaker", "icebreaker")}
STUDY = Path("classify.study")


@pytest.fixture(autouse=True)
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pandas.DataFrame:
    monkeypatch.chdir(tmp_path)
    frame = made()
    frame.to_csv("classify.csv", index=False)
    return frame


@pytest.fixture
def study(capsys: pytest.CaptureFixture[str]) -> bytes:
    """What a search of three shapes leaves."""
    assert main(words(trials=3)) == 0
    capsys.readouterr()
    return STUDY.read_bytes()


def refused(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """The sentence."""
    assert main(words(*more, trials=3)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", told.err)
    return told.err.removeprefix("error: ").rstrip("\n")


def test_any_beginning_of_a_study_is_one(study):
    whole = finished(STUDY)
    about = json.loads(study.splitlines()[1])["user_attr"]["about"]
    words_of_it = {name: tuple(both) for name, both in about.items()}
    ends = {0, *np.random.default_rng(1).integers(len(study), size=150).tolist()}
    ends |= {match.end() for match in re.finditer(rb"\n", study)}
    for end in sorted(ends):
        STUDY.write_bytes(study[:end])
        with opened(STUDY, words_of_it):
            pass
        kept = STUDY.read_bytes()
        assert kept.endswith(b"\n")
        assert kept.startswith(study[: study[:end].rfind(b"\n") + 1])
        assert (there := finished(STUDY)) == whole[: len(there)]
    assert study.count(b"\n") > 20


def test_a_study_of_something_else_is_refused(study, frame, capsys):
    more = frame.copy()
    more.loc[0, "a"] += 1
    more.to_csv("more.csv", index=False)
    for changed, said in (
        (["--seed", "1"], r"--seed 0, not 1"),
        (["--gentle"], r"--gentle no, not yes"),
        (["--board", "upduino_v3"], r"--board icebreaker, not upduino_v3"),
        (["--flash", "nibble"], r"--flash left out, not nibble"),
        (["--target", "a"], r"--target kind, not a"),
        (["--group", "a"], r"--group none, not a"),
        (["--test", "more.csv"], r"--test none, not more\.csv \(SHA-256 [0-9a-f]{12}\)"),
    ):
        sentence = refused(capsys, "--study", str(STUDY), *changed)
        assert re.fullmatch(rf"classify\.study is the study of another search: {said}; --study names another file", sentence), sentence
    frame.to_csv("regress.csv", index=False)
    assert main(words("--study", str(STUDY), task="regress")) == 2
    assert "the task classify, not regress" in capsys.readouterr().err
    Path("more.csv").rename("classify.csv")
    assert re.search(r": --data classify\.csv \(SHA-256 [0-9a-f]{12}\), not classify\.csv \(SHA-256 [0-9a-f]{12}\); ", refused(capsys))
    assert STUDY.read_bytes() == study
    frame.to_csv("same.csv", index=False)
    assert main(["tune", "classify", "--data", "same.csv", "--trials", "3"]) == 0  # the samples count, not their name


def test_a_study_of_another_version_is_refused(study, capsys, monkeypatch):
    monkeypatch.setattr("polychron.tuning.task.project_version", lambda: "0.0.1")
    assert re.search(r"the version of polychron .*, not 0\.0\.1; ", refused(capsys))
    assert STUDY.read_bytes() == study


def test_what_is_no_study_is_refused_and_left(study, capsys):
    no_study = "classify.study is no study of polychron tune; --study must name one, or a file that is not there yet"
    for content in (b"a,b\n1,2\n", b"no newline", b"{}\n", study.replace(b"polychron tune", b"another study", 1), b"\x00" * 100):
        STUDY.write_bytes(content)
        assert refused(capsys) == no_study
        assert STUDY.read_bytes() == content
    lines = study.splitlines(keepends=True)
    STUDY.write_bytes(b"".join([*lines[:5], b"[]\n", *lines[5:]]))
    assert refused(capsys) == "classify.study is a damaged study: line 6 is no object of JSON"
    for content in (
        b"".join(line for line in lines if b'"param_name":"pairs"' not in line),
        study.replace(b'"cost":[', b'"cost":[1'),
        study.replace(b'"errors":[[', b'"errors":[["x",'),
        study.replace(b'"values":[0.', b'"values":[1.'),
        study.replace(b'"op_code":5', b'"op_code":50', 1),
    ):
        STUDY.write_bytes(content)
        assert refused(capsys).startswith("classify.study is a damaged study: ")
    Path("folder").mkdir()
    assert refused(capsys, "--study", "folder") == "folder can't be read or written: it is a folder, not a regular file"
    assert refused(capsys, "--study", "gone/x.study").startswith("gone/x.study can't be read or written: there is no folder ")


def test_one_search_at_a_time(study, capsys):
    with STUDY.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert refused(capsys) == "classify.study is in use: another search is under way with it"
    assert main(words(trials=3)) == 0
    with opened(Path("new.study"), ABOUT), pytest.raises(StudyError, match="in use"), opened(Path("new.study"), ABOUT):
        pass


def test_no_file_of_samples_becomes_a_study(capsys):
    before = Path("classify.csv").read_bytes()
    assert refused(capsys, "--study", "classify.csv") == "--study: classify.csv is the file of the samples, and would be overwritten"
    assert refused(capsys, "--out", "classify.csv") == "--out: classify.csv is the file of the samples, and would be overwritten"
    assert refused(capsys, "--out", "a", "--study", "a") == "--out and --study must be different files"
    assert Path("classify.csv").read_bytes() == before
    assert not STUDY.exists()


def test_too_few_samples_are_refused(frame, capsys):
    frame[:5].to_csv("classify.csv", index=False)
    assert refused(capsys) == "classify.csv: cross-validation needs at least four samples to train on"
    frame.assign(who=np.arange(len(frame)) % 2).to_csv("classify.csv", index=False)
    assert refused(capsys, "--group", "who", "--target", "kind") == "classify.csv: cross-validation needs at least two groups to train on"
    assert not STUDY.exists()


def test_a_full_disk_is_named(study, capsys):
    """And nothing of the study is lost."""
    due = finished(STUDY)

    def full(file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("polychron.tuning.journal.os.fsync", full)
        assert main(words(trials=4)) == 2
    assert capsys.readouterr().err == "error: classify.study can't be read or written: No space left on device\n"
    assert main(words(trials=4)) == 0
    assert finished(STUDY)[:3] == due
    assert len(finished(STUDY)) == 4
