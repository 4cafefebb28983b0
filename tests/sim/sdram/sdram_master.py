"""What drives an SDRAM's pins in tests: clocks at any distance, each input stable for exactly t_is before and t_ih after."""

from dataclasses import replace

from boards.sdram import IS42S16160G_7
from sim.sdram import Command, SdramChip

PART = replace(IS42S16160G_7, t_ck=5_000, t_ch=2_400, t_cl=2_400)  # shorter clocks, beside which every other limit shows
A10 = 1 << 10
IDLE = {"command": Command.NOP, "bank": 0, "address": 0}
PINS = ("command", "address", "data")


class Master:
    """``rise``: a rising clock ``gap`` ps after the last one, of a chip that is started with burst ``length`` (``single``: writes of one
    word) unless ``started`` is false."""

    def __init__(self, part=PART, *, length=1, single=False, started=True, strict=False, chip=None):
        self.chip = chip or SdramChip(part, strict=strict)
        self.part, self.now = part, 10_000
        if started:
            self.start({1: 0, 2: 1, 4: 2, 8: 3}[length] | 3 << 4 | single << 9)

    def start(self, mode):
        part = self.part
        self.rise(10_000)
        self.rise(part.t_start, Command.PRECHARGE, address=A10)
        self.rise(part.t_rp, Command.AUTO_REFRESH)
        self.rise(part.t_rfc, Command.AUTO_REFRESH)
        self.rise(part.t_rfc, Command.LOAD_MODE_REGISTER, address=mode)
        self.rise(part.t_ck)

    def rise(self, gap, command=Command.NOP, *, bank=0, address=0, dq=None, early=None, late=None, high=None):
        """``dq``: a word to write; ``early``, ``late``: for how long the inputs in PINS are stable, where not for t_is and t_ih; ``high``:
        how long the clock is, where not for t_ch. The last clock's inputs and this one's may not overlap."""
        part = self.part
        self.now += gap
        before = dict.fromkeys(PINS, part.t_is) | (early or {})
        after = dict.fromkeys(PINS, part.t_ih) | (late or {})
        moves = [(self.now, {"clk": 1}), (self.now + (part.t_ch if high is None else high), {"clk": 0})]
        moves += self._stable("command", before, after, {"command": command}, {"command": Command.NOP})
        moves += self._stable("address", before, after, {"bank": bank, "address": address}, {"bank": 0, "address": 0})
        if dq is not None:
            moves += self._stable("data", before, after, {"dq": dq, "drive": (1 << part.bits) - 1}, {"dq": 0, "drive": 0})
        pins = IDLE | {"clk": 0, "dq": 0, "drive": 0}
        for time, change in sorted(moves, key=lambda move: move[0]):
            pins |= change
            self.chip.set(time, **pins)

    def _stable(self, name, before, after, levels, rest):
        return [(self.now - before[name], levels), (self.now + after[name], rest)]

    def read_at(self, since):
        """The lines ``since`` ps after the last rising clock."""
        return self.chip.read(self.now + since)

    def words(self, count, gap=10_000):
        """The lines just before each of the next clocks."""
        got = []
        for _ in range(count):
            got.append(self.read_at(gap - 1))
            self.rise(gap)
        return got

    @property
    def broken(self):
        return [violation.name for violation in self.chip.violations]
