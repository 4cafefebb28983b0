"""The integer networks need NumPy and safetensors alone: a compiler of networks must not wait for one of loops, nor for pictures."""

import subprocess
import sys
from pathlib import Path

import golden.integer

HEAVY = ("numba", "llvmlite", "matplotlib", "torch")
FOLDER = Path(golden.integer.__path__[0])
MODULES = sorted(".".join(("golden.integer", *path.relative_to(FOLDER).with_suffix("").parts)) for path in FOLDER.rglob("[!_]*.py"))


def loaded(modules: list[str]) -> list[str]:
    """Those of ``HEAVY`` that a fresh Python has loaded after importing ``modules``."""
    lines = [f"import {', '.join(['sys', *modules])}", f"print(*[name for name in {HEAVY} if name in sys.modules])"]
    return subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True).stdout.split()


def test_integer_networks_are_light() -> None:
    assert "golden.integer.transformer.network" in MODULES
    assert loaded(MODULES) == []


def test_what_is_heavy_is_found() -> None:
    assert loaded(["golden.compiled.stream"]) == ["numba", "llvmlite"]
