"""The C face of a compiled library as ctypes sees it: the functions that sim/compiled/driver.cpp exports, and the items they tell."""

import ctypes
from collections.abc import Mapping
from ctypes import POINTER, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

VALUE, WIRE, MEMORY, ALIAS, OUTLINE = range(5)  # type of a Part
INPUT, DRIVEN_COMB = 1 << 0, 1 << 3  # flags of a Part


class Part(ctypes.Structure):
    """The driver's ``Part``: a signal or a piece of one, its ``width`` bits from bit ``lsb_at`` on, or a memory of ``depth`` words."""

    _fields_ = (
        ("type", c_uint32),
        ("flags", c_uint32),
        ("width", c_uint64),
        ("lsb_at", c_uint64),
        ("depth", c_uint64),
        ("curr", POINTER(c_uint32)),
        ("next", POINTER(c_uint32)),
        ("outline", c_void_p),
    )


CALLBACK = ctypes.CFUNCTYPE(None, c_char_p, POINTER(Part))
BITS = POINTER(c_uint32)
_FOUND = [c_uint32, c_int, c_int, c_int64, POINTER(c_int64), c_uint32, c_int, c_int, c_uint32]  # the fields of sim.flash.Found
Face = Mapping[str, tuple[Any, list[Any]]]
"""Of the functions of a library by name: what they return and what they take."""
_FACE: Face = {
    "px_create": (c_void_p, []),
    "px_destroy": (None, [c_void_p]),
    "px_items": (None, [c_void_p, CALLBACK]),
    "px_outline": (None, [c_void_p]),
    "px_settle": (None, [c_void_p]),
    "px_clock": (None, [c_void_p, c_uint64]),
    "px_run_until": (c_uint64, [c_void_p, BITS, c_void_p, c_int, c_uint32, c_uint64]),
    "px_uart": (c_void_p, [c_void_p, BITS, BITS, BITS, c_double]),
    "px_uart_send": (None, [c_void_p, c_char_p, c_size_t, c_int]),
    "px_uart_receive": (c_size_t, [c_void_p, POINTER(c_uint8), c_size_t]),
    "px_uart_waiting": (c_size_t, [c_void_p]),
    "px_uart_busy": (c_int, [c_void_p]),
    "px_uart_framing_errors": (c_uint64, [c_void_p]),
    "px_run_uart": (c_uint64, [c_void_p, c_void_p, c_size_t, c_uint64, BITS, POINTER(c_int)]),
    "px_random": (c_void_p, [c_void_p, BITS, BITS, c_uint32, c_uint32]),
    "px_tally": (c_void_p, [c_void_p, BITS]),
    "px_tally_count": (c_uint64, [c_void_p]),
    "px_attach": (None, [c_void_p, c_void_p]),
    "px_detach": (None, [c_void_p, c_void_p]),
    "px_trace": (c_int, [c_void_p, c_char_p, c_uint64]),
    "px_trace_close": (c_int, [c_void_p]),
    "px_chip": (c_void_p, [c_char_p, c_size_t, c_size_t, *_FOUND]),
    "px_chip_free": (None, [c_void_p]),
    "px_chip_set": (None, [c_void_p, c_int64, c_int, c_int, c_uint32, c_uint32]),
    "px_chip_out": (c_uint32, [c_void_p, c_int64]),
    "px_chip_read": (c_uint32, [c_void_p, c_int64]),
    "px_chip_now": (c_int64, [c_void_p]),
    "px_chip_state": (c_int, [c_void_p]),
    "px_chip_violations": (c_size_t, [c_void_p]),
    "px_chip_violation": (c_int64, [c_void_p, c_size_t, POINTER(c_int)]),
    "px_cells": (c_void_p, [c_void_p, c_int64, c_int64, c_int64, c_int64]),
    "px_cells_free": (None, [c_void_p]),
    "px_cells_edge": (c_uint32, [c_void_p, c_int, c_uint32, c_uint32, c_int]),
    "px_cells_flush": (c_int64, [c_void_p]),
    "px_cells_attach": (c_void_p, [c_void_p, c_void_p, POINTER(BITS), POINTER(c_int), BITS]),
    "px_sdram": (c_void_p, [POINTER(c_int64), c_uint32]),
    "px_sdram_free": (None, [c_void_p]),
    "px_sdram_set": (None, [c_void_p, c_int64, c_int, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32]),
    "px_sdram_out": (c_uint32, [c_void_p, c_int64, POINTER(c_int)]),
    "px_sdram_read": (c_uint32, [c_void_p, c_int64]),
    "px_sdram_fill": (None, [c_void_p, c_uint32, c_uint32, c_size_t, c_char_p, c_size_t]),
    "px_sdram_row": (None, [c_void_p, c_uint32, c_uint32, c_char_p]),
    "px_sdram_now": (c_int64, [c_void_p]),
    "px_sdram_started": (c_int, [c_void_p]),
    "px_sdram_violations": (c_size_t, [c_void_p]),
    "px_sdram_violation": (c_int64, [c_void_p, c_size_t, POINTER(c_int)]),
    "px_sdram_cells": (c_void_p, [c_void_p, c_int64, c_int64, c_int64, c_int64, c_int64]),
    "px_sdram_cells_free": (None, [c_void_p]),
    "px_sdram_cells_edge": (None, [c_void_p, c_uint32, c_uint32, c_uint32, c_uint32, c_int, BITS]),
    "px_sdram_cells_flush": (c_int64, [c_void_p]),
    "px_sdram_attach": (c_void_p, [c_void_p, c_void_p, POINTER(BITS), POINTER(c_int), BITS]),
}


def load(library: Path, face: Face = _FACE) -> ctypes.CDLL:
    """The functions of a library that ``sim.compiled.build`` made, by default those of a simulation."""
    code = ctypes.CDLL(str(library))
    for name, (result, arguments) in face.items():
        function = getattr(code, name)
        function.restype, function.argtypes = result, arguments
    return code
