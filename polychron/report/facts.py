"""What report.json says of a network on a board, built or not: layers and their clocks, memory, use of rows, where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boards import Board
from firmware.compiler import compile_network
from firmware.estimate import Estimate, estimate
from firmware.isa import SIDE_BEATS, Mode
from firmware.program import Program as Code
from golden.integer.network import Network
from polychron.command.figures import finite
from polychron.report.behaviour import Behaviour, Raster, behaviour
from sim.cycles import layer_clocks, predict

TEXT_TEMPERATURE = 0.7
"""Of the text whose spikes and rows the report shows, where the program's own sampler would take the earliest spike and repeat itself."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """``figures``: what report.json has of the network alone; ``raster``: the spikes of a few of its steps."""

    figures: dict[str, Any]
    raster: Raster | None


def facts(network: Network, code: Code, board: Board) -> Facts:
    """Of ``code``, compiled of ``network`` for ``board``; the same inputs give the same facts."""
    placement, ran = estimate(code, board), _ran(network, code, board)
    layers = layer_clocks(code, board, predict(code, board))
    figures = {
        "layers": [
            {"layer": one.layer, "clocks": one.clocks, "needs": one.needs, "held_by": one.held_by, "rows": one.rows, "bytes": one.bytes}
            for one in layers
        ],
        "tiers": _tiers(code, placement),
        "row_use": None if ran is None else {"of": ran.what, "steps": ran.steps, "groups": _groups(ran)},
        "card": _card(network.card),
    }
    return Facts(figures=figures, raster=None if ran is None else ran.raster)


def _ran(network: Network, code: Code, board: Board) -> Behaviour | None:
    if network.kind not in ("deep", "signal") and not code.sampling.jittered:
        code = compile_network(network, board, temperature=TEXT_TEMPERATURE)
    return behaviour(network, code)


def _groups(ran: Behaviour) -> list[dict[str, Any]]:
    """Of each group of tables of a layer, in the order of the tables: what :class:`polychron.report.behaviour.RowUse` says."""
    groups = {(one.layer, one.group): one for one in ran.rows}
    found = []
    for (layer, group), first in groups.items():
        tables = sorted((one for one in ran.rows if (one.layer, one.group) == (layer, group)), key=lambda one: one.table)
        used, even = [one.used for one in tables], [one.evenness for one in tables]
        found.append({"layer": layer, "group": group, "rows": first.rows, "reads": first.reads, "used": used, "evenness": even})
    return found


def _tiers(code: Code, placement: Estimate) -> list[dict[str, Any]]:
    """Of each tier the figures of ``estimate --json``, where it begins, its speed, and what lies where in it."""
    figures, beat, beside = placement.figures, code.width.beat_bytes, _beside(code)
    return [
        found
        | {
            "first_byte": one.tier.base,
            "bytes_per_clock": beat / one.tier.beat_clocks(code.width.lanes),
            "parts": [
                {"holds": run["stage"]} | {key: run[key] for key in ("first_byte", "size_bytes", "unread_bytes")}
                for run in figures["runs"]
                if run["tier"] == one.tier.name
            ]
            + (beside if number == 0 else []),
        }
        for number, (found, one) in enumerate(zip(figures["tiers"], placement.tiers, strict=True))
    ]


def _beside(code: Code) -> list[dict[str, Any]]:
    """What lies in the first tier besides tables: index caches, and anchor words that are copied before they are used."""
    beat = code.width.beat_bytes
    sizes = {piece.beat: len(piece.data) for piece in code.tables if piece.tier == 0}
    found = []
    for run in code.runs:
        if run.mode == Mode.QUERY and (size := sizes.get(SIDE_BEATS * run.side)):
            found.append(_part("index caches", SIDE_BEATS * run.side * beat, size))
        if run.mode == Mode.ANCHORS:
            found.append(_part("anchor words", run.table_base * beat, run.count * beat))
    return found


def _part(holds: str, first_byte: int, size: int) -> dict[str, Any]:
    return {"holds": holds, "first_byte": first_byte, "size_bytes": size, "unread_bytes": 0}


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    """The network's card, as far as it is names and numbers; of an object, those in it."""
    plain = str | int | float | bool
    found: dict[str, Any] = {}
    for name, value in sorted(card.items()):
        if isinstance(value, plain):
            found[str(name)] = value
        elif isinstance(value, dict):
            found[str(name)] = {str(key): one for key, one in value.items() if isinstance(one, plain)}
    return {name: finite(value) for name, value in found.items()}
