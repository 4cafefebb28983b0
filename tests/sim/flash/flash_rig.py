"""The flash controller alone, compiled, with a chip at its pins: its start sequence, the image bytes, rows."""

from functools import cache

from firmware import isa
from hdl.flash.controller import FlashController
from sim.compiled.build import build
from sim.compiled.simulation import Simulation

OFFSET = 0x1000
PERIOD = {1: 27_778, 2: 13_888}  # ps of an SCK period, by nibbles in a clock of the core
LIMIT = 20_000  # clocks: of a whole start sequence


@cache
def library(nibbles):
    return build(FlashController(width=isa.Width(), offset=OFFSET, nibbles=nibbles))


def simulation(nibbles):
    sim = Simulation(library(nibbles))
    sim.resets = [name for name in sim.names() if name in ("rst", "flash_rst")]
    return sim


def reset(sim, clocks=1):
    for name in sim.resets:
        sim[name] = 1
    sim.clock(clocks)
    for name in sim.resets:
        sim[name] = 0


def started(sim, *, limit=LIMIT):
    """Runs until the image begins or the start has failed: True or False."""
    for _ in range(0, limit, 50):
        if sim["o__valid"] or not sim["active"]:
            break
        sim.clock(50)
    else:
        raise AssertionError(f"the controller has neither begun the image nor failed within {limit} clocks")
    return bool(sim["active"])


def image(sim, count, *, limit=4_000):
    """The next bytes of the image, one asked for every clock."""
    sim["o__ready"] = 1
    got = bytearray()
    for _ in range(limit):
        if sim["o__valid"]:
            got.append(sim["o__payload"])
            if len(got) == count:
                break
        sim.clock()
    sim["o__ready"] = 0
    return bytes(got)


def stop(sim, *, limit=LIMIT):
    """Ends the image, and waits for rows to be served."""
    sim["stop"] = 1
    sim.clock()
    sim["stop"] = 0
    sim.run_until("ready", limit=limit)


def ask(sim, beat, beats):
    """Offers a row."""
    sim["row__payload"] = beat | beats - 1 << isa.Width().far_address_bits
    sim["row__valid"] = 1


def rows(sim, wanted, *, limit=4_000):
    """The bytes of the rows (beat, beats) ``wanted``, asked for one right after the other; all that come within the limit."""
    left, size, got = list(wanted), 8 * sum(beats for _, beats in wanted), bytearray()
    ask(sim, *left[0])
    for _ in range(limit):
        taken = sim["row__ready"]
        sim.clock()
        if taken:
            left.pop(0)
            if left:
                ask(sim, *left[0])
            else:
                sim["row__valid"] = 0
        if sim["data__strobe"]:
            got.append(sim["data__data"])
        if len(got) == size:
            break
    return bytes(got)
