"""What the rest of the project needs to know of a board: one frozen record, plain data."""

from dataclasses import dataclass
from typing import Literal

from .parts import W25Q128JV, FlashPart
from .sdram import SDRAM_BANKS, SdramPart


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A memory that holds table rows. Its place in ``Board.tiers`` is the ``tier`` field of an instruction.

    ``kind``: "spram" (four SB_SPRAM256KA side by side), "bram" (block RAM), "qspi" (a quad SPI flash that also holds the memory image) or
    "sdram" (clocked at twice the core's clock).
    ``base``: first byte that may hold tables, in the tier's own addresses; ``size``: bytes from there. ``byte_clocks``: clocks in which it
    delivers ``at_once`` bytes: of a flash 1, or 2 with a nibble a clock; 0 on chip, where a beat takes one clock. ``row_clocks``: clocks a
    row takes besides, for its address. ``parts``: the flash, or those that are found on boards of this kind, tried in turn; ``sdram``: the
    same of an SDRAM, of one size, whose times are those of the slowest. ``modes``: how a flash can be clocked (boards/modes.py);
    ``lines``: on how many it is read. With 1 or 2 it holds the image alone, and has no modes.
    """

    name: str
    kind: str
    size: int
    base: int = 0
    byte_clocks: int = 0
    row_clocks: int = 0
    at_once: int = 1
    parts: tuple[FlashPart, ...] = (W25Q128JV,)
    sdram: tuple[SdramPart, ...] = ()
    modes: tuple[str, ...] = ("byte", "nibble")
    lines: int = 4

    def beat_clocks(self, lanes: int) -> int:
        """Clocks in which it delivers a beat to a core of ``lanes``, a byte each."""
        return max(1, lanes * self.byte_clocks // self.at_once)


@dataclass(frozen=True, kw_only=True)
class PinGroup:
    """A resource that the platform of amaranth-boards lacks, "``name`` 0".

    ``pins``: (part, names of the FPGA's pins with spaces between them); ``low``: the parts that are active low; ``attributes``: of every
    pin, as the platform's own resources have them.
    """

    name: str
    pins: tuple[tuple[str, str], ...]
    low: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Where on the board the design's signals are.

    Each is a resource of the platform or of ``extra``, "NAME NUMBER", a part of one, "NAME NUMBER.PART", or a pin of the FPGA that no
    resource has, "@PIN".
    ``clock``: the oscillator; left out, it is the platform's default clock. ``at_pll``: it comes in at the pad of an iCE40's PLL, else at
    another pin. ``led_g``: an image is loaded; ``led_r``: an error. ``flash``: chip select and all four lines of one that holds tables,
    the first two of one that doesn't; on an iCE40 its clock too. ``sdram``: clock, clock_en, cs, we, ras, cas, ba, a, dq and dqm of one,
    those that its pins have. ``high``: pins that are kept high.
    """

    clock: str = ""
    at_pll: bool = True
    uart_rx: str = "uart 0.rx"
    uart_tx: str = "uart 0.tx"
    led_g: str = "led_g 0"
    led_r: str = "led_r 0"
    flash: str = "spi_flash_4x 0"
    sdram: str = "sdram 0"
    high: tuple[str, ...] = ()
    extra: tuple[PinGroup, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Programmer:
    """A program that writes the board's flash: its name, and the words by which it knows the board. ``package``: Debian's.

    ``verifies``: its exit code tells if the flash holds something else than what was written.
    """

    tool: Literal["iceprog", "openFPGALoader"]
    package: str
    words: tuple[str, ...] = ()
    verifies: bool = True


_BIT_ERROR = 0.02  # ten bits then drift by a fifth of one; with 1 % of oscillators and edges, less than the receiver takes

ICEPROG = Programmer(tool="iceprog", package="fpga-icestorm")


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board and the sizes of the core built for it, or of the cores.

    ``platform``: "module:class" of amaranth-boards; ``wiring``: which of its resources are used. ``clock_in_hz``: its oscillator;
    ``clock_hz``: the core's clock, out of the PLL.
    ``cores``: 1, 2 or 4 of them beside one another, each with the first of the ``tiers``, all of its size, to itself; more than one have no
    second tier. ``lanes``: accumulators, and bytes of a beat; ``comparators``: P, anchor pairs compared in a clock.
    ``store_clocks``, ``table_clocks``: in which the latency store and the tables on chip are read, 1 and 1,
    or 2 and 3 with registers at memories that are slow or far apart. ``anchor_words``, ``program_instructions``: depths.
    ``learns``: the core has a unit that changes output tables on chip.
    ``image_offset``, ``flash_size``: bytes; a memory image in flash begins at the offset. ``image_flash``: the flash that it is read from
    where that is none of the ``tiers``.
    ``uart_baud``: of the serial port. What its USB chip can do, out of a whole number of the core's clocks (:attr:`bit_clocks`): more than
    2 % off is a ``ValueError``.
    ``usb``: vendor and product of the USB chip that it is programmed through; ``programmers``: the tools that can, the best first.
    """

    name: str
    title: str
    platform: str
    wiring: Wiring = Wiring()
    device: str
    package: str
    clock_in_hz: float
    clock_hz: float
    tiers: tuple[Tier, ...]
    image_flash: Tier | None = None
    cores: int = 1
    lanes: int = 8
    comparators: int = 2
    store_clocks: int = 1
    table_clocks: int = 1
    anchor_words: int = 512
    program_instructions: int = 32
    learns: bool = False
    image_offset: int
    flash_size: int
    uart_baud: int = 1_000_000
    usb: str = ""
    programmers: tuple[Programmer, ...] = ()

    def __post_init__(self) -> None:
        if self.bit_clocks < 4 or abs(self.bit_clocks * self.uart_baud / self.clock_hz - 1) > _BIT_ERROR:
            raise ValueError(
                f"uart_baud of the board {self.name} must divide its clock of {self.clock_hz / 1e6:g} MHz into 4 or more clocks a bit, "
                f"at most 2 % off, not {self.uart_baud!r}"
            )
        if self.cores not in (1, 2, 4):
            raise ValueError(f"cores of {self.name} must be one of 1, 2, 4, not {self.cores!r}")
        if self.cores > 1 and len(self.tiers) > 1:
            raise ValueError(
                f"{self.name} has {self.cores} cores, so its tiers must be one, on chip: they can't share a {self.tiers[1].name}"
            )
        if self.learns and self.cores > 1:
            raise ValueError(f"cores of {self.name} must be 1 for one that learns, not {self.cores}")
        for tier in self.tiers:
            if tier.kind == "qspi" and tier.lines != 4:
                raise ValueError(
                    f"lines of the {tier.name} of {self.name} must be 4 for tables, not {tier.lines!r}: as image_flash it holds an image"
                )
        if self.image_flash is not None and self.image_flash.lines not in (1, 2, 4):
            raise ValueError(f"lines of the {self.image_flash.name} of {self.name} must be 1, 2 or 4, not {self.image_flash.lines!r}")

    @property
    def bit_clocks(self) -> int:
        """Clocks of a bit on the serial line: the whole number nearest to its time."""
        return round(self.clock_hz / self.uart_baud)

    @property
    def flash(self) -> Tier | None:
        """The flash that a memory image is loaded from, if the board has one."""
        return next((tier for tier in self.tiers if tier.kind == "qspi"), self.image_flash)

    @property
    def far(self) -> Tier | None:
        """The tier outside of the FPGA, the second one, if the board has it."""
        return self.tiers[1] if len(self.tiers) > 1 else None

    @property
    def sdram(self) -> Tier | None:
        """The far tier, if it is an SDRAM."""
        return self.far if self.far is not None and self.far.kind == "sdram" else None

    @property
    def far_banks(self) -> int:
        """Banks of the far tier over which the tables of a run are spread."""
        return SDRAM_BANKS if self.sdram is not None else 1
