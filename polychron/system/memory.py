"""How much memory there is, and a bound on what is taken. Imports nothing of ours."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GROUP = Path("/sys/fs/cgroup")


def _kib(path: str, name: str) -> int:
    """A field of a file of /proc, in bytes; ``OSError`` or ``ValueError`` where there is none."""
    for line in Path(path).read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(name)


def available() -> int | None:
    """Bytes that can still be taken, or None where the system doesn't tell."""
    found = []
    with suppress(OSError, ValueError):
        found.append(_kib("/proc/meminfo", "MemAvailable"))
    with suppress(OSError, ValueError):
        found.append(int((GROUP / "memory.max").read_text()) - int((GROUP / "memory.current").read_text()))
    return max(0, min(found)) if found else None


@contextmanager
def bounded(more: int | None = None) -> Iterator[None]:
    """Within it, an array for which there is no memory is a ``MemoryError`` when it is made, not the end of the process when it is used.

    ``more``: bytes that may be taken beyond those that the process has; by default what is :func:`available`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    left = available() if more is None else more
    try:
        if left is not None:
            wanted = _kib("/proc/self/status", "VmData") + left
            known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *known]), hard))
    except (OSError, ValueError):
        pass  # a system without these figures or limits
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
