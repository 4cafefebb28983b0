"""Network files: round trip, same bytes, and every way a file can be bad."""

import errno
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from golden.integer.file import KEY, load, load_extra, save_network
from golden.integer.layer import NetworkError


def same(first, second) -> bool:
    one, two = first.arrays(), second.arrays()
    return (
        type(first) is type(second)
        and first.header() == second.header()
        and one.keys() == two.keys()
        and all(np.array_equal(one[name], two[name]) for name in one)
    )


def test_round_trip_gives_the_same_network_and_the_same_bytes(rnn, deep, tmp_path):
    for network in (rnn, deep):
        one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
        save_network(network, one)
        again = load(one)
        assert same(network, again)
        save_network(again, two)
        assert one.read_bytes() == two.read_bytes()
        again.output.groups[0].tables[0, 0, 0] ^= 1  # negative control
        assert not same(network, again)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.safetensors", "two.safetensors"]


def test_a_float_network_travels_along(rnn, tmp_path):
    path = tmp_path / "both.safetensors"
    save_network(rnn, path, extra={"embed": np.ones((2, 3), np.float32)})
    assert same(load(path), rnn)
    assert load_extra(path)["embed"].tolist() == [[1, 1, 1], [1, 1, 1]]
    save_network(rnn, path)
    assert load_extra(path) == {}


def refused(path: Path, message: str) -> None:
    with pytest.raises(NetworkError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_damaged_files_are_refused(rnn, tmp_path):
    path = tmp_path / "net.safetensors"
    save_network(rnn, path)
    data = path.read_bytes()
    for bad in (b"", b"abc", data[:7], data[:100], data[:-1], data + b"x", b"\xff" * 64, struct.pack("<Q", 2**60) + data[8:]):
        path.write_bytes(bad)
        refused(path, "not a safetensors file, or damaged")
    refused(tmp_path / "absent", "cannot be read")
    refused(tmp_path, "cannot be read: it is a folder, not a regular file$")
    path.write_bytes(data)
    load(path)


@pytest.mark.skipif(not os.path.exists("/usr/bin/setpriv"), reason="no setpriv, which takes the rights of root away")
def test_a_file_without_the_right_to_read_it_is_said_to_be_one(rnn, tmp_path):
    path = tmp_path / "net.safetensors"
    save_network(rnn, path)
    path.chmod(0)
    common = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    script = "import sys; from pathlib import Path; from golden.integer.file import load; load(Path(sys.argv[1]))"
    done = subprocess.run([*common, sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(f"NetworkError: {path}: cannot be read: Permission denied")


def test_every_cut_and_many_flips_are_refused_or_valid(rnn, tmp_path):
    path = tmp_path / "net.safetensors"
    save_network(rnn, path)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.integers(0, 2000, 200):
        changed = bytearray(data)
        changed[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        try:
            load(path).validate()
        except NetworkError as error:
            assert "\n" not in str(error)  # noqa: PT017


def rewritten(data: bytes, change) -> bytes:
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    ours = json.loads(header["__metadata__"][KEY])
    change(ours)
    header["__metadata__"][KEY] = json.dumps(ours)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.update(version=2), "version must be 1, not 2"),
        (lambda h: h.pop("version"), "version must be 1, not None"),
        (lambda h: h.pop("n"), "header field n must be int, not None"),
        (lambda h: h.update(n=True), "header field n must be int, not True"),
        (lambda h: h.update(n="12"), "header field n must be int, not '12'"),
        (lambda h: h.update(kind="?"), "kind must be one of deep, rnn, transformer, signal, not '\\?'"),
        (lambda h: h.update(symbols=[[1]]), "symbols must name"),
        (lambda h: h.update(symbols=5), "header field symbols must be list"),
        (lambda h: h.update(card=5), "header field card must be dict"),
        (lambda h: h.update(layers=[]), "header field layers must be dict"),
        (lambda h: h["layers"].pop("output"), "header field output must be dict|header field hidden"),
        (lambda h: h["layers"]["output"].update(groups=2), "array output.group.1.anchors is missing"),
        (lambda h: h["layers"]["output"].update(groups=10**12), "array output.group.1.anchors is missing"),
        (lambda h: h["layers"]["output"].update(groups=0), "array output.group.0.anchors is not named by the header"),
        (lambda h: h["layers"]["output"].update(bits=4), "the limit of int4 is 7"),
        (lambda h: h["layers"]["output"].update(shift=9), "output.shift must be 0..3, not 9"),
    ],
)
def test_a_hostile_header_is_refused(rnn, tmp_path, change, message):
    path = tmp_path / "net.safetensors"
    save_network(rnn, path)
    path.write_bytes(rewritten(path.read_bytes(), change))
    refused(path, message)


def test_other_safetensors_files_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(save({"x": np.zeros(3, np.float32)}))
    refused(path, "not a Polychron network")
    for text in ("[", "5", "[" * 100000):
        path.write_bytes(save({"x": np.zeros(3, np.float32)}, metadata={KEY: text}))
        refused(path, "must be a JSON object")


def test_a_bad_network_is_not_written(rnn, tmp_path):
    rnn.embed[0, 0] = -128
    with pytest.raises(NetworkError, match="magnitude 128"):
        save_network(rnn, tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_card_that_no_file_holds_is_refused(deep, tmp_path):
    with pytest.raises(NetworkError, match=r"big\.safetensors: cannot be written: .*header too large"):
        save_network(replace(deep, card={"note": "a" * 100_000_001}), tmp_path / "big.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_file(rnn, tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    save_network(rnn, path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NetworkError, match="cannot be written: No space left on device"):
        save_network(rnn, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.safetensors"]


def test_what_belongs_to_another_architecture_is_refused(deep, rnn, tmp_path):
    path = tmp_path / "net.safetensors"
    save_network(deep, path)
    path.write_bytes(rewritten(path.read_bytes(), lambda h: h.update(symbols=[1, 2])))
    refused(path, "symbols must be absent in a deep network")
    for network, kind, message in ((rnn, "deep", "symbols must be absent"), (deep, "rnn", "array embed is missing")):
        save_network(network, path)
        path.write_bytes(rewritten(path.read_bytes(), lambda h, kind=kind: h.update(kind=kind)))
        refused(path, message)


def test_names_and_types_of_a_file_are_cut_in_messages(rnn, tmp_path):
    path = tmp_path / "net.safetensors"
    header = json.dumps({"version": 1} | rnn.header())
    path.write_bytes(save(rnn.arrays() | {"a" * 10_000: np.zeros(1, np.int8)}, metadata={KEY: header}))
    with pytest.raises(NetworkError, match=r"array a{60} is not named by the header$"):
        load(path)
    table = json.dumps({"x": {"dtype": "F" * 10_000, "shape": [1], "data_offsets": [0, 1]}}).encode()
    path.write_bytes(struct.pack("<Q", len(table)) + table + b"\0")
    with pytest.raises(NetworkError, match=r"not a safetensors file, or damaged: .{1,200}$"):
        load(path)
