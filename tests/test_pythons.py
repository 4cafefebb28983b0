"""The quick tests on every Python that the project promises, and with the lowest versions of its dependencies that it declares."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
OWN = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache")


def run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environ |= {"POLYCHRON_CACHE": str(folder / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([str(word) for word in words], cwd=folder, env=environ, capture_output=True, text=True)


def find(python: str, folder: Path) -> Path | None:
    """The newest interpreter of a version on this machine."""
    found = run(find_uv_bin(), "python", "find", "--no-project", "--system", python, folder=folder)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


@pytest.mark.slow
@pytest.mark.parametrize(("python", "versions"), [("3.11", "lowest-direct"), ("3.12", "highest"), ("3.13", "highest")])
def test_the_quick_tests_pass(python: str, versions: str, tmp_path: Path) -> None:
    interpreter = find(python, tmp_path)
    if interpreter is None:
        pytest.skip(f"there is no Python {python} on this machine")
    source = tmp_path / "project"
    shutil.copytree(ROOT, source, ignore=OWN)
    there = tmp_path / "venv"
    install = (find_uv_bin(), "pip", "install", "--python", there / "bin" / "python", "--resolution", versions, "-e", f"{source}[test]")
    for words in ((find_uv_bin(), "venv", "--seed", "--python", interpreter, there), install):
        made = run(*words, folder=source)
        assert made.returncode == 0, made.stderr
    tested = run(there / "bin" / "python", "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", folder=source)
    assert tested.returncode == 0, tested.stdout[-20_000:]
