"""Reading report.json again: what must be there, and of which kind."""

import json
import math
from pathlib import Path
from typing import Any

from polychron.command.terminal import printable
from polychron.system.files import open_input
from polychron.system.together import check_together

LONGEST = 16 << 20  # bytes of a report that are read
_MOST = 10**15
_SHOWN = 400  # characters of a text

_NETWORK: dict[str, Any] = {
    "board": str,
    "network": str,
    "network_sha256": str,
    "clock_mhz": float,
    "clocks_per_step": int,
    "clocks_limit": int,
    "efficiency": float,
    "bytes_per_step": int,
    "steps_per_second": int,
    "image_bytes": int,
    "layers": [{"layer": str, "clocks": int, "needs": {"*": int}, "held_by": str, "rows": int, "bytes": int}],
    "tiers": [
        {
            "tier": str,
            "first_byte": int,
            "size_bytes": int,
            "used_bytes": int,
            "bytes": int,
            "bytes_per_clock": float,
            "parts": [{"holds": str, "first_byte": int, "size_bytes": int, "unread_bytes": int}],
        }
    ],
    "card": {},
}
_BUILT: dict[str, Any] = {
    "tools": {"*": str},
    "lc": int,
    "available": {"*": int},
    "seeds": [{"seed": int, "fmax_mhz": float}],
    "other_clocks": [{"clock": str, "fmax_mhz_min": float, "clock_mhz": float}],
    "crossings": [{"from": str, "to": str, "ns_max": float, "limit_ns": float}],
    "seed": int,
    "fmax_mhz": float,
    "fmax_mhz_min": float,
    "fmax_mhz_median": float,
    "image_crc32": str,
    "bitstream_sha256": str,
    "blocks": {"*": {"*": int}},
    "critical_path": [{"kind": str, "ns": float, "where": str, "block": str, "tile": [int]}],
}
_MAYBE: dict[str, Any] = {
    "row_use": {
        "of": str,
        "steps": int,
        "groups": [{"layer": str, "group": int, "rows": int, "reads": int, "used": [int], "evenness": [float]}],
    },
    "energy": {"mw": [float], "uj_per_step": [float], "source": str, "not_counted": str},
}


class ReportError(ValueError):
    """A report.json that can't be read; the message names the file and the field."""


def read_report(path: Path) -> dict[str, Any]:
    """The content of a build's report.json. Raises :class:`ReportError`, or ``OSError`` where its folder's files don't belong together."""
    with open_input(path) as file:
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ReportError(f"{printable(path)}: a report has at most {LONGEST:,} bytes")
    check_together(path, data)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ReportError(f"{printable(path)}: it is no JSON") from None
    try:
        _check(found, _NETWORK | _BUILT, "the report")
        for name, kind in _MAYBE.items():
            if found.get(name) is not None:
                _check(found[name], kind, name)
        for name in found["available"]:
            _check(found, {name: int}, "the report")
        _check_drawn(found)
    except ReportError as error:
        raise ReportError(f"{printable(path)}: {error}; build again, older versions wrote other reports") from None
    return {"row_use": None, "energy": None} | _printable(found)


def _printable(value: Any) -> Any:
    """Every text as a page and a terminal may show it."""
    if isinstance(value, dict):
        return {printable(name, limit=_SHOWN): _printable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_printable(one) for one in value]
    return printable(value, limit=_SHOWN) if isinstance(value, str) else value


def _check(value: object, kind: Any, name: str) -> None:
    """``kind``: a type; [kind] of a list; {field: kind}, with * for any field."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise ReportError(f"{name} must be a list")
        for number, one in enumerate(value):
            _check(one, kind[0], f"{name}[{number}]")
    elif isinstance(kind, dict):
        if not isinstance(value, dict):
            raise ReportError(f"{name} must be an object")
        for field, one in kind.items():
            if field != "*" and field not in value:
                raise ReportError(f"{name} has no field {field}")
            for key in value if field == "*" else (field,):
                _check(value[key], one, f"{name}.{printable(key)}")
    elif kind is str:
        if not isinstance(value, str):
            raise ReportError(f"{name} must be a text")
    elif isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise ReportError(f"{name} must be a {'whole ' if kind is int else ''}number")
    elif not (math.isfinite(value) and 0 <= value <= _MOST):
        raise ReportError(f"{name} must be 0 to {_MOST:.0e}, not {value:g}")


def _check_drawn(found: dict[str, Any]) -> None:
    """What a picture can't be drawn of."""
    for tier in found["tiers"]:
        if not tier["size_bytes"] or not tier["bytes_per_clock"]:
            raise ReportError(f"the tier {printable(tier['tier'])} must have bytes, and give some in a clock")
    for group in (found.get("row_use") or {"groups": []})["groups"]:
        if not group["used"] or len(group["used"]) != len(group["evenness"]):
            raise ReportError(f"row_use of {printable(group['layer'])} must have a number of rows used and an evenness for each table")
    for name in ("mw", "uj_per_step") if found.get("energy") else ():
        least, *most = found["energy"][name]
        if len(most) != 1 or not 0 < least <= most[0]:
            raise ReportError(f"energy.{name} must be two numbers above 0, the smaller first")
    if not found["seeds"] or any(len(hop["tile"]) != 2 for hop in found["critical_path"]):
        raise ReportError("there must be a seed, and two numbers for each tile")
