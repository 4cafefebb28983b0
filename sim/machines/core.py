"""The core alone, or with the controller of a flash or an SDRAM and a chip at its pins, compiled, with a program preloaded: steps by the
core's own ports, without loader and link."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from boards import Board
from firmware import isa
from firmware.image.image import write_image
from firmware.learning import OFF, Learning
from firmware.program import Program
from hdl.board.parts import connect_rows, make_flash, make_sdram
from hdl.core.core import Core
from hdl.core.params import CoreParams
from hdl.flash.controller import FlashController
from hdl.sdram.controller import SdramController
from sim.compiled.build import build
from sim.machines.machine import CORE, FlashSetup, Machine
from sim.machines.sdram import SdramSetup
from sim.machines.stall import StallingTier

STEP_LIMIT = 1 << 24  # clocks; the link's own
_LOAD_PAUSE = 8  # clocks from strobe to strobe of the load bus
_END = object()  # stands behind the last request


class CoreBench(wiring.Component):
    """A core with the core's ports, and ``stall``, which refuses table requests; ``far``: beside it, its pins as ``flash`` or ``sdram``.

    ``tier``: makes the table tier.
    """

    def __init__(
        self,
        params: CoreParams,
        far: FlashController | SdramController | None = None,
        *,
        tier: Callable[..., StallingTier] = StallingTier,
    ) -> None:
        self._refused = Signal()
        self._core, self._far = Core(params=params, tier=partial(tier, stall=self._refused)), far
        self._name = "sdram" if isinstance(far, SdramController) else "flash"
        outer = {name: member for name, member in self._core.signature.members.items() if name not in ("rows", "flash")}
        pins = {self._name: far.signature.members["pins"]} if far else {}
        super().__init__({**outer, **pins, "stall": In(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self._core
        for name in ("load", "step", "read_request"):
            wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(core, name))
        for name in ("symbol", "read_data"):
            wiring.connect(m, getattr(core, name), wiring.flipped(getattr(self, name)))
        m.d.comb += self._refused.eq(self.stall)
        if "changed" in self.signature.members:
            m.d.comb += self.changed.eq(core.changed)
        if self._far is not None:
            m.submodules[self._name] = far = self._far
            connect_rows(m, far, core)
            wiring.connect(m, far.pins, wiring.flipped(getattr(self, self._name)))
            if isinstance(far, SdramController):
                m.d.comb += far.begin.eq(core.step.valid & core.step.ready)
        return m


@cache
def core_library(params: CoreParams, board: Board | None = None) -> Path:
    """The compiled core, made once a process; with ``params.far_bytes`` the controller is that of ``board``'s far tier."""
    if board is None or not params.far_bytes:
        return build(CoreBench(params))
    return build(CoreBench(params, make_sdram(board) or make_flash(board, boot=False)))


class CoreSimulation(Machine):
    """A core with ``program`` in its memories; ``params`` of a board: hdl.board.system.core_params.

    With ``params.far_bytes``, the image lies in a flash as ``flash`` says, at ``board``'s offset and clocks, or the tables in an SDRAM as
    ``sdram`` says, and the controller has gone through its start sequence. ``stall``: the probability with which the table tier refuses a
    request in a clock (``stall_seed`` chooses when); 0 as on the board.
    """

    def __init__(
        self,
        program: Program,
        *,
        params: CoreParams,
        board: Board | None = None,
        flash: FlashSetup | None = None,
        sdram: SdramSetup | None = None,
        stall: float = 0,
        stall_seed: int = 1,
    ) -> None:
        if not params.far_bytes and any(run.tier for run in program.runs):
            raise ValueError("the program has tables in a far tier, the core has none")
        if params.far_bytes and (board is None or board.far is None):
            raise ValueError("board must be given for a core with a far tier")
        self.program = program
        far = board.far if board and params.far_bytes else None
        super().__init__(core_library(params, board if far else None), params.width)
        if board and far and far.kind == "sdram":
            self._attach_sdram(board, sdram)
        elif board and far:
            self._attach_flash(board, write_image(program), flash)
        self._preload(program)
        sampling = program.sampling
        self._load(isa.Kind.JITTER, [] if sampling.jitter is None else sampling.jitter.tolist())
        self._load(isa.Kind.CONFIG, sampling.registers())
        self.sim["rst"] = 1  # the core is held in reset while it is loaded
        self.sim.clock()
        self.sim["rst"] = 0
        self.sim["symbol__ready"] = 1
        if self.sdram is not None:
            self._start_sdram(program)
        elif self.chip is not None:
            self._start_flash()
        if stall:
            self.sim.random_bit("stall", probability=stall, seed=stall_seed)

    def learn(self, learning: Learning | None) -> None:
        """Steps with a forced symbol learn from now on, or none do. Of a core with ``params.learns``."""
        self._load(isa.Kind.CONFIG, OFF if learning is None else learning.registers(), first=isa.Config.LEARN)

    def _load(self, space: isa.Kind, words: list[int], *, first: int = 0) -> None:
        for address, word in enumerate(words, first):
            self.sim["load__space"], self.sim["load__address"], self.sim["load__data"] = space, address, word & 0xFFFF
            self.sim["load__strobe"] = 1
            self.sim.clock()
            self.sim["load__strobe"] = 0
            self.sim.clock(_LOAD_PAUSE - 1)

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
        for number, (request, following) in enumerate(pairwise(chain[Any](forced, [_END]))):
            if number == 0:
                self._offer(request)
                self.sim.run_until("step__ready", limit=STEP_LIMIT)
            self._offer(following)
            if begun is not None:
                begun(request)
            for index, run in enumerate(self.program.runs):
                self.sim.run_until(CORE + "writeback.retired", limit=STEP_LIMIT)
                if run.last and written is not None:
                    written(index)
            self.sim.run_until("symbol__valid", limit=STEP_LIMIT)
            yield self.sim[CORE + "sequencer.symbol__payload"]

    def _offer(self, request: Any) -> None:
        """Holds a symbol, or None, out to the core; at ``_END`` nothing."""
        self.sim["step__valid"] = request is not _END
        if request is not _END:
            self.sim["step__payload"] = 0 if request is None else 1 | request << 1
