"""Finding the FPGA tools and running them.

The tools are YoWASP's: WebAssembly in Python wheels, the same on every machine. They see a private /tmp, so they are always run
inside their folder with relative names.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from hdl.flow.errors import BuildError
from polychron.children import child, run

__all__ = ["FIRST_RUN", "Tool", "find_tool", "variable_of"]

FIRST_RUN = "first run of this tool: YoWASP compiles its WebAssembly to machine code, once; this takes a minute or two"
_COMPILING = "Preparing to run"  # what YoWASP's runtime says before it compiles


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program: its plain ``name`` (``yosys``), where it is, and which version it is."""

    name: str
    path: Path
    version: str

    def run(self, args: Sequence[str], *, folder: Path, log: Path, note: Callable[[str], None]) -> None:
        """Run in ``folder`` with everything it prints in ``log``; ``note`` is told when a first run will be slow.

        A failure raises :class:`BuildError` with the tool's own last error line.
        """
        lines: list[str] = []
        command = [str(self.path), *args]
        with (
            log.open("w", encoding="utf-8", buffering=1) as out,
            child(command, folder=folder, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(_COMPILING):
                    note(FIRST_RUN)
                out.write(line)
                lines.append(line.strip())
        if process.returncode != 0:
            said = [line for line in lines if line.upper().startswith("ERROR")] or [line for line in lines if line] or ["nothing"]
            raise BuildError(f"{self.name} failed with exit code {process.returncode} and said: {said[-1][:300]}")


def variable_of(name: str) -> str:
    """The environment variable that names a tool's program: ``nextpnr-ice40`` is ``NEXTPNR_ICE40``."""
    return name.upper().replace("-", "_")


def find_tool(name: str, *, package: str, environ: dict[str, str] | None = None) -> Tool:
    """The tool ``name``: the program its environment variable names, else YoWASP's beside this Python, else YoWASP's on the PATH.

    ``package`` is the Python package that ships it. None of them there raises :class:`BuildError`.
    """
    environ = dict(os.environ) if environ is None else environ
    variable = variable_of(name)
    search = environ.get("PATH", os.defpath)
    given = environ.get(variable)
    if given:
        found = shutil.which(given, path=search)
        if found is None:
            raise BuildError(f"{variable} names {given!r}, which is not a program; unset it to use {package}")
        return Tool(name=name, path=Path(found), version=_asked_version(Path(found)))
    beside = shutil.which(f"yowasp-{name}", path=str(Path(sys.executable).parent))
    if beside is not None:
        return Tool(name=name, path=Path(beside), version=_package_version(package, Path(beside)))
    found = shutil.which(f"yowasp-{name}", path=search)
    if found is None:
        raise BuildError(f"the tool yowasp-{name} is missing; install it with: pip install {package}")
    return Tool(name=name, path=Path(found), version=_asked_version(Path(found)))


def _package_version(package: str, path: Path) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return _asked_version(path)


def _asked_version(path: Path) -> str:
    """What the program says of itself, or, of one that says nothing (icepack), the hash of its file."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            answer = run([str(path), "--version"], folder=Path(folder), timeout=600)
        lines = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip() and not line.startswith(_COMPILING)]
        if answer.returncode == 0 and lines:
            return lines[0].strip()
        return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"the program {path.name} can't be run: {error}") from None
