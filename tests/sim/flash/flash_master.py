"""What drives a flash chip's pins in tests: whole transactions, and the traffic of an iCE40's configuration."""

HALF = 10_000  # ps: 50 MHz


class Master:
    """Mode 0 at ``2 * half`` ps a clock, with ``chip.set`` and ``chip.read``; time goes on from ``now``.

    A transaction is a list of steps: "1:" and bytes in hexadecimal, on IO0; "4:" and nibbles, on all lines; "z:" and a number of clocks
    without drive; "r1:", "r4:" and a number of bytes to read, on IO1 or all lines. On single lines IO2 and IO3 are driven high, or, with
    ``alone``, left alone.
    """

    def __init__(self, chip, *, half=HALF, now=0, alone=False):
        self.chip, self.half, self.now = chip, half, now
        self.beside = 0 if alone else 0b1100

    def wait(self, time):
        self.now += time

    def transfer(self, *steps, deselect=60_000, cut=None):
        """One transaction, then CS# high for ``deselect`` ps; the bytes read. ``cut``: CS# rises after so many clocks."""
        clocks = [clock for step in steps for clock in self._clocks(step)][:cut]
        got = []
        for io, drive, lines in clocks:
            self.chip.set(self.now, cs_n=0, clk=0, io=io, drive=drive)
            self.now += self.half
            if lines:
                level = self.chip.read(self.now)
                got += [level >> bit & 1 for bit in ((3, 2, 1, 0) if lines == 4 else (1,))]
            self.chip.set(self.now, cs_n=0, clk=1, io=io, drive=drive)
            self.now += self.half
        self.chip.set(self.now, cs_n=0, clk=0, io=0, drive=0)
        self.now += self.half
        self.chip.set(self.now, cs_n=1, clk=0, io=0, drive=0)
        self.now += deselect
        return bytes(int("".join(map(str, got[at : at + 8])), 2) for at in range(0, len(got) - 7, 8))

    def _clocks(self, step):
        kind, _, text = step.partition(":")
        text = text.replace(" ", "")
        match kind:
            case "1":
                return [(byte >> bit & 1 | self.beside, 1 | self.beside, 0) for byte in bytes.fromhex(text) for bit in range(7, -1, -1)]
            case "4":
                return [(int(digit, 16), 15, 0) for digit in text]
            case "z":
                return [(0, 0, 0)] * int(text)
            case "r1":
                return [(self.beside, self.beside, 1)] * (8 * int(text))
            case "r4":
                return [(0, 0, 4)] * (2 * int(text))
        raise ValueError(f"a step must begin with 1:, 4:, z:, r1: or r4:, not {step!r}")


def configure(chip, *, now, size, half=20_000, wake=True):
    """An iCE40's configuration from its flash: ABh, 0Bh from address 0 on, B9h, on IO0 and IO1 alone. Returns the bytes read and the
    time."""
    master = Master(chip, half=half, now=now, alone=True)
    if wake:
        master.transfer("1:ab", deselect=10_000_000)
    data = master.transfer("1:0b00000000", f"r1:{size}", deselect=10_000_000)
    master.transfer("1:b9", deselect=10_000_000)
    return data, master.now
