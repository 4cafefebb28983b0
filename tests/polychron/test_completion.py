"""Completion, installed from each shell into a home of its own, and used there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .terminal import ROOT, Terminal, command

WORDS = {"polychron es": ["estimate"], "polychron build --bo": ["--board"], "polychron bench tr": ["train", "transformer"]}
BASH = """
source "$1"
COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2; COMP_POINT=${#2}
$(complete -p polychron | sed -E 's/.*-F (\\S+) .*/\\1/')
echo "${COMPREPLY[@]}"
"""


@pytest.fixture
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The only file that ``--install-completion``, called from a shell, has left in an empty home."""
    shell = request.param
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_VERSION") and not name.startswith(("XDG_", "ZSH"))}
    environ |= {"HOME": str(tmp_path), "SHELL": path, "PYTHONPATH": str(ROOT)}
    words = [path, "-c", f"{sys.executable} -m polychron --install-completion; true"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True)
    files = [found for found in tmp_path.rglob("*") if found.is_file() and "polychron" in found.name]
    assert len(files) == 1, done
    assert str(files[0]) in done.stdout.replace("\n", "")
    return files[0]


@pytest.mark.parametrize("installed", ["bash"], indirect=True)
def test_bash(installed: Path) -> None:
    for typed, due in {**WORDS, "polychron nothing": []}.items():
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", str(installed), typed], capture_output=True, text=True, check=True)
        assert done.stdout.split() == due, done.stderr


@pytest.mark.parametrize("installed", ["fish"], indirect=True)
def test_fish(installed: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "HOME": str(tmp_path)}
    for typed, due in WORDS.items():
        words = ["fish", "-c", f"source {installed}; complete -C '{typed}'"]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == due


@pytest.mark.parametrize("installed", ["zsh"], indirect=True)
def test_zsh(installed: Path) -> None:
    """At its prompt, by Tab, set up as the installation says."""
    folder = installed.parent
    with Terminal(["zsh", "-f", "-i"], environ={"TERM": "dumb", "PS1": "% "}) as shell:
        shell.type(f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; print re''ady\n")
        shell.until("ready")
        for typed, due in list(WORDS.items())[:2]:
            shell.type(f"{typed}\t")
            shell.until(f"{due[0]} ")
            shell.type("\x15")


def test_a_shell_that_is_not_known_is_named_by_an_option(tmp_path: Path) -> None:
    environ = {"PATH": "/nowhere", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command("--install-completion"), env=environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert re.fullmatch(r"Could not auto-detect shell\. Please specify --shell explicitly\.\n", done.stderr)
    assert list(tmp_path.iterdir()) == []
    done = subprocess.run(command("--install-completion", "--shell", "fish"), env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("*.fish")] == ["polychron.fish"]
