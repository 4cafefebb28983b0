"""Arrays of NumPy's in files: NPY with the labels among its columns, and what an array in a file may not be."""

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.readers.array import array_of
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels


def npy(array, **rest):
    file = io.BytesIO()
    np.save(file, array, **rest)
    return file.getvalue()


def header(text, *, version=(1, 0), rest=b""):
    """A file with a header that is written by hand."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text.encode() + rest


def described(shape, kind="<f8", order=False):
    return f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array([True, False]),
        np.arange(3, dtype=">i2"),
        np.array([b"a", b"bc"]),
        np.array([1.5], np.float16),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_are_read_as_they_were_saved(array):
    found = array_of(npy(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert array_of(header(described(array.shape, array.dtype.str), version=(2, 0), rest=array.tobytes("C"))).shape == array.shape


def test_texts_are_pythons():
    found = array_of(npy(np.array(["é", "\ud800"])))
    assert found.tolist() == ["é", "\ud800"]
    with pytest.raises(NetworkError, match="its texts must be Unicode"):
        array_of(header(described((1,), "<U1"), rest=b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (npy(np.array([{}], object)), "it must be a plain array, not one of Python objects"),
        (npy(np.zeros(2, "i4,i4")), "it must be a plain array, not one of records"),
        (pickle.dumps(np.zeros(3)), "it is no array of NumPy's"),
        (header(described((1 << 62, 1 << 62))), "it must have 170141183460469231731687303715884105728 bytes, not 0"),
        (header(described((1 << 62, 1 << 62), "<U4")), "after its header of 4611686018427387904 x 4611686018427387904 it must have"),
        (header(described((-1, 3)), rest=bytes(24)), "it must have a size above 0 in each dimension, and of an entry, not -1 x 3"),
        (header(described((2, 0))), "it must have a size above 0 in each dimension, and of an entry, not 2 x 0"),
        (header(described((2, 1), "<U0")), "not 2 x 1 of 0 bytes"),
        (npy(np.zeros((2, 2)))[:-1], "after its header of 2 x 2 it must have 32 bytes, not 31"),
        (npy(np.zeros((2, 2))) + b"0", "after its header of 2 x 2 it must have 32 bytes, not 33"),
        (header("(" * 5000), "it is no array of NumPy's"),
        (header("9" * 20_000), "it is no array of NumPy's"),
        (header(described("'\x1b[2J'")), "it is no array of NumPy's"),
        (header(described((2,)), version=(3, 0), rest=bytes(16)), "its format must be version 1.0 or 2.0 of NumPy's arrays"),
        (npy(np.zeros(2))[:9], "it is no array of NumPy's"),
    ],
    ids=range(15),
)
def test_what_is_no_array_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(NetworkError) as caught:
        array_of(content)
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def save(folder, array):
    np.save(folder / "t.npy", array)
    return folder / "t.npy"


def test_columns_of_npy_are_numbered_and_one_is_the_label(tmp_path):
    path = save(tmp_path, np.array([[1.5, 2, 7], [np.nan, 4, 9], [0, 1, 7]]))
    found = read_samples(path, Labels(), target=None, group=None)
    np.testing.assert_array_equal(found.x, [[1.5, 2], [np.nan, 4], [0, 1]])
    assert (found.names, found.targets) == (("0", "1"), ("2",))
    assert found.answers.tolist() == [7, 9, 7]
    assert all(isinstance(label, int) for label in found.answers.tolist())  # whole, as they were before they stood beside fractions
    other = read_samples(path, Labels(), target="1", group="2")
    assert other.names == ("0",)
    assert other.answers.tolist() == [2, 4, 1]
    assert other.groups.tolist() == ["7.0", "9.0", "7.0"]


def test_labels_of_npy_that_are_fractions_stay(tmp_path):
    assert read_samples(save(tmp_path, np.array([[1, 0.5], [2, 1]])), Labels(), target=None, group=None).answers.tolist() == [0.5, 1.0]


REFUSED = [
    (np.zeros(4), {}, "it must have a row for each sample, and at most 32000 columns of inputs, not the shape (4,)"),
    (np.zeros((2, 2, 2)), {}, "not the shape (2, 2, 2)"),
    (np.zeros((2, 40_000), np.int8), {}, "at most 32000 columns of inputs, not the shape (2, 40000)"),
    (np.zeros((1, 3)), {}, "two samples or more, not 2 inputs and 1 samples"),
    (np.zeros((3, 1)), {}, "a table must have 1..32000 inputs beside its labels"),
    (np.array([[1, 2], [np.inf, 3]]), {}, "column '0': sample 2 is infinite"),
    (np.array([[1, np.nan], [2, 3]]), {}, "column '1': sample 1 has no label"),
    (np.array([[1, 2], [2, -np.inf]]), {}, "column '1': the label of sample 2 is infinite"),
    (np.array([[1j, 2], [2, 3]]), {}, "column '0' must hold numbers"),
    (np.array([["a", "2"], ["2", "3"]]), {}, "column '0' must hold numbers"),
    (np.array([["2020", "2"], ["2021", "3"]], "M8[Y]"), {}, "column '0' must hold numbers"),
    (np.eye(3), {"target": "3"}, "--target: there is no column '3'; the columns are: 0, 1, 2"),
    (np.eye(3), {"target": "-1"}, "--target: there is no column '-1'"),
    (np.eye(3), {"size": (1, 2)}, "--size is for images, and these are none"),
]


@pytest.mark.parametrize(("array", "options", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_table_is_refused_by_name(array, options, sentence, tmp_path):
    path = save(tmp_path, array)
    with pytest.raises(NetworkError) as caught:
        read_samples(path, Labels(), **{"target": None, "group": None} | options)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)


def test_pickles_are_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was opened",)

    for name, write in (("t.npy", lambda path: np.save(path, np.array([[Trap()]], object))), ("t.npz", boobytrapped(Trap()))):
        write(tmp_path / name)
        with pytest.raises(NetworkError, match="not one of Python objects"):
            read_samples(tmp_path / name, Labels(), target=None, group=None)


def boobytrapped(trap):
    return lambda path: np.savez(path, X=np.array([[trap]], object), y=np.zeros(1))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(method, tmp_path):
    with zipfile.ZipFile(tmp_path / "t.npz", "w", method) as archive:
        for name, array in (("X", np.eye(2)), ("y", np.arange(2))):
            archive.writestr(f"{name}.npy", npy(array))
    with pytest.raises(NetworkError, match="array X must be packed as NumPy packs it"):
        read_samples(tmp_path / "t.npz", Labels(), target=None, group=None)


def test_a_part_takes_no_more_than_its_archive_says(tmp_path):
    """A gigabyte of zeros behind an entry that says it has 100 bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("X.npy", "w", force_zip64=False) as part:
            for _ in range(256):
                part.write(bytes(1 << 20))
        archive.writestr("y.npy", npy(np.zeros(2)))
    content = file.getvalue().replace(struct.pack("<I", 256 << 20), struct.pack("<I", 100))
    (tmp_path / "t.npz").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(NetworkError):
        read_samples(tmp_path / "t.npz", Labels(), target=None, group=None)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
