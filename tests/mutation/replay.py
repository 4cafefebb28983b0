"""Recorded clocks, run on a compiled design with its mutants."""

import ctypes
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.compiled.build import RUNTIME, yosys

from .mutants import SELECT

Words = npt.NDArray[np.uint32]
_CXXFLAGS = ("-std=c++17", "-O1", "-fPIC", "-fvisibility=hidden", "-DCXXRTL_NDEBUG", "-DNDEBUG")
_PORTS = {"INPUT": "i", "OUTPUT": "o", "RESET": "rst", "MUTANT": SELECT, "CLOCK": "clk"}
_SHIM = """
cxxrtl::module *design_new() {{ return new cxxrtl_design::p_top; }}
void design_fall(cxxrtl::module *module) {{ static_cast<cxxrtl_design::p_top *>(module)->prev_p_clk = cxxrtl::value<1>{{0u}}; }}
bool design_single() {{ return {single}; }}
uint32_t *design_port(cxxrtl::module *module, int which) {{
	auto top = static_cast<cxxrtl_design::p_top *>(module);
	uint32_t *ports[] = {{{ports}}};
	return ports[which];
}}
"""


@dataclass(frozen=True)
class Stimulus:
    """``inputs``: of each clock the reset and, from the next word on, the packed inputs, (clocks, words)."""

    name: str
    inputs: Words


class Replay:
    """The design of top.il in ``work``, a :class:`~tests.mutation.packed.Packed` with mutants; ``out_bits``: of its output."""

    def __init__(self, work: Path, *, out_bits: int) -> None:
        yosys("read_rtlil top.il; write_cxxrtl -g0 -header top.cc", work)  # without what names signals: half of what is compiled
        header, source = (work / "top.h").read_text(), (work / "top.cc").read_text()
        single = "false" if "converged = false" in source else "true"
        members = [f"p_{port}.{'curr.' if re.search(rf'wire<[0-9]+> p_{port};', header) else ''}data" for port in _PORTS.values()]
        ports = ", ".join(f"top->{member}" for member in members)
        (work / "top.cc").write_text(source + _SHIM.format(ports=ports, single=single))
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
