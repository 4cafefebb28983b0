"""The check of an estimator's parameters that are numbers."""

from typing import Any

import numpy as np


def check_number(name: str, value: Any, *, low: int, high: int | None, whole: bool = True) -> None:
    """A ``ValueError`` unless ``value`` is ``low`` or more and at most ``high``, or None where there is no ``high``."""
    if value is None and high is None:
        return
    kind = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kind) or not value >= low or (high is not None and value > high):
        limit = f"{low} or more, or None" if high is None else f"{low}..{high}"
        raise ValueError(f"{name} must be {limit}, not {value!r}")
