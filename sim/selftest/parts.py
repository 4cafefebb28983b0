"""Parts of a program as programs of their own, so that what is overwritten later in a step can be read."""

import struct
from collections.abc import Sequence
from dataclasses import replace

from firmware import isa
from firmware.image.sections import Section, pack
from firmware.isa import Kind, Run


def up_to(runs: Sequence[Run], last: int) -> tuple[Run, ...]:
    """The runs up to ``last``, where the step ends. A step doesn't end without a sort, so the last one has it if none before has."""
    part = runs[: last + 1]
    sort = part[-1].sort or not any(run.sort for run in part)
    return (*part[:-1], replace(part[-1], sort=sort, end=True))


def program_image(runs: Sequence[Run], *, width: isa.Width) -> bytes:
    """An image that replaces a core's program and nothing else."""
    words = [word for run in runs for word in run.encode()]
    return pack([Section(kind=Kind.PROGRAM, payload=struct.pack(f"<{len(words)}H", *words))], width=width)
