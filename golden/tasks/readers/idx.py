"""IDX files: images of unsigned bytes beside their labels, as MNIST's are, of any height and width, plain or .gz."""

import hashlib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable
from polychron.system.files import open_input

from ...integer.layer import NetworkError
from ..fitting.recipe import MAX_INPUTS
from .content import check_size, named, take, take_unpacked
from .sizes import Size, shown
from .table import Table, Wanted, frame_of

NAME = re.compile(r"(?P<part>.*)images[-.]idx3-ubyte(\.gz)?", re.IGNORECASE)
"""Of a file of images; that of its labels has labels and idx1 instead."""

TRAIN, TEST = "train", "t10k"
"""The parts of a folder: what is trained on, and what is held out."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """``images`` (samples, height, width) and ``labels`` (samples,) of two ``files``, and their ``content``, unpacked, one after the
    other."""

    images: Bytes
    labels: Bytes
    files: tuple[Path, Path]
    content: tuple[bytes, bytes]

    @property
    def size(self) -> Size:
        return self.images.shape[1], self.images.shape[2]


def read_idx(path: Path, *, ndim: int) -> tuple[Bytes, bytes]:
    """An IDX file of unsigned bytes with ``ndim`` dimensions: the array, and the file's bytes, unpacked. What its header promises is
    compared with the limit before it is read."""
    start = 4 + 4 * ndim
    with named(path), open_input(path) as plain:
        some = take_unpacked if path.name.lower().endswith(".gz") else take
        head = some(plain, start)
        if len(head) < start or head[:4] != bytes((0, 0, 8, ndim)):
            raise NetworkError(f"not an IDX file of unsigned bytes with {ndim} dimensions")
        shape = tuple(int(size) for size in np.frombuffer(head, ">u4", ndim, 4))
        sizes, size = " x ".join(map(str, shape)), math.prod(shape)
        if size == 0:
            raise NetworkError(f"must have a size above 0 in each dimension, not {sizes}")
        check_size(size)
        plain.seek(0)
        data = some(plain, start + size + 1)
        if len(data) != start + size:
            found = len(data) - start if len(data) <= start + size else "more"
            raise NetworkError(f"must hold {size} bytes after its header of {sizes}, not {found}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape), data


def read_labelled(path: Path) -> Labelled:
    """A file of images, and the labels beside it."""
    images, content = read_idx(path, ndim=3)
    _, height, width = images.shape
    if height * width > MAX_INPUTS:
        raise NetworkError(f"{printable(path)}: must hold images of at most {MAX_INPUTS} pixels, not {shown((height, width))}")
    found = NAME.fullmatch(path.name)
    beside = _find(path.parent, found["part"] if found else "", "labels", 1)
    labels, label_content = read_idx(beside, ndim=1)
    if len(labels) != len(images):
        raise NetworkError(f"{printable(path)}: needs a label for each of its {len(images)} images, and {beside.name} has {len(labels)}")
    return Labelled(images=images, labels=labels, files=(path, beside), content=(content, label_content))


def read_parts(folder: Path) -> tuple[Labelled, Labelled]:
    """What is trained on, and what is held out, of one size."""
    train, test = (read_labelled(_find(folder, f"{part}-", "images", 3)) for part in (TRAIN, TEST))
    if test.size != train.size:
        sizes = f"images must be {shown(train.size)} as the training images are, not {shown(test.size)}"
        raise NetworkError(f"{printable(test.files[0])}: {sizes}")
    return train, test


def sha256(parts: tuple[Labelled, ...]) -> str:
    """Of images and labels, part by part."""
    digest = hashlib.sha256()
    for content in (content for part in parts for content in part.content):
        digest.update(content)
    return digest.hexdigest()


def _find(folder: Path, part: str, kind: str, ndim: int) -> Path:
    names = [f"{part}{kind}{dot}idx{ndim}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise NetworkError(f"{printable(folder)}: there is no {printable(names[0])} (plain or .gz)")


def is_folder_of_idx(folder: Path) -> bool:
    """Whether there are files of images in it."""
    return any(NAME.fullmatch(name) for name in os.listdir(folder))


def read(path: Path, wanted: Wanted) -> Table:
    """A file of images and the labels beside it."""
    return _table((read_labelled(path),), wanted)


def read_folder(path: Path, wanted: Wanted) -> Table:
    """The training and the test files of a folder; the test's are held out."""
    return _table(read_parts(path), wanted)


def _table(parts: tuple[Labelled, ...], wanted: Wanted) -> Table:
    size = parts[0].size
    if wanted.size not in (None, size):
        raise NetworkError(f"{printable(parts[0].files[0])}: the images are {shown(size)}, and must be {shown(wanted.size or size)}")
    images = np.concatenate([part.images for part in parts]) if len(parts) > 1 else parts[0].images
    return Table(
        frame=frame_of(images, np.concatenate([part.labels for part in parts]), name="label"),
        sha256=sha256(parts),
        files=tuple(file for part in parts for file in part.files),
        apart=True,
        size=size,
        held_out=sum(len(part.labels) for part in parts[1:]),
    )
