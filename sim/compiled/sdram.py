"""The SDRAM of the compiled simulator: the Python model's twin in C++ (sim/compiled/sdram.h), at a design's pins or alone."""

from ctypes import byref, c_int, c_int64, c_uint32, create_string_buffer
from dataclasses import astuple

from boards.sdram import SdramPart
from sim.compiled.face import BITS
from sim.compiled.simulation import Simulation
from sim.sdram import Command, SdramPads
from sim.sdram.cells import check_period
from sim.sdram.chip import check_seed
from sim.sdram.content import check_place
from sim.violations import Violation

# of enum Name in sim/compiled/sdram.h
_NAMES = [
    *(command.title for command in list(Command)[:-1]),
    *"t_ck t_ch t_cl t_is t_ih t_rcd t_rp t_ras t_ras_max t_rc t_rfc t_rrd t_wr t_mrd t_start t_ref t_refi start mode contention".split(),
]


class CompiledSdram:
    """A :class:`sim.sdram.SdramChip` in C++, with the same methods and random draws; violations never raise.

    ``sim`` lends its library; the chip lives on when that simulation is closed, and may then stand at another one's pins.
    """

    def __init__(self, sim: Simulation, part: SdramPart, *, seed: int = 1) -> None:
        check_seed(seed)
        _, *numbers = astuple(part)
        self.part, self._lib = part, sim.code
        self._handle = self._lib.px_sdram((c_int64 * len(numbers))(*numbers), seed)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._lib.px_sdram_free(self._handle)
            self._handle = None

    def set(self, now: int, *, clk: int, command: int, bank: int, address: int, dq: int, drive: int) -> None:
        """As SdramChip.set."""
        self._lib.px_sdram_set(self._handle, now, clk, command, bank, address, dq, drive)

    def out(self, now: int) -> tuple[int, int]:
        """As SdramChip.out."""
        by_chip = c_int()
        levels = self._lib.px_sdram_out(self._handle, now, byref(by_chip))
        return levels, (1 << self.part.bits) - 1 if by_chip.value else 0

    def read(self, now: int) -> int:
        """As SdramChip.read."""
        return self._lib.px_sdram_read(self._handle, now)

    def fill(self, data: bytes, *, bank: int, row: int, column: int = 0) -> None:
        """As SdramChip.fill."""
        check_place(self.part, bank, row, column=column, size=len(data))
        self._lib.px_sdram_fill(self._handle, bank, row, column * self.part.bits // 8, data, len(data))

    def row(self, bank: int, row: int) -> bytes:
        """As SdramChip.row."""
        check_place(self.part, bank, row)
        buffer = create_string_buffer(self.part.bits // 8 << self.part.column_bits)
        self._lib.px_sdram_row(self._handle, bank, row, buffer)
        return buffer.raw

    @property
    def now(self) -> int:
        return self._lib.px_sdram_now(self._handle)

    @property
    def started(self) -> bool:
        """Whether it has been through its start."""
        return bool(self._lib.px_sdram_started(self._handle))

    @property
    def violations(self) -> list[Violation]:
        """The first 256, in order."""
        broken, name = [], c_int()
        for index in range(self._lib.px_sdram_violations(self._handle)):
            time = self._lib.px_sdram_violation(self._handle, index, byref(name))
            broken.append(Violation(name=_NAMES[name.value], time=time))
        return broken

    def attach(self, sim: Simulation, *, period: int, pads: SdramPads | None = None, prefix: str = "sdram__") -> "AttachedSdram":
        """Puts IO registers, pads and the chip at the ports ``prefix`` + command, bank, address, dq_o, dq_oe, dq_i of a design; ``period``
        of its clock ``clk`` in picoseconds (a multiple of 4)."""
        return AttachedSdram(sim, CompiledSdramCells(self, period=period, pads=pads, start=self.now), prefix)


class CompiledSdramCells:
    """:class:`sim.sdram.SdramCells` in C++."""

    def __init__(self, chip: CompiledSdram, *, period: int, pads: SdramPads | None = None, start: int = 0) -> None:
        check_period(period)
        pads = pads or SdramPads()
        self.chip, self._lib = chip, chip._lib
        self._handle = self._lib.px_sdram_cells(chip._handle, period, pads.out, pads.out_clk, pads.back, start)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._lib.px_sdram_cells_free(self._handle)
            self._handle = None

    def edge(self, *, command: int, bank: int, address: int, dq_o: int, dq_oe: int) -> int:
        """As SdramCells.edge."""
        words = (c_uint32 * (self.chip.part.bits // 8))()
        self._lib.px_sdram_cells_edge(self._handle, command, bank, address, dq_o, dq_oe, words)
        return int.from_bytes(bytes(words), "little")

    def flush(self) -> int:
        """As SdramCells.flush."""
        return self._lib.px_sdram_cells_flush(self._handle)


class AttachedSdram:
    """Cells and a ``chip`` at a design's pins, until :meth:`detach`."""

    def __init__(self, sim: Simulation, cells: CompiledSdramCells, prefix: str) -> None:
        self._cells, self.chip = cells, cells.chip
        places = [sim.output(prefix + name) for name in ("command", "bank", "address", "dq_o", "dq_oe")]
        outputs = (BITS * 5)(*(place for place, _ in places))
        logic = (c_int * 5)(*(late for _, late in places))
        dq_i = sim.input(prefix + "dq_i", bits=4 * cells.chip.part.bits)
        self._device = sim.device("px_sdram_attach", cells._handle, outputs, logic, dq_i, owner=cells)

    def detach(self) -> int:
        """Takes the chip off the pins once what was on its way has reached it; returns the time, in picoseconds of the chip."""
        self._device.detach()
        return self._cells.flush()
