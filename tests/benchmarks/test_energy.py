"""The estimate of energy: what changes more costs more, parts add up; the paper's formulas are what compiled programs read."""

from dataclasses import replace

import pytest

from benchmarks.energy import weights
from benchmarks.energy.__main__ import main
from benchmarks.energy.estimate import CHIP, Chip, scaled, total
from benchmarks.energy.gauges import Counter, changes_a_clock
from benchmarks.energy.result import result
from benchmarks.energy.runs import Counted
from benchmarks.energy.traffic import Traffic, theory, traffic
from benchmarks.energy.weights import TREE, Range, net
from firmware.compiler import compile_network
from firmware.host.host import Counters
from golden.integer.file import load
from golden.integer.network import Network
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.shipped import find_network
from golden.integer.transformer.network import TransformerNetwork
from sim.activity.count import Accesses, Activity
from sim.activity.mapped import Memory, build_mapped
from sim.cycles import predict

from ..firmware.networks import random_network
from ..mutation.core_sessions import BOARD

ONE = Activity(
    clocks=360,
    changes={"luts": {"core": 500}, "registers": {"core": 200, "link": 10}, "data": {"core": 40}, "inner": {}, "carries": {}},
    memories={},
    pins={"flash__cs_n": 2, "flash__sck": 100},
    selected=36,
)


@pytest.fixture(scope="module")
def chip() -> Chip:
    return Chip(mapped=build_mapped(Counter()), clock_mhz=36, net=Range(low=0.1, high=0.5, unit="pC a change", why="a test's"))


def test_a_counter_changes_as_counters_do() -> None:
    """Two bits a clock, in the long run, and its tables feed flip-flops alone, or the tables of the next bit."""
    assert changes_a_clock(Counter()) == pytest.approx(2, abs=0.01)


def test_parts_are_what_the_weights_say(chip: Chip) -> None:
    parts = chip.parts(ONE)
    assert parts["nets: core"] == pytest.approx((740 * 0.1 * weights.VOLTS, 740 * 0.5 * weights.VOLTS))
    assert parts["device at rest"] == pytest.approx((75 * weights.VOLTS * 10, weights.HALTED * weights.VOLTS * 10))  # 10 us
    assert parts["flip-flops' clocks"][1] == pytest.approx(weights.COUNTER_CELL * weights.VOLTS * 28 * 360)
    assert parts[CHIP] == pytest.approx((3300 * (4 * 1 + 0.01 * 9), 3300 * (20 * 1 + 0.06 * 9)))
    whole, without = total(parts, chip=True), total(parts, chip=False)
    assert whole[0] - without[0] == pytest.approx(parts[CHIP][0])
    assert all(low <= high for low, high in parts.values())


@pytest.mark.parametrize("kind", ["luts", "registers", "data"])
def test_what_changes_more_costs_more(chip: Chip, kind: str) -> None:
    more = replace(ONE, changes={**ONE.changes, kind: {**ONE.changes[kind], "core": ONE.changes[kind]["core"] + 1}})
    one, other = chip.parts(ONE), chip.parts(more)
    assert all(new > old for old, new in zip(total(one, chip=False), total(other, chip=False), strict=True))
    assert {name for name in one if one[name] != other[name]} == {"nets: core"}


def test_what_only_its_own_flip_flop_takes_costs_nothing(chip: Chip) -> None:
    assert chip.parts(replace(ONE, changes={**ONE.changes, "inner": {"core": 99}, "carries": {"core": 99}})) == chip.parts(ONE)


def test_accesses_and_pads_cost(chip: Chip) -> None:
    """Reads and writes of a memory, by what its cells are; changes of all pins."""
    assert chip.parts(ONE)["block RAMs"] == chip.parts(ONE)["SPRAMs"] == (0, 0)
    block, single = (Memory(name=name, cells=1, single=name == "single", reads=(None,), writes=(None,)) for name in ("block", "single"))
    stored = replace(chip, mapped=replace(chip.mapped, memories=(block, single)))
    parts = stored.parts(replace(ONE, memories={"block": Accesses(30, 5), "single": Accesses(7, 1)}))
    assert parts["block RAMs"] == pytest.approx((35 * weights.EBR.low, 35 * weights.EBR.high))
    assert parts["SPRAMs"] == pytest.approx((8 * weights.SPRAM.low, 8 * weights.SPRAM.high))
    assert parts["pads"] == pytest.approx((102 * weights.PAD.low, 102 * weights.PAD.high))


def test_a_clock_twice_as_fast_costs(chip: Chip) -> None:
    """At least what the faster of the two trees does, at most both; flip-flops at it have two edges in a clock of the core."""
    assert chip.parts(ONE)["clock trees"] == pytest.approx([weight * 36 * weights.VOLTS * 10 for weight in (TREE.low, TREE.high)])
    [(name, mask)] = chip.mapped.registers.items()
    parts = replace(chip, mapped=replace(chip.mapped, fast={name: mask & 0b111})).parts(ONE)
    assert parts["clock trees"] == pytest.approx((TREE.low * 72 * weights.VOLTS * 10, TREE.high * 108 * weights.VOLTS * 10))
    assert parts["flip-flops' clocks"][1] == pytest.approx(weights.COUNTER_CELL * weights.VOLTS * 31 * 360)


def test_parts_add_up_and_scale(chip: Chip) -> None:
    parts = chip.parts(ONE)
    doubled = scaled(parts, 2)
    assert doubled.keys() == parts.keys()
    assert all(doubled[name] == pytest.approx([2 * value for value in parts[name]]) for name in parts)
    assert total(doubled, chip=True) == pytest.approx([2 * value for value in total(parts, chip=True)])


def test_the_weights_come_from_the_measurements() -> None:
    assert net(2, 60).low == pytest.approx(weights.COUNTER_CELL * 14)
    assert net(2, 60).high == pytest.approx(351 / 12 / 60)
    assert weights.TREE.low < weights.TREE.high
    with pytest.raises(ValueError, match=r"not end before it begins, not 2\.\.1"):
        Range(low=2, high=1, unit="uA", why="wrong")


def counted(**kinds: Activity) -> Counted:
    network = random_network(0, kind="rnn", max_n=16, max_out=8)
    used = Counters(**{name: 0 for name in Counters.__dataclass_fields__})
    program = compile_network(network, BOARD)
    return Counted(**{"network": network, "program": program, "steps": 4, "used": used, "line_bytes": 6, "equal": 0, **kinds})


def test_a_step_is_what_was_counted_while_the_core_ran(chip: Chip) -> None:
    """However much changes between steps, and however long it takes."""
    busy = replace(ONE, changes={**ONE.changes, "luts": {"link": 10**6}}, pins={"uart_rx": 10**6}, clocks=10**6)
    quiet, loud = (result("one", counted(running=ONE, rest=rest, idle=ONE), chip, BOARD) for rest in (ONE, busy))
    assert quiet.step == loud.step == scaled(chip.parts(ONE), 1 / 4)
    assert loud.rest == scaled(chip.parts(busy), 1 / 4) != quiet.rest
    assert (loud.clocks, loud.rest_clocks, loud.line_bytes) == (90, 250_000, 1.5)
    more = result("one", counted(running=busy, rest=busy, idle=ONE), chip, BOARD)
    assert more.step != loud.step
    assert all(low >= 0 for parts in (quiet.step, loud.step, loud.rest, loud.idle) for low, _ in parts.values())


@pytest.mark.parametrize("number", range(4))
def test_the_formulas_are_what_a_program_reads(number: int) -> None:
    """By the cycle model, in steady state, which counts what the gateware does. Of each table a step reads one row, in whole bytes."""
    network = random_network(number, kind=("rnn", "deep")[number % 2], max_n=16, max_out=8)
    found, columns = theory(network), [(network.n, network.embed_bits)] if isinstance(network, RecurrentNetwork) else []
    for layer in network.layers().values():
        columns += [(group.tables.shape[2], layer.bits) for group in layer.groups for _ in group.tables]
    assert found.rows == len(columns)
    assert found.values == sum(values for values, _ in columns)
    assert found.bytes == sum((values * bits + 7) // 8 for values, bits in columns)
    check_traffic(network, zeros=0)


def test_attention_reads_a_row_of_zeros_more_for_each_run_of_indices() -> None:
    network = load(find_network("transformer"))
    assert isinstance(network, TransformerNetwork)
    read = check_traffic(network, zeros=2 * len(network.blocks))
    assert read.padding == 16 * read.zeros  # two beats each, and no other row has bytes to fill


def check_traffic(network: Network, *, zeros: int) -> Traffic:
    """And a row more, or a beat less, is not explained, nor formulas that say more than the program reads."""
    program, none = compile_network(network, BOARD), Counters(**{name: 0 for name in Counters.__dataclass_fields__})
    steady = predict(program, BOARD).steady
    used = replace(none, rows=3 * steady.rows, beats=3 * steady.beats)
    read = traffic(network, program, BOARD, used=used, steps=3)
    assert (read.explained, read.parts, read.zeros) == (True, 0, zeros)
    assert read.padding >= 0
    more = replace(read.theory, rows=read.theory.rows + 1), replace(read.theory, bytes=read.theory.bytes + read.padding + 1)
    assert not replace(read, theory=more[0], parts=read.parts - 1).explained
    assert not replace(read, theory=more[1], padding=-1).explained
    assert not traffic(network, program, BOARD, used=replace(used, rows=used.rows + 1), steps=3).explained
    assert not traffic(network, program, BOARD, used=replace(used, beats=used.beats - 1), steps=3).explained
    return read


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nobody"], "NAME must be one of best-5m, digits, mnist, paper-rnn, paper-transformer, shakespeare, transformer, not 'nobody'"),
        (["digits", "--steps", "0"], "--steps must be 1..1000, not 0"),
        (["mnist"], "an mnist network needs --data, the folder of the IDX files"),
    ],
)
def test_a_wrong_option_is_refused(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"{message}\n")
