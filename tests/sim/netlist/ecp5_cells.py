"""Designs of an ECP5's cells, and yosys' models of these."""

from sim.netlist.ecp5.models import SHIPPED

from .cells import CLOCK, Cells, random_bits

TABLE = ("A", "B", "C", "D")
MUXED = ("0 ", "1 ", "INV")  # what stands before a pin that is not as it is; behind a text of 0s and 1s is a space
CONTROLS = [
    {"CEMUX": enable, "CLKMUX": clock, "LSRMUX": reset, "REGSET": value, "SRMODE": mode}
    for enable in ("CE", "1 ", "INV")
    for clock in ("CLK", "INV")
    for reset in ("LSR", "INV")
    for value in ("RESET", "SET")
    for mode in ("LSR_OVER_CE", "ASYNC")
]


def models(folder):
    """The file of yosys' models, with the carry of a packed cell led to its pin, and without what Icarus does not take."""
    text = SHIPPED.read_text() + SHIPPED.with_name("ccu2c_sim.vh").read_text()
    for old, new in (("wire FCO = ", "assign FCO = "), ('$error("unsupported COMB mode %s", MODE);', "")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = folder / "shipped.v"
    path.write_text(f"`define NO_INCLUDES\n{text}")
    return path


def table_pins(rng, cells):
    return {pin: rng.choice([*cells.nets, "0", "1"]) for pin in TABLE}


def add_flop(rng, cells, parameters):
    reset = rng.choice(cells.inputs if parameters["SRMODE"] == "ASYNC" else cells.nets)
    cells.add("TRELLIS_FF", "Q", parameters=parameters, CLK=CLOCK, DI=rng.choice(cells.nets), CE=rng.choice(cells.nets), LSR=reset)


def add_ram(rng, cells):
    outputs = [len(cells.nets) + CLOCK + 1 + bit for bit in range(4)]
    pins = {pin: rng.choices(cells.nets, k=4) for pin in ("WAD", "RAD", "DI")}
    parameters = {"INITVAL": random_bits(rng, 64), "WREMUX": rng.choice(("WRE", *MUXED)), "WCKMUX": "WCK"}
    cells.add("TRELLIS_DPR16X4", parameters=parameters, WCK=CLOCK, WRE=rng.choice(cells.nets), DO=outputs, **pins)
    cells.outputs += outputs


def random_synthesised(rng, *, inputs=12, count=120):
    """Tables, what chooses among them, carries, memories and every kind of flip-flop, as after synthesis."""
    cells = Cells(inputs)
    for parameters in CONTROLS:
        add_flop(rng, cells, parameters)
    for kind in rng.choices(["LUT4", "PFUMX", "L6MUX21", "CCU2C", "FF", "RAM"], [8, 2, 2, 4, 2, 1], k=count):
        nets = [rng.choice([*cells.nets, "0", "1"]) for _ in range(3)]
        if kind == "LUT4":
            cells.add(kind, "Z", parameters={"INIT": random_bits(rng, 16)}, **table_pins(rng, cells))
        elif kind == "PFUMX":
            cells.add(kind, "Z", ALUT=nets[0], BLUT=nets[1], C0=nets[2])
        elif kind == "L6MUX21":
            cells.add(kind, "Z", D0=nets[0], D1=nets[1], SD=nets[2])
        elif kind == "CCU2C":
            pins = {f"{pin}{half}": net for half in range(2) for pin, net in table_pins(rng, cells).items()}
            parameters = {f"INIT{half}": random_bits(rng, 16) for half in range(2)}
            parameters |= {f"INJECT1_{half}": rng.choice(("YES", "NO")) for half in range(2)}
            cells.add(kind, "S0", "S1", "COUT", parameters=parameters, CIN=nets[0], **pins)
        elif kind == "FF":
            add_flop(rng, cells, rng.choice(CONTROLS))
        else:
            add_ram(rng, cells)
    return cells


def random_packed(rng, *, inputs=12, count=80):
    """Logic cells of every kind, as after place and route."""
    cells = Cells(inputs)
    for _ in range(count):
        mode = rng.choice(("LOGIC", "CCU2"))
        pins, parameters = table_pins(rng, cells), {"INITVAL": random_bits(rng, 16), "MODE": mode}
        if mode == "CCU2":
            parameters["CCU2_INJECT1"] = rng.choice(("YES", "NO"))
            cells.add("TRELLIS_COMB", "F", "FCO", parameters=parameters, FCI=rng.choice(cells.nets), **pins)
            continue
        some = {pin: rng.choice(cells.nets) for pin in ("F1", "FXA", "FXB", "M")}
        chosen = rng.choice(((), ("F1", "M"), ("FXA", "FXB", "M")))
        parameters["IS_Z1"] = "1" if "FXA" in chosen else "0"
        outputs = ("F", "OFX") if chosen else ("F",)
        cells.add("TRELLIS_COMB", *outputs, parameters=parameters, **pins, **{pin: some[pin] for pin in chosen})
    return cells


def packed_ram(rng):
    """A memory in logic cells after synthesis, and packed: its contents in the order of the tables' inputs."""
    whole, packed = Cells(13), Cells(13)
    wad, rad, di = (whole.inputs[at : at + 4] for at in (0, 4, 8))
    init, enable = random_bits(rng, 64), whole.inputs[12]
    outputs = list(range(100, 104))
    whole.add("TRELLIS_DPR16X4", parameters={"INITVAL": init}, WCK=CLOCK, WRE=enable, WAD=wad, RAD=rad, DI=di, DO=outputs)
    handed = {f"WADO{bit}": 110 + bit for bit in range(4)} | {f"WDO{bit}": 114 + bit for bit in range(4)}
    taken = dict(zip(("D0", "B0", "C0", "A0"), wad, strict=True)) | dict(zip(("C1", "A1", "D1", "B1"), di, strict=True))
    packed.add("TRELLIS_RAMW", **handed, **taken)
    for bit, output in enumerate(outputs):
        # the inputs A, B, C and D are the bits 3, 1, 2 and 0 of the address
        words = {number & 2 | number & 4 | (number & 1) << 3 | number >> 3: init[63 - 4 * number - bit] for number in range(16)}
        parameters = {"MODE": "DPRAM", "INITVAL": "".join(words[number] for number in reversed(range(16)))}
        pins = {f"WAD{place}": 110 + place for place in range(4)} | {"WD": 114 + bit, "WCK": CLOCK, "WRE": enable, "F": output}
        packed.add("TRELLIS_COMB", parameters=parameters, **pins, **dict(zip(("D", "B", "C", "A"), rad, strict=True)))
    for cells in (whole, packed):
        cells.outputs = outputs
    return whole, packed
