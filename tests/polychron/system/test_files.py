"""What a user may name as a file to read and to write: regular files and links to them, nothing that hangs, ends never or is lost."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import polychron
from benchmarks.study.points import put, read_points
from benchmarks.study.runs import read_runs
from firmware.image.files import FileError, read_bytes
from firmware.image.files import write_atomic as write_files
from golden import compare_reference
from golden.integer.file import load, load_extra, write_atomic
from golden.integer.layer import NetworkError
from golden.integer.shipped import find_network
from golden.tasks.products import check_out
from golden.tasks.readers.idx import read_idx
from golden.tasks.text import read_text
from polychron.network import Network
from polychron.program import Build
from polychron.system import files
from sim.runs import Simulated

LONGEST = "n" * 250 + ".st"


def fifo(folder: Path) -> Path:
    path = folder / "pipe.f32"
    os.mkfifo(path)
    return path


def plug(folder: Path) -> Path:
    path = folder / "plug.f32"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
    return path


def a_folder(folder: Path) -> Path:
    (folder / "folder.f32").mkdir()
    return folder / "folder.f32"


def device(folder: Path) -> Path:
    (folder / "null.f32").symlink_to("/dev/zero")
    return folder / "null.f32"


SPECIAL = {"FIFO": fifo, "socket": plug, "folder": a_folder, "device": device}


@pytest.fixture(params=SPECIAL)
def special(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Something that is no regular file, and what messages call it."""
    return SPECIAL[request.param](tmp_path), request.param


READERS: dict[str, Callable[[Path], object]] = {
    "network": load,
    "float network": load_extra,
    "text": read_text,
    "IDX": lambda path: read_idx(path, ndim=1),
    "image": read_bytes,
    "dump": lambda path: compare_reference._array(path.parent, path.name, (-1,)),
    "points": read_points,
    "runs": read_runs,
    "hash": lambda path: Network(integer=load(find_network("digits")), name="x", path=path).sha256(),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_regular_file_is_not_read(reader: str, special: tuple[Path, str]) -> None:
    path, kind = special
    with pytest.raises((ValueError, OSError), match=f"it is a {kind}, not a regular file") as caught:
        READERS[reader](path)
    assert str(path) in str(caught.value)


def test_a_packed_idx_file_is_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(bytes((0, 0, 8, 1)) + (3).to_bytes(4, "big") + b"abc")
    (tmp_path / "link").symlink_to("plain")
    assert np.array_equal(read_idx(tmp_path / "link", ndim=1)[0], np.frombuffer(b"abc", np.uint8))


WRITERS: dict[str, Callable[[Path], object]] = {
    "network": lambda path: write_atomic(path, b"new"),
    "export": lambda path: write_files({path.parent / "other": b"other", path: b"new"}),
    "training": check_out,
    "trace": lambda path: Simulated(network=None, program=None, board=None, trace=path).session(lambda line: None).__enter__(),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_no_regular_file_is_not_replaced(writer: str, special: tuple[Path, str]) -> None:
    path, kind = special
    before = os.stat(path).st_mode
    with pytest.raises((ValueError, OSError), match=rf"a {kind}, not a (regular )?file") as caught:
        WRITERS[writer](path)
    assert str(path) in str(caught.value)
    assert os.stat(path).st_mode == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("writer", ["network", "export"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_written(writer: str, there: bool, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link, chain = tmp_path / "far" / "target", tmp_path / "link", tmp_path / "chain"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("far/target")
    chain.symlink_to("link")
    check_out(chain)
    WRITERS[writer](chain)
    assert target.read_bytes() == b"new"
    assert chain.is_symlink()
    assert link.is_symlink()
    assert [entry.name for entry in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("writer", ["network", "export", "training"])
def test_a_circle_of_links_is_refused(writer: str, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises((NetworkError, FileError), match=r"/a:? cannot be written: Too many levels of symbolic links"):
        WRITERS[writer](tmp_path / "a")


@pytest.mark.parametrize("writer", ["network", "export", "training"])
def test_the_longest_name_is_written_and_a_longer_one_refused(writer: str, tmp_path: Path) -> None:
    WRITERS[writer](tmp_path / LONGEST)
    with pytest.raises((NetworkError, FileError), match="cannot be written: File name too long"):
        WRITERS[writer](tmp_path / (LONGEST + "xxx"))


def test_files_of_one_beginning_do_not_meet(tmp_path: Path) -> None:
    made = {tmp_path / ("n" * 100 + end): end.encode() for end in "abc"}
    files.write_whole(made)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == made


@pytest.mark.parametrize("product", ["files.sha256", "bitstream.bin", "image.bin", "flash.bin", "report.txt", "report.json", "report.html"])
def test_a_product_of_a_build_is_refused_before_synthesis(product: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / product)
    with pytest.raises(OSError, match="it is a FIFO, not a regular file") as caught:
        polychron.load("digits").compile().build(out=tmp_path)
    assert caught.value.filename == str(tmp_path / product)
    assert [entry.name for entry in tmp_path.iterdir()] == [product]


def test_a_build_shows_a_printable_report() -> None:
    assert str(Build(files=(), figures={}, report="a\x1b[2J\n  b\n")) == "a\\x1b[2J\n  b\n"


def test_points_go_to_no_device() -> None:
    with pytest.raises(NetworkError, match="it is a device, not a regular file"):
        put(read_points()[0], Path("/dev/null"))
