"""Icarus Verilog runs of an Amaranth component, or of a whole FPGA with its cells, tested by cocotb coroutines."""

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from amaranth.lib import wiring

from polychron.system.cache import cache_folder
from polychron.system.children import run
from polychron.system.leftovers import temporary_folder
from sim.compiled.build import SimulationError, component_rtlil, made_once, text_key, yosys

# Verilog straight from Amaranth runs six times slower.
_SCRIPT = "read_rtlil top.il;{keep} proc; flatten; opt -full; clean;{extra} write_verilog -noattr top.v"

# in a process of its own: cocotb's runner starts programs that nobody else could end
_RUNNER = """
import json, sys
from cocotb_tools.runner import get_runner
build, test = json.loads(sys.argv[1])
runner = get_runner("icarus")
runner.build(**build)
runner.test(**test)
"""


def flat_verilog(text: str, *, keep: str = "", extra: str = "") -> Path:
    """The module ``top`` of the RTLIL ``text`` as one flat Verilog module in a file of the cache folder. ``keep``: a kind of cell without
    outputs that stays. ``extra``: yosys commands that come last, each with a space before it and a semicolon behind."""
    script = _SCRIPT.format(keep=f" setattr -set keep 1 t:{keep};" if keep else "", extra=extra)
    path = cache_folder() / f"verilog-{text_key(text, script)}.v"
    with made_once(path):
        if not path.exists():
            with temporary_folder(path.parent) as work:
                (work / "top.il").write_text(text)
                yosys(script, work)
                (work / "timed.v").write_text("`timescale 1ps/1ps\n" + (work / "top.v").read_text())
                os.replace(work / "timed.v", path)
    return path


def run_cocotb(
    design: wiring.Component | Sequence[Path],
    *,
    module: str,
    folder: Path,
    toplevel: str = "top",
    test: str | None = None,
    env: dict[str, str] | None = None,
    defines: Sequence[str] = (),
) -> None:
    """Runs the cocotb tests of the Python module ``module`` on ``design``, a component or Verilog files with the module ``toplevel``, in
    the work folder ``folder``.

    ``test``: only tests whose name contains it. ``env``: environment variables they see; ``defines``: macros that the Verilog
    sees. Raises :class:`SimulationError` if one fails or none ran.
    """
    if importlib.util.find_spec("cocotb_tools") is None:
        raise SimulationError("cocotb was not found: pip install 'polychron[test]'")
    sources = [flat_verilog(component_rtlil(design))] if isinstance(design, wiring.Component) else list(design)
    if shutil.which("iverilog") is None:
        raise SimulationError("Icarus Verilog was not found: install the Debian package iverilog")
    from cocotb_tools.check_results import get_results

    log, built, results = folder / "test.log", folder / "build.log", folder.resolve() / "results.xml"
    build = {
        "sources": [str(source) for source in sources],
        "hdl_toplevel": toplevel,
        "build_dir": str(folder),
        "timescale": ["1ps", "1ps"],
        "defines": {"NO_ICE40_DEFAULT_ASSIGNMENTS": 1} | dict.fromkeys(defines, 1),
        "log_file": str(built),
    }
    rest = {
        "hdl_toplevel": toplevel,
        "test_module": module,
        "build_dir": str(folder),
        "test_dir": str(folder),
        "test_filter": test,
        "extra_env": env or {},
        "log_file": str(log),
        "results_xml": str(results),
    }
    command = [sys.executable, "-c", _RUNNER, json.dumps([build, rest])]
    done = run(command, folder=folder, env={"PYTHONPATH": os.pathsep.join(sys.path)})
    if done.returncode and not log.exists():
        raise SimulationError(f"Icarus Verilog can't build the design: {_reason(built)} ({built})")
    if done.returncode:
        raise SimulationError(f"a cocotb test of {module} failed: {_reason(log)} ({log})")
    count, failed = get_results(results)
    if failed or not count:
        raise SimulationError(f"{failed} of {count} cocotb tests of {module} failed: {_reason(log)} ({log})")


def _reason(log: Path) -> str:
    """The log's last line about an error, else its last line."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if "Error" in line), lines[-1])
