"""From an integer network and a board to a program: stages, layout in the latency store, anchor schedule, placement, bytes."""

from .build import compile_network
from .errors import CompileError

__all__ = ["CompileError", "compile_network"]
