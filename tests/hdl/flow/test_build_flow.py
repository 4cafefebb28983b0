"""The tool flow on a tiny design of its own: real tools, every step, and what happens when something is wrong."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import ClockDomain, Const, Elaboratable, Instance, Module, Signal
from amaranth.lib import io
from amaranth_boards.icebreaker import ICEBreakerPlatform

import boards
from boards import Board
from hdl.flow.design import Design, elaborate
from hdl.flow.errors import BuildError, TimingError
from hdl.flow.family import family_of
from hdl.flow.job import ATTEMPTS, _built
from hdl.flow.pipeline import Implementation, Toolchain, implement, route, synthesise
from hdl.flow.products import flash_image
from hdl.flow.report.figures import Job, Speed, figures_of, to_json, to_text
from hdl.flow.routing import Clock, Crossing, Routed, choose, fmax_median, fmax_min
from hdl.flow.steps import Steps
from hdl.flow.tools import FIRST_RUN, find_tool

ROOT = Path(__file__).parents[3]


class Blink(Elaboratable):
    """A counter of ``width`` bits on an LED, clocked by the chip's own oscillator at 48 MHz / 2**divider."""

    def __init__(self, *, width: int, divider: int) -> None:
        self.width = width
        self.divider = divider

    def elaborate(self, platform: ICEBreakerPlatform) -> Module:
        m = Module()
        m.domains.sync = sync = ClockDomain(reset_less=True)
        enable = Const(1)
        m.submodules.oscillator = Instance(
            "SB_HFOSC", p_CLKHF_DIV=f"0b{self.divider:02b}", i_CLKHFEN=enable, i_CLKHFPU=enable, o_CLKHF=sync.clk
        )
        m.submodules.led = led = io.Buffer("o", platform.request("led_r", 0, dir="-"))
        counter = Signal(self.width)
        m.d.comb += led.o.eq(counter[-1])
        m.d.sync += counter.eq(counter + 1)
        return m


def blink(*, width: int = 8, divider: int = 1) -> Design:
    return elaborate(Blink(width=width, divider=divider), ICEBreakerPlatform())


def build(
    folder: Path, *, design: Design | None = None, clock_mhz: float = 24, seeds: tuple[int, ...] = (1, 2)
) -> tuple[Implementation, Steps]:
    design = blink() if design is None else design
    steps = Steps(folder=folder, say=lambda line: None)
    return implement(design, tools=Toolchain.find(design), steps=steps, seeds=seeds, clock_mhz=clock_mhz), steps


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Implementation, Steps]:
    return build(tmp_path_factory.mktemp("work"))


def test_every_step_runs_once(built: tuple[Implementation, Steps]) -> None:
    first, steps = built
    assert sorted(steps.ran) == ["pack", "seed1", "seed2", "synth"]
    again, steps_again = build(steps.folder)
    assert steps_again.ran == []
    assert again == first


def test_only_what_changed_runs(built: tuple[Implementation, Steps]) -> None:
    _, steps = built
    _, more = build(steps.folder, seeds=(1, 2, 3))
    assert "seed3" in more.ran
    assert {"synth", "seed1", "seed2"}.isdisjoint(more.ran)


def test_the_packed_netlist_is_kept_when_asked_for(tmp_path: Path) -> None:
    """A seed is placed and routed once more for it; a build then finds the seed as before."""
    design = blink()
    first, steps = build(tmp_path, seeds=(1,))
    tools = Toolchain.find(design)
    netlist, _ = synthesise(design, tools.synth, steps)
    for ran in (["seed1"], []):
        steps.ran.clear()
        made = route(design, tools.place, steps, netlist, 1, packed=True)
        assert steps.ran == ran
        cells = json.loads(made.netlist)["modules"]["top"]["cells"]
        assert Counter(cell["type"] for cell in cells.values())["ICESTORM_LC"] == first.chosen.used["ICESTORM_LC"][0]
    again, steps = build(tmp_path, seeds=(1,))
    assert (again, steps.ran) == (first, [])


def test_what_is_built(built: tuple[Implementation, Steps]) -> None:
    first, _ = built
    assert [routed.seed for routed in first.seeds] == [1, 2]
    assert first.chosen.fmax_mhz == max(routed.fmax_mhz for routed in first.seeds)
    assert first.netlist["ff"] >= 8
    assert first.chosen.used["ICESTORM_LC"][1] == 5280
    assert b"\x7e\xaa\x99\x7e" in first.bitstream[:64]  # the preamble of an iCE40 bitstream
    assert first.chosen.path


def test_every_cell_has_its_place(built: tuple[Implementation, Steps]) -> None:
    first, _ = built
    placed = Counter(cell.kind for cell in first.cells)
    assert {kind: number for kind, (number, _) in first.chosen.used.items() if number} == dict(placed)
    assert len({(cell.x, cell.y, cell.place) for cell in first.cells}) == len(first.cells)
    ends = {hop.where.rsplit(".", 1)[0]: hop.at for hop in first.chosen.path if hop.kind != "routing"}
    places = {cell.name: (cell.x, cell.y) for cell in first.cells}
    assert ends
    assert ends.items() <= places.items()


def test_same_bytes_from_another_folder_and_hash_seed(built: tuple[Implementation, Steps], tmp_path: Path) -> None:
    first, _ = built
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
    script += "import test_build_flow as t; from pathlib import Path\n"
    script += f"made, _ = t.build(Path({str(tmp_path / 'elsewhere')!r})); sys.stdout.buffer.write(made.bitstream)"
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    assert other.stdout == first.bitstream
    assert build(tmp_path / "changed", design=blink(width=9), seeds=(first.chosen.seed,))[0].bitstream != first.bitstream


def test_rtlil_names_no_place_of_this_machine() -> None:
    rtlil = blink().rtlil
    assert "tests/hdl/flow/test_build_flow.py:" in rtlil
    assert str(ROOT) not in rtlil
    assert sys.prefix not in rtlil


def test_source_positions_do_not_count() -> None:
    design = blink()
    assert b"src" not in design.logic
    assert design.logic != blink(width=9).logic


def test_missed_timing_says_by_how_much(tmp_path: Path) -> None:
    with pytest.raises(TimingError, match=r"timing is missed: the best of 2 seeds \(\d\) reaches .* MHz .* ns\) short of 48\.00 MHz"):
        build(tmp_path, design=blink(width=200, divider=0), clock_mhz=48)


@pytest.mark.parametrize(("good", "tried"), [(1, [1]), (3, [1, 3]), (9, [1, 3, 5, 9])])
def test_more_seeds_are_tried_until_one_meets_timing(good: int, tried: list[int], built: tuple[Implementation, Steps]) -> None:
    """Seeds before ``good`` miss it here; what meets it was made by the real tools."""
    seen: list[int] = []
    made, _ = built

    def attempt(*, seeds: range) -> Implementation:
        seen.append(len(seeds))
        if good not in seeds:
            raise TimingError("timing is missed: so much; try more seeds with --seeds, nothing was written")
        return made

    said: list[str] = []
    assert _built(attempt, ATTEMPTS, said.append) is made
    assert seen == tried
    assert said == ["timing is missed: so much; trying more seeds"] * (len(tried) - 1)


def test_seeds_that_all_miss_timing_are_an_error() -> None:
    def attempt(*, seeds: range) -> Implementation:
        raise TimingError(f"{len(seeds)} seeds")

    with pytest.raises(TimingError, match=r"^9 seeds$"):
        _built(attempt, ATTEMPTS, lambda line: None)
    with pytest.raises(TimingError, match=r"^2 seeds$"):
        _built(attempt, (2,), lambda line: None)


def test_a_clock_without_constraint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no clock of the design is constrained to the board's 36 MHz"):
        build(tmp_path, clock_mhz=36)


# steps


def count(steps: Steps, text: bytes, *, fail: bool = False) -> dict[str, bytes]:
    def make(folder: Path) -> None:
        (folder / "out").write_bytes(text.upper())
        if fail:
            raise BuildError("it broke")

    return steps.run("one", title="one", inputs={"text": text}, outputs=["out"], make=make)


def test_steps(tmp_path: Path) -> None:
    steps = Steps(folder=tmp_path, say=lambda line: None)
    assert count(steps, b"a") == {"out": b"A"}
    assert count(steps, b"a") == {"out": b"A"}
    assert steps.ran == ["one"]
    assert count(steps, b"b") == {"out": b"B"}
    assert steps.ran == ["one", "one"]


def test_a_spoilt_output_is_made_again(tmp_path: Path) -> None:
    steps = Steps(folder=tmp_path, say=lambda line: None)
    count(steps, b"a")
    (tmp_path / "one" / "out").write_bytes(b"B")
    assert count(steps, b"a") == {"out": b"A"}
    (tmp_path / "one" / "step.json").write_text("{", encoding="utf-8")
    assert count(steps, b"a") == {"out": b"A"}
    assert steps.ran == ["one"] * 3


def test_a_failed_step_leaves_the_old_one(tmp_path: Path) -> None:
    steps = Steps(folder=tmp_path, say=lambda line: None)
    count(steps, b"a")
    with pytest.raises(BuildError, match="it broke"):
        count(steps, b"b", fail=True)
    assert count(steps, b"a") == {"out": b"A"}
    assert steps.ran == ["one"]


def test_a_step_that_makes_too_little(tmp_path: Path) -> None:
    steps = Steps(folder=tmp_path, say=lambda line: None)
    with pytest.raises(BuildError, match="'none' did not make out"):
        steps.run("none", title="none", inputs={}, outputs=["out"], make=lambda folder: None)


# tools


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_missing_tool_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^the tool yowasp-nothing is missing; install it with: pip install yowasp-of-it$"):
        find_tool("nothing", package="yowasp-of-it", environ={"PATH": str(tmp_path)})


def test_a_tool_on_the_path_and_by_variable(tmp_path: Path) -> None:
    path = program(tmp_path, "yowasp-nothing", "echo nothing 1.2")
    found = find_tool("nothing", package="none", environ={"PATH": f"{tmp_path}:/bin"})
    assert (found.command, found.version) == ((str(path),), "nothing 1.2")
    named = find_tool("no-thing", package="none", environ={"PATH": "/bin", "NO_THING": str(path)})
    assert named.command == (str(path),)
    with pytest.raises(BuildError, match="NO_THING names 'absent', which is not a program"):
        find_tool("no-thing", package="none", environ={"PATH": "/bin", "NO_THING": "absent"})


def test_a_variable_of_several_words(tmp_path: Path) -> None:
    """As CXX: a launcher, the tool and its options; the version tells of them, for a step's outputs depend on them."""
    folder = tmp_path / "a b"
    folder.mkdir()
    launcher = program(folder, "launch", 'shift; echo "$@"')
    program(tmp_path, "tool", "exit 1")
    environ = {"PATH": f"{tmp_path}:/bin", "NO_THING": f"'{launcher}' -x tool 'an option'"}
    found = find_tool("no-thing", package="none", environ=environ)
    assert found.command == (str(launcher), "-x", "tool", "an option")
    assert found.version == f"tool an option --version, called by '{launcher}' -x tool 'an option'"
    found.run(["more"], folder=tmp_path, log=tmp_path / "log", note=lambda line: None)
    assert (tmp_path / "log").read_text() == "tool an option more\n"
    for given in ("tool '", " ", "''"):
        with pytest.raises(ValueError, match=r"^the environment variable NO_THING must be a program and its options, not "):
            find_tool("no-thing", package="none", environ={**environ, "NO_THING": given})
    with pytest.raises(BuildError, match=r"^NO_THING names 'absent', which is not a program; "):
        find_tool("no-thing", package="none", environ={**environ, "NO_THING": "absent tool"})


def test_the_programs_behind_a_launcher_are_hashed(tmp_path: Path) -> None:
    """Of one that tells no version: another program under the same name is another version."""
    program(tmp_path, "launch", 'exec "$@"')
    versions = []
    for code in (1, 2):
        program(tmp_path, "tool", f"exit {code}")
        environ = {"PATH": f"{tmp_path}:/bin", "NO_THING": "launch tool"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", environ["PATH"])
            versions.append(find_tool("no-thing", package="none", environ=environ).version)
    assert all(version.startswith("sha256 ") for version in versions)
    assert versions[0] != versions[1]


def test_a_failing_tool_is_quoted(tmp_path: Path) -> None:
    program(tmp_path, "yowasp-fails", '[ "$1" = --version ] && exit 1; echo "ERROR: no such pin"; echo bye; exit 3')
    tool = find_tool("fails", package="none", environ={"PATH": f"{tmp_path}:/bin"})
    assert tool.version.startswith("sha256 ")
    with pytest.raises(BuildError, match=r"^fails failed with exit code 3 and said: ERROR: no such pin$"):
        tool.run(["x"], folder=tmp_path, log=tmp_path / "log", note=lambda line: None)


def test_the_slow_first_run_is_explained(tmp_path: Path) -> None:
    program(tmp_path, "yowasp-slow", 'echo "Preparing to run $1. This might take a while..."')
    tool = find_tool("slow", package="none", environ={"PATH": f"{tmp_path}:/bin"})
    said: list[str] = []
    tool.run(["x"], folder=tmp_path, log=tmp_path / "log", note=said.append)
    assert said == [FIRST_RUN]


def test_an_unknown_device() -> None:
    with pytest.raises(BuildError, match="the device iCE40HX9K is none this build knows: iCE40UP5K"):
        family_of("iCE40HX9K")
    with pytest.raises(BuildError, match="the package XX is not one of the iCE40 packages known here: SG48"):
        family_of("iCE40UP5K").part_options(device="iCE40UP5K", package="XX", speed=None)


# choosing and reporting


def routed(seed: int, mhz: float, *, asked: float = 36, other: bool = True) -> Routed:
    failing = ((("core", mhz, asked),) if mhz < asked else ()) + (() if other else (("other", 10.0, 12.0),))
    return Routed(seed=seed, fmax_mhz=mhz, target_mhz=asked, failing=failing, used={}, path=())


def test_the_fastest_that_meets_timing() -> None:
    seeds = [routed(1, 37), routed(2, 40, other=False), routed(3, 39), routed(4, 39), routed(5, 30)]
    assert choose(seeds).seed == 3
    assert fmax_min(seeds) == 30
    assert fmax_median(seeds) == 39


def test_by_how_much_timing_is_missed() -> None:
    with pytest.raises(TimingError, match=r"the only seed \(4\) reaches 30\.00 MHz on core, 6\.00 MHz \(5\.56 ns\) short of 36\.00 MHz"):
        choose([routed(4, 30)])
    assert TimingError.exit_code == 1
    assert BuildError.exit_code == 2


def two_clocks(*, there: float = 6.0, back: float = 4.0, fast: float = 125.0, edge: str = "posedge", out: float = 2.0) -> bytes:
    """nextpnr's report of a design with a fast clock beside the core's; ``there``, ``back`` and ``out`` to pins in ns."""

    def path(source: str, target: str, delay: float) -> dict[str, object]:
        hop = {"type": "routing", "delay": delay / 2, "net": "wire", "to": {"cell": "cell", "port": "I0", "loc": [1, 2]}}
        return {"from": source, "to": target, "path": [hop, hop]}

    return json.dumps(
        {
            "fmax": {"core": {"achieved": 40.0, "constraint": 36.0}, "fast": {"achieved": fast, "constraint": 72.0}},
            "utilization": {},
            "critical_paths": [
                path("posedge core", "posedge core", 25.0),
                path("<async>", "posedge core", 99.0),
                path("posedge core", "<async>", 99.0),
                path("posedge core", f"{edge} fast", there),
                path("posedge fast", "posedge core", back),
                path("<async>", "posedge fast", 99.0),
                path("posedge fast", "<async>", out),
            ],
        }
    ).encode()


def test_paths_between_clocks() -> None:
    good = Routed.read(two_clocks(), seed=1, clock_mhz=36)
    assert good.failing == ()
    assert good.others == (Clock(name="fast", fmax_mhz=125.0, target_mhz=72.0),)
    assert good.crossings == (
        Crossing(source="core", target="fast", delay=6.0, limit=1000 / 72),
        Crossing(source="fast", target="core", delay=4.0, limit=1000 / 72),
        Crossing(source="fast", target="pins", delay=2.0, limit=500 / 72),
    )
    assert choose([good]) is good


def test_a_path_between_clocks_that_is_too_long() -> None:
    for slow in (two_clocks(back=14.0), two_clocks(there=7.0, edge="negedge"), two_clocks(out=7.0)):
        with pytest.raises(TimingError, match=r"MHz on paths from \w+ to \w+, .* short of (72.00|144.00) MHz"):
            choose([Routed.read(slow, seed=1, clock_mhz=36)])
    good = Routed.read(two_clocks(), seed=2, clock_mhz=36)
    assert choose([Routed.read(two_clocks(there=20.0), seed=1, clock_mhz=36), good]) is good


def test_a_clock_whose_constraint_was_lost() -> None:
    assert Routed.read(two_clocks(), seed=1, clock_mhz=36, others_mhz=[72]).failing == ()
    with pytest.raises(BuildError, match=r"to the board's 100 MHz; the constrained clocks are: core at 36\.00, fast at 72\.00$"):
        Routed.read(two_clocks(), seed=1, clock_mhz=36, others_mhz=[72, 100])


def test_another_clock_that_is_too_slow() -> None:
    with pytest.raises(TimingError, match=r"reaches 71\.00 MHz on fast, 1\.00 MHz"):
        choose([Routed.read(two_clocks(fast=71.0), seed=1, clock_mhz=36)])


def job_of(board: Board, **rest: Any) -> Job:
    return Job(board=board, name="net", sha256="00", speed=Speed(clocks=110, limit=100, bytes=800), **rest)


def test_a_report_is_the_same_twice_and_has_every_figure(built: tuple[Implementation, Steps]) -> None:
    first, _ = built
    design = blink()

    def made() -> dict[str, object]:
        job = job_of(replace(boards.get("icebreaker"), clock_hz=24e6), image=b"1234", more={"layers": [7]})
        return figures_of(job, design=design, tools=Toolchain.find(design).versions, built=first)

    assert to_json(made()) == to_json(made())
    figures = json.loads(to_json(made()))
    named = "board device tools network lc lut4 ff ebr spram dsp seeds fmax_mhz_min fmax_mhz_median clock_mhz clocks_per_step clocks_limit "
    named += "efficiency bytes_per_step steps_per_second image_bytes image_crc32 bitstream_sha256"
    assert set(named.split()) <= set(figures)
    assert figures["efficiency"] == 0.9091
    assert figures["steps_per_second"] == 218181
    assert figures["image_crc32"] == "9be3e0a3"
    assert set(figures["tools"]) == {"python", "amaranth", "yosys", "nextpnr-ice40", "icepack"}
    assert figures["other_clocks"] == figures["crossings"] == []
    assert figures["layers"] == [7]
    assert {block: counts["lc"] for block, counts in figures["blocks"].items()}.keys() >= {"top"}
    assert sum(counts.get("lc", 0) for counts in figures["blocks"].values()) == figures["lc"]
    assert sum(hop["ns"] for hop in figures["critical_path"]) == pytest.approx(1000 / figures["fmax_mhz"], abs=0.1)
    text = to_text(figures, worst=first.seeds[0]).decode()
    assert "218181" in text
    assert "Slowest path of the slowest seed (1)" in text


def test_a_report_tells_the_slowest_crossing_of_all_seeds(built: tuple[Implementation, Steps]) -> None:
    first, _ = built
    reports = [two_clocks(), two_clocks(there=8.0, fast=90.0), two_clocks(back=5.0)]
    seeds = tuple(replace(Routed.read(report, seed=1, clock_mhz=36), used=first.chosen.used) for report in reports)
    job = job_of(boards.get("icebreaker"), image=b"")
    figures = figures_of(job, design=blink(), tools={}, built=replace(first, chosen=seeds[0], seeds=seeds))
    assert figures["other_clocks"] == [{"clock": "fast", "fmax_mhz_min": 90.0, "clock_mhz": 72.0}]
    assert figures["crossings"] == [
        {"from": "core", "to": "fast", "ns_max": 8.0, "limit_ns": 13.89},
        {"from": "fast", "to": "core", "ns_max": 5.0, "limit_ns": 13.89},
        {"from": "fast", "to": "pins", "ns_max": 2.0, "limit_ns": 6.94},
    ]
    text = to_text({**figures, "network": "d\udcff"}, worst=seeds[0]).decode()
    assert text.startswith("d\\udcff on ")  # a file name that is no UTF-8
    assert "core to fast: 8.00 ns at most, 13.89 allowed" in text
    assert re.search(r"fast +90\.00 MHz at least, 72\.00 asked", text)


# products


def test_flash_image() -> None:
    assert flash_image(bitstream=b"ab", image=b"cd", offset=4, size=6) == b"ab\xff\xffcd"
    with pytest.raises(BuildError, match="the bitstream takes 5 bytes and reaches into the memory image at 0x4"):
        flash_image(bitstream=b"abcde", image=b"", offset=4, size=6)
    with pytest.raises(BuildError, match="the memory image of 3 bytes at 0x4 does not fit a flash of 6 bytes"):
        flash_image(bitstream=b"", image=b"abc", offset=4, size=6)
