"""Steps of a build that run only when something they depend on has changed."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hdl.flow.errors import BuildError


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def only_build(folder: Path) -> Iterator[Path]:
    """The folder of the steps of a build in ``folder``, held against other builds and without what an earlier one left unfinished.

    Raises :class:`BuildError` where another build is under way. The hold ends with the process.
    """
    steps = folder / "steps"
    steps.mkdir(parents=True, exist_ok=True)
    with (steps / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError(f"another build is under way in {folder}: wait for its end, or name another folder with --out") from None
        for left in steps.glob("*.part"):
            shutil.rmtree(left, ignore_errors=True)
        yield steps


@dataclass(kw_only=True)
class Steps:
    """The steps of one build, each with a folder of its own under ``folder``.

    A step's folder holds what it made and ``step.json``: the hash of its inputs and of every output. A step whose inputs and outputs
    still have these hashes is not run again. A step works in a temporary folder that takes the old one's place when it is done.
    """

    folder: Path
    say: Callable[[str], None]
    ran: list[str] = field(default_factory=list)

    def run(
        self, name: str, *, title: str, inputs: Mapping[str, bytes], outputs: Sequence[str], make: Callable[[Path], None]
    ) -> dict[str, bytes]:
        """The ``outputs`` (file name to content) of a step, made by ``make(folder)`` unless they stand there already.

        ``inputs`` is everything the outputs depend on, by name: file contents, scripts, options, tool versions.
        """
        key = _digest(b"".join(f"{n} {_digest(inputs[n])}\n".encode() for n in sorted(inputs)))
        done = self._kept(name, key, outputs)
        if done is not None:
            self.say(f"{title}: unchanged")
            return done
        self.say(f"{title} ...")
        start = time.monotonic()
        work = self.folder / f"{name}.part"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        make(work)
        absent = [o for o in outputs if not (work / o).is_file()]
        if absent:
            raise BuildError(f"the step {name!r} did not make {absent[0]}; see the log in {work}")
        made = {o: (work / o).read_bytes() for o in outputs}
        record = {"key": key, "outputs": {o: _digest(content) for o, content in made.items()}}
        (work / "step.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        shutil.rmtree(self.folder / name, ignore_errors=True)
        os.replace(work, self.folder / name)
        self.ran.append(name)
        self.say(f"{title}: done in {time.monotonic() - start:.0f} s")
        return made

    def _kept(self, name: str, key: str, outputs: Sequence[str]) -> dict[str, bytes] | None:
        folder = self.folder / name
        try:
            record = json.loads((folder / "step.json").read_text(encoding="utf-8"))
            if record["key"] != key:
                return None
            made = {o: (folder / o).read_bytes() for o in outputs}
            return made if all(record["outputs"][o] == _digest(content) for o, content in made.items()) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
