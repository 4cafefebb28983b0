"""Tables in files: what is read, and how what is none is refused."""

import gzip
import io
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.integer.layer import NetworkError
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels, Numeric

CSV = "height,width,group,kind\n1,2.5,a,cat\n,4,a,dog\n3e2,-1,b,cat\n"


@pytest.fixture
def table(tmp_path):
    def written(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


LABELS = Labels()


def read(path, target=None, group=None, kind=LABELS):
    return read_samples(path, kind, target=target, group=group)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "T.TSV.GZ"])
def test_columns_are_inputs_labels_and_groups(name, table):
    text = CSV.replace(",", "\t") if ".tsv" in name.lower() else CSV
    found = read(table(gzip.compress(text.encode()) if name.lower().endswith("gz") else text, name), group="group")
    np.testing.assert_array_equal(found.x, [[1, 2.5], [np.nan, 4], [300, -1]])
    assert (found.names, found.targets) == (("height", "width"), ("kind",))
    assert found.answers.tolist() == ["cat", "dog", "cat"]
    assert found.groups.tolist() == ["a", "a", "b"]


def test_any_column_may_be_the_target(table):
    found = read(table("a,b,c\n1,True,2\n3,False,4\n"), target="b")
    assert found.answers.tolist() == [True, False]
    assert found.names == ("a", "c")
    assert read(table("a,b\n1,0\n2,7\n")).answers.tolist() == [0, 7]


def test_arrays_of_any_shape(tmp_path):
    X, y = np.arange(24).reshape(4, 3, 2), np.array(["u", "v", "u", "v"])
    np.savez(tmp_path / "t.npz", X=X, y=y)
    found = read(tmp_path / "t.npz")
    np.testing.assert_array_equal(found.x, X.reshape(4, 6))
    assert found.answers.tolist() == y.tolist()
    assert found.names == tuple(f"X{number}" for number in range(6))


def test_words_for_what_is_missing_are_labels_and_groups_among_texts(table):
    found = read(table("a,g,k\nNA,NA,None\n,x,NA\nTrue,nan,yes\n"), group="g")
    assert found.answers.tolist() == ["None", "NA", "yes"]
    assert found.groups.tolist() == ["NA", "x", "nan"]
    np.testing.assert_array_equal(found.x, [[np.nan], [np.nan], [1]])


def test_truth_values_and_long_numbers_are_inputs(table):
    found = read(table("a,b,c,k\nTrue,118446744073709551615,18446744073709551615,x\n,2,-2,y\n"))
    due = np.array([[1, 118446744073709551615, 18446744073709551615], [np.nan, 2, -2]], float)
    np.testing.assert_allclose(found.x, due, rtol=2**-52)  # some versions of pandas round to a neighbour


@pytest.mark.parametrize(
    ("y", "labels"),
    [(np.array([b"a", b"\xff"]), ["a", "\\xff"]), (np.array([1, 2], np.longdouble), [1.0, 2.0]), (np.array([1, 2], ">i4"), [1, 2])],
)
def test_labels_of_an_array_of_any_type(y, labels, tmp_path):
    np.savez(tmp_path / "t.npz", X=np.zeros((2, 1)), y=y)
    found = read(tmp_path / "t.npz").answers
    assert found.tolist() == labels
    assert all(isinstance(label, str | int | float) for label in found.tolist())


def test_labels_read_for_known_texts_are_texts(table):
    path = table("a,k\n1,01\n2,1\n")
    assert read_samples(path, Labels(texts=True), target="k", group="g", scored=True).answers.tolist() == ["01", "1"]
    assert read_samples(path, LABELS, target="k", group="g", scored=True).answers.tolist() == [1, 1]
    with pytest.raises(NetworkError, match=r"table\.csv: there is no column 'z'; the columns are: a, k"):
        read_samples(path, LABELS, target="z", group=None, scored=True)


def test_numbers_of_several_columns(table, tmp_path):
    text = 'a,"b,c",d,e\n1,True,2,0.5\n,False,4,7\n'
    found = read(table(text), target="e,d", kind=Numeric())
    np.testing.assert_array_equal(found.answers, [[0.5, 2], [7, 4]])
    assert (found.names, found.targets) == (("a", "b,c"), ("e", "d"))
    np.testing.assert_array_equal(read(table(text), target="b,c", kind=Numeric()).answers, [[1], [0]])
    assert read(table(text), kind=Numeric()).targets == ("e",)
    np.savez(tmp_path / "t.npz", X=np.zeros((4, 3)), y=np.arange(8).reshape(4, 2))
    found = read(tmp_path / "t.npz", kind=Numeric())
    np.testing.assert_array_equal(found.answers, np.arange(8).reshape(4, 2))
    assert found.targets == ("y0", "y1")
    with pytest.raises(NetworkError, match="the labels must be in one column, not in 2"):
        read(tmp_path / "t.npz")


NO_NUMBERS = [
    ("a,b\n1,2\n2,x\n", None, "column 'b' must hold numbers"),
    ("a,b\n1,2\n2,\n", None, "column 'b': sample 2 has no number"),
    ("a,b\n1,True\n2,\n", None, "column 'b': sample 2 has no number"),
    ("a,b\n1,inf\n2,1\n", None, "column 'b': sample 1 is infinite"),
    ("a,b\n1,0\n2,-1e101\n", None, "column 'b': sample 2 is beyond 1e+100"),
    ("a,b\n1,0\n2,1\n", "b,b", "--target must name each column once"),
    ("a,b\n1,0\n2,1\n", "b,c", "--target: there is no column 'c'; the columns are: a, b"),
    ("a,b\n1,0\n2,1\n", "b,", "--target: there is no column ''"),
    ("a,b\n1,0\n2,1\n", "a,b", "a table must have 1..32000 inputs beside its targets, and two samples or more, not 0 inputs"),
]


@pytest.mark.parametrize(("content", "target", "sentence"), NO_NUMBERS)
def test_what_are_no_numbers_to_learn_is_refused_by_name(content, target, sentence, table):
    with pytest.raises(NetworkError) as caught:
        read(table(content), target=target, kind=Numeric())
    assert sentence in str(caught.value)


REFUSED = [
    (CSV, {"target": "size"}, "--target: there is no column 'size'; the columns are: height, width, group, kind"),
    (CSV, {"group": "size"}, "--group: there is no column 'size'"),
    (CSV, {}, "column 'group' must hold numbers; make numbers of what it holds, or leave it out"),
    (CSV, {"target": "kind", "group": "kind"}, "--group must name another column than that of the labels, 'kind'"),
    ("a,kind\n2020-01-01,cat\n2020-01-02,dog\n", {}, "column 'a' must hold numbers"),
    ("kind\ncat\ndog\n", {}, "a table must have 1..32000 inputs beside its labels, and two samples or more, not 0 inputs"),
    ("a,kind\n1,cat\n", {}, "two samples or more, not 1 inputs and 1 samples"),
    ("a,kind\n1,cat\n2,\n", {}, "column 'kind': sample 2 has no label"),
    ("a,kind\n1,cat\ninf,dog\n", {}, "column 'a': sample 2 is infinite"),
    ("a,kind\n1,2\n2,nan\n", {}, "column 'kind': sample 2 has no label"),
    ("a,kind\n1,2\n2,inf\n", {}, "column 'kind': the label of sample 2 is infinite"),
    ("a,g,kind\n1,2,x\n2,,y\n", {"group": "g"}, "column 'g': sample 2 has no group"),
    ("", {}, "no table can be read from it: "),
    ("a,b\n1,2\n1,2,3\n", {}, "no table can be read from it: "),
    (b"a,b\n\xff\xfe,1\n", {}, "no table can be read from it: "),
]


@pytest.mark.parametrize(("content", "options", "sentence"), REFUSED)
def test_what_is_no_table_is_refused_by_name(content, options, sentence, table):
    path = table(content)
    with pytest.raises(NetworkError) as caught:
        read(path, **options)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)


def zipped(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def encrypted(content):
    """With the flag of it in every entry of the archive's directory and before every part."""
    return re.sub(rb"(PK\x03\x04..|PK\x01\x02....)(.)", lambda found: found[1] + bytes([found[2][0] | 1]), content, flags=re.DOTALL)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


ARRAYS = [
    (b"", "no arrays can be read"),
    (npz(X=np.zeros((2, 2))), "it must have the arrays X"),
    (npz(X=np.zeros((2, 2)), y=np.zeros(3)), "X must have a row for each one of y, not (2, 2) for (3,)"),
    (npz(X=np.zeros(2), y=np.zeros(2)), "X must have a row for each one of y"),
    (npz(X=np.zeros((0, 2)), y=np.zeros(0)), "array X: it must have a size above 0 in each dimension, and of an entry, not 0 x 2"),
    (npz(X=np.zeros((2, 1)), y=np.zeros((2, 2, 2))), "X must have a row for each one of y, not (2, 1) for (2, 2, 2)"),
    (npz(X=np.zeros((2, 1)), y=np.zeros((2, 257))), "y must have at most 256 columns, not 257"),
    (npz(X=np.zeros((2, 40_000), bool), y=np.zeros(2)), "X must have at most 32000 numbers a row, not 40000"),
    (npz(X=np.array([[{}], [{}]], object), y=np.zeros(2)), "array X: it must be a plain array, not one of Python objects"),
    (npz(X=np.array([[1j], [2]]), y=np.zeros(2)), "column 'X0' must hold numbers"),
    (npz(X=np.zeros((2, 2), "i4,i4"), y=np.zeros(2)), "array X: it must be a plain array, not one of records"),
    (zipped(X=b"\x93NUMPY\x01\x00", y=b""), "array X: it is no array of NumPy's"),
    (zipped(X=b"no array", y=b""), "array X: it is no array of NumPy's"),
    (encrypted(zipped(X=b"", y=b"")), "no arrays can be read"),
    (zipped(X=bytes(1100 << 20)), "it must have at most 1073741824 bytes, unpacked"),
]


@pytest.mark.parametrize(("content", "sentence"), ARRAYS, ids=range(len(ARRAYS)))
def test_what_is_no_pair_of_arrays_is_refused(content, sentence, table):
    with pytest.raises(NetworkError) as caught:
        read(table(content, "t.npz"))
    assert sentence in str(caught.value)


def test_other_names_and_bad_archives_are_refused(table):
    with pytest.raises(NetworkError, match=r"table\.xls: the name must end with \.csv, \.tsv, \.csv\.gz, \.tsv\.gz, \.parquet, "):
        read(table(CSV, "table.xls"))
    with pytest.raises(NetworkError, match="it can't be unpacked"):
        read(table(CSV, "table.csv.gz"))
    with pytest.raises(NetworkError, match="it can't be unpacked"):
        read(table(gzip.compress(CSV.encode())[:-9], "table.csv.gz"))


ANY = st.binary(max_size=80) | st.text('ab1.,\n"\t-e', max_size=80).map(str.encode)


@settings(max_examples=300)
@given(ANY, st.sampled_from(["t.csv", "t.tsv", "t.csv.gz", "t.npz"]))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, content, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        found = read(path)
    except NetworkError:
        return
    assert found.x.shape == (len(found.answers), len(found.names))
    assert not np.isinf(found.x).any()
