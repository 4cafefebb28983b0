"""A plugin of pytest that keeps what the ordinary tests give the link and the loader: every clock of each simulation, at their inputs.

``python -m pytest -p tests.mutation.plugin tests/hdl/link``, with the folder to write to in ``POLYCHRON_RECORDED``.
"""

import os
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from amaranth.lib import wiring
from amaranth.sim import Simulator

from hdl.link.loader import Loader
from hdl.link.section import spans_of

from ..hdl.link import link_bench
from ..hdl.link.link_bench import LinkBench
from ..hdl.link.loader_bench import WIDTH, WORDS
from .link_sessions import WATCHDOG_BITS
from .recording import packed_words
from .replay import inputs

ROOM = "POLYCHRON_RECORDED"
_NUMBERS = count()
_begin, _run = Simulator.__init__, Simulator.run
_make = LinkBench.__init__
_LOADER = spans_of(WORDS), WIDTH, 1, False


def _watched(design: object) -> tuple[str, wiring.Component] | None:
    """What of a design is recorded: only what is made as the unit of mutants is."""
    if isinstance(design, LinkBench) and design.with_flash and len(design.cores) == 1:
        return "link", design.link
    if isinstance(design, Loader) and (design._spans, design._width, design._cores, design._loaded) == _LOADER:
        return "loader", design
    return None


def _begun(self: Simulator, toplevel: Any, **options: Any) -> None:
    self.watched = _watched(toplevel)
    _begin(self, toplevel, **options)


def _ran(self: Simulator) -> None:
    if self.watched is None:
        return _run(self)
    name, component = self.watched
    ports, clocks = inputs(component), []

    async def keep(ctx: Any) -> None:
        async for _, _, *values in ctx.tick().sample(*(port for _, port in ports)):
            clocks.append(values)

    self.add_testbench(keep, background=True)
    try:
        return _run(self)
    finally:
        test = os.environ["PYTEST_CURRENT_TEST"].split("::")[1].split(" (")[0]
        file = Path(os.environ[ROOM]) / f"{name}-{next(_NUMBERS):04}.npz"
        np.savez_compressed(file, test=np.array(test), inputs=packed_words(clocks, [len(port) for _, port in ports]))


def _with_watchdog(self: LinkBench, **options: Any) -> None:
    _make(self, **(options | {"watchdog_bits": WATCHDOG_BITS}))


def pytest_configure(config: pytest.Config) -> None:
    """All links are made with the watchdog that a test can wait for."""
    patch.object(Simulator, "__init__", _begun).start()
    patch.object(Simulator, "run", _ran).start()
    patch.object(link_bench.LinkBench, "__init__", _with_watchdog).start()
