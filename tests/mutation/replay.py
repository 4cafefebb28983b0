"""Recorded clocks, run on a compiled design with its mutants."""

import ctypes
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.compiled.build import RUNTIME, generate

from .mutants import SELECT

Words = npt.NDArray[np.uint32]
_CXXFLAGS = ("-std=c++17", "-O1", "-fPIC", "-fvisibility=hidden", "-DCXXRTL_NDEBUG", "-DNDEBUG")
_PORTS = {"INPUT": "i", "OUTPUT": "o", "RESET": "rst", "MUTANT": SELECT}


@dataclass(frozen=True)
class Stimulus:
    """``inputs``: of each clock the reset and, from the next word on, the packed inputs, (clocks, words)."""

    name: str
    inputs: Words


class Replay:
    """The design of top.il in ``work``, a :class:`~tests.mutation.packed.Packed` with mutants; ``out_bits``: of its output."""

    def __init__(self, work: Path, *, out_bits: int) -> None:
        generate(work)
        header, source = (work / "top.h").read_text(), (work / "top.cc").read_text()
        places = []
        for port in _PORTS.values():
            held = re.search(rf"\bwire<\d+> p_{port}\b", header)
            places.append(f"static_cast<cxxrtl_design::p_top *>(module)->p_{port}.{'curr.' if held else ''}data")
        listed = ", ".join(places)
        ports = f"uint32_t *design_port(cxxrtl::module *module, int which) {{ uint32_t *all[] = {{{listed}}}; return all[which]; }}\n"
        (work / "top.cc").write_text(source + ports)
        compiler = [os.environ.get("CXX") or "g++", *_CXXFLAGS, "-I", str(RUNTIME), "-I", str(work), "-shared"]
        sources = [str(work / "top.cc"), str(Path(__file__).with_name("replay.cpp"))]
        subprocess.run([*compiler, *sources, "-o", str(work / "replay.so")], check=True)
        self._run = ctypes.CDLL(str(work / "replay.so")).replay
        self._run.restype = ctypes.c_uint64
        self._out_words = (out_bits + 31) // 32

    def record(self, stimulus: Stimulus) -> Words:
        """What the design as it is puts out, (clocks, words)."""
        outputs = np.zeros((len(stimulus.inputs), self._out_words), np.uint32)
        self._call(0, stimulus, outputs, record=True)
        return outputs

    def differs(self, mutant: int, stimulus: Stimulus, outputs: Words) -> int | None:
        """The first clock in which the mutant puts out something else, or None."""
        clock = self._call(mutant, stimulus, outputs, record=False)
        return clock if clock < len(outputs) else None

    def _call(self, mutant: int, stimulus: Stimulus, outputs: Words, *, record: bool) -> int:
        inputs = np.ascontiguousarray(stimulus.inputs, np.uint32)
        pointers = [one.ctypes.data_as(ctypes.POINTER(ctypes.c_uint32)) for one in (inputs, outputs)]
        size, words = inputs.shape
        return self._run(
            ctypes.c_uint32(mutant),
            ctypes.c_uint64(size),
            pointers[0],
            ctypes.c_size_t(words),
            pointers[1],
            ctypes.c_size_t(self._out_words),
            ctypes.c_int(record),
        )
