"""Recorded clocks, run on a compiled design with its mutants: each clock is two numbers, of all inputs and of all that is looked at."""

import ctypes
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Module, Mux, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

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
    """The design of top.il in ``work``, a :class:`Packed` with mutants; ``out_bits``: of its output."""

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


Seen = Sequence[tuple[ValueLike, ValueLike]]
"""Values, each with the condition under which it counts: elsewhere it is taken as 0."""


def inputs(component: wiring.Component) -> list[tuple[str, Value]]:
    """The inputs by name, ``member__member``; the lowest bits of the packed port belong to the first."""
    flat = component.signature.flatten(component)
    return [("__".join(map(str, path)), Value.cast(port)) for path, member, port in flat if member.flow == wiring.In]


class Packed(wiring.Component):
    """``dut`` with the inputs ``i`` and, one after another from the lowest bit on, what ``seen`` makes of it as ``o``.

    ``seen`` may add to the module: a clock's delay, for example. It looks at ports only.
    """

    def __init__(self, dut: wiring.Component, *, seen: Callable[[Module, wiring.Component], Seen]) -> None:
        self._module, self._inputs = Module(), inputs(dut)
        self._module.submodules.dut = dut
        self._outputs = [Mux(when, value, 0) for value, when in seen(self._module, dut)]
        super().__init__({"i": In(sum(len(port) for _, port in self._inputs)), "o": Out(len(Cat(self._outputs)))})

    def elaborate(self, platform: object) -> Module:
        m = self._module
        m.d.comb += Cat(port for _, port in self._inputs).eq(self.i)
        m.d.comb += self.o.eq(Cat(self._outputs))
        return m
