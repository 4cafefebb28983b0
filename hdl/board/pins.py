"""The wiring of a board's record on a platform of amaranth_boards: ports by what they are to the design."""

import importlib
import re
from typing import Any

from amaranth.build import Attrs, Pins, PinsN, Resource, Subsignal
from amaranth.hdl import Const, Module
from amaranth.lib import io

from boards import Board

from .system import System

CLOCK = "clock"


def make_platform(board: Board) -> Any:
    """A new platform of amaranth_boards for ``board``, with the resources that its wiring adds."""
    module, name = board.platform.split(":")
    platform = getattr(importlib.import_module(module), name)()
    for group in board.wiring.extra:
        parts = [Subsignal(part, (PinsN if part in group.low else Pins)(pins, dir="io")) for part, pins in group.pins]
        platform.add_resources([Resource(group.name, 0, *parts, Attrs(**dict(group.attributes)))])
    return platform


def place_of(platform: Any, board: Board, role: str) -> tuple[str, int, str]:
    """(resource, number, part or nothing) of a field of :class:`boards.Wiring`; of a pin alone ("@", 0, its name).

    Of a clock that the record doesn't name it is the platform's default one.
    """
    text: str = getattr(board.wiring, role) or f"{platform.default_clk} 0"
    match = re.fullmatch(r"(@)(\w+)|(\w+) (\d+)(?:\.(\w+))?", text)
    if match is None:
        raise ValueError(f"{role} of the board {board.name} must be 'NAME NUMBER', 'NAME NUMBER.PART' or '@PIN', not {text!r}")
    return ("@", 0, match[2]) if match[1] else (match[3], int(match[4]), match[5] or "")


class Ports:
    """Ports of ``platform`` at the places that ``board`` names. A resource is requested once, whichever of its parts are asked for."""

    def __init__(self, platform: Any, board: Board) -> None:
        self._platform, self._board = platform, board
        self._requested: dict[tuple[str, int], Any] = {}

    def __getitem__(self, role: str) -> Any:
        name, number, part = place_of(self._platform, self._board, role)
        if name == "@":
            return self.pin(part)
        if (name, number) not in self._requested:
            self._requested[name, number] = self._platform.request(name, number, dir="-")
        group = self._requested[name, number]
        return getattr(group, part) if part else group

    def pin(self, name: str) -> Any:
        """A pin of the FPGA that no resource has."""
        self._platform.add_resources([Resource(f"pin_{name}", 0, Pins(name, dir="io"))])
        return self._platform.request(f"pin_{name}", 0, dir="-")


def connect_slow(m: Module, ports: Ports, board: Board, system: System, *, leds: tuple[str, str]) -> None:
    """Buffers for the UART, the two LEDs (loaded, error), which are named ``leds``, and the pins that the board keeps high."""
    loaded, error = leds
    outputs = {
        "uart_tx": (ports["uart_tx"], system.uart_tx),
        loaded: (ports["led_g"], system.led_g),
        error: (ports["led_r"], system.led_r),
        **{f"high_{pin}": (ports.pin(pin), Const(1)) for pin in board.wiring.high},
    }
    for name, (port, value) in outputs.items():
        m.submodules[name] = buffer = io.Buffer("o", port)
        m.d.comb += buffer.o.eq(value)
    m.submodules.uart_rx = uart_rx = io.Buffer("i", ports["uart_rx"])
    m.d.comb += system.uart_rx.eq(uart_rx.i)
