"""A plugin of pytest that notes what of the instruction set and of the image's sections the tests meet.

``python -m pytest -p tests.coverage.plugin tests/sim``, with the folder to write to in ``POLYCHRON_MET``. A program counts where it is put
into the gateware, in a simulator of any kind, or into the interpreter of the instruction set; an image where it is read or made, or where
the gateware has taken it whole.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import firmware.image.sections as image_sections

from . import instruction, sections

ROOM = "POLYCHRON_MET"
GATEWARE, MODEL = "gateware", "model"


class Notes:
    """Goals that were met, by who met them, each with the first test that did."""

    def __init__(self) -> None:
        self.met: dict[str, dict[str, str]] = {GATEWARE: {}, MODEL: {}}
        self._seen: set[object] = set()

    def program(self, who: str, program: Any) -> None:
        key = who, program.width, program.runs, program.anchors
        if hash(key) not in self._seen:
            self._seen.add(hash(key))
            self.goals(who, instruction.met(program))

    def image(self, who: str, data: bytes) -> None:
        self.goals(who, sections.met(data))

    def goals(self, who: str, goals: set[str]) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" (")[0]
        for goal in goals:
            self.met[who].setdefault(goal, test)

    def save(self, folder: Path) -> None:
        if any(self.met.values()):
            (folder / f"{os.getpid()}.json").write_text(json.dumps(self.met), encoding="utf-8")


NOTES = Notes()


def _after(module: Any, name: str, note: Callable[..., None]) -> None:
    """Has ``note(result, *arguments)`` called after each call of a function or method."""
    plain = getattr(module, name)

    def noted(*arguments: Any, **options: Any) -> Any:
        result = plain(*arguments, **options)
        note(result, *arguments)
        return result

    setattr(module, name, staticmethod(noted) if isinstance(module, type) and hasattr(plain, "__self__") else noted)


# before anything imports these two by name
_after(image_sections, "pack", lambda image, *_: NOTES.image(MODEL, image))
_after(image_sections, "unpack", lambda _, data: NOTES.image(MODEL, data))


def _loaded(result: tuple[Any, ...], data: bytes) -> None:
    """What a simulated loader has said of one image."""
    _, done, error, code = result
    if done and not error:
        NOTES.image(GATEWARE, data)
    elif code:
        NOTES.goals(GATEWARE, {f"refused: {code.name}"})


def _booted(loaded: bool, board: Any) -> None:
    if loaded:
        NOTES.image(GATEWARE, board._content)


def _sent(_: None, host: Any, image: bytes) -> None:
    from sim.machines.board import UartTransport

    if isinstance(host.transport, UartTransport):
        NOTES.image(GATEWARE, image)


def pytest_configure() -> None:
    from firmware.host.host import Host
    from sim.machines.board import BoardSimulation
    from sim.machines.machine import Machine as Simulated

    from ..firmware.machine import Machine
    from ..hdl.core.core_bench import CoreBench
    from ..hdl.link import loader_bench
    from ..sim.cycles import core_rtl

    _after(Simulated, "_preload", lambda _, machine, program: NOTES.program(GATEWARE, program))
    _after(CoreBench, "load", lambda _, bench, ctx, program=None: NOTES.program(GATEWARE, program or bench.program))
    _after(core_rtl, "measure", lambda _, jobs: [NOTES.program(GATEWARE, job.program) for job in jobs] and None)
    _after(Machine, "load", lambda machine, *_: NOTES.program(MODEL, machine.program))
    _after(loader_bench, "load", _loaded)
    _after(BoardSimulation, "boot", _booted)
    _after(Host, "load", _sent)


def pytest_unconfigure(config: pytest.Config) -> None:
    if room := os.environ.get(ROOM):
        NOTES.save(Path(room))
