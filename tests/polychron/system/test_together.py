"""A set of files changes as one: what a killed writer leaves is the old set, the new one, or refused in a sentence."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.image.files import FileError, read_bytes, write_atomic
from firmware.talk import main as talk
from polychron.system.together import LIST, check_together, with_list

NAMES = ("image.bin", "image.hex", "program.mem")
KILLED = """
import os, signal, sys
from pathlib import Path
from firmware.image.files import write_atomic
from polychron.system.together import with_list

folder, word, calls, point = Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3], int(sys.argv[4])
owner = os if calls == "replace" else Path
real = getattr(owner, calls)

def counted(*args):
    global point
    if point == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    point -= 1
    return real(*args)

setattr(owner, calls, counted)
write_atomic({folder / name: data for name, data in with_list({name: word + name.encode() for name in sys.argv[5:]}).items()})
"""


def write(folder: Path, word: str, *, calls: str = "replace", point: int = 99) -> int:
    command = [sys.executable, "-c", KILLED, str(folder), word, calls, str(point), *NAMES]
    return subprocess.run(command, check=False).returncode


def found(folder: Path) -> str:
    """What a reader of each file of the set gets: the word that all were written with, or the sentence that refuses them all."""
    told = set()
    for name in NAMES:
        if not (folder / name).exists():
            continue
        try:
            told.add(read_bytes(folder / name).decode().removesuffix(name))
        except FileError as error:
            told.add(str(error).removeprefix(f"{folder / name}: cannot be read: "))
    (word,) = told or {"nothing"}
    assert "\n" not in word
    return word


@pytest.mark.parametrize("before", ["old ", "nothing"])
def test_a_writer_that_is_killed_at_any_point(before: str, tmp_path: Path) -> None:
    count = len(NAMES) + 1
    seen = []
    for calls, point in [*(("write_bytes", n) for n in range(count)), *(("replace", n) for n in range(count + 1))]:
        folder = tmp_path / f"{calls}{point}"
        folder.mkdir()
        if before == "old ":
            assert write(folder, "old ") == 0
        end = write(folder, "new ", calls=calls, point=point)
        assert end == (0 if point == count else -signal.SIGKILL)
        seen.append(found(folder))
        assert write(folder, "next ") == 0
        assert found(folder) == "next "
        assert sorted(path.name for path in folder.iterdir()) == sorted([LIST, *NAMES])
    assert seen[:count] == [before] * count  # nothing is renamed before all is written
    told = seen[count:]
    assert (told[0], told[-1]) == (before, "new ")
    if before == "nothing":
        assert told.pop(1) == "nothing"  # only the list is there
    for sentence, name in zip(told[1:-1], NAMES[-len(told) + 2 :], strict=True):
        assert sentence.startswith(f"{name} is not the file that {LIST} lists, so the files there don't belong together; ")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_is_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(tmp_path, "old ") == 0
    assert subprocess.run(["sha256sum", "--quiet", "-c", LIST], cwd=tmp_path, check=False).returncode == 0
    data = bytearray((tmp_path / name).read_bytes())
    data[2] ^= 1
    (tmp_path / name).write_bytes(data)
    image = tmp_path / "image.bin"
    assert talk(["--port", "/dev/null", "--image", str(image)]) == 2
    assert capsys.readouterr().err == (
        f"error: {image}: cannot be read: {name} is not the file that {LIST} lists, so the files there don't belong together; "
        f"write them all again, or remove {LIST} to use this one as it is\n"
    )
    (tmp_path / LIST).unlink()
    assert read_bytes(image) == (bytes(data) if name == image.name else b"old image.bin")


def test_a_list_of_other_files_is_none_of_ours(tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(b"x")
    for text in (b"", b"\xff\0" * 9, with_list({"other": b"y"})[LIST], b"0" * 64 + b"  ../image.bin\n", b"0" * 63 + b"  image.bin\n"):
        (tmp_path / LIST).write_bytes(text)
        assert read_bytes(image) == b"x"


def test_a_list_that_is_no_file(tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(b"x")
    os.mkfifo(tmp_path / LIST)
    with pytest.raises(FileError, match=rf"image\.bin: cannot be read: {LIST} beside it: it is a FIFO, not a regular file$"):
        read_bytes(image)
    with pytest.raises(FileError, match=rf"{LIST}: cannot be written: it is a FIFO, not a regular file$"):
        write_atomic({tmp_path / name: data for name, data in with_list({"image.bin": b"y"}).items()})
    assert image.read_bytes() == b"x"


@pytest.mark.parametrize("name", [".", "..", "none", "a" * 255])
def test_a_name_in_the_list_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    (tmp_path / LIST).write_text(f"{digest}  image.bin\n{digest}  {name}\n")
    with pytest.raises(OSError, match=r"is not the file that files\.sha256 lists"):
        check_together(tmp_path / "image.bin", b"x")
