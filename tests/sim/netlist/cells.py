"""Designs of an FPGA's cells: as the JSON that the tools write, and as instances of yosys' models of the same cells; random ones of an
iCE40's."""

import json

FLOPS = [f"SB_DFF{edge}{enable}{reset}" for edge in ("", "N") for enable in ("", "E") for reset in ("", "SR", "SS", "R", "S")]
FLAGS = ("NEG_CLK", "CARRY_ENABLE", "DFF_ENABLE", "SET_NORESET", "ASYNC_SR", "CIN_CONST", "CIN_SET")  # of a packed logic cell
CLOCK = 2


class Cells:
    """A module with a clock and so many other ``inputs``; the nets that its cells drive are its outputs."""

    def __init__(self, inputs):
        self.inputs = list(range(CLOCK + 1, CLOCK + 1 + inputs))
        self.outputs = []
        self.cells = {}

    @property
    def nets(self):
        return [*self.inputs, *self.outputs]

    def add(self, kind, *outputs, name=None, parameters=None, **pins):
        """A cell, with its ``outputs`` named and its inputs given as nets, constants or lists of these."""
        for pin in outputs:
            self.outputs.append(len(self.nets) + CLOCK + 1)
            pins[pin] = self.outputs[-1]
        connections = {pin: [nets] if isinstance(nets, (int, str)) else list(nets) for pin, nets in pins.items()}
        self.cells[name or f"cell{len(self.cells)}"] = {"type": kind, "parameters": parameters or {}, "connections": connections}

    def json(self):
        ports = {
            "clk": {"direction": "input", "bits": [CLOCK]},
            "i": {"direction": "input", "bits": self.inputs},
            "o": {"direction": "output", "bits": self.outputs},
        }
        return json.dumps({"modules": {"top": {"ports": ports, "cells": self.cells}}}).encode()

    def instances(self):
        """The module ``models`` with the same ports. Pins that drive nothing have no net, as nextpnr leaves them."""
        lines = [f"module models(input clk, input [{len(self.inputs) - 1}:0] i, output [{len(self.outputs) - 1}:0] o);"]
        lines += [f"wire n{net};" for net in self.outputs]
        names = {CLOCK: "clk", "0": "1'b0", "1": "1'b1"} | {net: f"i[{bit}]" for bit, net in enumerate(self.inputs)}
        for name, cell in self.cells.items():
            parameters = ", ".join(f".{key}({_value(value)})" for key, value in cell["parameters"].items())
            pins = [
                f".{pin}({{{', '.join(names.get(net, f'n{net}') for net in reversed(nets))}}})"
                for pin, nets in cell["connections"].items()
                if nets
            ]
            lines.append(f"{cell['type']} #({parameters}) \\{name} ({', '.join(pins)});")
        lines += [f"assign o[{bit}] = n{net};" for bit, net in enumerate(self.outputs)]
        return "\n".join([*lines, "endmodule\n"])


def _value(value):
    """A parameter as the tools write it: bits, or a text, which has a space behind it where it could be taken for bits."""
    return f"{len(value)}'b{value}" if set(value) <= set("01x") else f'"{value.strip()}"'


def random_bits(rng, count):
    return "".join(rng.choice("01") for _ in range(count))


def random_synthesised(rng, *, inputs=12, count=150):
    """Tables, carries and every kind of flip-flop, as after synthesis."""
    cells = Cells(inputs)
    for kind in [*FLOPS, *rng.choices(["SB_LUT4", "SB_CARRY", *FLOPS], [20, 5, *[0.5] * len(FLOPS)], k=count)]:
        some = [rng.choice([*cells.nets, "0", "1"]) for _ in range(4)]
        if kind == "SB_LUT4":
            cells.add(kind, "O", parameters={"LUT_INIT": random_bits(rng, 16)}, **{f"I{at}": net for at, net in enumerate(some)})
        elif kind == "SB_CARRY":
            cells.add(kind, "CO", I0=some[0], I1=some[1], CI=some[2])
        else:
            rest = kind.removeprefix("SB_DFF").removeprefix("N")
            pins = {"E": some[1]} if rest.startswith("E") else {}
            reset = rest.removeprefix("E")
            cells.add(kind, "Q", C=CLOCK, D=some[0], **pins, **({reset[-1]: rng.choice(cells.inputs)} if reset else {}))
    return cells


def random_packed(rng, *, inputs=12, count=200):
    """Logic cells of every kind, as after place and route, global buffers among them."""
    cells = Cells(inputs)
    cells.add("SB_GB", "GLOBAL_BUFFER_OUTPUT", USER_SIGNAL_TO_GLOBAL_BUFFER=cells.inputs[0])
    for _ in range(count):
        flags = {name: rng.choice("01") for name in FLAGS}
        pins = {pin: rng.choice(cells.nets) for pin in ("I0", "I1", "I2", "I3") if rng.random() < 0.8}
        pins["CIN"] = rng.choice(cells.nets)
        if flags["DFF_ENABLE"] == "1":
            pins |= {"CLK": CLOCK} | {pin: rng.choice(cells.inputs) for pin in ("CEN", "SR") if rng.random() < 0.5}
        outputs = [pin for pin in ("O", "LO") if rng.random() < 0.8] + (["COUT"] if flags["CARRY_ENABLE"] == "1" else [])
        if outputs:
            unused = {pin: [] for pin in ("O", "LO", "COUT", "CEN", "SR") if pin not in outputs and pin not in pins}
            cells.add("ICESTORM_LC", *outputs, parameters={**flags, "LUT_INIT": random_bits(rng, 16)}, **pins, **unused)
    return cells
