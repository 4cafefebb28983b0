"""Training from Python: the command, called by its options."""

from pathlib import Path

from .network import Network, load
from .system.progress import shown


def train(task: str, *, out: Path | str, **options: object) -> Network:
    """Train as ``polychron train TASK`` does, save the network in the file ``out``, and load it.

    ``task``: text, transformer, digits, mnist, classify, regress, anomaly or stream. ``options``: those of the command, with underscores
    (``preset="small"``, ``steps=2000``); True stands for a switch. Progress is shown as the command shows it. Bad options raise
    ``ValueError`` with the command's sentence.
    """
    from .cli import app
    from .command.app import call
    from .command.options import flag_of

    words = ["train", task, "--out", str(out)]
    for name, value in options.items():
        words += [flag_of(name)] if value is True else [flag_of(name), str(value)]
    with shown():
        call(app, words)
    return load(out)
