"""Control of the flash tier: rows asked, and the clocks in which their beats end."""

from sim.cycles.timing import FLASH, FlashClocks


class FlashControl:
    """Takes one row at a time; how long it takes depends on its beats alone.

    ``byte_clocks``: of a byte (boards.Tier); ``lanes``: bytes of a beat.
    ``phase``: where it acts every second clock, 0 if the first clock is such a one, else 1.
    """

    def __init__(self, *, byte_clocks: int, lanes: int, phase: int = 0) -> None:
        self.beat_clocks = lanes * byte_clocks
        self.times: FlashClocks = FLASH[byte_clocks]
        self.taken_to_ending = self.times.taken_to_before + (lanes - 1) * byte_clocks
        self.acts_in = phase % self.times.step  # clocks until it acts
        self.free_in = 0  # clocks until it looks for a row
        self.taken_in = -1  # clocks until the row it has seen is taken; -1: none is seen
        self.endings: tuple[tuple[int, int], ...] = ()  # rows under way: clocks until the next beat's end, beats left

    def takes(self, *, asked: bool) -> bool:
        """Whether a row is taken in this clock. ``asked``: one is offered."""
        if asked and self.taken_in < 0 and self.free_in == 0 and self.acts_in == 0:
            self.taken_in = self.times.seen_to_taken
        return self.taken_in == 0

    @property
    def ending(self) -> bool:
        """Whether a beat ends in the next clock."""
        return any(clocks == 0 for clocks, _ in self.endings)

    def clock(self, *, taken: int, bank: int, begins: bool) -> None:
        """``taken``: beats of the row that is taken in this clock, else 0; a flash has no banks, and knows nothing of steps."""
        self.acts_in = (self.acts_in - 1) % self.times.step
        self.free_in -= self.free_in > 0
        self.taken_in -= self.taken_in >= 0
        self.endings = tuple(
            (clocks - 1, beats) if clocks else (self.beat_clocks - 1, beats - 1) for clocks, beats in self.endings if clocks or beats > 1
        )
        if taken:
            self.free_in = self.times.taken_to_free + taken * self.beat_clocks - 1
            self.endings += ((self.taken_to_ending - 1, taken),)

    def state(self) -> tuple[object, ...]:
        return (self.acts_in, self.free_in, self.taken_in, *(number for ending in self.endings for number in ending))
