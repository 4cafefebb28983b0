"""Hostile files: refused in one sentence, or right. The short sets run by default, the long ones are slow."""

import gzip
import hashlib
import json
import re
import string
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from firmware import isa
from firmware.compiler import CompileError, compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.contents import contents
from firmware.image.image import read_image, write_image
from firmware.image.sections import ImageError, pack, unpack
from firmware.jitter import JitterError
from golden.integer.file import KEY, load, load_extra, save_network
from golden.integer.layer import NetworkError
from golden.tasks.readers.idx import read_idx
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.target import Labels, Numeric
from hdl.flow.steps import Steps
from polychron.cli import main
from polychron.system.together import LIST, check_together, with_list

from ..firmware.execution import first_difference
from ..firmware.flashed import small_board
from ..firmware.host.core import FakeCore
from .mutants import MEMORY, Rng, fuzz, mutate_array, mutate_bytes, mutate_json
from .targets import BOARD, COUNTS, NETWORKS, one_sentence


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", sorted(NETWORKS))
def test_network_files(kind: str, count: int, tmp_path: Path) -> None:
    """What is accepted is compiled, and the interpreter gives golden's latencies from the image."""
    network = NETWORKS[kind]
    path = tmp_path / "net.safetensors"
    save_network(network, path)
    whole, header, arrays = path.read_bytes(), {"version": 1} | json.loads(json.dumps(network.header())), network.arrays()

    def one(rng: Rng) -> str:
        way = int(rng.integers(3))
        if way == 0:
            path.write_bytes(mutate_bytes(rng, whole))
        elif way == 1:
            path.write_bytes(save(arrays, metadata={KEY: json.dumps(mutate_json(rng, header))}))
        else:
            name = list(arrays)[int(rng.integers(len(arrays)))]
            path.write_bytes(save(arrays | {name: mutate_array(rng, arrays[name])}, metadata={KEY: json.dumps(header)}))
        try:
            load_extra(path)
            mutant = load(path)
            image = write_image(compile_network(mutant, BOARD))
        except (NetworkError, CompileError, JitterError, ImageError) as error:
            one_sentence(error)
            return "refused"
        assert first_difference(mutant, read_image(image), seed=1, steps=3) is None
        return "accepted"

    tally = fuzz(f"network files, {kind}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
def test_images(count: int) -> None:
    """An image that is accepted is written again as it was."""
    image = write_image(compile_network(NETWORKS["rnn"], BOARD))

    def one(rng: Rng) -> str:
        mutant = mutate_bytes(rng, image)
        try:
            program = read_image(mutant)
        except ImageError as error:
            one_sentence(error)
            return "refused"
        assert write_image(program)[: len(image)] == mutant[: len(image)]
        return "accepted"

    assert fuzz("images", one, count=count, memory=MEMORY).seen["refused"]


def mutate_sections(rng: Rng, image: bytes) -> bytes:
    """An image with right CRCs of which one section has other bytes, another place or another kind, is lost, doubled or elsewhere."""
    width, sections = unpack(image)
    at = int(rng.integers(len(sections)))
    section = sections[at]
    match int(rng.integers(7)):
        case 0 | 1 | 2 if section.kind == isa.Kind.META:
            section = replace(section, payload=json.dumps(mutate_json(rng, json.loads(section.payload))).encode())
        case 0 | 1 | 2 if section.payload:
            section = replace(section, payload=mutate_bytes(rng, section.payload))
        case 3:
            section = replace(section, address=int(rng.choice([0, 1, 4, section.address + 4, (1 << 24) - 1])))
        case 4:
            section = replace(section, kind=isa.Kind(rng.choice(list(isa.Kind)[:-1])))
        case 5:
            sections.insert(int(rng.integers(len(sections))), section)
    section = replace(section, payload=section.payload + b" " * (len(section.payload) % 2))
    changed = [*sections[:at], *([] if rng.random() < 0.05 else [section]), *sections[at + 1 :]]
    return pack(changed, width=width)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("tables", ["on chip", "in flash"])
def test_images_of_odd_sections(tables: str, count: int) -> None:
    """An image that is accepted has contents that can be listed, loads into a core, and is the same when it is written and read again."""
    boards_of = {kind: BOARD if tables == "on chip" else small_board(1024 if kind == "transformer" else 64) for kind in NETWORKS}
    images = [write_image(compile_network(network, boards_of[kind])) for kind, network in NETWORKS.items()]
    assert all(any(run.tier for run in read_image(image).runs) == (tables == "in flash") for image in images)

    def one(rng: Rng) -> str:
        image = images[int(rng.integers(len(images)))]
        try:
            mutant = mutate_sections(rng, image)
            program = read_image(mutant)
        except ImageError as error:
            one_sentence(error)
            return "refused"
        assert all(len(str(content)) < 1000 and str(content).isprintable() for content in contents(mutant))
        assert Device(Host(FakeCore()), mutant).loadable
        try:
            again = write_image(program)
        except ImageError as error:  # the writer wants room for fillers that the mutant has none of
            assert tables == "in flash"
            one_sentence(error)
        else:
            assert write_image(read_image(again)) == again
        return "accepted"

    tally = fuzz(f"sections of images, tables {tables}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


TINY = ("--n", "16", "--hidden", "4x3", "--output", "4x3", "--symbols", "16", "--streams", "2", "--window", "4")
TINY_TRANSFORMER = (*"--n 8 --blocks 2 --heads 1 --tables 4 --pairs 2 --place 1 --context 8 --feed 4x2 --output 4x2".split(), *TINY[6:])
SCHEDULE = ("--steps", "2", "--threads", "1", "--seed", "1")
SHORT_COUNTS = [20, pytest.param(1_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", SHORT_COUNTS)
@pytest.mark.parametrize(("task", "shape"), [("text", TINY), ("transformer", TINY_TRANSFORMER)])
def test_resumed_files(task: str, shape: tuple[str, ...], count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file whose float part is another one is refused in a sentence and nothing is written, or it trains on and is saved."""
    text, path, out = tmp_path / "text", tmp_path / "net.safetensors", tmp_path / "out" / "net.safetensors"
    text.write_bytes(b"to be or not to be, " * 100)
    out.parent.mkdir()
    assert main(["train", task, *shape, *SCHEDULE, f"--text={text}", f"--out={path}"]) == 0
    network, floats = load(path), load_extra(path)
    capsys.readouterr()

    def one(rng: Rng) -> str:
        name = list(floats)[int(rng.integers(len(floats)))]
        changed = floats | {name: mutate_array(rng, floats[name])}
        if rng.random() < 0.1:
            del changed[name]
        save_network(network, path, extra=changed)
        code = main(["train", task, *shape, *SCHEDULE, f"--text={text}", f"--resume={path}", f"--out={out}"])
        told = capsys.readouterr()
        made = sorted(file.name for file in out.parent.iterdir())
        if code == 2:
            assert re.search(r"(^|\n)error: [^\n\x1b]{1,1000}\n$", told.err), told.err
            assert not made
            return "refused"
        assert code == 0
        assert made == ["net.png", "net.safetensors"]
        load(out)
        for file in out.parent.iterdir():
            file.unlink()
        return "accepted"

    assert fuzz(f"float parts to resume, {task}", one, count=count).seen["refused"]


@pytest.mark.parametrize("count", SHORT_COUNTS)
def test_texts(count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text of any bytes is refused in a sentence, or trained on, and the network is scored on it."""
    text, out = tmp_path / "text", tmp_path / "net.safetensors"
    text.write_bytes(b"to be or not to be, " * 50)
    for words in (["train", "text", *TINY, *SCHEDULE, f"--text={text}", f"--out={out}"], ["eval", str(out), f"--text={text}"]):
        assert main(words) == 0  # what takes its time where the loops are not compiled yet
    out.unlink()

    def one(rng: Rng) -> str:
        size = int(rng.integers(1 << int(rng.integers(1, 12))))
        data = bytes(rng.integers(0, rng.choice([1, 2, 64, 256]), size).tolist())
        text.write_bytes(data if rng.random() < 0.5 else mutate_bytes(rng, b"to be or not to be, " * (size // 20)))
        code = main(["train", "text", *TINY, *SCHEDULE, f"--text={text}", f"--out={out}"])
        if code == 0:
            assert main(["eval", str(out), f"--text={text}"]) == 0
            out.unlink()
            return "accepted"
        assert code == 2
        assert re.search(r"(^|\n)error: [^\n\x1b]{1,1000}\n$", capsys.readouterr().err)
        assert not out.exists()
        return "refused"

    tally = fuzz("texts", one, count=count)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_idx_files(name: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / name
    whole = struct.pack(">4B3I", 0, 0, 8, 3, 2, 4, 4) + bytes(range(32))

    def one(rng: Rng) -> str:
        if name == "images":
            path.write_bytes(mutate_bytes(rng, whole))
        else:
            packed = gzip.compress(whole if rng.random() < 0.5 else mutate_bytes(rng, whole))
            path.write_bytes(mutate_bytes(rng, packed) if rng.random() < 0.8 else packed)
        try:
            array, data = read_idx(path, ndim=3)
        except NetworkError as error:
            one_sentence(error)
            return "refused"
        assert array.tobytes() == data[16:]
        return "accepted"

    tally = fuzz(f"IDX files, {name}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["table.csv", "table.npz"])
def test_tables(name: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "table.npz":
        np.savez(path, X=np.arange(12.0).reshape(4, 3), y=np.array([1, 2, 1, 2]))
    else:
        path.write_text('a,b c,kind\n1,2.5,x\n,-4e3,"y, z"\n3,nan,x\n0,7,x\n', encoding="utf-8")
    whole = path.read_bytes()

    def one(rng: Rng) -> str:
        path.write_bytes(mutate_bytes(rng, whole))
        try:
            samples = read_samples(path, Labels() if rng.random() < 0.5 else Numeric(), target=None, group=None)
        except NetworkError as error:
            one_sentence(error)
            return "refused"
        assert samples.x.shape == (len(samples.answers), len(samples.names))
        assert not np.isinf(samples.x).any()
        return "accepted"

    tally = fuzz(f"tables, {name}", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
def test_lists_of_files(count: int, tmp_path: Path) -> None:
    """An image is taken beside a list that doesn't name it, or whose every file is as listed; a line of another form counts as none."""
    files = with_list({"image.bin": b"an image", "image.hex": b"the same"})
    path = tmp_path / "image.bin"

    def one(rng: Rng) -> str:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        changed = list(files)[int(rng.integers(3))]
        (tmp_path / changed).write_bytes(mutate_bytes(rng, files[changed]))
        try:
            check_together(path, path.read_bytes())
        except OSError as error:
            one_sentence(error)
            return "refused"
        lines = (tmp_path / LIST).read_bytes().decode(errors="replace").split("\n")
        right = [line for line in lines if set(line[:64]) <= set(string.digits + "abcdef") and line[64:66] in ("  ", " *")]
        right = [line for line in right if 1 <= len(line[66:]) <= 255 and not {"/", "\0"} & set(line)]
        listed = {line[66:]: line[:64] for line in right}
        if path.name in listed:
            assert all(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())
        return "accepted"

    tally = fuzz("lists of files", one, count=count, memory=MEMORY)
    assert tally.seen["refused"]
    assert tally.seen["accepted"]


@pytest.mark.parametrize("count", COUNTS)
def test_records_of_build_steps(count: int, tmp_path: Path) -> None:
    """Whatever a step's folder holds, what the step gives is what it makes."""
    folder = tmp_path / "steps"
    record, made = folder / "one" / "step.json", folder / "one" / "out"

    def make(work: Path) -> None:
        (work / "out").write_bytes(b"made")

    def run() -> Steps:
        steps = Steps(folder=folder, say=lambda line: None)
        assert steps.run("one", title="One", inputs={"in": b"1"}, outputs=["out"], make=make) == {"out": b"made"}
        return steps

    run()
    whole = record.read_bytes()

    def one(rng: Rng) -> str:
        match int(rng.integers(4)):
            case 0:
                record.write_bytes(mutate_bytes(rng, whole))
            case 1:
                record.write_bytes(json.dumps(mutate_json(rng, json.loads(whole))).encode())
            case 2:
                record.write_bytes(b"[" * int(rng.integers(1 << 17)))
            case _:
                made.write_bytes(mutate_bytes(rng, b"made"))
        return "made again" if run().ran else "kept"

    tally = fuzz("records of build steps", one, count=count)
    assert tally.seen["made again"]
