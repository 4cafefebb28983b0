"""Files that belong together: a list of their SHA-256 beside them, as ``sha256sum -c`` reads it. Imports nothing of ours but files.

The list is the first of the set to be replaced, so a set that changed only in part doesn't agree with it.
"""

import errno
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .files import open_input

LIST = "files.sha256"
_LONGEST = 1 << 16  # bytes of a list that are read


def with_list(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """``files``, content by name in one folder, behind the list of them: to be written in this order."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    return {LIST: "".join(lines).encode(), **files}


def check_together(path: Path, data: bytes) -> None:
    """Raises ``OSError`` if a list beside ``path`` names it, and one of the files listed is another; ``data`` is what ``path`` holds."""
    try:
        with open_input(path.with_name(LIST)) as file:
            text = file.read(_LONGEST).decode(errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise OSError(error.errno, f"{LIST} beside it: {error.strerror}", str(path)) from None
    listed = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64}) [ *]([^/\0\n]{1,255})$", text, re.MULTILINE)}
    if path.name not in listed:
        return
    for name, digest in listed.items():
        if digest != (hashlib.sha256(data).hexdigest() if name == path.name else _digest(path.parent / name)):
            raise OSError(
                errno.EINVAL,
                f"{name} is not the file that {LIST} lists, so the files there don't belong together;"
                f" write them all again, or remove {LIST} to use this one as it is",
                str(path),
            )


def _digest(path: Path) -> str | None:
    with suppress(OSError), open_input(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return None
