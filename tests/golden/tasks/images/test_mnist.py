import gzip
import struct

import numpy as np
import pytest

from golden.integer.deep import deep_forward
from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.shipped import FOLDER
from golden.tasks.fitting.accuracy import integer_accuracy
from golden.tasks.images.classifier import train_images
from golden.tasks.images.mnist import read_mnist
from golden.tasks.images.recipe import RECIPES, Growth, ImageRecipe
from golden.tasks.images.warp import views_of
from polychron.cli import main


def idx(array):
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()


def write_files(folder, *, packed=False, dot="-", size=(28, 28)):
    """Images whose class is the row of a bright bar, or where it begins."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 300), ("t10k", 100)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 60, (count, *size))
        if size == (28, 28):
            images[np.arange(count), 4 + 2 * labels, 5:23] = 200
        else:
            bar = np.arange(size[0] * size[1] // 10) + labels[:, None] * (size[0] * size[1] // 10)
            np.put_along_axis(images.reshape(count, -1), bar, 200, axis=1)
        for name, array in ((f"{part}-images{dot}idx3-ubyte", images), (f"{part}-labels{dot}idx1-ubyte", labels)):
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
            else:
                (folder / name).write_bytes(idx(array))


WARP = RECIPES["mnist"].warp
TINY = ImageRecipe(n_t=12, n_c=4, frac=4, warp=WARP, growth=Growth(pool=200, rows=300), views=1, epochs=6, rounded_epochs=3, batch=32)


def test_plain_and_packed_files_are_the_same_data(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write_files(tmp_path / "a")
    write_files(tmp_path / "b", packed=True, dot=".")
    one, other = read_mnist(tmp_path / "a"), read_mnist(tmp_path / "b")
    assert one.sha256 == other.sha256
    np.testing.assert_array_equal(one.train_x, other.train_x)
    assert one.train_x.shape == (300, 784)
    assert one.test_y.tolist() == [k % 10 for k in range(100)]
    assert one.test_x[3].reshape(28, 28)[10, 5] == 200


def test_training_on_it(tmp_path):
    write_files(tmp_path)
    data = read_mnist(tmp_path)
    network = train_images(data, TINY, seed=0).network.validate()
    assert network.frac == 4
    assert integer_accuracy(network, data.test_x, data.test_y) > 0.8
    assert integer_accuracy(network, data.test_x, np.roll(data.test_y, 1)) < 0.3


def test_views_begin_with_the_images_and_are_seeded(tmp_path):
    write_files(tmp_path)
    x = read_mnist(tmp_path).train_x
    views = views_of(x, (28, 28), WARP, seed=0)
    assert views(0) is x
    assert views(3) is x
    assert views_of(x, (28, 28), None, seed=0)(1) is x
    assert not np.array_equal(views(1), x)
    np.testing.assert_array_equal(views(1), views_of(x, (28, 28), WARP, seed=0)(1))
    assert not np.array_equal(views(1), views_of(x, (28, 28), WARP, seed=1)(1))


@pytest.mark.parametrize("size", [(9, 14), (64, 64), (1, 40)])
def test_training_on_images_of_another_size(size, tmp_path, capsys):
    """From the command line: the size is the files', and the card has it; other files are refused."""
    data, out = tmp_path / "data", tmp_path / "net.safetensors"
    data.mkdir()
    write_files(data, size=size)
    assert main(["train", "mnist", f"--data={data}", "--tables=8", "--pairs=4", "--anchors=covering", f"--out={out}"]) == 0
    network = load(out)
    assert (network.n_in, network.card["data"]["size"]) == (size[0] * size[1], f"{size[0]} x {size[1]}")
    assert main(["eval", str(out), f"--data={data}"]) == 0
    told = capsys.readouterr().out
    assert network.card["figures"]["accuracy_integer"] > 0.5
    assert f"accuracy_integer: {network.card['figures']['accuracy_integer']:g}\n" in told
    write_files(data, size=size[::-1])
    if size[0] != size[1]:
        assert main(["eval", str(out), f"--data={data}"]) == 2
        shown = f"the images are {size[1]} x {size[0]}, those the network was trained on {size[0]} x {size[1]}"
        assert capsys.readouterr().err == f"error: {data}: {shown}\n"


def test_the_preset_fits_the_hardware():
    recipe = RECIPES["mnist"]
    assert recipe.pairs <= 1000
    assert recipe.n_t * (1 << recipe.n_c) * 8 <= 128 * 1024


def broken(folder, name, change):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


LABELS, IMAGES = "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (LABELS, lambda data: data[:-1], "must hold 300 bytes after its header of 300, not 299"),
        (LABELS, lambda data: data + b"0", "must hold 300 bytes after its header of 300, not more"),
        (LABELS, lambda data: data[:-1] + b"\x0a", "needs a label 0..9 for each of its 300 images"),
        (LABELS, lambda data: idx(np.zeros(299)), "needs a label for each of its 300 images, and train-labels-idx1-ubyte has 299"),
        (LABELS, lambda data: b"", "not an IDX file of unsigned bytes with 1 dimensions"),
        (IMAGES, lambda data: b"\0\0\x08\x01" + data[4:], "not an IDX file of unsigned bytes with 3 dimensions"),
        (IMAGES, lambda data: b"\0\0\x0d\x03" + data[4:], "not an IDX file of unsigned bytes with 3 dimensions"),
        (IMAGES, lambda data: data[:4] + b"\xff" * 12, "it must have at most 1073741824 bytes, unpacked"),
        (IMAGES, lambda data: idx(np.zeros((100, 28, 27))), "images must be 28 x 28 as the training images are, not 28 x 27"),
        (IMAGES, lambda data: idx(np.zeros((0, 28, 28))), "must have a size above 0 in each dimension, not 0 x 28 x 28"),
        (
            IMAGES,
            lambda data: idx(np.zeros((1, 1, 1)))[:4] + bytes.fromhex("ffffffff ffffff00 00000000"),
            "not 4294967295 x 4294967040 x 0",
        ),
        (IMAGES, lambda data: idx(np.zeros((1, 200, 200))), "must hold images of at most 32000 pixels, not 200 x 200"),
        (IMAGES, lambda data: idx(np.zeros((9, 0, 5))), "must have a size above 0 in each dimension, not 9 x 0 x 5"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(tmp_path, name, change, message):
    write_files(tmp_path)
    broken(tmp_path, name, change)
    with pytest.raises(NetworkError) as caught:
        read_mnist(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_of_one_pixel_are_refused(tmp_path):
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(np.zeros((2, 1, 1))))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(2)))
    with pytest.raises(NetworkError, match=r"train-images-idx3-ubyte: must hold images of two pixels or more, not 1 x 1"):
        read_mnist(tmp_path)


def test_missing_and_damaged_files(tmp_path):
    write_files(tmp_path, packed=True)
    good = (tmp_path / f"{LABELS}.gz").read_bytes()
    for data in (good[:-9], b"no gzip", good[:20] + b"\xff\xff\xff" + good[23:]):
        (tmp_path / f"{LABELS}.gz").write_bytes(data)
        with pytest.raises(NetworkError, match=r"it can't be unpacked|must hold"):
            read_mnist(tmp_path)
    (tmp_path / f"{LABELS}.gz").unlink()
    with pytest.raises(NetworkError, match=r"there is no train-labels-idx1-ubyte \(plain or \.gz\)"):
        read_mnist(tmp_path)
    with pytest.raises(NetworkError, match="there is no train-images-idx3-ubyte"):
        read_mnist(tmp_path / "nowhere")


def test_the_shipped_network_has_the_presets_shape():
    network = load(FOLDER / "mnist.safetensors")
    recipe = RECIPES["mnist"]
    assert (network.n, network.n_out, network.frac) == (784, 10, recipe.frac)
    assert network.output.groups[0].anchors.shape == (recipe.n_t, recipe.n_c, 2)
    assert network.card["figures"]["accuracy_integer"] >= 0.975
    blank = deep_forward(network, np.zeros((1, 784), np.int16)).states[-1]
    bright = deep_forward(network, np.full((1, 784), 255, np.int16)).states[-1]
    np.testing.assert_array_equal(blank, bright)  # only the order of latencies matters
    ramp = deep_forward(network, np.arange(784, dtype=np.int16)[None]).states[-1]
    assert not np.array_equal(blank, ramp)
