"""The META section: JSON, and the check that what comes out of a stranger's image has the fields and ranges the host relies on."""

import json
from dataclasses import fields
from typing import Any

from .. import isa
from ..description import Meta, Origin, Placement, StageId
from .sections import ImageError

KINDS = ("deep", "rnn", "signal", "transformer")
RUNS = "META field placement.runs must give stage, group, tables and pairs of each run"


def encode_meta(meta: Meta) -> bytes:
    """UTF-8 JSON, the same bytes for the same values, padded with a space to an even length. A name's bytes that are no UTF-8 (PEP 383)
    become escapes of JSON."""
    values = {field.name: getattr(meta, field.name) for field in fields(meta)}
    values["placement"] = {field.name: getattr(meta.placement, field.name) for field in fields(meta.placement)}
    values["placement"]["runs"] = [
        {"stage": str(run.stage), "group": run.group, "tables": run.tables, "pairs": run.pairs} for run in meta.placement.runs
    ]
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace")
    return text + b" " * (len(text) % 2)


def decode_meta(payload: bytes, width: isa.Width) -> Meta:
    """The inverse, checked for a core of that width; ``ImageError`` names the field otherwise."""
    try:
        meta = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise ImageError("META is not JSON") from None
    _check(isinstance(meta, dict), "META must be a JSON object")
    _check(isinstance(meta.get("name"), str), "META field name must be a string")
    _check(meta.get("kind") in KINDS, f"META field kind must be one of {', '.join(KINDS)}")
    n, n_out = _integer(meta, "n", 1, width.latencies), _integer(meta, "n_out", 1, 256)
    n_in = _integer(meta, "n_in", 1, width.latencies)
    frac, out_frac = (_integer(meta, name, -15, 15) for name in ("frac", "out_frac"))
    symbols = meta.get("symbols")
    good = symbols is None or (_integers(symbols, -1, 255) and len(symbols) == len(set(symbols)) == n_out)
    _check(good, "META field symbols must be null or a distinct byte (or -1) for each output")
    placement = _placement(meta.get("placement"), n=n, n_out=n_out, latencies=width.latencies)
    given = n_in + len(placement.constants)
    _check(meta["kind"] != "deep" or given == n, "META fields n_in and placement.constants must add up to n")
    _check(meta["kind"] != "signal" or given < n, "META fields n_in and placement.constants must add up to less than n")
    return Meta(
        name=meta["name"],
        kind=meta["kind"],
        n=n,
        n_in=n_in,
        n_out=n_out,
        frac=frac,
        out_frac=out_frac,
        symbols=None if symbols is None else tuple(symbols),
        placement=placement,
    )


def _placement(place: Any, *, n: int, n_out: int, latencies: int) -> Placement:
    _check(isinstance(place, dict), "META field placement must be a JSON object")
    neurons = place.get("neurons")
    good = isinstance(neurons, list) and len(neurons) == n and all(_integers(a, 0, latencies - 1) and a for a in neurons)
    _check(good, f"META field placement.neurons must give addresses 0..{latencies - 1} to each of the {n} neurons")
    state_words = _integer(place, "state_words", 0, isa.ZERO_WORD, prefix="placement.")
    output = _integer(place, "output", 0, latencies - n_out, prefix="placement.")
    constants = place.get("constants")
    _check(_integers(constants, -32768, 32767), "META field placement.constants must be a list of latencies")
    span = place.get("output_range")
    _check(_integers(span, -(1 << 20), 1 << 20) and len(span) == 2, "META field placement.output_range must be two integers")
    runs = place.get("runs")
    _check(isinstance(runs, list), RUNS)
    return Placement(
        neurons=tuple(map(tuple, neurons)),
        state_words=state_words,
        output=output,
        output_range=(span[0], span[1]),
        constants=tuple(constants),
        runs=tuple(map(_origin, runs)),
    )


def _origin(run: Any) -> Origin:
    good = isinstance(run, dict) and isinstance(run.get("stage"), str) and _integers([run.get("group")], 0, 1 << 15)
    good = good and _integers(run.get("tables"), 0, 1 << 15) and isinstance(run.get("pairs"), list)
    _check(good and all(_integers(pairs, 0, 15) for pairs in run["pairs"]), RUNS)
    try:
        stage = StageId.parse(run["stage"])
        if not all(0 <= number < 1 << 15 for number in (stage.number, stage.part) if number is not None):
            raise ValueError
    except (TypeError, ValueError):
        raise ImageError(f"META field placement.runs names the unknown stage {run['stage']!r:.40}") from None
    return Origin(stage=stage, group=run["group"], tables=tuple(run["tables"]), pairs=tuple(map(tuple, run["pairs"])))


def _check(good: bool, message: str) -> None:
    if not good:
        raise ImageError(message)


def _integers(values: Any, low: int, high: int) -> bool:
    return isinstance(values, list) and all(type(value) is int and low <= value <= high for value in values)


def _integer(values: dict[str, Any], name: str, low: int, high: int, *, prefix: str = "") -> int:
    value = values.get(name)
    _check(_integers([value], low, high), f"META field {prefix}{name} must be {low}..{high}, not {value!r:.40}")
    return int(values[name])
