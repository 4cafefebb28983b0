"""Hostile sources of samples: refused in one sentence, or read as numbers and labels. The short sets run by default, the long ones are
slow."""

import ast
import io
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from golden.integer.layer import NetworkError
from golden.tasks.tables.read import Samples, read_samples
from golden.tasks.tables.target import Labels, Numeric, Target

from .mutants import MEMORY, ODD, Rng, fuzz, mutate_bytes
from .targets import COUNTS, one_sentence

X, Y = np.arange(12.0).reshape(4, 3), np.array([1, 2, 1, 2])


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def mutate_npy(rng: Rng, whole: bytes) -> bytes:
    """Another type, shape or order in a header of the right length, or other bytes."""
    if rng.random() < 0.3:
        return mutate_bytes(rng, whole)
    size = struct.unpack("<H", whole[8:10])[0]
    header, rest = ast.literal_eval(whole[10 : 10 + size].decode()), whole[10 + size :]
    key = list(header)[int(rng.integers(3))]
    match int(rng.integers(3)), key:
        case 0, "shape":
            header[key] = tuple(int(rng.choice([0, -1, 1, 3, 4, 12, 1 << 31, 1 << 62])) for _ in range(rng.integers(4)))
        case 0 | 1, "descr":
            header[key] = str(rng.choice(["<f4", ">f8", "<f2", "|O", "|b1", "<U2", "|S8", "<i8", "<c16", "<M8[s]", "|V8", "<f16", "", "x"]))
        case 1, _:
            header[key] = ODD[int(rng.integers(len(ODD)))]
        case _:
            header = {name: value for name, value in header.items() if name != key}
    text = (repr(header).encode(errors="replace") + b"\n").ljust(64)
    return whole[:8] + struct.pack("<H", len(text)) + text + rest


def mutate_npz(rng: Rng, whole: bytes) -> bytes:
    """Another array in an archive with right CRCs."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(file, "w", int(rng.choice([0, 8, 12, 14]))) as archive:
        parts = {part.filename: before.read(part) for part in before.infolist()}
        name = list(parts)[int(rng.integers(2))]
        parts[name] = mutate_npy(rng, parts[name])
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, X=X, y=Y)
    return file.getvalue()


def parquet() -> bytes:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    columns = {"a": [1.5, None, 3.0, 4.0], "b": [True, False, None, True], "c": [1, 2, 3, 4], "kind": ["x", "y, z", "x", "x"]}
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def mutate_parquet(rng: Rng, whole: bytes) -> bytes:
    """Other metadata, with their length as it should be, or other pages."""
    size = struct.unpack("<I", whole[-8:-4])[0]
    pages, footer = whole[: -8 - size], whole[-8 - size : -8]
    if rng.random() < 0.5:
        footer = mutate_bytes(rng, footer)
    else:
        pages = (b"PAR1" + mutate_bytes(rng, pages[4:]))[: len(pages)].ljust(len(pages), b"\0")
    return pages + footer + struct.pack("<I", len(footer)) + b"PAR1"


def check(path: Path) -> str:
    """Of labels; numbers are tried, too."""
    tried(path, Numeric())
    return tried(path, Labels())


def tried(path: Path, target: Target) -> str:
    try:
        samples = read_samples(path, target, target=None, group=None)
    except NetworkError as error:
        sentence = str(error)
        one_sentence(error)
    else:
        return accepted(samples)
    assert sentence.isprintable()
    assert str(path.parent) in sentence
    return "refused"


def accepted(samples: Samples) -> str:
    assert samples.x.shape == (len(samples.answers), len(samples.names))
    assert not np.isinf(samples.x).any()
    return "accepted"


Mutate = Callable[[Rng, bytes], bytes]
FILES: dict[str, tuple[Callable[[], bytes], Mutate]] = {
    "table.npy": (lambda: npy(X), mutate_npy),
    "table.npz": (npz, mutate_npz),
    "table.parquet": (parquet, mutate_parquet),
}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", FILES)
def test_files_of_samples(name: str, count: int, tmp_path: Path) -> None:
    path, (make, mutate) = tmp_path / name, FILES[name]
    whole = make()
    path.write_bytes(whole)
    assert check(path) == "accepted"

    def one(rng: Rng) -> str:
        path.write_bytes(mutate(rng, whole))
        return check(path)

    tally = fuzz(f"samples, {name}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("parts", [["train"], ["train", "t10k"]], ids=["file", "folder"])
def test_idx_files_of_images_and_labels(parts: list[str], count: int, tmp_path: Path) -> None:
    files = {}
    for part in parts:
        files |= {
            f"{part}-images-idx3-ubyte": idx(np.arange(60).reshape(4, 3, 5)),
            f"{part}-labels-idx1-ubyte": idx(np.array([0, 1, 9, 1])),
        }
    path = tmp_path if len(parts) > 1 else tmp_path / "train-images-idx3-ubyte"

    def one(rng: Rng) -> str:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        changed = list(files)[int(rng.integers(len(files)))]
        header = 4 + 4 * files[changed][3]
        if rng.random() < 0.5:  # another size
            at = 4 * int(rng.integers(1, header // 4))
            size = struct.pack(">I", int(rng.choice([0, 1, 2, 3, 4, 5, 6, 1 << 16, 1 << 31])))
            (tmp_path / changed).write_bytes(files[changed][:at] + size + files[changed][at + 4 :])
        else:
            (tmp_path / changed).write_bytes(mutate_bytes(rng, files[changed]))
        return check(path)

    tally = fuzz(f"samples, IDX, {len(parts)} parts", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def mutate_png(rng: Rng, whole: bytes) -> bytes:
    """A chunk with other content, of another kind, lost or doubled, and right CRCs."""
    chunks, at = [], 8
    while at < len(whole):
        size = struct.unpack(">I", whole[at : at + 4])[0]
        chunks.append((whole[at + 4 : at + 8], whole[at + 8 : at + 8 + size]))
        at += size + 12
    number = int(rng.integers(len(chunks)))
    kind, data = chunks[number]
    match int(rng.integers(5)):
        case 0:
            kind = bytes(rng.choice([b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"eXIf", b"acTL", b"IEND"]))
        case 1:
            chunks.insert(number, chunks[number])
        case 2:
            data = b""
        case _:
            data = mutate_bytes(rng, data)
    chunks[number] = kind, data
    return whole[:8] + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP"])
def test_images_in_a_folder(kind: str, count: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole: Any = picture(kind)
    for name in ("cat/1", "cat/2", "dog/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.{kind.lower()}").write_bytes(whole)
    assert check(tmp_path) == "accepted"
    path = tmp_path / "cat" / f"2.{kind.lower()}"

    def one(rng: Rng) -> str:
        path.write_bytes(mutate_png(rng, whole) if kind == "PNG" and rng.random() < 0.7 else mutate_bytes(rng, whole))
        return check(tmp_path)

    tally = fuzz(f"samples, images, {kind}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]
    assert capfd.readouterr().err == ""  # nothing of the libraries' own
    shutil.rmtree(tmp_path)
