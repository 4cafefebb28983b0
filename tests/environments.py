"""Environments of their own, made by uv, each beside a copy of the project."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
OWN = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache")


def run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environ |= {"POLYCHRON_CACHE": str(folder / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([str(word) for word in words], cwd=folder, env=environ, capture_output=True, text=True)


@dataclass(frozen=True)
class Environment:
    """``source``: the copy of the project, which is installed in it; ``python``: its interpreter."""

    source: Path
    python: Path

    @classmethod
    def make(cls, folder: Path, *, interpreter: str | Path, extra: str, versions: str = "highest") -> "Environment":
        """In ``folder``, with the dependencies of an ``extra``; ``versions``: which of those that pyproject.toml allows, in uv's words."""
        made = cls(source=folder / "project", python=folder / "venv" / "bin" / "python")
        shutil.copytree(ROOT, made.source, ignore=OWN)
        install = ("pip", "install", "--python", made.python, "--resolution", versions, "-e", f"{made.source}[{extra}]")
        for words in (("venv", "--seed", "--python", interpreter, folder / "venv"), install):
            done = run(find_uv_bin(), *words, folder=made.source)
            assert done.returncode == 0, done.stderr
        return made

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Python in it, in the project's folder."""
        return run(self.python, *words, folder=self.source)
