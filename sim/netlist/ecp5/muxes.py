"""The multiplexers that an ECP5's cells have at the pins that control them."""

from sim.netlist.parts import Net, Netlist, Table

_INVERTER = 0b01


def level(netlist: Netlist, net: Net, muxed: str) -> Net:
    """A net behind the multiplexer of a pin: as it is, inverted by a table, which is there for each such pin, or a constant."""
    if muxed in ("0", "1"):
        return muxed
    if muxed != "INV":
        return net
    if net in ("0", "1"):
        return "1" if net == "0" else "0"
    inverted = f"not {net}"
    netlist.tables.append(Table(inverted, _INVERTER, (net,), inverted))
    return inverted
