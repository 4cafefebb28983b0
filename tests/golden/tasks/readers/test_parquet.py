"""Parquet: what pandas and pyarrow write is read, and what no table of numbers can be made of is refused."""

import builtins
import decimal
import json
import struct

import numpy as np
import pandas
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.readers import parquet
from golden.tasks.readers.table import Wanted
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels

pyarrow = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def written(tmp_path):
    def write(columns, **options):
        table = columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns)
        pq.write_table(table, tmp_path / "t.parquet", **options)
        return tmp_path / "t.parquet"

    return write


def read(path, target=None, group=None, **rest):
    return read_samples(path, Labels(), target=target, group=group, **rest)


@pytest.mark.parametrize("options", [{}, {"compression": "zstd", "row_group_size": 2}, {"use_dictionary": False, "version": "1.0"}])
def test_columns_are_inputs_labels_and_groups(options, written):
    columns = {
        "a": [1.5, None, float("nan"), 4],
        "b": pyarrow.array([1, 2, None, 4], "int8"),
        "c": [True, None, False, True],
        "d": pyarrow.array([decimal.Decimal("1.25")] * 4),
        "person": ["x", "y, z", "x", "é"],
        "kind": ["cat", "None", "cat", "NA"],
    }
    found = read(written(columns, **options), group="person")
    nan = np.nan
    np.testing.assert_array_equal(found.x, [[1.5, 1, 1, 1.25], [nan, 2, nan, 1.25], [nan, nan, 0, 1.25], [4, 4, 1, 1.25]])
    assert (found.names, found.targets) == (("a", "b", "c", "d"), ("kind",))
    assert found.answers.tolist() == ["cat", "None", "cat", "NA"]
    assert found.groups.tolist() == ["x", "y, z", "x", "é"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pyarrow.array([1, 2, 1], "uint16"), [1, 2, 1]),
        (pyarrow.array([0.5, 1, 2]), [0.5, 1, 2]),
        (pyarrow.array([True, False, True]), [True, False, True]),
        (pyarrow.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pyarrow.array([3, 5, 3]).dictionary_encode(), [3, 5, 3]),
        (pyarrow.array([b"a", b"\xff", b"a"]), ["a", "\\xff", "a"]),
        (pyarrow.array(["a", "b", "a"], pyarrow.large_string()), ["a", "b", "a"]),
    ],
    ids=range(7),
)
def test_labels_of_many_types(labels, expected, written):
    assert read(written({"a": [1, 2, 3], "y": labels})).answers.tolist() == expected


def test_what_pandas_wrote_as_an_index_is_no_column(tmp_path):
    frame = pandas.DataFrame({"a": [1.0, 2, 3], "kind": ["x", "y", "x"]}, index=pandas.Index([7, 8, 9], name="id"))
    frame.to_parquet(tmp_path / "t.parquet")
    assert pq.read_schema(tmp_path / "t.parquet").names[-1] == "id"
    found = read(tmp_path / "t.parquet")
    assert (found.names, found.targets) == (("a",), ("kind",))


@pytest.mark.parametrize("about", [b"[" * 5000, b"{}", b"7", b'{"index_columns": [{}, 7, "z"]}', b"\xff"])
def test_an_index_may_be_described_by_anything(about, written):
    found = read(written(pyarrow.table({"a": [1, 2], "y": [1, 2]}).replace_schema_metadata({b"pandas": about})))
    assert found.names == ("a",)


def test_a_table_is_the_same_in_every_format(tmp_path):
    """So that a network trained on one is scored on another."""
    frame = pandas.DataFrame({"a": [1.5, np.nan, 3], "b": [True, False, True], "kind": ["x", "y", "x"]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    one, other = read(tmp_path / "t.csv"), read(tmp_path / "t.parquet")
    np.testing.assert_array_equal(one.x, other.x)
    assert (one.names, one.answers.tolist()) == (other.names, other.answers.tolist())


REFUSED = [
    ({"a": [[1], [2]], "y": [1, 2]}, "column 'a' must hold numbers or texts, not list<"),
    ({"a": [{"b": 1}] * 2, "y": [1, 2]}, "column 'a' must hold numbers or texts, not struct<"),
    ({"a": pyarrow.array([b"ab", b"cd"], pyarrow.binary(2)), "y": [1, 2]}, "column 'a' must hold numbers or texts, not fixed_size_binary"),
    ({"a\x1b[2J": [[1], [2]], "y": [1, 2]}, "column 'a\\\\x1b[2J' must hold numbers"),
    ({"n" * 100_000: ["x", "y"], "y": [1, 2]}, "column 'nnn"),
    ({"a": ["x" * 100_000, "y"], "y": [1, 2]}, "column 'a' must hold numbers; make numbers of what it holds"),
    ({"a": pyarrow.array([1, 2], "timestamp[s]"), "y": [1, 2]}, "column 'a' must hold numbers"),
    ({"a": [1.0, float("inf")], "y": [1, 2]}, "column 'a': sample 2 is infinite"),
    ({"a": [1, 2], "y": ["x", None]}, "column 'y': sample 2 has no label"),
    ({"a": [1, 2], "y": [float("nan"), 1.0]}, "column 'y': sample 1 has no label"),
    ({"a": pyarrow.array([], "int8"), "y": pyarrow.array([], "int8")}, "two samples or more, not 1 inputs and 0 samples"),
    ({"y": [1, 2]}, "a table must have 1..32000 inputs beside its labels"),
    ({}, "it must have at most 32000 columns of inputs, not 0 columns"),
]


@pytest.mark.parametrize(("columns", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_table_is_refused_by_name(columns, sentence, written):
    path = written(columns)
    with pytest.raises(NetworkError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_columns_of_one_name_are_refused(written):
    table = pyarrow.Table.from_arrays([pyarrow.array([1, 2])] * 3, names=["a", "a", "y"])
    with pytest.raises(NetworkError, match="column 'a' is there more than once"):
        read(written(table))


def test_rows_and_columns_are_asked_for_before_anything_is_read(written, monkeypatch):
    """A few bytes that stand for more numbers than a source of samples may have, and for more columns."""

    def never(*words, **options):
        pytest.fail("rows were read")

    monkeypatch.setattr(pq.ParquetFile, "read", never)
    many = pyarrow.array(np.zeros(70 << 20, np.int8))
    path = written({"a": many, "y": many})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(NetworkError, match="it must have at most 1073741824 bytes, unpacked"):
        read(path)
    with pytest.raises(NetworkError, match="it must have at most 32000 columns of inputs, not 32003 columns"):
        read(written({f"c{number}": [1] for number in range(32_003)}))


def test_a_long_text_that_is_often_there_takes_room_once(written):
    """A hundred thousand signs, fifty thousand times: five gigabytes if each had its own."""
    words = pyarrow.DictionaryArray.from_arrays(np.arange(50_000) % 2, ["x" * 100_000, "y"])
    path = written({"a": np.arange(50_000), "y": words})
    assert path.stat().st_size < 1 << 20
    before = pyarrow.total_allocated_bytes()
    frame = parquet.read(path, Wanted()).frame
    assert len({id(value) for value in frame["y"]}) == 2
    assert pyarrow.total_allocated_bytes() - before < 64 << 20


@pytest.mark.parametrize("cut", [1, 8, 100, 400])
def test_what_is_cut_short_is_refused(cut, written):
    path = written({"a": [1, 2], "y": [1, 2]})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(NetworkError, match=r"t\.parquet: no table can be read from it: "):
        read(path)


def test_metadata_that_promise_other_rows_are_refused(written):
    path = written({"a": [1, 2, 3] * 7, "y": [1, 2, 3] * 7})
    content = path.read_bytes()
    size = struct.unpack("<I", content[-8:-4])[0]
    footer = content[-8 - size : -8]
    rows = bytes([0x16, 2 * 21])  # thrift's compact form of a field's 21
    assert footer.count(rows) > 1
    changed = footer.replace(rows, bytes([0x16, 2 * 22]), 1)
    path.write_bytes(content[: -8 - size] + changed + content[-8:])
    with pytest.raises(NetworkError, match="its groups of rows must have as many as its metadata say"):
        read(path)


def test_without_pyarrow_the_extra_is_named(written, monkeypatch):
    path = written({"a": [1, 2], "y": [1, 2]})
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NetworkError, match=r"pip install 'polychron\[parquet\]'"):
        parquet.read(path, Wanted())


def test_the_card_of_pandas_is_what_the_test_thinks(tmp_path):
    pandas.DataFrame({"a": [1.0]}, index=[3]).to_parquet(tmp_path / "t.parquet")
    about = json.loads(pq.read_schema(tmp_path / "t.parquet").metadata[b"pandas"])
    assert about["index_columns"] == ["__index_level_0__"]
