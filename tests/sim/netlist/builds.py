"""Netlists of an iCEBreaker's builds, which are kept."""

from functools import cache

import boards
from boards import Board
from polychron.system.cache import cache_folder
from sim.compiled.build import made_once
from sim.netlist.made import Stage, make_netlist
from sim.netlist.parts import Netlist

BYTE, NIBBLE = (boards.flash_mode(boards.get("icebreaker"), mode) for mode in ("byte", "nibble"))
LEARNS = boards.get("icebreaker_learns")


def label(value):
    """Of a stage or a board, in the name of a test."""
    if isinstance(value, str):
        return value
    return "learns" if value.learns else {1: "byte", 2: "nibble"}[value.flash.byte_clocks]


def folder_of(board: Board):
    """A build of the board in the cache folder, so that the tools need not run again where nothing has changed."""
    return cache_folder() / f"netlist-{label(board)}"


@cache
def netlist_of(stage: Stage, board: Board) -> Netlist:
    folder = folder_of(board)
    with made_once(folder):
        return make_netlist(board, stage=stage, seed=1, folder=folder, say=lambda line: None)
