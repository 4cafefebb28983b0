"""Networks by name: a file wins, a shipped name is found, anything else is refused with the names there are."""

from pathlib import Path

import pytest

from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.shipped import find_network, shipped_networks


def test_every_shipped_name_is_found_and_loads() -> None:
    assert {"shakespeare", "digits", "mnist"} <= set(shipped_networks())
    for name in shipped_networks():
        load(find_network(name)).validate()


def test_a_file_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").write_bytes(b"mine")
    assert find_network("digits") == Path("digits")


@pytest.mark.parametrize("name", ["missing.safetensors", "folder/missing"])
def test_a_path_is_left_to_the_reader(name: str) -> None:
    assert find_network(name) == Path(name)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"^shakespear is neither a file nor one of the networks that ship: .*shakespeare"):
        find_network("shakespear")


def test_a_name_too_long_for_a_file_is_refused_like_another() -> None:
    with pytest.raises(NetworkError, match=r"^x+ is neither a file nor one of the networks that ship: .*shakespeare"):
        find_network("x" * 300)
