"""IDX files of any size as samples: a file of images and the labels beside it, or a folder with a part that is held out."""

import gzip
import re
import struct

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.images.mnist import read_mnist
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels

from ..images.test_mnist import idx, write_files


def read(path, **rest):
    return read_samples(path, Labels(), **{"target": None, "group": None} | rest)


@pytest.mark.parametrize(("dot", "packed"), [("-", False), (".", True)])
def test_a_file_of_images_and_the_labels_beside_it(dot, packed, tmp_path):
    write_files(tmp_path, size=(9, 14), dot=dot, packed=packed)
    end = f"images{dot}idx3-ubyte{'.gz' if packed else ''}"
    found = read(tmp_path / f"t10k-{end}")
    assert (found.x.shape, found.size, found.held_out) == ((100, 126), (9, 14), 0)
    assert found.answers.tolist() == [number % 10 for number in range(100)]
    assert found.names[-1] == "X125"
    assert [file.name for file in found.files] == [f"t10k-{end}", f"t10k-{end}".replace("images", "labels").replace("idx3", "idx1")]
    assert read(tmp_path / f"train-{end}").sha256 != found.sha256


@pytest.mark.parametrize("part", ["emnist-letters-train-", ""])
def test_a_file_may_have_any_name_before_images(part, tmp_path):
    (tmp_path / f"{part}images-idx3-ubyte").write_bytes(idx(np.arange(12).reshape(3, 2, 2)))
    (tmp_path / f"{part}labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([200, 3, 200]))))
    found = read(tmp_path / f"{part}images-idx3-ubyte")
    np.testing.assert_array_equal(found.x, np.arange(12).reshape(3, 4))
    assert found.answers.tolist() == [200, 3, 200]


def test_a_folder_is_what_the_mnist_task_reads(tmp_path):
    write_files(tmp_path, size=(4, 5))
    found, task = read(tmp_path), read_mnist(tmp_path)
    assert (found.held_out, found.size, found.sha256) == (100, (4, 5), task.sha256)
    np.testing.assert_array_equal(found.x, np.concatenate([task.train_x, task.test_x]))
    np.testing.assert_array_equal(found.answers, np.concatenate([task.train_y, task.test_y]))


def test_a_size_that_is_wanted_is_the_files(tmp_path):
    write_files(tmp_path, size=(9, 14))
    assert read(tmp_path, size=(9, 14)).size == (9, 14)
    with pytest.raises(NetworkError, match=r"train-images-idx3-ubyte: the images are 9 x 14, and must be 14 x 9"):
        read(tmp_path, size=(14, 9))


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (IMAGES, idx(np.zeros((300, 200, 200))), "must hold images of at most 32000 pixels, not 200 x 200"),
        (IMAGES, idx(np.zeros((299, 9, 14))), "needs a label for each of its 299 images, and train-labels-idx1-ubyte has 300"),
        (IMAGES, idx(np.zeros((300, 9, 14)))[:-1], "must hold 37800 bytes after its header of 300 x 9 x 14, not 37799"),
        (IMAGES, bytes((0, 0, 8, 3)) + struct.pack(">3I", 1 << 20, 1 << 10, 1 << 10), "it must have at most 1073741824 bytes, unpacked"),
        (IMAGES, bytes((0, 0, 9, 3)) + struct.pack(">3I", 300, 9, 14), "not an IDX file of unsigned bytes with 3 dimensions"),
        (LABELS, b"", "not an IDX file of unsigned bytes with 1 dimensions"),
        (LABELS, None, "there is no train-labels-idx1-ubyte (plain or .gz)"),
        ("t10k-images-idx3-ubyte", None, "there is no t10k-images-idx3-ubyte (plain or .gz)"),
        ("t10k-images-idx3-ubyte", idx(np.zeros((100, 14, 9))), "images must be 9 x 14 as the training images are, not 14 x 9"),
    ],
    ids=range(9),
)
def test_what_is_wrong_is_told_of_its_file(name, content, sentence, tmp_path):
    write_files(tmp_path, size=(9, 14))
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NetworkError) as caught:
        read(tmp_path)
    assert re.match(re.escape(str(tmp_path / name if content is not None else tmp_path)) + ": ", str(caught.value))
    assert sentence in str(caught.value)


def test_a_bomb_is_unpacked_no_further_than_its_header_says(tmp_path):
    write_files(tmp_path, size=(9, 14), packed=True)
    bomb = idx(np.zeros((300, 9, 14))) + bytes(100 << 20)
    (tmp_path / f"{IMAGES}.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(NetworkError, match="must hold 37800 bytes after its header of 300 x 9 x 14, not more"):
        read(tmp_path)
