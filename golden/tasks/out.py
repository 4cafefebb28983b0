"""Checks of the output path before training begins."""

import os
from pathlib import Path

from polychron.system.files import check_output

from ..integer.layer import NetworkError


def check_out(path: Path) -> None:
    """A ``NetworkError`` of one sentence if ``--out`` can't take a network, or would be overwritten by the learning curve beside it."""
    if path.suffix == ".png":
        raise NetworkError(f"--out must not end in .png, the learning curve's name: {path}")
    probe = None
    try:
        if not path.parent.is_dir():
            raise NetworkError(f"--out: there is no folder {path.parent}")
        if path.is_dir():
            raise NetworkError(f"--out: {path} is a folder, not a file")
        check_output(path.with_suffix(".png"))
        probe = check_output(path).with_name(f".{os.getpid()}.probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        where = path if error.filename in (None, str(probe)) else error.filename
        raise NetworkError(f"--out: {where} cannot be written: {error.strerror}") from None
