"""The core alone, or with the flash controller and a chip at its pins, compiled, with a program preloaded: steps by the core's own ports,
without loader and link."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from boards import Board
from firmware import isa
from firmware.image.image import write_image
from firmware.program import Program
from hdl.core.core import Core
from hdl.core.params import CoreParams
from hdl.flash.controller import FlashController
from sim.compiled.build import build
from sim.compiled.simulation import Simulation
from sim.machines.preload import ANCHORS, PROGRAM, TABLES, preload, store_latencies, store_names, write_store
from sim.machines.setup import FlashSetup, nibbles
from sim.machines.stall import StallingTier

STEP_LIMIT = 1 << 24  # clocks; the link's own
START_LIMIT = 1 << 16  # clocks of the flash's start sequence
_LOAD_PAUSE = 8  # clocks from strobe to strobe of the load bus


class _End:
    """Stands behind the last request."""


_END = _End()


class _Bench(wiring.Component):
    """A core with the core's ports, and ``stall``, which refuses table requests; ``flash``: beside it, its pins as ``flash``."""

    def __init__(self, params: CoreParams, flash: FlashController | None) -> None:
        self._refused = Signal()
        self._core, self._controller = Core(params=params, tier=partial(StallingTier, stall=self._refused)), flash
        outer = {name: member for name, member in self._core.signature.members.items() if name not in ("rows", "flash")}
        pins = {"flash": flash.signature.members["pins"]} if flash else {}
        super().__init__({**outer, **pins, "stall": In(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self._core
        for name in ("load", "step", "read_request"):
            wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(core, name))
        for name in ("symbol", "read_data"):
            wiring.connect(m, getattr(core, name), wiring.flipped(getattr(self, name)))
        m.d.comb += self._refused.eq(self.stall)
        if self._controller is not None:
            m.submodules.flash = flash = self._controller
            wiring.connect(m, core.rows, flash.row)
            wiring.connect(m, flash.data, core.flash)
            wiring.connect(m, flash.pins, wiring.flipped(self.flash))
        return m


@cache
def core_library(params: CoreParams, *, nibbles: int | None = None, offset: int = 0) -> Path:
    """The compiled core, made once a process; with ``params.flash``, ``nibbles`` a clock and the image's ``offset`` of the controller."""
    if not params.flash:
        return build(_Bench(params, None))
    assert nibbles is not None
    return build(_Bench(params, FlashController(offset=offset, nibbles=nibbles, boot=False)))


class CoreSimulation:
    """A core with ``program`` in its memories; ``params`` of a board: hdl.board.system.core_params.

    With ``params.flash``, the image lies in a chip as ``flash`` says, at ``board``'s offset and clocks, and the controller has gone through
    its start sequence. ``stall``: the probability with which the table tier refuses a request in a clock (``stall_seed`` chooses when); 0
    as on the board. ``sim``: the simulation itself, for signals by name, the core's below ``prefix``. ``chip``: the flash chip.
    """

    def __init__(
        self,
        program: Program,
        *,
        params: CoreParams,
        board: Board | None = None,
        flash: FlashSetup | None = None,
        stall: float = 0,
        stall_seed: int = 1,
    ) -> None:
        self.program, self.chip, self._content = program, None, b""
        self.prefix = "core."
        if not params.flash and any(run.tier for run in program.runs):
            raise ValueError("the program has tables in flash, the core has none")
        if params.flash:
            if board is None:
                raise ValueError("board must be given for a core with flash")
            self._offset = board.image_offset
            self.sim = Simulation(core_library(params, nibbles=nibbles(board), offset=board.image_offset))
            setup, image = flash or FlashSetup(), write_image(program)
            self._content = image if setup.content is None else setup.content
            self.chip = setup.attach(self.sim, board, image).chip
        else:
            self.sim = Simulation(core_library(params))
        self._banks = [self.sim.memory(self.prefix + name) for name in store_names()]
        names = [TABLES, ANCHORS, PROGRAM, *store_names()]
        preload({name: self.sim.memory(self.prefix + name) for name in names}, program)
        sampling = program.sampling
        self._load(isa.Kind.JITTER, [] if sampling.jitter is None else sampling.jitter.tolist())
        self._load(isa.Kind.CONFIG, sampling.registers())
        self.sim["rst"] = 1  # the core is held in reset while it is loaded
        self.sim.clock()
        self.sim["rst"] = 0
        self.sim["symbol__ready"] = 1
        if params.flash:
            self.sim.run_until("flash.ready", limit=START_LIMIT)
        if stall:
            self.sim.random_bit("stall", probability=stall, seed=stall_seed)

    def close(self) -> None:
        self.sim.close()

    def _load(self, space: isa.Kind, words: list[int]) -> None:
        for address, word in enumerate(words):
            self.sim["load__space"], self.sim["load__address"], self.sim["load__data"] = space, address, word & 0xFFFF
            self.sim["load__strobe"] = 1
            self.sim.clock()
            self.sim["load__strobe"] = 0
            self.sim.clock(_LOAD_PAUSE - 1)

    def latencies(self) -> npt.NDArray[np.int16]:
        """All latencies in the store, (2048,), by address."""
        return store_latencies(self._banks)

    def write(self, addresses: npt.NDArray[np.intp], values: npt.NDArray[np.int16]) -> None:
        """Puts latencies into the store between steps: an input, or a state."""
        write_store(self._banks, addresses, values)

    def tables(self, tier: int, address: int, size: int) -> bytes:
        """Bytes of a tier as they stand in the simulated memory, or in the chip."""
        if tier:
            return self._content[address - self._offset :][:size]
        return self.sim.memory(self.prefix + TABLES).astype("<u4").tobytes()[address : address + size]

    def counter(self, counter: isa.Counter) -> int:
        """One of the core's counters, as the host reads it."""
        return self.sim[f"{self.prefix}counters.{counter.name.lower()}"]

    def steps(
        self,
        forced: Iterable[int | None],
        *,
        begun: Callable[[int | None], None] | None = None,
        written: Callable[[int], None] | None = None,
    ) -> Iterator[int]:
        """Runs one step for each element of ``forced`` (a symbol, or None to go on with the step's own), back to back; yields the symbols
        chosen.

        ``begun(request)`` is called for each step before its first write-back, ``written(run)`` whenever a run that writes back has done
        so, before any later write: the store then shows it.
        """
        requests: Iterable[int | _End | None] = chain(forced, [_END])
        for number, (request, following) in enumerate(pairwise(requests)):
            assert not isinstance(request, _End)
            if number == 0:
                self._offer(request)
                self.sim.run_until("step__ready", limit=STEP_LIMIT)
            self._offer(following)
            if begun is not None:
                begun(request)
            for index, run in enumerate(self.program.runs):
                self.sim.run_until(self.prefix + "writeback.retired", limit=STEP_LIMIT)
                if run.last and written is not None:
                    written(index)
            self.sim.run_until("symbol__valid", limit=STEP_LIMIT)
            yield self.sim[self.prefix + "sequencer.symbol__payload"]

    def _offer(self, request: int | _End | None) -> None:
        self.sim["step__valid"] = not isinstance(request, _End)
        if not isinstance(request, _End):
            self.sim["step__payload"] = 0 if request is None else 1 | request << 1

    def trace(self, path: Path, *, clock_hz: float) -> None:
        """Writes a VCD from now on, until ``sim.close_trace()``."""
        self.sim.trace(path, clock_hz=clock_hz)
