"""The file of a search: a journal of Optuna's, a line of JSON for each step, appended and never rewritten.

Whenever the process ends, by SIGKILL too, the lines that were written are there; of a line that was being written the part that is there
is taken away when the file is opened again. While it is open the file is locked by ``flock``, which ends with the process.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..command.terminal import printable
from ..system.files import check_file

try:
    from optuna.storages.journal import BaseJournalBackend
except ModuleNotFoundError:
    raise ValueError("a search needs Optuna: pip install 'polychron[tune]'") from None

if TYPE_CHECKING:
    from optuna import Study

NAME = "polychron tune"
ABOUT = "about"
BEGIN = {"op_code": 0, "study_name": NAME}
"""What the first line says among others: that a study of this name begins."""
MARK = b'{"op_code":0,'
"""How the first line begins."""

Words = Mapping[str, tuple[str, Any]]
"""What a search is about, by the name of the option that says it: how a message puts it, and what is compared."""


class StudyError(ValueError):
    """A file that is no study, or another's; the message is one sentence that names it."""


class Lines(BaseJournalBackend):
    """The lines of a locked file, ``known`` those that are there."""

    def __init__(self, file: FileIO, known: Sequence[dict[str, Any]]) -> None:
        self._file, self._known = file, list(known)

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self._known[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs)
        with _named(self._file):
            while lines:
                lines = lines[self._file.write(lines) :]
            os.fsync(self._file)
        self._known += json.loads(json.dumps(logs))  # nobody else's objects


@contextmanager
def opened(path: Path, about: Words) -> Iterator["Study"]:
    """The study in ``path``, which is made if there is none; refused where it is in use, is no study, or is about something else."""
    import optuna
    from optuna.trial import TrialState

    check_file(path)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with FileIO(path, "a+") as file:
            with _named(file):
                _lock(file, path)
                known = _read(file, path)
            study = _study(file, known, path)
            _compare(study, path, about)
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):  # when the process ended; it is drawn again
                study.tell(trial.number, state=TrialState.FAIL)
            yield study
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def _named(file: FileIO) -> Iterator[None]:
    """What fails while it is entered names the file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file.name)) from None


def _lock(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise StudyError(f"{printable(path)} is in use: another search is under way with it") from None


def _read(file: FileIO, path: Path) -> list[dict[str, Any]]:
    """The lines that are there; a last one that is not whole is taken away, if it is of a study of ours."""
    file.seek(0)
    data = file.readall()
    *whole, rest = data.split(b"\n")
    if whole:
        begins = _object(whole[0])
        ours = begins is not None and begins | BEGIN == begins
    else:
        ours = rest.startswith(MARK) or MARK.startswith(rest)
    if not ours:
        raise StudyError(f"{printable(path)} is no study of polychron tune; --study must name one, or a file that is not there yet")
    found = [_object(line) for line in whole]
    if None in found:
        raise StudyError(f"{printable(path)} is a damaged study: line {found.index(None) + 1} is no object of JSON")
    if rest:
        file.truncate(len(data) - len(rest))
    return [one for one in found if one is not None]


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _study(file: FileIO, known: Sequence[dict[str, Any]], path: Path) -> "Study":
    """As Optuna has it."""
    import optuna
    from optuna.trial import TrialState

    from .tried import Tried, trained

    try:
        storage = optuna.storages.JournalStorage(Lines(file, known))
        if not known:
            optuna.create_study(storage=storage, study_name=NAME, directions=[optuna.study.StudyDirection.MINIMIZE] * 3)
        study = optuna.load_study(storage=storage, study_name=NAME)
        tried = [Tried.read(trial) for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))]
        if len({len(one.errors) for one in trained(tried)}) > 1:
            raise ValueError("shapes were trained on different numbers of folds")
    except OSError:
        raise
    except Exception as error:  # whatever Optuna finds in lines that it did not write
        raise StudyError(f"{printable(path)} is a damaged study: {type(error).__name__}: {printable(error)}") from None
    return study


def _compare(study: "Study", path: Path, about: Words) -> None:
    """Notes what a new study is about; of an old one, refuses what it is not."""
    known = study.user_attrs.get(ABOUT)
    if known is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(ABOUT, {name: list(both) for name, both in about.items()})
        return
    for name, (said, value) in about.items():
        there = known.get(name) if isinstance(known, dict) else None
        shown, stands = there if isinstance(there, list) and len(there) == 2 else ("nothing", None)
        if stands != value:
            other = f"{name} {printable(shown)}, not {printable(said)}"
            raise StudyError(f"{printable(path)} is the study of another search: {other}; --study names another file")
