"""cocotb test of a board that learns, behind its IO cells, run by test_learning.py: the real driver at the UART, the rule beside it.

``BOARD_IMAGE`` names the image file, ``BOARD_NETWORK`` the network whose output tables the rule changes, ``BOARD_STEP`` the step that the
core is told, ``BOARD_POWER`` the power of two of the rule's. The flash's lines are high, so the image can only come by the UART.
"""

import os
import struct
from pathlib import Path

import cocotb
import numpy as np
from cocotb.task import bridge
from cocotb.triggers import ClockCycles
from cocotb_board import BOARD, Bench

from firmware import isa
from firmware.compiler import compile_network
from firmware.host.host import Host, Writes
from firmware.image.image import read_image
from firmware.image.sections import Section, pack
from firmware.learning import Learning
from golden.integer.file import load
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from sim.netlist.pins import UartPins

FED = (9, 1, 6)  # symbols of each FEED


def check_tables(host, learned):
    """Every word of the tables, read over the UART."""
    for piece in learned.tables:
        due = np.frombuffer(piece.data, "<u2").tolist()
        got = host.tables(4 * piece.beat, len(due))
        wrong = [at for at in range(len(due)) if got[at] != due[at]]
        assert not wrong, f"word {4 * piece.beat + wrong[0]}: {got[wrong[0]]:04x} instead of {due[wrong[0]]:04x}"


def check_writes(counted, due):
    """What the core has counted of its writes."""
    for name, value in vars(due).items():
        assert getattr(counted, name) == value, f"{name} of the writes is {getattr(counted, name)} instead of {value}"


def learn(bench):
    """An image and the registers of learning, then symbols, each fed once; the tables before the first and after the last."""
    network, image = load(Path(os.environ["BOARD_NETWORK"])), Path(os.environ["BOARD_IMAGE"]).read_bytes()
    seed = read_image(image).sampling.seed
    learner = TextLearner.start(network, below=0, seed=seed)
    power = int(os.environ["BOARD_POWER"])
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift - power), steps=1, draws=1, everything=False)
    host = Host(UartPins(bench.source, bench.sink))
    host.hello()
    host.load(image)
    before = host.writes()
    assert not host.hello().changed
    check_tables(host, compile_network(learner.now(), BOARD))
    registers = Learning(step=int(os.environ["BOARD_STEP"])).registers()
    section = Section(kind=isa.Kind.CONFIG, address=isa.Config.LEARN, payload=struct.pack(f"<{len(registers)}H", *registers))
    host.load(pack([section], width=isa.Width.of(BOARD)))
    rng = np.random.default_rng(seed)
    for count in FED:
        symbols = rng.integers(network.n_out, size=count)
        host.feed(symbols.tolist())
        learner.learn(symbols[None], turn, engine=learn_reference)
    assert learner.output.rows.counts[0] > 2 * network.output.n_t
    check_tables(host, compile_network(learner.now(), BOARD))
    assert host.hello().changed
    check_writes(host.writes() - before, Writes(*learner.output.rows.counts.tolist()))
    assert host.counters().steps == sum(FED)
    assert host.faults.resent == 0


@cocotb.test()
async def learns(dut):
    bench = Bench(dut)
    await bench.start()
    await ClockCycles(dut.clk, 20)
    await bridge(learn)(bench)
    assert int(dut.led_g.value) == 1
