"""The SDRAM of a simulated core or board: the chip behind its pads, and the tables of a program in its rows."""

from dataclasses import dataclass, field, replace

from boards import Board, SdramPart
from firmware.isa import Width
from firmware.program import Program
from sim.compiled.sdram import CompiledSdram
from sim.compiled.simulation import Simulation
from sim.sdram import SdramPads


@dataclass(frozen=True, kw_only=True)
class SdramSetup:
    """``pads``: delays between FPGA and chip beside the clock that the cells keep what leaves (hdl.sdram.bus); ``part``: the chip, left out
    the first of the board's; ``seed``: of its random draws."""

    pads: SdramPads = field(default_factory=lambda: SdramPads(out=4_000, out_clk=4_000, back=2_000))
    part: SdramPart | None = None
    seed: int = 1


def attach_sdram(sim: Simulation, board: Board, setup: SdramSetup | None) -> CompiledSdram:
    """Puts a chip at the pins ``sdram`` of ``board``'s design, set up as ``setup`` says."""
    if board.sdram is None:
        raise ValueError(f"the board {board.name} has no SDRAM tier")
    setup = setup or SdramSetup()
    chip = CompiledSdram(sim, setup.part or board.sdram.sdram[0], seed=setup.seed)
    period, pads = round(1e12 / board.clock_hz / 4) * 4, setup.pads
    chip.attach(sim, period=period, pads=replace(pads, out=pads.out + period, out_clk=pads.out_clk + period))
    return chip


def fill_sdram(chip: CompiledSdram, program: Program) -> None:
    """Puts the tables of ``program``'s far tier into the chip."""
    for piece in program.tables:
        if piece.tier:
            at = 0
            while at < len(piece.data):
                bank, row, column, room = place(chip.part, program.width, piece.beat * program.width.beat_bytes + at)
                chip.fill(piece.data[at : at + room], bank=bank, row=row, column=column)
                at += room


def read_sdram(chip: CompiledSdram, width: Width, address: int, size: int) -> bytes:
    """``size`` bytes of the far tier from ``address`` on, in its own addresses (firmware.program.Placed, times the bytes of a beat)."""
    data = b""
    while len(data) < size:
        bank, row, column, room = place(chip.part, width, address + len(data))
        first = column * chip.part.bits // 8
        data += chip.row(bank, row)[first : first + min(room, size - len(data))]
    return data


def place(part: SdramPart, width: Width, address: int) -> tuple[int, int, int, int]:
    """Bank, row and column of a byte ``address``, the first of a word, and the bytes from there to the row's end."""
    bank, within = divmod(address, width.beat_bytes * width.far_bank_beats)
    row, byte = divmod(within, part.bits // 8 << part.column_bits)
    return bank, row, byte // (part.bits // 8), (part.bits // 8 << part.column_bits) - byte
