"""Random networks of every kind are equal on the gateware and in its models; what is wrong anywhere ends the command, with its place."""

from pathlib import Path

import pytest

from firmware.image.image import write_image
from golden.integer.sampling import Sampler
from sim.compiled.build import SimulationError
from sim.cycles import index, timing
from sim.machines import machine
from sim.machines.core import CoreSimulation

from . import __main__ as command
from .__main__ import main
from .builds import BUILDS
from .draw import KINDS, draw

CHIP, BYTE = BUILDS[:2]
ON_CHIP = ["--builds", "chip-8"]


def test_ten_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "10", "--builds", "chip-8", "byte-8", "--control", "1"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row for row in rows if row.startswith("| chip-8 | chip | 8 | 2 | quick | 1 | 1 | 1 | 1 | 1 | 5 |")]
    assert [row for row in rows if row.startswith("| all | | | | | 2 | 2 | 2 | 2 | 2 | 10 |")]
    assert [kind for row in rows for kind in KINDS if row.startswith(f"| {kind} | 2 |")] == list(KINDS)
    assert rows[-2].startswith("10 networks are equal; ")
    assert rows[-1] == "10 flipped bits were found and named."


@pytest.mark.slow
def test_five_hundred_networks() -> None:
    assert main(["--count", "500", "--control", "10"]) == 0


def test_a_number_is_always_the_same_network() -> None:
    first, again, other = (draw(seed, 4, [CHIP]) for seed in (0, 0, 1))
    assert write_image(first.program) == write_image(again.program) != write_image(other.program)
    assert first.steps == again.steps


def test_a_wrong_clock_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for module in (timing, index):
        monkeypatch.setattr(module, "ANCHOR_TO_INDEX", timing.ANCHOR_TO_INDEX + 1)
    assert main(["--first", "1", "--count", "1", *ON_CHIP]) == 1
    said = capsys.readouterr().out
    assert said.startswith("DIFFERENT: seed 0, network 1 (rnn on chip-8): step 0: the core counts ")
    assert " clocks, " in said.split("the cycle model")[1]


def test_a_wrong_symbol_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Sampler, "choose", lambda self, outputs: 1000)
    assert main(["--count", "1", *ON_CHIP]) == 1
    assert capsys.readouterr().out.startswith("DIFFERENT: seed 0, network 0 (deep on chip-8): step 0: the core chose symbol ")


def test_a_core_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def hang(*_: object, **__: object) -> None:
        raise SimulationError("'symbol__valid' was not 1 within 9 clocks")

    monkeypatch.setattr(CoreSimulation, "steps", hang)
    assert main(["--count", "1", *ON_CHIP]) == 1
    assert capsys.readouterr().out == "DIFFERENT: seed 0, network 0 (deep on chip-8): 'symbol__valid' was not 1 within 9 clocks\n"


def test_a_flash_that_never_starts_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(machine, "START_LIMIT", 10)
    assert main(["--count", "1", "--builds", "byte-8"]) == 1
    said = "DIFFERENT: seed 0, network 0 (deep on byte-8): 'flash.ready' was not 1 within 10 clocks\n"
    assert capsys.readouterr().out == said


def test_a_flipped_bit_that_is_not_found_ends_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "damaged", lambda drawn: (drawn.program, 7))
    assert main(["--count", "1", "--control", "1", *ON_CHIP]) == 1
    assert capsys.readouterr().out == "DIFFERENT: seed 0, network 0 (deep on chip-8): a flipped bit of byte 7 is not found\n"


def test_a_run_that_was_cut_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "many.log"
    options = ["--count", "4", "--log", str(file), *ON_CHIP]
    assert main(options) == 0
    whole, said = file.read_text(), capsys.readouterr().out
    file.write_text(whole[:-20])
    drawn = []
    monkeypatch.setattr(command, "draw", lambda seed, number, builds: drawn.append(number) or draw(seed, number, builds))
    assert main(options) == 0
    assert drawn == [3]
    assert (file.read_text(), capsys.readouterr().out) == (whole, said)
    with pytest.raises(SystemExit, match="2"):
        main([*options, "--seed", "1"])
    assert f'error: the log {file} is of {{"seed": 0, "builds": ["chip-8"], "control": null}}, not of ' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--count", "0"], "--count must be 1..1000000, not 0"),
        (["--first", "-1"], "--first must be 0..1000000, not -1"),
        (["--control", "0"], "--control must be 1 or more, not 0"),
        (["--builds", "chip-9"], "BUILD must be one of chip-8, byte-8, "),
    ],
)
def test_wrong_options(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(options)
    assert message in capsys.readouterr().err
