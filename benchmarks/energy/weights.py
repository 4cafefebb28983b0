"""What one event is taken to cost on an iCE40UP5K, at least and at most, each with where it comes from. None was measured on our boards."""

from dataclasses import dataclass

MEASURED = "https://github.com/tinyvision-ai-inc/ice40_power"
VOLTS = 1.219  # of the core's rail in those measurements
PAD_VOLTS = 3.3


@dataclass(frozen=True, kw_only=True)
class Range:
    """At least and at most, in ``unit``; ``why``: the source, and what was done with it."""

    low: float
    high: float
    unit: str
    why: str

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"a range must begin at 0 or above and not end before it begins, not {self.low}..{self.high}")


# The table there: microamperes of the core's rail. A 24-bit counter on a clock out of the PLL, at so many MHz; without a PLL at 12 MHz
# counters of 28 bits in 32, 60, 116 and 228 cells, and counters of 24 bits alone and beside two of 8 bits with their product.
PLL = {16: 1419.0, 32: 2029.0, 48: 2573.0}
COUNTERS = {32: 613.5, 228: 641.3}
COUNTER_MHZ, COUNTER_BITS = 12, 28
PRODUCT = 996.0 - 645.0
HALTED = 92.1
OSCILLATOR = (2184.0 - 645.0) / (48 - 12)  # uA a MHz: the 48 MHz oscillator undivided and divided by 4

_SLOPES = [(PLL[32] - PLL[16]) / 16, (PLL[48] - PLL[32]) / 16]  # uA a MHz
_AT_REST = [PLL[16] - 16 * _SLOPES[0], PLL[48] - 48 * _SLOPES[1]]  # uA, where those lines meet 0 MHz
COUNTER_CELL = (COUNTERS[228] - COUNTERS[32]) / (228 - 32) / COUNTER_MHZ  # pC a clock and cell

STILL = Range(low=75, high=HALTED, unit="uA", why="the data sheet's typical static current; a design whose clock is halted, measured")
PLL_CORE = Range(
    low=min(_AT_REST) - HALTED,
    high=max(_AT_REST) - HALTED,
    unit="uA",
    why="core rail with a PLL, measured at 16, 32 and 48 MHz: the two lines through neighbours, at 0 MHz, less a halted design",
)
PLL_RAIL = Range(low=103.6, high=138.9, unit="uA", why="the PLL's own rail, measured at three frequencies of its oscillator")
TREE = Range(
    low=min(_SLOPES), high=OSCILLATOR, unit="uA a MHz", why="a global clock: the flatter of those lines; the divided oscillator, measured"
)
CLOCKED = Range(
    low=0, high=COUNTER_CELL, unit="pC a clock", why="a flip-flop's clock: nothing, or all that a cell of a counter adds, measured"
)
EBR = Range(
    low=10 / 4 / 4,
    high=10 / 4 * (VOLTS / 0.9) ** 2,
    unit="pJ an access",
    why="no figure of this chip: 10 pJ for 64 bits of 8 KB at 0.9 V in 45 nm (M. Horowitz, ISSCC 2014), by the root of the size; at least a"
    " quarter, for 16 bits, at most all of it at 1.219 V",
)
SPRAM = Range(
    low=20 / 4, high=20 * (VOLTS / 0.9) ** 2, unit="pJ an access", why="no figure of this chip: 20 pJ for 64 bits of 32 KB, likewise"
)
PAD = Range(
    low=0.5 * 5 * PAD_VOLTS**2,
    high=0.5 * 20 * PAD_VOLTS**2,
    unit="pJ a change",
    why="half C V^2 at 3.3 V of 5 to 20 pF: assumed for a pad, a few centimetres of board and the input at its end",
)
CHIP = Range(
    low=4,
    high=20,
    unit="mA",
    why="the flash chip while it is selected: the active current that the W25Q128FV's data sheet begins with; five times that, assumed",
)
CHIP_REST = Range(low=0.01, high=0.06, unit="mA", why="the flash chip between, in standby: assumed")


def net(counter: float, product: float) -> Range:
    """A net's change, from changes a clock of nets: of a counter of :data:`COUNTER_BITS` bits, and of two counters and their product."""
    return Range(
        low=COUNTER_CELL * COUNTER_BITS / counter,
        high=PRODUCT / COUNTER_MHZ / product,
        unit="pC a change",
        why="all that cells of counters add; two counters of 8 bits with their product, glitches included: measured, changes counted here",
    )
