"""What a step reads from the tables: the core's counters beside the paper's formulas."""

from dataclasses import dataclass

from boards import Board
from firmware.estimate import estimate
from firmware.host.host import Counters
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.network import Network
from golden.integer.transformer.network import TransformerNetwork


@dataclass(frozen=True, kw_only=True)
class Theory:
    """Of a step, by the paper's formulas: ``rows`` of tables, their ``values``, and ``compared`` latencies. ``bytes``: of the values as
    they are stored, each row in whole bytes."""

    rows: int
    values: int
    compared: int
    bytes: int


def theory(network: Network) -> Theory:
    """A layer of n_t tables compares 2 n_t n_c latencies and reads n_t rows of n values (Eq. 2, and 2 n_t n_c + n_t n in Table I). A head
    reads its n_t rows once for each of the C - 1 positions before, and makes indices of the new position alone (Eq. 15); where one index is
    query and key it is made once. An embedder is read for one row."""
    reads, compared = network.reads(), 0
    for layer in network.layers().values():
        compared += sum(2 * group.n_t * group.n_c for group in layer.groups)
    for block in network.blocks if isinstance(network, TransformerNetwork) else ():
        for head in block.heads:
            indices = (head.query,) if head.shared else (head.query, head.key)
            compared += sum(anchors.shape[0] * anchors.shape[1] * 2 for anchors in indices)
    return Theory(
        rows=sum(read.rows for read in reads),
        values=sum(read.rows * read.columns for read in reads),
        compared=compared,
        bytes=network.bytes_read(),
    )


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Of a step: ``rows`` and ``bytes`` by the core's counters, and by the compiled program what it adds: ``parts``, how often a row is
    read in one part more; ``zeros``, rows of zeros that end the runs of indices; ``padding``, bytes of these and of what fills last
    beats."""

    theory: Theory
    rows: float
    bytes: float
    parts: int
    zeros: int
    padding: int

    @property
    def explained(self) -> bool:
        """Whether the core reads what the formulas say, and what the compiler adds, and nothing else. The program reads no less than the
        formulas say."""
        all_rows = self.rows == self.theory.rows + self.parts + self.zeros
        return all_rows and self.bytes == self.theory.bytes + self.padding and min(self.parts, self.padding) >= 0


def traffic(network: Network, program: Program, board: Board, *, used: Counters, steps: int) -> Traffic:
    """Of ``steps`` steps in steady state, in which the core has counted ``used``."""
    asked, found = estimate(program, board), theory(network)
    zeros = [run.row_beats for run in program.runs if run.mode not in (Mode.ROWS, Mode.ATTEND)]
    return Traffic(
        theory=found,
        rows=used.rows / steps,
        bytes=used.beats * program.width.beat_bytes / steps,
        parts=asked.rows - found.rows,
        zeros=len(zeros),
        padding=asked.bytes_per_step + sum(zeros) * program.width.beat_bytes - found.bytes,
    )
