"""Link and loader, with what their ordinary tests give them: recorded in Amaranth's simulator by the plugin beside."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring

from firmware import isa
from hdl.link.link import Link
from hdl.link.loader import Loader

from ..hdl.link.link_bench import GAP_BITS
from ..hdl.link.loader_bench import WIDTH, WORDS
from .replay import Seen, Stimulus

ROOT = Path(__file__).parents[2]
WATCHDOG_BITS = 12  # of all links: so soon that it bites in a test, and no sooner than the others take
_WAIT_LONGER = ("busy", "a_frame_that_waits_at_the_watchdog_is_answered")  # tests of a watchdog of their own, or of none
_TESTS = tuple(f"tests/hdl/link/test_{name}.py" for name in ("link", "link_last", "loader", "loader_refused", "loader_flash", "link_flash"))


@dataclass(frozen=True)
class Kept:
    """What one simulation of an ordinary test was given."""

    name: str
    stimulus: Stimulus

    def record(self, ports: Sequence[tuple[str, Value]]) -> Stimulus:
        return self.stimulus


@cache
def _all() -> dict[str, list[Kept]]:
    """Of link and loader; runs their tests."""
    with TemporaryDirectory() as folder:
        without = [word for name in _WAIT_LONGER for word in ("--deselect", f"tests/hdl/link/test_link.py::test_{name}")]
        command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-p", "tests.mutation.plugin", *_TESTS, *without]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"POLYCHRON_RECORDED": folder}, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the tests that are recorded must pass:\n{done.stdout[-2000:]}")
        found: dict[str, list[Kept]] = {}
        for file in sorted(Path(folder).iterdir()):
            with np.load(file) as kept:
                name, words = str(kept["test"]), kept["inputs"]
            found.setdefault(file.name.split("-")[0], []).append(Kept(name, Stimulus(name, words)))
    return found


def link_plans() -> Sequence[Kept]:
    return with_resets(_all()["link"])


def loader_plans() -> Sequence[Kept]:
    return with_resets(_all()["loader"])


def with_resets(kept: Sequence[Kept]) -> list[Kept]:
    """And behind them some that are broken off, each at another part of it, by a reset, after which another one goes on."""
    found = list(kept)
    for number, (broken, whole) in enumerate(zip(kept[:8], kept[8:], strict=False)):
        before = broken.stimulus.inputs[: len(broken.stimulus.inputs) * (number + 1) // 9]
        reset = np.zeros((1, before.shape[1]), np.uint32)
        reset[0, 0] = 1
        name = f"{broken.name}, reset, {whole.name}"
        found.append(Kept(name, Stimulus(name, np.concatenate([before, reset, whole.stimulus.inputs]))))
    return found


def make_link() -> Link:
    return Link(width=isa.Width(), gap_bits=GAP_BITS, watchdog_bits=WATCHDOG_BITS)


def make_loader() -> Loader:
    return Loader(words=WORDS, width=WIDTH)


def link_seen(m: Module, dut: wiring.Component) -> Seen:
    """All outputs; what a stream offers counts while it is valid."""
    found = [(port, 1) for port in (dut.image_start, dut.scrub, dut.core_reset, dut.symbol.ready, dut.read_data.ready)]
    for port in (dut.o, dut.image, dut.step, dut.read_request):
        found += [(port.valid, 1), (Value.cast(port.payload), port.valid)]
    return found


def loader_seen(m: Module, dut: wiring.Component) -> Seen:
    """All outputs where they count: the load bus at its strobe, its space a clock before too, the code a clock after the error."""
    before, error_before = Signal(3), Signal()
    load, status = dut.load, dut.status
    m.d.sync += [before.eq(load.space), error_before.eq(status.error)]
    return [
        (dut.i.ready, 1),
        (load.strobe, 1),
        *((value, load.strobe) for value in (load.space, before, load.address, load.data)),
        *((value, 1) for value in (status.done, status.error, status.section)),
        (Value.cast(status.code), status.error & error_before),
        *((value, status.done) for value in (status.image_signature, status.same)),
    ]
