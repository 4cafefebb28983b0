"""What larger memories would run: rows a second of each, and the shipped networks with tables made larger until a memory is full.

python -m benchmarks.scale

A network is made larger by index bits alone: twice the rows of a table for each, and no row more read a step. Its step is as long as the
slowest of memory, comparators and accumulators takes, and the clocks that the cycle model counts besides them on the ULX3S 85F's SDRAM.
"""

from dataclasses import dataclass

import boards
from boards import sdram_clocks
from firmware.isa import Mode
from polychron.network import load
from polychron.program import Program
from sim.cycles import predict

BOARD = boards.get("ulx3s_85f_sdram")
NETWORKS = ("best-5m", "paper-rnn", "paper-transformer")
ROW_BYTES = (16, 32, 64, 128, 256, 512)
GB = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Memory:
    """``channels`` that work at the same time, each of ``banks``. Times in ns: ``word`` of ``burst`` bytes, ``t_rc`` from a bank's ACTIVATE
    to its next, ``t_four`` in which a channel takes four ACTIVATEs, ``t_rfc`` of a refresh, one in ``t_refi``."""

    name: str
    size: int
    channels: int
    banks: int
    burst: int
    word: float
    t_rc: float
    t_four: float
    t_rfc: float
    t_refi: float

    def rows(self, size: int) -> float:
        """Rows of ``size`` bytes a second, each in another bank than the one before."""
        bus = -(-size // self.burst) * self.word
        each = max(bus, self.t_rc / self.banks, self.t_four / 4)
        return self.channels * (1 - self.t_rfc / self.t_refi) / each * 1e9


def memories() -> list[Memory]:
    """The board's SDRAM by its own record; DDR3 and HBM2 by the tables of JESD79-3 and JESD235 as Ramulator 2.0 has them
    (github.com/CMU-SAFARI/ramulator2, src/dram/impl: DDR3_800E and DDR3_1600K with 8 Gb of 16 lines, HBM2_2Gbps, whose authors look for
    better sources), but a burst of HBM2 as the standard has it: 32 bytes in 2 ns."""
    assert BOARD.sdram is not None
    part, slot = BOARD.sdram.sdram[0], 5e8 / BOARD.clock_hz
    clocks = sdram_clocks(BOARD.sdram.sdram, clock_hz=BOARD.clock_hz, burst_words=8)
    own = Memory(
        name="SDRAM, 16 lines, 140 MHz",
        size=BOARD.sdram.size,
        channels=1,
        banks=BOARD.far_banks,
        burst=16,
        word=8 * slot,
        t_rc=2 * slot * (clocks.open + clocks.close),
        t_four=4 * part.t_rrd / 1000,
        t_rfc=2 * slot * clocks.refresh,
        t_refi=2 * slot * clocks.interval,
    )
    return [
        own,
        Memory(name="DDR3-800, 16 lines", size=GB, channels=1, banks=8, burst=16, word=10, t_rc=50, t_four=50, t_rfc=350, t_refi=7800),
        Memory(name="DDR3-1600, 16 lines", size=GB, channels=1, banks=8, burst=16, word=5, t_rc=48.75, t_four=40, t_rfc=350, t_refi=7800),
        Memory(name="HBM2, one stack", size=8 * GB, channels=16, banks=16, burst=32, word=2, t_rc=19, t_four=15, t_rfc=350, t_refi=3900),
    ]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a network asks a step: of each group of tables in the far tier (rows read, bytes of a row); ``tables``: bytes of them;
    ``index_bits``: the most that a table has; ``compared``: pairs, of which ``rows_compared`` tables make one more for each bit more;
    ``near``: beats on chip; ``beside``: clocks that are none of memory, comparators or accumulators."""

    groups: tuple[tuple[int, int], ...]
    tables: int
    index_bits: int
    compared: int
    rows_compared: int
    near: int
    beside: int


def load_of(program: Program) -> Load:
    """Of a ``program`` compiled for ``BOARD``."""
    runs, code = program.code.runs, program.code
    far = [run for run in runs if run.tier]
    reads = [run.count * (run.n_out if run.mode == Mode.ATTEND else 1) for run in far]
    made = [run for run in runs if run.anchor_len or run.mode == Mode.ATTEND]
    prediction = predict(code, BOARD)
    lanes = BOARD.lanes
    return Load(
        groups=tuple((count, run.row_beats * lanes) for run, count in zip(far, reads, strict=True)),
        tables=sum(len(piece.data) for piece in code.tables if piece.tier),
        index_bits=max(run.table_log2 - run.row_log2 for run in far),
        compared=2 * sum(run.anchor_len for run in runs),
        rows_compared=sum(run.count for run in made if run.mode != Mode.ATTEND),
        near=sum(run.row_beats * run.count for run in runs if not run.tier),
        beside=prediction.clocks_per_step - prediction.limit,
    )


def steps(load: Load, memory: Memory, *, bits: int) -> tuple[float, str]:
    """Steps a second with tables of so many index ``bits`` more, and what holds them back."""
    needs = {
        "memory": sum(count / memory.rows(size) for count, size in load.groups) * BOARD.clock_hz,
        "comparators": (load.compared + load.rows_compared * bits) / BOARD.comparators,
        "accumulators": sum(count * -(-size // BOARD.lanes) for count, size in load.groups) + load.near,
    }
    slowest = max(needs, key=lambda name: needs[name])
    return BOARD.clock_hz / (needs[slowest] + load.beside), slowest


def main() -> None:
    print("Rows a second, in millions, each in another bank than the one before:\n")
    print("| memory | size | " + " | ".join(f"{size} bytes" for size in ROW_BYTES) + " | bytes a second at most |")
    print("| --- | --- |" + " --- |" * (len(ROW_BYTES) + 1))
    for memory in memories():
        rows = " | ".join(f"{memory.rows(size) / 1e6:,.1f}" for size in ROW_BYTES)
        most = memory.rows(1 << 20) * (1 << 20)
        print(f"| {memory.name} | {_size(memory.size)} | {rows} | {most / 1e9:,.2f} GB |")
    loads = {name: load_of(load(name).compile(board=BOARD)) for name in NETWORKS}
    print(f"\nOne core of {BOARD.lanes} lanes and {BOARD.comparators} comparators at {BOARD.clock_hz / 1e6:g} MHz, tables made larger:\n")
    print("| memory | network | index bits | tables | steps a second | held back by | cores that the memory could feed |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for memory in memories():
        for name, own in loads.items():
            bits = 0
            while own.tables << bits + 1 <= memory.size:
                bits += 1
            rate, slowest = steps(own, memory, bits=bits)
            cores = 1 / (rate * sum(count / memory.rows(size) for count, size in own.groups))
            tables = _size(own.tables << bits)
            print(f"| {memory.name} | `{name}` | {own.index_bits + bits} | {tables} | {rate:,.0f} | {slowest} | {cores:.1f} |")


def _size(size: int) -> str:
    return f"{size / GB:.2f} GB" if size >= GB // 2 else f"{size / (1 << 20):.1f} MB"


if __name__ == "__main__":
    main()
