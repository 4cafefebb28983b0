"""The flash chip of the compiled simulator: the Python model's twin in C++ (sim/compiled/flash.h), at a design's pins or alone."""

from ctypes import byref, c_int, c_int64
from dataclasses import astuple

from sim.compiled.face import BITS
from sim.compiled.simulation import Simulation
from sim.flash import Found, Pads
from sim.flash.cells import check_period
from sim.flash.protocol import check_content
from sim.violations import Violation

# of enum Name in sim/compiled/flash.h
_NAMES = "tSLCH tCHSH tCHSL tSHCH tSHSL1 tSHSL2 tDVCH tCHDX tCLL tCLH FR fR tDP tRES1 tRES2 tRST contention HOLD#".split()


class CompiledChip:
    """A :class:`sim.flash.FlashChip` in C++, with the same methods and random draws; violations never raise.

    ``sim`` lends its library; the chip lives on when that simulation is closed, and may then stand at another one's pins.
    """

    def __init__(self, sim: Simulation, content: bytes = b"", found: Found | None = None, *, offset: int = 0) -> None:
        check_content(content, offset)
        found = found or Found()
        times = astuple(found.timing)
        self._lib = sim.code
        self._handle = self._lib.px_chip(
            content,
            len(content),
            offset,
            found.jedec,
            found.quad_enabled,
            found.power,
            found.busy_until,
            (c_int64 * len(times))(*times),
            found.pulled,
            -1 if found.stuck is None else found.stuck,
            found.absent,
            found.seed,
        )

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._lib.px_chip_free(self._handle)
            self._handle = None

    def set(self, now: int, *, cs_n: int, clk: int, io: int, drive: int) -> None:
        """As FlashChip.set."""
        self._lib.px_chip_set(self._handle, now, cs_n, clk, io, drive)

    def out(self, now: int) -> tuple[int, int]:
        """As FlashChip.out."""
        pins = self._lib.px_chip_out(self._handle, now)
        return pins & 15, pins >> 4

    def read(self, now: int) -> int:
        """As FlashChip.read."""
        return self._lib.px_chip_read(self._handle, now)

    @property
    def now(self) -> int:
        return self._lib.px_chip_now(self._handle)

    @property
    def asleep(self) -> bool:
        """Powered down, or on the way there."""
        return bool(self._lib.px_chip_state(self._handle) & 1)

    @property
    def quad(self) -> bool:
        """QE as it works now."""
        return bool(self._lib.px_chip_state(self._handle) & 2)

    @property
    def continuous(self) -> bool:
        """In continuous read mode."""
        return bool(self._lib.px_chip_state(self._handle) & 4)

    @property
    def violations(self) -> list[Violation]:
        """The first 256, in order."""
        broken, name = [], c_int()
        for index in range(self._lib.px_chip_violations(self._handle)):
            time = self._lib.px_chip_violation(self._handle, index, byref(name))
            broken.append(Violation(name=_NAMES[name.value], time=time))
        return broken

    def attach(self, sim: Simulation, *, period: int, pads: Pads | None = None, prefix: str = "flash__") -> "AttachedFlash":
        """Puts IO cells and the chip at the ports ``prefix`` + cs_n, sck, io_o, io_oe, io_i of a design; ``period`` of the clock that
        drives them in picoseconds (even)."""
        return AttachedFlash(sim, CompiledCells(self, period=period, pads=pads, start=self.now), prefix)


class CompiledCells:
    """:class:`sim.flash.IoCells` in C++."""

    def __init__(self, chip: CompiledChip, *, period: int, pads: Pads | None = None, start: int = 0) -> None:
        check_period(period)
        pads = pads or Pads()
        self.chip, self._lib = chip, chip._lib
        self._handle = self._lib.px_cells(chip._handle, period, pads.out, pads.back, start)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._lib.px_cells_free(self._handle)
            self._handle = None

    def edge(self, *, cs_n: int, sck: int, io_o: int, io_oe: int) -> int:
        """As IoCells.edge."""
        return self._lib.px_cells_edge(self._handle, cs_n, sck, io_o, io_oe)

    def flush(self) -> int:
        """As IoCells.flush."""
        return self._lib.px_cells_flush(self._handle)


class AttachedFlash:
    """Cells and a ``chip`` at a design's pins, until :meth:`detach`."""

    def __init__(self, sim: Simulation, cells: CompiledCells, prefix: str) -> None:
        self._cells, self.chip = cells, cells.chip
        places = [sim.output(prefix + name) for name in ("cs_n", "sck", "io_o", "io_oe")]
        outputs = (BITS * 4)(*(place for place, _ in places))
        logic = (c_int * 4)(*(late for _, late in places))
        self._device = sim.device("px_cells_attach", cells._handle, outputs, logic, sim.input(prefix + "io_i"), owner=cells)

    def detach(self) -> int:
        """Takes the chip off the pins once what was on its way has reached it; returns the time, in picoseconds of the chip."""
        self._device.detach()
        return self._cells.flush()
