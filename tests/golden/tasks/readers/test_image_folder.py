"""A folder of images by class: labels, grey, one size; and every image that is none is named."""

import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from golden.integer.layer import NetworkError
from golden.tasks.readers import image_folder
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


def read(path, **rest):
    return read_samples(path, Labels(), **{"target": None, "group": None} | rest)


@pytest.fixture
def folder(tmp_path):
    """Four images of 6 x 8, two of each class."""
    for label, shift in (("dog", 3), ("cat", 0)):
        (tmp_path / label).mkdir()
        for number in range(2):
            Image.fromarray(RAMP + shift + number).save(tmp_path / label / f"{number}.png")
    return tmp_path


def test_folders_are_labels_and_pixels_inputs(folder):
    (folder / ".hidden").mkdir()
    (folder / "readme.txt").write_text("no image")
    (folder / "cat" / ".0.png").write_text("no image")
    (folder / "cat" / "notes.txt").write_text("no image")
    found = read(folder)
    assert found.answers.tolist() == ["cat", "cat", "dog", "dog"]
    assert (found.size, found.names[:2], len(found.files)) == ((6, 8), ("X0", "X1"), 4)
    np.testing.assert_array_equal(found.x, [(RAMP + step).reshape(-1) for step in (0, 1, 3, 4)])


def test_the_hash_is_of_contents_and_names(folder):
    before = read(folder).sha256
    assert read(folder).sha256 == before
    (folder / "cat" / "0.png").rename(folder / "cat" / "00.png")
    other = read(folder).sha256
    assert other != before
    Image.fromarray(RAMP).save(folder / "cat" / "1.png")
    assert read(folder).sha256 not in (before, other)


def test_all_are_brought_to_the_size_of_the_first_or_the_one_that_is_wanted(folder):
    Image.new("L", (80, 60), 77).save(folder / "dog" / "0.png")
    found = read(folder)
    assert found.x.shape == (4, 48)
    assert set(found.x[2]) == {77}
    found = read(folder, size=(2, 3))
    assert (found.x.shape, found.size) == ((4, 6), (2, 3))
    rows = found.x[0].reshape(2, 3)
    assert (np.diff(rows, axis=0) > 50).all()
    assert (np.diff(rows, axis=1) > 5).all()


@pytest.mark.parametrize(
    ("mode", "value", "grey"),
    [
        ("1", 1, 255),
        ("L", 9, 9),
        ("LA", (200, 51), 40),
        ("RGB", (255, 0, 0), 76),
        ("RGBA", (255, 255, 255, 0), 0),
        ("P", 7, 7),
        ("I;16", 0x1234, 0x12),
    ],
)
def test_every_mode_becomes_grey_and_what_is_transparent_black(mode, value, grey, folder):
    image = Image.new(mode, (8, 6), value)
    if mode == "P":
        image.putpalette([part for step in range(256) for part in (step,) * 3])
    image.save(folder / "cat" / "0.png")
    assert set(read(folder).x[0]) == {grey}


@pytest.mark.parametrize("end", ["jpg", "JPEG", "gif", "bmp", "pgm", "tif", "tiff", "webp"])
def test_every_kind_is_read(end, folder):
    Image.new("L", (8, 6), 128).save(folder / "cat" / f"2.{end}")
    found = read(folder)
    assert found.answers.tolist() == ["cat"] * 3 + ["dog"] * 2
    assert abs(found.x[2] - 128).max() <= 2


def test_an_image_is_turned_as_its_camera_says(folder):
    image = Image.new("L", (8, 6), 0)
    ImageDraw.Draw(image).rectangle((0, 0, 3, 5), fill=255)  # bright on the left, to be turned clockwise
    about = Image.Exif()
    about[0x0112] = 6
    image.save(folder / "cat" / "0.png", exif=about)
    found = read(folder)
    assert found.size == (8, 6)
    assert found.x[0].reshape(8, 6)[:4].min() == 255
    assert found.x[0].reshape(8, 6)[4:].max() == 0


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, packed=b""):
    head = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


HOSTILE = {
    "empty": (b"", "it is no image that can be read (PNG, JPEG, GIF, BMP, PPM, TIFF, WEBP)"),
    "text": (b"\x1b[2J" * 25_000, "it is no image that can be read (PNG"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n", "it is no image that can be read (PNG"),
    "a bomb": (png(30_000, 30_000, zlib.compress(bytes(1 << 20))), "it is no image that can be read: "),
    "many pixels": (png(9_000, 9_000), "it must have at most 67108864 pixels, not 9000 x 9000"),
    "no pixels": (png(0, 5), "it is no image that can be read"),
    "cut": (png(8, 6, zlib.compress(bytes(54))[:-6]), "it is no image that can be read: "),
    "nothing unpacked": (png(8, 6), "it is no image that can be read: "),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_image_that_cannot_be_read_is_named(kind, folder):
    content, sentence = HOSTILE[kind]
    path = folder / "dog" / "1.png"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NetworkError) as caught:
            read(folder)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_library_in_c_is_not_heard(folder, capfd, caplog):
    """libtiff writes to the terminal itself what is wrong with a strip."""
    path = folder / "dog" / "1.tif"
    Image.fromarray(RAMP).save(path, compression="tiff_lzw")
    read(folder)
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\xff" * 20 + content[28:])
    with pytest.raises(NetworkError, match=r"1\.tif: it is no image that can be read: "):
        read(folder)
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"


def test_floats_are_no_pixels(folder):
    Image.new("F", (8, 6), 0.5).save(folder / "cat" / "0.tif")
    with pytest.raises(NetworkError, match=r"0\.tif: its pixels must be whole numbers"):
        read(folder)


def test_the_first_image_may_be_too_large_to_be_the_size(folder):
    Image.new("L", (640, 480)).save(folder / "cat" / "0.png")
    with pytest.raises(NetworkError, match=r"0\.png: it has 480 x 640, more than the 32000 pixels that a network takes: give --size"):
        read(folder)
    assert read(folder, size=(6, 8)).size == (6, 8)


def test_more_images_than_a_source_may_hold_are_refused_at_the_first(folder, monkeypatch):
    monkeypatch.setattr("golden.tasks.readers.content.MAX_BYTES", 5 * 48)
    read(folder)
    Image.fromarray(RAMP).save(folder / "cat" / "2.bmp")
    Image.fromarray(RAMP).save(folder / "cat" / "3.bmp")
    (folder / "dog" / "1.png").write_bytes(b"not looked at")
    with pytest.raises(NetworkError, match="it must have at most 240 bytes, unpacked"):
        read(folder)


def test_what_is_no_regular_file_is_refused(folder):
    os.mkfifo(folder / "dog" / "2.png")
    with pytest.raises(OSError, match="it is a FIFO, not a regular file") as caught:
        read(folder)
    assert caught.value.filename == str(folder / "dog" / "2.png")


def test_folders_without_images_are_refused(folder, tmp_path):
    (folder / "train" / "cat").mkdir(parents=True)
    with pytest.raises(NetworkError, match=r"train: there is no image in it \(a name that ends with \.png, "):
        read(folder)
    for number in range(300):
        (folder / f"c{number}").mkdir()
    with pytest.raises(NetworkError, match=r"there must be IDX files, or 1\.\.256 folders of images, one a class, not 303 folders"):
        read(folder)


def test_a_label_may_have_any_name(folder):
    odd = os.fsdecode(b"\xff\x1b[2J\n") + "l" * 200
    (folder / "dog").rename(folder / odd)
    assert read(folder).answers.tolist() == ["cat", "cat", odd, odd]
    (folder / odd / "1.png").write_bytes(b"")
    with pytest.raises(NetworkError) as caught:
        read(folder)
    assert str(caught.value).isprintable()


def test_pillow_is_asked_for_known_kinds_alone():
    assert set(image_folder.KINDS).isdisjoint({"EPS", "PDF", "WMF", "FITS", "HDF5", "GRIB", "BUFR", "MPEG"})
