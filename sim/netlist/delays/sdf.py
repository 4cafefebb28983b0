"""The delays that nextpnr writes as SDF (IEEE 1497): of wires from pin to pin, through cells, and what registers ask of their inputs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.netlist.parts import NetlistError

Tree = list[Any]  # of texts and trees
_TOKEN = re.compile(r'[()]|"(?:""|[^"])*"|(?:\\.|[^\s()"\\])+')


class Pin(NamedTuple):
    cell: str
    pin: str


class Wire(NamedTuple):
    """What drives a pin, and how long it takes, ps."""

    driver: Pin
    delay: float


class Check(NamedTuple):
    """An input stands still from ``setup`` ps before an edge of a clock, where that is ``falling`` or rising, to ``hold`` ps behind it."""

    setup: float
    hold: float
    falling: bool


@dataclass(frozen=True, kw_only=True)
class Delays:
    """The largest delays, rising or falling, in ps. ``wires``: by the pin they end at; ``paths``: from input or clock to output, by cell;
    ``checks``: of a register's input and its clock, by cell."""

    wires: dict[Pin, Wire] = field(default_factory=dict)
    paths: dict[str, dict[tuple[str, str], float]] = field(default_factory=dict)
    checks: dict[str, dict[tuple[str, str], Check]] = field(default_factory=dict)


def read_delays(content: bytes) -> Delays:
    """The delays of an SDF file in ps. :class:`NetlistError` for one that is not as nextpnr writes it."""
    found = Delays()
    try:
        (top,) = _trees(_TOKEN.finditer(content.decode()))
        if not isinstance(top, list) or top[0] != "DELAYFILE" or ["TIMESCALE", "1ps"] not in top:
            raise ValueError
        for cell in top[1:]:
            if cell[0] == "CELL":
                _read_cell(found, cell)
    except (ValueError, IndexError, KeyError):
        raise NetlistError("the SDF file of the delays is not as nextpnr writes it: DELAYFILE, TIMESCALE 1ps, cells") from None
    return found


def _read_cell(found: Delays, cell: Tree) -> None:
    name = next((_plain(item[1]) for item in cell[1:] if item[0] == "INSTANCE" and len(item) > 1), "")
    for item in cell[1:]:
        if item[0] == "DELAY":
            for entry in item[1][1:]:
                if entry[0] == "INTERCONNECT":
                    found.wires[_pin(entry[2])] = Wire(_pin(entry[1]), max(map(_largest, entry[3:])))
                elif entry[0] == "IOPATH":
                    found.paths.setdefault(name, {})[_plain(entry[1]), _plain(entry[2])] = max(map(_largest, entry[3:]))
                else:
                    raise ValueError
        elif item[0] == "TIMINGCHECK":
            for entry in item[1:]:
                if entry[0] != "SETUPHOLD":
                    raise ValueError
                pins, check = (
                    (_plain(entry[1][1]), _plain(entry[2][1])),
                    Check(_largest(entry[3]), _largest(entry[4]), entry[2][0] == "negedge"),
                )
                if found.checks.setdefault(name, {}).setdefault(pins, check) != check:
                    raise ValueError  # nextpnr writes the same for either edge of the pin


def _trees(tokens: Iterator[re.Match[str]]) -> Tree:
    """What stands in brackets up to the bracket that closes it, or the end."""
    found: Tree = []
    for token in tokens:
        text = token[0]
        if text == ")":
            break
        found.append(_trees(tokens) if text == "(" else text)
    return found


def _plain(name: str) -> str:
    """A name without the backslashes before special characters."""
    return re.sub(r"\\(.)", r"\1", name)


def _pin(name: str) -> Pin:
    cell, _, pin = _plain(name).rpartition("/")
    return Pin(cell, pin)


def _largest(triple: Tree) -> float:
    """Of (minimum:typical:maximum) the last."""
    return float(triple[0].split(":")[2])
