"""Libraries in C that write to standard error, kept quiet. Imports nothing of ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

ERROR = 2


@contextmanager
def silent() -> Iterator[None]:
    """While it is entered, what the process writes to standard error is dropped: of a library that tells there what it also raises."""
    before = os.dup(ERROR)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, ERROR)
        finally:
            os.close(nowhere)
        yield
    finally:
        os.dup2(before, ERROR)
        os.close(before)
