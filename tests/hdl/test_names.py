"""Every Python that Amaranth runs on gives a design the same signal names, and with them the same bitstream.

Amaranth reads names from the bytecode of assignments. From 3.13 on it does not understand one that assigns two calls at once, so that what
is made there would be called ``$signature`` on one Python and by its variable on another.
"""

import ast
import re
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

import boards
from hdl.board.system import System

ROOT = Path(__file__).parents[2]
NAMELESS = re.compile(r"wire .*(\\\$sig\w*)")


def made_at_once(source: str) -> list[int]:
    """Lines that assign several ports of a memory, or several signals, at once."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            called = [value.func for value in node.value.elts if isinstance(value, ast.Call)]
            names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in called]
            if {"read_port", "write_port", "Signal"} & set(names):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", sorted((ROOT / "hdl").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_ports_and_signals_are_assigned_one_by_one(path: Path) -> None:
    assert made_at_once(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", ["read, write = memory.read_port(), memory.write_port()", "a, b = Signal(), Signal(8)"])
def test_two_at_once_are_found(source: str) -> None:
    assert made_at_once("x = 1\n" + source) == [2]


@pytest.mark.parametrize("board", sorted(boards.BOARDS))
def test_every_signal_has_a_name(board: str) -> None:
    """Neither a trace nor a timing report has to be read with ``$signal`` in it."""
    assert NAMELESS.findall(rtlil.convert(System(board=boards.get(board)))) == []


def test_a_nameless_signal_is_found() -> None:
    m = Module()
    o = Signal()
    m.d.comb += o.eq([Signal(8)][0].any())
    assert NAMELESS.findall(rtlil.convert(m, ports=[o])) != []
