"""A netlist's JSON, cell by cell: what the readers of all families share."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sim.netlist.parts import Macro, Net, Netlist, NetlistError


class Cell:
    """A cell of the JSON: its pins as nets. ``high``: the pins that are 1 where nothing drives them, and not 0."""

    def __init__(self, name: str, content: Mapping[str, Any], *, high: frozenset[str] = frozenset()) -> None:
        self.name, self.kind, self._high = name, content["type"], high
        self.parameters: dict[str, str] = content["parameters"]
        self.pins: dict[str, list[Net]] = content["connections"]

    def bits(self, pin: str) -> tuple[Net, ...]:
        return tuple(self.pins.get(pin, ()))

    def net(self, pin: str, absent: Net | None = None) -> Net:
        found = self.pins.get(pin)
        if found:
            return found[0]
        return absent if absent is not None else "1" if pin in self._high else "0"

    def flag(self, name: str) -> bool:
        return int(self.parameters.get(name, "0"), 2) != 0

    def text(self, name: str, absent: str = "") -> str:
        """A parameter that is a text; behind one of 0s and 1s alone the tools write a space."""
        return self.parameters.get(name, absent).strip()

    def init(self, name: str) -> int:
        """A parameter that is bits; what is open is 0."""
        return int(self.parameters.get(name, "0").replace("x", "0"), 2)

    @property
    def used(self) -> dict[str, tuple[Net, ...]]:
        return {pin: tuple(nets) for pin, nets in self.pins.items() if nets}


Reader = Callable[[Netlist, Cell], None]


def read_cells(
    content: bytes,
    *,
    readers: Mapping[str, Reader],
    same: Callable[[Cell], Mapping[Net, Net]],
    high: frozenset[str] = frozenset(),
) -> Netlist:
    """The module ``top`` of a JSON netlist. ``readers``: what puts a cell of each kind into the netlist; ``same``: the outputs of a cell
    that are nothing but inputs, which no time passes; ``high``: as in :class:`Cell`.

    Raises :class:`NetlistError` for a kind of cell that is not in ``readers``.
    """
    top = json.loads(content)["modules"]["top"]
    cells = [Cell(name, cell, high=high) for name, cell in top["cells"].items() if cell["type"] != "$scopeinfo"]
    sources: dict[Net, Net] = {}
    for cell in cells:
        sources |= same(cell)
    ports = {name: (port["direction"], tuple(_source(net, sources) for net in port["bits"])) for name, port in top["ports"].items()}
    netlist = Netlist(ports=ports)
    for cell in cells:
        cell.pins = {pin: [_source(net, sources) for net in nets] for pin, nets in cell.pins.items()}
        if cell.kind not in readers:
            raise NetlistError(f"the netlist has a cell {cell.name} of the kind {cell.kind}, which is not known here")
        readers[cell.kind](netlist, cell)
    return netlist


def nothing(netlist: Netlist, cell: Cell) -> None:
    """Of a cell that is gone when its outputs are its inputs."""


def as_it_is(netlist: Netlist, cell: Cell) -> None:
    """A cell that there is a model of."""
    netlist.macros.append(Macro(cell.name, cell.kind, cell.parameters, cell.used))


def _source(net: Net, sources: Mapping[Net, Net]) -> Net:
    while net in sources:
        net = sources[net]
    return net
