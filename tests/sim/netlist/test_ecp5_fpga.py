"""The whole FPGA of a ULX3S 85F after synthesis and after place and route, in Icarus Verilog with the flash chip at its pins."""

import re
from dataclasses import replace
from functools import cache

import pytest

import boards
from firmware import isa
from firmware.image.image import write_image
from polychron.network import load as load_network
from polychron.system.cache import cache_folder
from sim.compiled.build import made_once
from sim.flash import Found, Pads, Power
from sim.netlist.check import Subject, Text, check_text
from sim.netlist.conversation import Setting, converse
from sim.netlist.made import make_netlist
from sim.netlist.run import main

from ..icarus.two_tiers import small_network, two_tiers
from .faults import DIFFERENCE, check_flipped_table

pytestmark = pytest.mark.slow

NETWORK = small_network()
STEPS = Text(forced=(1, 0, 3), free=2, at_once=1, each=True)
BOARD = boards.get("ulx3s_85f")
FOLDER = cache_folder() / "netlist-ulx3s_85f"  # place and route takes many minutes, and need not run again where nothing has changed
STAGES = ["synthesis", "route"]


@cache
def netlist_of(stage):
    with made_once(FOLDER):
        return make_netlist(BOARD, stage=stage, seed=1, folder=FOLDER, say=lambda line: None)


def subject(stage, **changes):
    program = two_tiers(NETWORK, 24 * BOARD.lanes, BOARD)
    assert {run.tier for run in program.runs} == {0, 1}
    return Subject(**{"netlist": netlist_of(stage), "board": BOARD, "network": NETWORK, "program": program, **changes})


@pytest.mark.parametrize("stage", STAGES)
def test_boots_and_steps(stage, tmp_path):
    """Tables in both tiers, rows from flash: every symbol and, after each step, every latency."""
    made = check_text(subject(stage), STEPS, folder=tmp_path)
    assert made.difference is None
    assert made.compared == 5 * (NETWORK.n + NETWORK.n_out)
    assert made.heard.collisions > 0  # their bits were unknown, and made no difference
    assert made.heard.replies[-1]["flash"] > 5
    assert made.heard.replies[-1]["steps"] == 5


def test_refuses_a_damaged_image(tmp_path):
    """After place and route, one bit of what is loaded flipped; the chip is found in continuous reading."""
    image = bytearray(write_image(two_tiers(NETWORK, 24 * BOARD.lanes, BOARD)))
    image[200] ^= 0x10
    setting = Setting(image=bytes(image), found=Found(power=Power.CONTINUOUS, jedec=0xEF4018), pads=Pads(out=7_000, back=6_000))
    heard = converse(netlist_of("route"), BOARD, setting, [("hello",), ("refused",)], folder=tmp_path)
    greeting, said = heard.replies
    assert (heard.green, heard.red) == (0, 1)
    assert (greeting["loaded"], greeting["error"], greeting["code"]) == (False, True, isa.LoadError.SECTION_CRC)
    assert said == "STEP is refused: the core has no image, or the last one failed to load"
    assert (heard.unknown, heard.violations) == (0, [])


@pytest.mark.parametrize("tier", [0, 1])
def test_a_flipped_bit_of_a_table_is_named(tier, tmp_path):
    """The negative control."""
    check_flipped_table(subject("route"), replace(STEPS, free=1), tier=tier, folder=tmp_path)


@pytest.mark.parametrize("stage", STAGES)
def test_a_flipped_bit_of_logic_is_named(stage, tmp_path):
    """The negative control: one bit of the table that makes the lowest bit of a lane's sum, for two summands and a carry of 0."""
    netlist = netlist_of(stage)
    sums = next(macro for macro in netlist.macros if macro.name.endswith("accumulators.sums.0.0"))
    place = next(place for place, table in enumerate(netlist.tables) if table.output == sums.pins["DI"][0])
    tables = list(netlist.tables)
    number = sum(1 << bit for bit, net in enumerate(tables[place].inputs) if net == "1")
    tables[place] = replace(tables[place], init=tables[place].init ^ 1 << number)
    made = check_text(subject(stage, netlist=replace(netlist, tables=tables)), replace(STEPS, free=1), folder=tmp_path)
    assert made.difference is not None
    assert re.match(DIFFERENCE, made.difference)


def test_writes_with_the_network_that_comes_with_it(tmp_path):
    """8 characters after place and route, with the tables in block RAM from the start: all else is booted."""
    network = load_network("shakespeare")
    program = network.compile(board=BOARD.name, temperature=0.7, seed=3).code
    made = check_text(
        subject("route", network=network.integer, program=program), Text(forced=(10, 20, 30), free=5, preload=True), folder=tmp_path
    )
    assert made.difference is None
    assert made.compared == network.integer.n + network.integer.n_out
    assert made.clocks == made.predicted


def test_the_command(capsys):
    words = ["--board", BOARD.name, "--stage", "synthesis", "--prompt", "F", "--length", "2", "--preload", "--out", str(FOLDER)]
    with made_once(FOLDER):
        assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("F")
    assert lines[1] == "equal to the golden model: 3 symbols, 320 latencies"
    assert re.fullmatch(r"clocks of these steps: [\d,]+, as the cycle model says", lines[2])
    assert re.fullmatch(r"words of block RAM read while written, and unknown then: [\d,]+", lines[3])
