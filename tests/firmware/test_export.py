"""The export command: what its files hold, and how it refuses."""

import errno
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from intelhex import IntelHex

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.export import main
from firmware.image.files import FileError, export_files, read_bytes, write_atomic
from firmware.image.image import read_image, write_image
from golden.integer.file import save_network
from golden.integer.network import Network
from sim.cycles import predict

from .compiler.test_compiler import shaped
from .execution import first_difference
from .flashed import small_board
from .networks import random_network
from .transformers import random_transformer

ICEBREAKER = boards.get("icebreaker")


@pytest.fixture
def network() -> Network:
    return random_network(3)


@pytest.fixture
def saved(network: Network, tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    save_network(network, path)
    return path


def words(path: Path) -> list[int]:
    return [int(line, 16) for line in path.read_text().split()]


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_files_agree(name: str, network: Network, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "out"
    assert main(["--board", name, "--network", str(saved), "--out", str(out)]) == 0
    board = boards.get(name)
    image = (out / "image.bin").read_bytes()
    program = read_image(image)
    assert first_difference(network, program, seed=2) is None
    hexed = IntelHex(str(out / "image.hex"))
    assert hexed.minaddr() == board.image_offset
    assert hexed.tobinstr() == image
    memory = program.memory(board.tiers[0].size)
    lanes = board.lanes
    assert words(out / "tables.mem") == [int.from_bytes(memory[at : at + lanes], "little") for at in range(0, len(memory), lanes)]
    columns = [words(out / f"tables{i}.mem") for i in range(lanes // 2)]
    assert np.array(columns, "<u2").T.tobytes() == memory
    assert words(out / "anchors.mem")[: len(program.anchors)] == list(program.anchors)
    assert len(words(out / "anchors.mem")) == board.anchor_words
    encoded = words(out / "program.mem")
    assert [isa.Run.decode(encoded[8 * i : 8 * i + 8]) for i in range(len(program.runs))] == list(program.runs)
    store = np.array(words(out / "store.mem"), np.uint16).view(np.int16)
    assert np.array_equal(store[: len(program.store)], program.store)
    assert not store[len(program.store) :].any()
    assert f"write image.bin to the flash at 0x{board.image_offset:x}" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in export_files(program, board, out))


def test_a_file_name_that_is_no_utf_8(saved: Path, tmp_path: Path) -> None:
    named = saved.rename(tmp_path / os.fsdecode(b"d\xff\xc3.safetensors"))
    assert main(["--board", "icebreaker", "--network", str(named), "--out", str(tmp_path / "out")]) == 0
    image = (tmp_path / "out" / "image.bin").read_bytes()
    assert read_image(image).meta.name == named.stem
    assert write_image(read_image(image)) == image


def test_same_bytes_again(saved: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["--network", str(saved), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "one" / "image.bin").read_bytes() == (tmp_path / "two" / "image.bin").read_bytes()
    assert main(["--network", str(saved), "--out", str(tmp_path / "two"), "--seed", "7"]) == 0
    assert (tmp_path / "one" / "image.bin").read_bytes() != (tmp_path / "two" / "image.bin").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--board", "icestick", "--network", "NET"],
            f"error: unknown board 'icestick': the boards are {', '.join(sorted(boards.BOARDS))}\n",
        ),
        (["--network", "missing"], "error: missing is neither a file nor one of the networks that ship: "),
        (["--network", "NET", "--seed", "0"], "error: --seed must be 1..4294967295, not 0\n"),
        (["--network", "NET", "--temperature", "nan"], "error: temperature must be above 0, not nan\n"),
        (["--network", "NET", "--out", "NET"], "error: NET/files.sha256: cannot be written: "),
    ],
)
def test_one_sentence(saved: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word.replace("NET", str(saved)) for word in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(message.replace("NET", str(saved)))
    assert error.count("\n") == 1


def test_at_the_command_line(tmp_path: Path) -> None:
    big = tmp_path / "big.safetensors"
    save_network(shaped(0, n=256, n_t=16, n_c=6, out_t=32, out_c=5, n_out=64), big)
    done = subprocess.run(
        [sys.executable, "-m", "firmware.export", "--board", "upduino_v3", "--network", str(big)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the network needs 168.0 KiB for its tables")
    assert done.stderr.count("\n") == 1


def test_files_with_tables_in_flash(network: Network, tmp_path: Path) -> None:
    """The whole image goes to the flash; the table memory's files hold what is on chip."""
    board = small_board(256)
    program = compile_network(network, board)
    assert any(run.tier for run in program.runs)
    write_atomic(export_files(program, board, tmp_path))
    image = (tmp_path / "image.bin").read_bytes()
    hexed = IntelHex(str(tmp_path / "image.hex"))
    assert (hexed.minaddr(), hexed.maxaddr()) == (board.image_offset, board.image_offset + len(image) - 1)
    assert hexed.tobinstr() == image
    for piece in program.tables:
        if piece.tier:
            assert hexed.tobinstr(start=8 * piece.beat, size=len(piece.data)) == piece.data
    assert words(tmp_path / "tables.mem") == np.frombuffer(program.memory(256), "<u8").tolist()
    room = board.flash_size - board.image_offset
    with pytest.raises(FileError) as caught:
        export_files(program, replace(board, flash_size=board.image_offset + len(image) - 1), tmp_path)
    assert str(caught.value).startswith(f"the image of {len(image)} bytes at 0x1000 reaches beyond the flash of ")
    assert len(image) < room


def test_an_image_for_an_sdram_may_be_larger_than_the_flash(network: Network, tmp_path: Path) -> None:
    """Then the host loads it; with tables in flash it is refused."""
    board = replace(boards.get("ulx3s_25f_sdram"), image_offset=0x1000, flash_size=0x1400)
    program = compile_network(network, board)
    assert len(write_image(program)) > 0x400
    assert {"image.bin", "image.hex", "tables.mem"} & {path.name for path in export_files(program, board, tmp_path)} == {
        "image.bin",
        "tables.mem",
    }
    whole = {path.name for path in export_files(program, replace(board, flash_size=1 << 20), tmp_path)}
    assert "image.hex" in whole
    narrow = replace(boards.get("ulx3s_25f"), image_offset=0x1000, flash_size=0x1400)
    with pytest.raises(FileError, match=r"^the image of \d+ bytes at 0x1000 reaches beyond the flash of 5120 bytes$"):
        export_files(compile_network(network, narrow), narrow, tmp_path)


def test_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write_atomic({first: b"old", second: b"old"})
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        real(path, data[:1])
        if path.name.startswith(".b."):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FileError, match=r"/b: cannot be written: No space left on device$"):
        write_atomic({first: b"new", second: b"new"})
    monkeypatch.undo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert first.read_bytes() == second.read_bytes() == b"old"


def test_estimate_of_the_text_shape() -> None:
    network = shaped(0, n=256, n_t=16, n_c=5, out_t=32, out_c=5, n_out=64)
    program = compile_network(network, ICEBREAKER)
    figures = estimate(program, ICEBREAKER)
    assert figures.limit == figures.beats == 32 * 4 + 16 * 16 + 16
    assert figures.rows == 49
    assert figures.image_bytes == len(write_image(program))
    assert figures.tiers[0].used == 8 * (32 * 32 * 4 + 16 * 32 * 16 + 64 * 16)
    assert re.search(r"limit 400 clocks( \(SPRAM\))?, at most 90,000 steps a second at 36 MHz", figures.text())
    assert [run.idle for run in figures.runs] == [0, 0, 0]


def test_estimate_counts_padding() -> None:
    network = shaped(0, n=24, n_t=3, n_c=2, out_t=2, out_c=3, n_out=5)
    figures = estimate(compile_network(network, ICEBREAKER), ICEBREAKER)
    # 24 columns are one and a half beats of int4, 5 columns a third of one
    assert [run.row_bytes for run in figures.runs] == [3, 12, 12]
    assert figures.limit == figures.beats == 2 * 1 + 3 * 2 + 2
    wide = shaped(0, n=40, n_t=3, n_c=2, out_t=2, out_c=3, n_out=5)
    figures = estimate(compile_network(wide, ICEBREAKER), ICEBREAKER)
    assert [run.row_beats for run in figures.runs] == [1, 3, 3]
    assert [run.idle for run in figures.runs] == [0, 3 * 4 - 1, 5 - 1]


@pytest.mark.parametrize("kind", ["deep", "rnn", "signal"])
def test_the_limit_counts_the_rows_that_the_network_reads(kind: str) -> None:
    """All of a row, and no column that a layer doesn't write."""
    board = boards.get("icebreaker")
    for seed in range(8):
        network = random_network(seed, kind=kind)
        program = compile_network(network, board)
        found = estimate(program, board)
        assert sum(run.rows * run.row_bytes for run in found.runs) == network.bytes_read()
        assert found.limit <= predict(program, board).clocks_per_step


def test_estimate_of_tables_in_flash() -> None:
    """Table I's sizes but for n_c: 65 outputs in rows of 72 bytes, 64 columns of state."""
    rng = np.random.default_rng(0)
    network = shaped(0, n=64, n_t=64, n_c=2, out_t=16, out_c=2, n_out=65)
    layers = [replace(layer, bits=8) for layer in (*network.hidden, network.output)]
    group = layers[0].groups[0]
    pairs = rng.permuted(np.tile(np.arange(16), (64, 4, 1)), axis=2)[..., :1] * 4 + np.arange(4)[:, None]  # a neuron of each slot
    apart = replace(group, anchors=pairs[..., 0].reshape(64, 2, 2).astype(np.int16))
    network = replace(network, hidden=(replace(layers[0], groups=(apart,)),), output=layers[1], embed_bits=8)
    board = small_board(7040)
    program = compile_network(network, board)
    figures = estimate(program, board)
    near, far = figures.tiers
    kept = [run.tables for run in figures.runs if run.tier == 0]
    assert figures.runs[-1].stage == "embed"
    assert figures.runs[-1].tier == 0
    hidden = sum(run.tables for run in figures.runs if run.stage == "hidden.0" and run.tier)
    assert far.limit == figures.limit == 16 * 65 + hidden * 64
    assert far.clocks == 16 * (72 + 8) + hidden * (64 + 8)
    assert near.limit == sum(kept) * 8
    assert far.rows + near.rows == figures.rows == 81
    assert figures.slowest is far
    assert estimate(program, boards.flash_mode(board, "nibble")).limit == 2 * figures.limit
    text = figures.text()
    assert f"limit {figures.limit:,} clocks (flash), at most {36e6 / figures.limit:,.0f} steps a second" in text
    assert f"{figures.image_bytes:,} bytes, {figures.loaded_bytes:,} of them loaded, the rest stays in the flash" in text
    assert figures.loaded_bytes < 10_000 < figures.image_bytes


@pytest.mark.parametrize(
    ("name", "kind", "count", "text"),
    [
        ("icebreaker_learns", "rnn", True, "learning: the {} output tables"),
        ("icebreaker_learns", "transformer", False, "learning: no tables (those of the output must lie on chip"),
        ("icebreaker", "rnn", None, None),
    ],
)
def test_the_estimate_tells_what_can_learn(name, kind, count, text):
    board = boards.get(name)
    network = random_transformer(1) if kind == "transformer" else random_network(1, kind=kind, max_n=40)
    figures = estimate(compile_network(network, board), board)
    due = None if count is None else network.output.n_t if count else 0
    assert figures.learning == figures.figures["learning_tables"] == due
    assert ("learning:" in figures.text()) == (text is not None)
    assert (text or "").format(due) in figures.text()


def test_a_file_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "network.bin"
    path.write_bytes(bytes(9))
    assert read_bytes(path, limit=9) == bytes(9)
    with pytest.raises(FileError, match=f"^{re.escape(str(path))}: is longer than 8 bytes$"):
        read_bytes(path, limit=8)
