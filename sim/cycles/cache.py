"""Control of the index cache: side accesses that a run's tables need, and when each of its indices is there."""

from firmware.isa import Mode, Width
from sim.cycles.timing import SideClocks, side_clocks

_NONE = SideClocks(tables=0, before=0, after=0, access_to_index=0, index_to_access=0)


class CacheControl:
    """Asks the tables tier for the accesses of each group of tables, and deals out the group's indices one by one.

    Of an attend run, the tables of a side block share two reads that come before their indices; an anchors run reads each beat that it
    copies; a key run writes each index once it is taken.
    """

    def __init__(self, width: Width) -> None:
        self._modes = side_clocks(width)
        self.clocks = _NONE  # of the run's mode
        self.left = 0  # indices of the pass that are not taken yet
        self.tables = 0  # and of the group
        self.accesses = 0  # of the group, not granted yet
        self.wait = 0  # clocks until the next access is asked, or the next index is there

    def open(self, *, mode: int, count: int) -> None:
        """In this clock begins a pass of ``count`` tables."""
        self.clocks, self.left = self._modes.get(Mode(mode), _NONE), count
        self.tables, self.accesses = self.clocks.tables, self.clocks.before
        self.wait = self.clocks.opened_to_access - 1 if self.accesses else 0

    @property
    def asks(self) -> bool:
        """Whether the tier is asked for an access in this clock."""
        return self.accesses > 0 and self.wait == 0

    @property
    def there(self) -> bool:
        """Whether nothing of the cache is missing for the next index."""
        return self.accesses == 0 and self.wait == 0

    def clock(self, *, granted: bool, taken: bool) -> None:
        """``granted``: the tier serves the access asked; ``taken``: an index is dealt with."""
        self.wait -= self.wait > 0
        if granted:
            self.accesses -= 1
            if self.accesses == 0:
                self.wait = self.clocks.access_to_index - 1
        if taken and self.clocks.tables:
            self.left -= 1
            self.tables -= 1
            if self.tables and self.left:
                self.wait = self.clocks.index_to_index - 1
            elif self.left or self.clocks.after:
                self.tables, self.accesses = self.clocks.tables, self.clocks.before + self.clocks.after
                self.wait = self.clocks.index_to_access - 1

    def state(self) -> tuple[int, ...]:
        return (self.left, self.tables, self.accesses, self.wait)
