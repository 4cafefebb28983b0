"""The META section: JSON, and the check that what comes out of a stranger's image has the fields and ranges the host relies on."""

import json
from typing import Any

from .. import isa
from .sections import ImageError

__all__ = ["decode_meta", "encode_meta"]

KINDS = ("deep", "rnn", "transformer")
LATENCIES = isa.ZERO_WORD * isa.LANES  # word 255 is not for neurons


def encode_meta(meta: dict[str, Any]) -> bytes:
    """UTF-8 JSON, the same bytes for the same values, padded with a space to an even length."""
    text = json.dumps(meta, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (len(text) % 2)


def decode_meta(payload: bytes) -> dict[str, Any]:
    """The values of a META section, checked; ``ImageError`` names the field otherwise."""
    try:
        meta = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise ImageError("META is not JSON") from None
    _check(isinstance(meta, dict), "META must be a JSON object")
    _check(isinstance(meta.get("name"), str), "META field name must be a string")
    _check(meta.get("kind") in KINDS, f"META field kind must be one of {', '.join(KINDS)}")
    n, n_out = _integer(meta, "n", 1, LATENCIES), _integer(meta, "n_out", 1, 256)
    n_in = _integer(meta, "n_in", 1, LATENCIES)
    for name in ("frac", "out_frac"):
        _integer(meta, name, -15, 15)
    symbols = meta.get("symbols")
    good = symbols is None or (_integers(symbols, -1, 255) and len(symbols) == len(set(symbols)) == n_out)
    _check(good, "META field symbols must be null or a distinct byte (or -1) for each output")
    place = meta.get("placement")
    _check(isinstance(place, dict), "META field placement must be a JSON object")
    neurons = place.get("neurons")
    good = isinstance(neurons, list) and len(neurons) == n and all(_integers(a, 0, LATENCIES - 1) and a for a in neurons)
    _check(good, f"META field placement.neurons must give addresses 0..{LATENCIES - 1} to each of the {n} neurons")
    _integer(place, "state_words", 0, isa.ZERO_WORD, prefix="placement.")
    _integer(place, "output", 0, LATENCIES - n_out, prefix="placement.")
    constants = place.get("constants")
    _check(_integers(constants, -32768, 32767), "META field placement.constants must be a list of latencies")
    _check(meta["kind"] != "deep" or n_in + len(constants) == n, "META fields n_in and placement.constants must add up to n")
    span = place.get("output_range")
    _check(_integers(span, -(1 << 20), 1 << 20) and len(span) == 2, "META field placement.output_range must be two integers")
    _check_runs(place.get("runs"))
    return meta


def _check_runs(runs: Any) -> None:
    good = isinstance(runs, list)
    for run in runs if good else []:
        good = good and isinstance(run, dict) and isinstance(run.get("stage"), str) and _integers([run.get("group")], 0, 1 << 15)
        good = good and _integers(run.get("tables"), 0, 1 << 15) and isinstance(run.get("pairs"), list)
        good = good and all(_integers(pairs, 0, 15) for pairs in run["pairs"])
    _check(good, "META field placement.runs must give stage, group, tables and pairs of each run")


def _check(good: bool, message: str) -> None:
    if not good:
        raise ImageError(message)


def _integers(values: Any, low: int, high: int) -> bool:
    return isinstance(values, list) and all(type(value) is int and low <= value <= high for value in values)


def _integer(values: dict[str, Any], name: str, low: int, high: int, *, prefix: str = "") -> int:
    value = values.get(name)
    _check(_integers([value], low, high), f"META field {prefix}{name} must be {low}..{high}, not {value!r:.40}")
    return int(values[name])
