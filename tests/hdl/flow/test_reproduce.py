"""Two builds compared: the same bytes in other surroundings, and the product named whose bytes are not."""

import sys
from pathlib import Path

import pytest

from hdl.reproduce import compared, main


def program(path: Path, image: str) -> str:
    """A program in Python's place, which leaves products whose image is ``image``."""
    path.write_text(
        f"#!/bin/sh\nmkdir -p products/steps\necho same > products/report.txt\necho {image} > products/image.bin\n", encoding="utf-8"
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("image", "code", "said"), [("1", 0, "2 products, the same bytes twice"), ("2", 1, "DIFFERENT: image.bin")])
def test_products_are_compared(image, code, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", program(tmp_path / "one", "1"))
    program(tmp_path / "other", image)
    monkeypatch.chdir(tmp_path)
    assert main(["--network", "digits", "--python", "./other"]) == code
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == said
    assert ("4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865" in printed) == (image == "1" or code == 1)


def test_what_one_lacks_differs():
    assert compared({"a": "1", "b": "2"}, {"a": "1"}) == ["b"]
    assert compared({"a": "1"}, {"a": "1"}) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--python", "/no/such/python"], "--python: /no/such/python is no program"),
        (["--network", "nowhere"], "nowhere is neither a file nor one of the networks that ship"),
        (["--network", "nowhere.st"], "the build in 'one' failed: "),
    ],
)
def test_what_cannot_be_built_is_one_sentence(words, message, capsys):
    assert main(words) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {message}")


@pytest.mark.slow
def test_a_build_gives_the_same_bytes_elsewhere(capsys):
    assert main(["--board", "upduino_v3", "--network", "digits"]) == 0
    assert "products, the same bytes twice" in capsys.readouterr().out
