"""The whole FPGA of an iCEBreaker after synthesis and after place and route, in Icarus Verilog with the flash chip at its pins."""

import re
from dataclasses import replace

import pytest

from firmware import isa
from firmware.image.image import write_image
from hdl.flow.family import ICE40
from hdl.flow.tools import find_tool
from polychron.network import load as load_network
from sim.compare.expected import Golden
from sim.compiled.build import made_once
from sim.flash import Found, Pads, Power
from sim.netlist.check import Subject, Text, check_text
from sim.netlist.conversation import Setting, converse
from sim.netlist.run import main

from ..icarus.two_tiers import small_network, two_tiers
from .builds import BYTE, NIBBLE, folder_of, label, netlist_of
from .faults import DIFFERENCE, check_flipped_table

pytestmark = pytest.mark.slow

NETWORK = small_network()
STEPS = Text(forced=(1, 0, 3), free=2, at_once=1, each=True)
EVERY = [(stage, board) for stage in ("synthesis", "route") for board in (BYTE, NIBBLE)]


def subject(stage, board, **changes):
    program = two_tiers(NETWORK, 24 * board.lanes, board)
    assert {run.tier for run in program.runs} == {0, 1}
    return Subject(**{"netlist": netlist_of(stage, board), "board": board, "network": NETWORK, "program": program, **changes})


@pytest.mark.parametrize(("stage", "board"), EVERY, ids=label)
def test_boots_and_steps(stage, board, tmp_path):
    """Tables in both tiers, rows from flash: every symbol and, after each step, every latency."""
    made = check_text(subject(stage, board), STEPS, folder=tmp_path)
    assert made.difference is None
    assert made.compared == 5 * (NETWORK.n + NETWORK.n_out)
    assert made.heard.collisions > 0  # their bits were unknown, and made no difference
    assert made.heard.replies[-1]["flash"] > 5
    assert made.heard.replies[-1]["steps"] == 5


@pytest.mark.parametrize(("stage", "board"), [("synthesis", NIBBLE), ("route", BYTE)], ids=label)
def test_refuses_a_damaged_image(stage, board, tmp_path):
    """One bit of what is loaded flipped; the chip is found in continuous reading."""
    image = bytearray(write_image(two_tiers(NETWORK, 24 * board.lanes, board)))
    image[200] ^= 0x10
    found = Found(power=Power.CONTINUOUS, jedec=0xEF4018)
    setting = Setting(image=bytes(image), found=found, pads=Pads(out=9_500, back=6_000))
    heard = converse(netlist_of(stage, board), board, setting, [("hello",), ("refused",)], folder=tmp_path)
    greeting, said = heard.replies
    assert (heard.green, heard.red) == (0, 1)
    assert (greeting["loaded"], greeting["error"], greeting["code"]) == (False, True, isa.LoadError.SECTION_CRC)
    assert said == "STEP is refused: the core has no image, or the last one failed to load"
    assert (heard.unknown, heard.violations) == (0, [])


@pytest.mark.parametrize(("stage", "board"), [("synthesis", BYTE), ("route", NIBBLE)], ids=label)
def test_an_abort_and_a_new_state(stage, board, tmp_path):
    """A long STEP ended by ABORT tells the symbols finished; after the state is loaded anew everything is as at the start."""
    one = subject(stage, board)
    golden, again = Golden(NETWORK, one.program), Golden(NETWORK, one.program)
    due = []
    for _ in range(255):
        golden.step()
        due.append(golden.symbol)
    writes = [again.step() for _ in range(6)][-1]
    spans = [(int(write.addresses.min()), int(write.addresses.max()) + 1) for write in writes]
    actions = [("aborted", 255), ("reset",), ("step", 6), *(("store", first, end - first) for first, end in spans)]
    heard = converse(one.netlist, board, Setting(image=write_image(one.program)), actions, folder=tmp_path)
    aborted, _, symbols, *stores = heard.replies
    assert aborted["status"] == isa.Status.ABORTED
    assert 0 < len(aborted["symbols"]) < 255
    assert aborted["symbols"] == due[: len(aborted["symbols"])]
    assert symbols == due[:6]
    for write, (first, _), store in zip(writes, spans, stores, strict=True):
        assert [store[address - first] for address in write.addresses] == write.values.tolist()
    assert (heard.resent, heard.unknown, heard.violations) == (0, 0, [])


@pytest.mark.parametrize("tier", [0, 1])
def test_a_flipped_bit_of_a_table_is_named(tier, tmp_path):
    """The negative control."""
    check_flipped_table(subject("route", BYTE), replace(STEPS, free=1), tier=tier, folder=tmp_path)


@pytest.mark.parametrize("stage", ["synthesis", "route"])
def test_a_flipped_bit_of_logic_is_named(stage, tmp_path):
    """The negative control: one bit of one table of the accumulators' adders, of 61,000 and more that the netlist has."""
    netlist = netlist_of(stage, BYTE)
    place = next(place for place, table in enumerate(netlist.tables) if "accumulators.o__payload" in table.name)
    tables = list(netlist.tables)
    tables[place] = replace(tables[place], init=tables[place].init ^ 1)
    made = check_text(subject(stage, BYTE, netlist=replace(netlist, tables=tables)), replace(STEPS, free=1), folder=tmp_path)
    assert made.difference is not None
    assert re.match(DIFFERENCE, made.difference)


@pytest.mark.parametrize("board", [BYTE, NIBBLE], ids=label)
def test_writes_with_the_network_that_comes_with_it(board, tmp_path):
    """20 characters after place and route, with the tables in the SPRAMs from the start: all else is booted."""
    network = load_network("shakespeare")
    program = network.compile(board="icebreaker", flash=label(board), temperature=0.7, seed=3).code
    one = subject("route", board, network=network.integer, program=program)
    made = check_text(one, Text(forced=(10, 20, 30), free=20, preload=True), folder=tmp_path)
    assert made.difference is None
    assert made.compared == network.integer.n + network.integer.n_out
    assert made.clocks == made.predicted


def test_the_command(capsys):
    folder = folder_of(BYTE)
    words = ["--stage", "synthesis", "--prompt", "F", "--length", "2", "--preload", "--out", str(folder)]
    with made_once(folder):
        assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("F")
    assert lines[1] == "equal to the golden model: 3 symbols, 320 latencies"
    assert re.fullmatch(r"clocks of these steps: 1,\d{3}, as the cycle model says", lines[2])
    assert re.fullmatch(r"words of block RAM read while written, and unknown then: \d+", lines[3])


def tiles(text):
    """The lines of each tile of a routed design, and of each block RAM's contents."""
    found, lines = {}, []
    for line in text.splitlines():
        if line.startswith("."):
            lines = [] if line.startswith((".comment", ".sym")) else found.setdefault(line, [])
        elif line:
            lines.append(line)
    return found


def unpacked(routed, folder):
    """The tiles of a routed design that went through packer and unpacker."""
    (folder / "top.asc").write_text(routed)
    for name, files in (("icepack", ["top.asc", "top.bin"]), ("iceunpack", ["top.bin", "back.asc"])):
        tool = find_tool(name, package=ICE40.package)
        tool.run(files, folder=folder, log=folder / f"{name}.log", note=lambda line: None)
    return tiles((folder / "back.asc").read_text())


@pytest.mark.parametrize("board", [BYTE, NIBBLE], ids=label)
def test_the_bitstream_holds_what_was_routed(board, tmp_path):
    """Every tile and the contents of every block RAM. The negative control: one bit of a logic tile, which is the one that differs."""
    netlist_of("route", board)
    routed = (folder_of(board) / "steps" / "seed1" / "top.asc").read_text()
    there = tiles(routed)
    assert unpacked(routed, tmp_path) == there
    tile, lines = next((tile, lines) for tile, lines in there.items() if tile.startswith(".logic_tile") and "1" in lines[3])
    place = routed.index("1", routed.index(lines[3], routed.index(f"{tile}\n")))
    back = unpacked(f"{routed[:place]}0{routed[place + 1 :]}", tmp_path)
    assert [name for name in there if back[name] != there[name]] == [tile]
