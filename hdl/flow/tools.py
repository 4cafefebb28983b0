"""Finding the FPGA tools and running them.

The tools are YoWASP's: WebAssembly in Python wheels, the same on every machine. They see a private /tmp, so they are always run
inside their folder with relative names.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from hdl.flow.errors import BuildError
from polychron.system.children import child, named_command, run
from polychron.system.progress import under_way

FIRST_RUN = "first run of this tool: YoWASP compiles its WebAssembly to machine code, once; this takes a minute or two"
_COMPILING = "Preparing to run"  # what YoWASP's runtime says before it compiles
_PHASES = {
    r"(\d+(?:\.\d+)*)\. Executing (\w+) pass": r"\1 \2",  # yosys
    r"Info: Packing ": "packing",  # nextpnr, from here on
    r"Info: Creating initial \w+ placement": "placing",
    r"Info: +at iteration #(\d+), type": r"placing, iteration \1",
    r"Info: +at iteration #(\d+): temp": r"refining, iteration \1",
    r"Info: Routing (\d+) arcs": r"routing, \1 left",
    r"Info: +\d+ \|.*\| +(\d+)\|[^|]*\|": r"routing, \1 left",
    r"Info: +iter=(\d+) wires=\d+ overused=(\d+)": r"routing, \2 overused",
}


def phase_of(line: str) -> str | None:
    """What yosys or nextpnr is about, if a line of its log tells."""
    found = ((re.match(pattern, line), text) for pattern, text in _PHASES.items())
    return next((match.expand(text) for match, text in found if match), None)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program: its plain ``name`` (``yosys``), the words that call it, the first with its whole path, and which version it is."""

    name: str
    command: tuple[str, ...]
    version: str

    def run(self, args: Sequence[str], *, folder: Path, log: Path, note: Callable[[str], None], title: str | None = None) -> None:
        """Run in ``folder`` with everything it prints in ``log``; ``note`` is told when a first run will be slow. Progress is told under
        ``title``, the tool's name if none is given.

        A failure raises :class:`BuildError` with the tool's own last error line.
        """
        lines: list[str] = []
        command = [*self.command, *args]
        with (
            log.open("w", encoding="utf-8", buffering=1) as out,
            under_way(title or self.name) as phase,
            child(command, folder=folder, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(_COMPILING):
                    note(FIRST_RUN)
                elif told := phase_of(line):
                    phase(told)
                out.write(line)
                lines.append(line.strip())
        if process.returncode != 0:
            said = [line for line in lines if line.upper().startswith("ERROR")] or [line for line in lines if line] or ["nothing"]
            raise BuildError(f"{self.name} failed with exit code {process.returncode} and said: {said[-1][:300]}")


def variable_of(name: str) -> str:
    """The environment variable that names the program to use as a tool: ``nextpnr-ice40`` is ``NEXTPNR_ICE40``."""
    return name.upper().replace("-", "_")


def find_tool(name: str, *, package: str, environ: dict[str, str] | None = None) -> Tool:
    """The tool ``name``: the command its environment variable names, else YoWASP's beside this Python, else YoWASP's on the PATH.

    The variable may have several words, as a shell would read them. ``package`` is the Python package that ships the tool. None of them
    there raises :class:`BuildError`.
    """
    environ = dict(os.environ) if environ is None else environ
    variable = variable_of(name)
    search = environ.get("PATH", os.defpath)
    given = environ.get(variable)
    if given:
        first, *options = named_command(variable, given)
        found = shutil.which(first, path=search)
        if found is None:
            raise BuildError(f"{variable} names {first!r}, which is not a program; unset it to use {package}")
        version = _asked_version([found, *options], search)
        return Tool(
            name=name, command=(found, *options), version=f"{version}, called by {shlex.join([first, *options])}" if options else version
        )
    beside = shutil.which(f"yowasp-{name}", path=str(Path(sys.executable).parent))
    if beside is not None:
        return Tool(name=name, command=(beside,), version=_package_version(package, beside))
    found = shutil.which(f"yowasp-{name}", path=search)
    if found is None:
        raise BuildError(f"the tool yowasp-{name} is missing; install it with: pip install {package}")
    return Tool(name=name, command=(found,), version=_asked_version([found], search))


def _package_version(package: str, path: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return _asked_version([path], None)


def _asked_version(command: list[str], search: str | None) -> str:
    """What the program says of itself, or, of one that says nothing (icepack), a hash of the files of the programs that it names."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            answer = run([*command, "--version"], folder=Path(folder), timeout=600)
        lines = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip() and not line.startswith(_COMPILING)]
        if answer.returncode == 0 and lines:
            return lines[0].strip()
        files = [found for word in command if (found := shutil.which(word, path=search))]
        return f"sha256 {hashlib.sha256(b''.join(Path(file).read_bytes() for file in files)).hexdigest()[:16]}"
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"the program {Path(command[0]).name} can't be run: {error}") from None
