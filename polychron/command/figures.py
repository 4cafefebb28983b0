"""``--json``: what a command reports, for machines. Imports nothing of ours."""

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Annotated, Any

from .options import option

Json = Annotated[bool, option("print the figures as one JSON object (docs/user/json.md); everything else goes to standard error")]
"""The type of the parameter ``json`` of a command that reports figures."""


@contextmanager
def reported(json: bool) -> Iterator[dict[str, Any]]:
    """The figures of a command, for it to fill in.

    With ``json`` they are printed at the end as one JSON object, unless an exception has come; what is printed before goes to standard
    error.
    """
    figures: dict[str, Any] = {}
    with redirect_stdout(sys.stderr) if json else nullcontext():
        yield figures
    if json:
        print(dumps(figures))


def dumps(figures: Mapping[str, Any]) -> str:
    """As JSON, which has no NaN and no infinity: null stands for them."""
    return json.dumps(finite(figures), indent=2, allow_nan=False, default=os.fspath)


def finite(value: Any) -> Any:
    """``value`` with None in place of every NaN and infinity, which JSON lacks."""
    if isinstance(value, Mapping):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
