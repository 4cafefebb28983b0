"""The quick tests on every Python that the project promises, and with the lowest versions of its dependencies that it declares."""

from pathlib import Path

import pytest
from uv import find_uv_bin

from .environments import Environment, run


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
    environment = Environment.make(tmp_path, interpreter=interpreter, extra="test", versions=versions)
    tested = environment.run("-m", "pytest", "-n", "1", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout[-20_000:]
