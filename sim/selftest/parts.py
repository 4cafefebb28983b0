"""Parts of a program as programs of their own, so that what is overwritten later in a step can be read."""

import struct
from collections.abc import Sequence
from dataclasses import replace

from firmware import isa
from firmware.image.sections import Section, pack
from firmware.isa import Kind, Mode, Run


def up_to(runs: Sequence[Run], last: int) -> tuple[Run, ...]:
    """The runs up to ``last``, and of those behind it what a later step needs: keys for the cache, anchor words that others replace.

    A step doesn't end without a sort, so run ``last`` has it if none before has.
    """
    part = list(runs[: last + 1])
    part[-1] = replace(part[-1], sort=part[-1].sort or not any(run.sort for run in part))
    part += [run for run in runs[last + 1 :] if run.mode in (Mode.KEY, Mode.ANCHORS)]
    return (*part[:-1], replace(part[-1], end=True))


def program_image(runs: Sequence[Run], *, width: isa.Width) -> bytes:
    """An image that replaces a core's program and nothing else."""
    words = [word for run in runs for word in run.encode()]
    return pack([Section(kind=Kind.PROGRAM, payload=struct.pack(f"<{len(words)}H", *words))], width=width)
