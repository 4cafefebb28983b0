"""Passes of an attend run over its tables, one for each distance: most go exactly as another did."""

Counts = tuple[int, ...]


class PassRecord:
    """How the passes of the run at work began, so that those that would go as earlier ones did need not be simulated.

    What happens in a pass depends on the core's state where it begins and on whether it is the run's last. So where a state comes again,
    the passes since come again too, as long as none of them is the last.
    """

    def __init__(self) -> None:
        self._began: dict[object, tuple[int, Counts]] = {}

    def ahead(self, *, distance: int, distances: int, state: object, counts: Counts) -> tuple[int, Counts]:
        """Passes that can be left out, and what the counters add in them. Pass ``distance`` of ``distances`` begins, in ``state``, the
        core's counters stand at ``counts``; called for each pass from the second on."""
        if distance == 2:
            self._began.clear()
        earlier, then = self._began.setdefault(state, (distance, counts))
        times = (distances - distance) // (distance - earlier) if distance > earlier else 0
        return times * (distance - earlier), tuple(times * (now - before) for now, before in zip(counts, then, strict=True))
