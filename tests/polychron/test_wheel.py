"""A wheel, installed where nothing of the source tree is seen: networks, C and C++ sources and types are in it, and it works."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from golden.integer.shipped import shipped_networks

ROOT = Path(__file__).parents[2]
PACKAGES = ("boards", "firmware", "golden", "hdl", "polychron", "sim")


def run(*words: str | Path, folder: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(word) for word in words], cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tree, with the setuptools that are installed."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, source, folder=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a fresh virtual environment with the wheel; its dependencies are those of the environment that tests."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", "--no-index", "-q", wheel, folder=folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def test_what_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"golden/networks/{name}.safetensors" for name in shipped_networks()} <= names
    assert len(shipped_networks()) == 7
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.*")
        if path.suffix in (".py", ".cpp", ".c", ".h", ".ino")
    }
    assert sources <= names
    assert not any(name.startswith(("tests", "benchmarks", "docs", "build")) for name in names)


def test_it_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    where = run(
        installed / "python",
        "-c",
        "import polychron, hdl, golden; print(polychron.__file__, hdl.__file__, golden.__file__)",
        folder=tmp_path,
    )
    assert all(path.startswith(str(installed.parent)) for path in where.split())
    assert "cycle model: 497 clocks a step" in run(installed / "polychron", "estimate", "--board", "icebreaker", folder=tmp_path)
    assert "cycle model: " in run(installed / "python", "-m", "hdl.build", "--board", "icebreaker", "--estimate", folder=tmp_path)
    said = run(installed / "polychron", "sim", "--prompt", "To", "--length", "3", folder=tmp_path)
    assert "equal to the golden model: 1,600 latencies and every symbol" in said
    assert run(installed / "polychron", "--version", folder=tmp_path).strip() == "0.3.0"
    assert list(tmp_path.iterdir()) == []
