"""A component's ports as plain Verilog ports, one for each field, and what those of the embedded core mean (docs/user/verilog.md)."""

from dataclasses import dataclass

from amaranth.hdl import ClockDomain, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

CLOCK, RESET, FAST_CLOCK = "clk", "rst", "flash_clk"

MEANING = {
    CLOCK: "clock of everything, at its rising edge",
    RESET: "reset, synchronous: ends what runs, as abort does, and begins anew with an image",
    FAST_CLOCK: "twice as fast as clk, rising wherever it does: for the ports flash_cs_n to flash_io_i",
    "image_payload": "a byte of a memory image",
    "image_valid": "there is one",
    "image_ready": "it is taken in this clock: one every 15 clocks",
    "image_start": "for one clock: an image begins, what ran ends",
    "load_done": "an image is loaded: steps and reads are served",
    "load_error": "the last image was refused; image_start clears it",
    "load_code": "why, a clock later: 1 header, 2 CRC of the header, 3 CRC of a section, 4 a section that does not fit, 5 the flash",
    "load_image_signature": "of the loaded image, 0 if it had none",
    "load_same": "with flash: it held that image when it was last read",
    "load_section": "number of the section that is read, or was when reading ended",
    "step_forced": "the step takes step_symbol; else the symbol it chooses itself",
    "step_symbol": "the symbol to take",
    "step_valid": "a step is asked for",
    "step_ready": "it begins in this clock",
    "symbol_payload": "the symbol that a step has chosen, or the class",
    "symbol_valid": "there is one, until it is taken; the next step can run but not end",
    "symbol_ready": "it is taken in this clock",
    "abort": "for one clock: ends a step and forgets a symbol or a word that was not taken; load a STORE section before the next step",
    "read_request_space": "what is read, between steps: 0 the latency store, 1 counters, 2 the list of spikes",
    "read_request_address": "of the word in that space",
    "read_request_valid": "a word is asked for",
    "read_request_ready": "it was read: the request may change",
    "read_data_payload": "the word",
    "read_data_valid": "there is one, until it is taken",
    "read_data_ready": "it is taken in this clock",
    "scrub": "for one clock: the whole image in flash is checked, the core in reset meanwhile",
    "flash_cs_n": "chip select, to a register in its pad",
    "flash_sck": "the flash's clock in the first half of the clock (bit 0) and in the second, to a DDR output",
    "flash_io_o": "the four data lines, to registers in their pads",
    "flash_io_oe": "drives them",
    "flash_io_i": "what they were at the clock's rising edge (bits 3..0) and half a clock later, from DDR inputs",
    "flash_status_active": "the flash is read for an image: image_ready is 0",
    "flash_status_ready": "rows of tables can be read from it",
    "flash_status_capture": "when its answers are sampled, found at the start",
}
"""What each port is for."""

_FAST_PORTS = ("flash_cs_n", "flash_sck", "flash_io_o", "flash_io_oe", "flash_io_i")


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the Verilog module; ``clock``: the port that clocks it, none of a clock itself."""

    name: str
    bits: int
    input: bool
    clock: str
    meaning: str


def flat(component: wiring.Component, *, fast: bool) -> tuple[Module, list[Port], dict[str, Signal]]:
    """``component`` with clock and reset as ports, and a port for each leaf of its signature: the path's names and those of a payload's
    fields, ``_`` between them. With ``fast`` it has the domain ``flash`` too.

    Returns the module, the ports, and their signals by name. A port that :data:`MEANING` lacks is a ``KeyError``.
    """
    m = Module()
    m.submodules.polychron = component
    m.domains.sync = sync = ClockDomain()
    signals = {CLOCK: Signal(name=CLOCK), RESET: Signal(name=RESET)}
    m.d.comb += [sync.clk.eq(signals[CLOCK]), sync.rst.eq(signals[RESET])]
    if fast:
        m.domains.flash = flash = ClockDomain(reset_less=True)
        signals[FAST_CLOCK] = Signal(name=FAST_CLOCK)
        m.d.comb += flash.clk.eq(signals[FAST_CLOCK])
    clocks = {name: "" for name in signals if name != RESET}
    inputs = {*signals}
    for path, member, value in component.signature.flatten(component):
        view = value if isinstance(value, data.View) else None
        parts = {tuple(path): value} if view is None else {(*path[:-1], name): view[name] for name, _ in view.shape()}
        for where, part in parts.items():
            name, inner = "_".join(map(str, where)), Value.cast(part)
            signals[name] = outer = Signal(len(inner), name=name)
            m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
            if member.flow == In:
                inputs.add(name)
    ports = [
        Port(
            name=name,
            bits=len(signal),
            input=name in inputs,
            clock=clocks.get(name, FAST_CLOCK if fast and name in _FAST_PORTS else CLOCK),
            meaning=MEANING[name],
        )
        for name, signal in signals.items()
    ]
    return m, ports, signals
