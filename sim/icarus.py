"""Icarus Verilog runs of an Amaranth component, tested by cocotb coroutines."""

import os
import shutil
import tempfile
from pathlib import Path

from amaranth.lib import wiring

from sim.cxxrtl_build import SimulationError, cache_folder, component_rtlil, made_once, text_key, yosys

__all__ = ["run_cocotb", "verilog"]

# Verilog straight from Amaranth runs six times slower.
_SCRIPT = "read_rtlil top.il; proc; flatten; opt -full; clean; write_verilog -noattr top.v"


def verilog(component: wiring.Component) -> Path:
    """``component`` as one flat Verilog module ``top`` in a file of the cache folder."""
    text = component_rtlil(component)
    path = cache_folder() / f"verilog-{text_key(text, _SCRIPT)}.v"
    with made_once(path):
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=path.parent, prefix="build-") as folder:
                work = Path(folder)
                (work / "top.il").write_text(text)
                yosys(_SCRIPT, work)
                (work / "timed.v").write_text("`timescale 1ps/1ps\n" + (work / "top.v").read_text())
                os.replace(work / "timed.v", path)
    return path


def run_cocotb(
    component: wiring.Component, *, module: str, folder: Path, test: str | None = None, env: dict[str, str] | None = None
) -> None:
    """Runs the cocotb tests of the Python module ``module`` on ``component`` in the work folder ``folder``.

    ``test``: only tests whose name contains it. ``env``: environment variables they see. Raises :class:`SimulationError` if one fails or
    none ran.
    """
    try:
        from cocotb_tools.check_results import get_results
        from cocotb_tools.runner import get_runner
    except ImportError:
        raise SimulationError("cocotb was not found: pip install 'polychron[test]'") from None
    source = verilog(component)
    if shutil.which("iverilog") is None:
        raise SimulationError("Icarus Verilog was not found: install the Debian package iverilog")
    runner = get_runner("icarus")
    runner.build(sources=[source], hdl_toplevel="top", build_dir=folder, timescale=("1ps", "1ps"), log_file=folder / "build.log")
    log = folder / "test.log"
    try:
        results = runner.test(
            hdl_toplevel="top",
            test_module=module,
            build_dir=folder,
            test_dir=folder,
            test_filter=test,
            extra_env=env or {},
            log_file=log,
        )
    except SystemExit:  # the runner's way to tell of a failed test
        raise SimulationError(f"a cocotb test of {module} failed: {_reason(log)} ({log})") from None
    count, failed = get_results(results)
    if failed or not count:
        raise SimulationError(f"{failed} of {count} cocotb tests of {module} failed ({log})")


def _reason(log: Path) -> str:
    """The log's last line about an exception, else its last line."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if "Error" in line), lines[-1])
