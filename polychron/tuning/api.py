"""The search from Python: the command, called by its options."""

from typing import Any, Literal

from ..system.progress import shown
from .result import Tuning


def tune(task: Literal["classify", "regress", "forecast"], *, client: Any = None, **options: object) -> Tuning:
    """Search for network shapes as ``polychron tune TASK`` does (docs/user/tune.md), and give what was found.

    ``options``: those of the command, with underscores (``data="readings.csv"``, ``minutes=5``); None stands for what is left out. With
    ``out`` the network that ``pick`` names is trained and saved, too. ``client``: a ``dask.distributed.Client``, whose workers then run
    the trials, a thread each; else this process does. Bad options raise ``ValueError`` with the command's sentence.
    """
    from ..cli import app
    from ..command.app import parsed
    from ..command.options import flag_of
    from .task import train_picked, tuned

    words = ["tune", task]
    for name, value in options.items():
        if value is not None:
            words.append(f"{flag_of(name)}={value}")
    with shown():
        found = tuned(parsed(app, words)["options"], client=client)
        train_picked(found)
    return found
