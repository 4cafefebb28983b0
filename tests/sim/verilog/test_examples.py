"""The example designs of docs/user/verilog.md in Icarus Verilog: they write what the golden model writes."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import boards
import polychron
from hdl.flow.verilog import without_board
from sim.compare.expected import Golden
from sim.compiled.build import component_rtlil
from sim.machines.icarus import flat_verilog

from ...firmware.networks import random_network
from .bench import EXAMPLES, ROOT, run_bench, simulate

PAGE = ROOT / "docs" / "user" / "verilog.md"
PROMPT, LENGTH = "ba", 12


def example(name: str) -> ModuleType:
    """A Python file of the examples, imported."""
    spec = importlib.util.spec_from_file_location(name.replace("/", "_"), EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def program() -> polychron.Program:
    """A text network of 12 symbols, -1 for what it does not know."""
    integer = replace(random_network(10, kind="rnn", max_n=12, max_out=12), symbols=(*b"abcdefghijk", -1))
    network = polychron.Network(integer=integer, name="tiny")
    record = without_board(boards.get("icebreaker"), flash=False)
    return network.compile(board=record, temperature=0.7, seed=5)


def golden_text(program: polychron.Program, *, prompt: str = PROMPT, length: int = LENGTH) -> str:
    symbols = program.network.integer.byte_symbols()
    assert symbols is not None
    golden, text = Golden(program.network.integer, program.code), ""
    for given in [*(symbols.index(byte) for byte in prompt.encode()), *[None] * length]:
        golden.step(given)
        text += "?" if symbols[golden.symbol] < 0 else chr(symbols[golden.symbol])
    return text[len(prompt) :]


def test_the_verilog_example_writes_goldens_text(program: polychron.Program, tmp_path: Path) -> None:
    size, forced = example("files").write_files(program, PROMPT, tmp_path)
    parameters = {"IMAGE_BYTES": size, "PROMPT_LENGTH": forced, "LENGTH": LENGTH}
    sources = sorted((EXAMPLES / "verilog").glob("*.v"))
    text = golden_text(program)
    assert len(set(text)) > 3
    assert simulate(tmp_path, sources, parameters).splitlines()[0] == text
    lines = (tmp_path / "image.mem").read_text().splitlines()
    lines[2] = f"{int(lines[2], 16) ^ 1:02x}"  # of the header
    (tmp_path / "image.mem").write_text("\n".join(lines))
    assert simulate(tmp_path, sources, parameters).startswith("the image was refused after ")


@pytest.mark.parametrize(("network", "message"), [("digits", "has no symbols"), ("best-5m", "has tables in flash")])
def test_what_the_examples_can_not_run(network: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        example("files").write_files(polychron.load(network).compile(), PROMPT, tmp_path)
    assert list(tmp_path.iterdir()) == []


BENCH = """
module bench;
    parameter LENGTH = 1;
    reg clk = 0, ready = 0;
    wire [7:0] character;
    wire valid, failed;
    integer count = 0;
    top writer (.clk(clk), .rst(1'b0), .character__payload(character), .character__valid(valid), .character__ready(ready),
        .failed(failed));
    always #5 clk = !clk;
    always @(negedge clk) ready = $random;
    always @(posedge clk) begin
        if (valid && ready) begin
            $write("%c", character);
            count = count + 1;
        end
        if (failed || count == LENGTH) $finish;
    end
endmodule
"""


def test_the_amaranth_example_writes_goldens_text(program: polychron.Program, tmp_path: Path) -> None:
    """Its reader takes the characters when it likes."""
    writer = example("amaranth/writer")
    size, forced = example("files").write_files(program, PROMPT, tmp_path)
    image, symbols, prompt = (
        [int(word, 16) for word in (tmp_path / f"{n}.mem").read_text().split()] for n in ("image", "symbols", "prompt")
    )
    assert (len(image), len(prompt)) == (size, forced)
    design = writer.Writer(program.board, image=image, symbols=symbols, prompt=prompt)
    (tmp_path / "bench.v").write_text(BENCH)
    made = flat_verilog(component_rtlil(design))
    assert run_bench(tmp_path, [tmp_path / "bench.v", made], {"LENGTH": LENGTH})[:LENGTH] == golden_text(program)


LITEX_NAMES = {"clk": "sys_clk", "rst": "sys_rst", "character__payload": "character_payload_data"}
LITEX_NAMES |= {f"character__{name}": f"character_{name}" for name in ("valid", "ready")}


@pytest.mark.skipif(importlib.util.find_spec("litex") is None, reason="LiteX is not installed: pip install 'polychron[litex]'")
def test_the_litex_example_writes_goldens_text(program: polychron.Program, tmp_path: Path) -> None:
    """The core as a LiteX module, beside the example's logic; its reader takes the characters when it likes."""
    example("files").write_files(program, PROMPT, tmp_path)
    subprocess.run([sys.executable, "-W", "ignore", str(EXAMPLES / "litex" / "writer.py")], cwd=tmp_path, check=True)
    bench = BENCH.replace("top writer (", "writer writer (")
    for name, theirs in LITEX_NAMES.items():
        bench = bench.replace(f".{name}(", f".{theirs}(")
    (tmp_path / "bench.v").write_text(bench)
    assert simulate(tmp_path, [tmp_path / "bench.v", tmp_path / "writer.v"], {"LENGTH": LENGTH})[:LENGTH] == golden_text(program)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("verilator") is None, reason="the Debian package verilator is not installed")
def test_the_walk_through_writes_goldens_text(tmp_path: Path) -> None:
    """The commands of the page, with Verilator in place of the minutes that Icarus takes, on the text network that ships."""
    first, second = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(encoding="utf-8").split("## Examples")[1], re.MULTILINE | re.DOTALL)[:2]
    (tmp_path / "examples").symlink_to(EXAMPLES)
    commands = "".join(line for line in (first + second).splitlines(keepends=True) if not line.startswith(("iverilog", "vvp")))
    assert commands.count("\n") == 4
    commands = commands.replace("polychron ", "python -m polychron ", 1)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    done = subprocess.run(["bash", "-ec", commands], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    program = polychron.load("shakespeare").compile(temperature=0.7)
    text = golden_text(program, prompt="First Citizen:", length=20)
    assert len(set(text)) > 8
    assert text in done.stdout
