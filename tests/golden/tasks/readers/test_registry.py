"""Whatever stands where samples should be: read by the reader of its name, or refused in a sentence that names it."""

import os
import socket

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.readers.registry import FORMATS, read_table
from golden.tasks.readers.table import Wanted
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels

NAMES = ["t.csv", "t.tsv.gz", "t.npz", "t.npy", "t.parquet", "train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"]


@pytest.fixture(params=NAMES)
def place(request, tmp_path):
    if request.param.endswith("parquet"):
        pytest.importorskip("pyarrow")
    return tmp_path / request.param


def refusal(path):
    with pytest.raises((NetworkError, OSError)) as caught:
        read_samples(path, Labels(), target=None, group=None)
    told = str(caught.value)
    assert "\n" not in told
    assert str(path) in told or path.name in told
    return told


@pytest.mark.parametrize("kind", ["FIFO", "socket", "device"])
def test_what_is_no_regular_file_is_refused(kind, place):
    if kind == "FIFO":
        os.mkfifo(place)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(place))
    else:
        place.symlink_to("/dev/zero")
    assert f"it is a {kind}, not a regular file" in refusal(place)


def test_a_folder_with_the_name_of_a_file_is_looked_into(place):
    place.mkdir()
    assert "there must be IDX files, or 1..256 folders of images, one a class, not 0 folders" in refusal(place)


def test_what_is_not_there_is_named(place):
    assert "No such file" in refusal(place)


@pytest.mark.parametrize("content", [b"", b"\0", b"\x1b[2J" * 100_000, b"PAR1", b"\x93NUMPY", b"PK\x03\x04", b"\0\0\x08\x03"])
def test_what_is_something_else_is_refused(content, place):
    place.write_bytes(content)
    told = refusal(place)
    assert len(told) < 1000
    assert told.isprintable()


def test_what_is_too_large_is_refused_before_it_is_read(place):
    with place.open("wb") as file:
        file.truncate((1 << 40) + 1)  # which takes no room on a disk
    if ".gz" in place.name or "idx3" in place.name:
        expected = "it must have at most 1073741824 bytes, unpacked|can't be unpacked|not an IDX file"
        with pytest.raises(NetworkError, match=expected):
            read_table(place, Wanted())
    else:
        assert "it must have at most 1073741824 bytes, unpacked" in refusal(place)


def test_other_names_are_refused_with_those_that_are_read(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    assert f"t.xlsx: the name must end with {FORMATS}, or be that of a folder" in refusal(tmp_path / "t.xlsx")


@pytest.mark.parametrize("name", ["T.NPY", "t.x.npy"])
def test_a_name_may_be_in_capitals_and_have_more_dots(name, tmp_path):
    with (tmp_path / name).open("wb") as file:
        np.save(file, np.eye(3))
    assert read_table(tmp_path / name, Wanted()).frame.shape == (3, 3)
