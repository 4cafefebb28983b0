"""Memory and terminals: what is too big is refused before it is taken, and what a network writes doesn't steer a terminal."""

import os
import pty
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import firmware.compiler.store.matching as matching
from golden.integer.layer import Layer, NetworkError, TableGroup, validate_layer
from golden.integer.transformer.heads import Head, TransformerBlock, validate_block
from golden.tasks.products import check_out
from polychron.command.terminal import terminal_text
from polychron.system.memory import available, bounded

ROOT = Path(__file__).parents[2]


def test_the_bound_of_a_head_takes_memory_in_proportion_to_its_tables() -> None:
    rng = np.random.default_rng(1)
    tables = rng.integers(-3, 4, (4, 1 << 16, 4), dtype=np.int8)
    query, key = (np.tile(np.array([0, 1], np.int16), (4, count, 1)) for count in (15, 1))
    head = Head(query=query, key=key, place=np.zeros((1023, 4), np.int16), tables=tables)
    tracemalloc.start()
    bound = head.bound()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * tables.nbytes
    worst = np.abs(tables.reshape(4, 1 << 15, 2, 4).astype(int)).max(axis=2).max(axis=1)
    assert bound.tolist() == (1023 * worst.sum(axis=0)).tolist()


def test_the_bound_of_a_head_is_what_its_rows_can_make() -> None:
    rng = np.random.default_rng(2)
    tables = rng.integers(-7, 8, (3, 1 << 4, 5), dtype=np.int8)
    anchors = np.tile(np.array([0, 1], np.int16), (3, 1, 1))
    head = Head(query=anchors, key=anchors, place=rng.integers(0, 4, (6, 3)).astype(np.int16), tables=tables)
    total = np.zeros(5, int)
    for table in range(3):
        sizes = np.abs(tables[table].astype(int)).reshape(2, 2, 4, 5)
        sums = [sum(sizes[query, :, place].max(axis=0) for place in head.place[:, table]) for query in range(2)]
        total += np.max(sums, axis=0)
    assert head.bound().tolist() == total.tolist()


@pytest.mark.parametrize("bits", [[8], {}, None, 8.0, "8" * 999])
def test_a_width_of_any_type_is_refused_in_a_sentence(bits: object) -> None:

    anchors = np.array([[[0, 1]]], np.int16)
    head = Head(query=anchors, key=anchors, place=np.zeros((1, 1), np.int16), tables=np.zeros((1, 4, 2), np.int8))
    block = TransformerBlock(heads=(head,), parts=(1,), bits=bits)  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match=r"^blocks\.0 must have entries of 4 or 8 bits, not .{1,60}$"):
        validate_block(block, name="blocks.0", n=2, context=2)
    layer = Layer(groups=(TableGroup(anchors=anchors, tables=np.zeros((1, 2, 2), np.int8)),), bits=bits)  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match=r"must have entries of 4 or 8 bits, not .{1,60}$"):
        validate_layer(layer, name="output", n=2, n_out=2)


def test_a_curve_that_can_not_be_written_is_refused_before_training(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.png")
    with pytest.raises(NetworkError, match=r"net\.png cannot be written: it is a FIFO"):
        check_out(tmp_path / "net.safetensors")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what memory a process has, and bounds it")
def test_memory_is_bounded_within_a_command_and_free_again_after_it() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with bounded():
        with pytest.raises(MemoryError):
            np.ones((available() or 0) + (1 << 30), np.uint8)
        np.ones(1 << 20, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what memory a process has, and bounds it")
@pytest.mark.parametrize("options", [("--hidden", "9999x16"), ("--streams", "65536", "--window", "65536")])
def test_a_shape_beyond_the_memory_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"to be or not to be, " * 20_000)
    command = [sys.executable, "-m", "golden.train", "text", "--text", str(text), "--steps", "1", *options, "--out", str(tmp_path / "net")]
    made = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert made.returncode == 2
    assert made.stderr.splitlines()[-1].startswith("error: not enough memory: ")
    assert "Traceback" not in made.stderr
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(("lost", "most"), [("none", 1), ("all", 8), ("some", 20)])
def test_pairing_tables_asks_in_proportion_to_their_number(lost: str, most: int) -> None:
    """Whether tables fit each other, or lose words in every pair or in some: ``most`` times the others that each is compared with."""
    asked = 0

    def over(a: int, b: int) -> int:
        nonlocal asked
        asked += 1
        return {"none": 0, "all": 1, "some": 1 + (a * b) % 7}[lost]

    for count in (1000, 4001):
        asked = 0
        groups = matching.in_twos(count, over, [], np.random.default_rng(1))
        assert sorted(table for group in groups for table in group) == list(range(count))
        assert asked < most * matching.LOOKS * count


def test_what_a_network_writes_does_not_steer_a_terminal() -> None:
    text = "a\x1b[2Jb\r\x07\x9b\x7f\u00e9\t\n"
    assert terminal_text(text, terminal=True) == "a\\x1b[2Jb\\r\\x07\\x9b\\x7f\u00e9\t\n"
    assert terminal_text(text, terminal=False) == text


def test_text_of_a_network_is_escaped_on_a_terminal_alone() -> None:
    script = "from polychron.command.terminal import show; show('a\\x1b[2Jb')"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT, check=True).stdout == b"a\x1b[2Jb"
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", script], stdout=theirs, cwd=ROOT, check=True)
    os.close(theirs)
    assert os.read(ours, 100) == b"a\\x1b[2Jb"
    os.close(ours)
