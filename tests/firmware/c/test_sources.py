"""The C sources: without a warning in gcc and clang, without a library or a global, and as large as the page says."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth_boards.icebreaker import ICEBreakerPlatform

from boards.board import Wiring
from firmware.c.network import main
from firmware.compiler import compile_network
from firmware.image.image import write_image
from hdl.board.top import Top
from hdl.flow.design import elaborate

from ..host.host_bench import ICEBREAKER, text_network
from ..networks import random_network
from .driver import COMPILERS, SOURCES, WARNINGS, compile_c, compiler

SIGNALS = "\n## Signals in, a class out\n"
PAGE = Path(__file__).parents[3] / "docs" / "user" / "microcontroller.md"
TARGETS = {"x86-64": ("clang", []), "Arm Cortex-M0+": ("clang", ["--target=thumbv6m-none-eabi"])}
TARGETS["RISC-V RV32IMC"] = ("clang", ["--target=riscv32", "-march=rv32imc"])
OF_SIGNALS = ("keywords.c", "signals.c")
"""Which test_signals.py and test_signals_example.py compile."""
FREESTANDING = [*WARNINGS, "-Os", "-ffreestanding", "-c"]


def described(folder: Path, *words: str, kind: str = "rnn") -> Path:
    network = text_network() if kind == "rnn" else random_network(0, kind=kind)
    (folder / "image.bin").write_bytes(write_image(compile_network(network, ICEBREAKER)))
    assert main(["--image", str(folder / "image.bin"), "--out", str(folder), *words]) == 0
    return folder


@pytest.mark.parametrize("name", COMPILERS)
def test_every_source_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    described(tmp_path, "--temperature", "0.7")
    others = [source for source in sorted(SOURCES.rglob("*.c")) if source.name not in OF_SIGNALS]
    for source in [*others, tmp_path / "network.c"]:
        compile_c(name, [source], tmp_path / "out.o", *FREESTANDING, f"-I{tmp_path}")
    described(tmp_path, "--without-image", kind="deep")
    compile_c(name, [tmp_path / "network.c"], tmp_path / "out.o", *FREESTANDING)


@pytest.mark.parametrize("name", COMPILERS)
def test_a_warning_is_found(name: str, tmp_path: Path) -> None:
    source = tmp_path / "narrow.c"
    source.write_text("unsigned char f(int x);\nunsigned char f(int x) { return x; }\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="onversion"):
        compile_c(name, [source], tmp_path / "out.o", *FREESTANDING)


def test_the_header_is_one_of_cpp(tmp_path: Path) -> None:
    source = tmp_path / "program.cpp"
    source.write_text('#include "polychron.h"\nint main() { return POLYCHRON_OK; }\n', encoding="utf-8")
    compile_c("g++", [source], tmp_path / "out.o", "-std=c++11", *WARNINGS[1:], "-c")


def symbols(binary: Path) -> list[tuple[str, str]]:
    """Kind and name of each symbol."""
    said = subprocess.run(["nm", str(binary)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^[0-9a-f ]* (\w) (\w+)$", said, re.MULTILINE)


@pytest.mark.parametrize("name", COMPILERS)
def test_it_needs_nothing_but_memory_functions_and_has_no_data(name: str, tmp_path: Path) -> None:
    """A freestanding C may always call those."""
    found = symbols(compile_c(name, [SOURCES / "polychron.c"], tmp_path / "out.o", *FREESTANDING))
    assert {symbol for kind, symbol in found if kind == "U"} <= {"memcpy", "memset", "memmove"}
    assert {kind for kind, _ in found} <= set("TtUr")  # code and constants, no data or bss
    assert all(symbol.startswith("polychron_") for kind, symbol in found if kind == "T")


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_as_large_as_the_page_says(target: str, tmp_path: Path) -> None:
    name, options = TARGETS[target]
    compiler("llvm-size")
    driver = compile_c(name, [SOURCES / "polychron.c"], tmp_path / "out.o", *FREESTANDING, *options)
    said = subprocess.run([compiler("llvm-size"), str(driver)], capture_output=True, text=True, check=True).stdout
    code, data, bss = (int(number) for number in said.splitlines()[1].split()[:3])
    assert (data, bss) == (0, 0)
    row = re.search(rf"^\| {re.escape(target)} \|.*?\| ([\d,]+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    assert abs(code - int(row[1].replace(",", ""))) < 0.15 * code  # other versions of a compiler differ
    source = tmp_path / "size.c"
    source.write_text(f'#include "polychron.h"\n_Static_assert(sizeof(polychron_link) == {row[2]}, "");\n', encoding="utf-8")
    compile_c(name, [source], tmp_path / "size.o", "-std=c11", "-ffreestanding", "-c", *options)


def test_what_the_page_shows_is_in_an_example() -> None:
    """So it is run where the example is (tests/sim/test_served_c.py); what test_signals_example.py runs is behind it."""
    example = (SOURCES / "examples" / "microcontroller.c").read_text(encoding="utf-8")
    shown = re.findall(r"^```c\n(.*?)^```$", PAGE.read_text(encoding="utf-8").split(SIGNALS)[0], re.MULTILINE | re.DOTALL)
    assert len(shown) == 3
    assert all(block in example for block in shown)


def test_the_commands_of_the_page_compile_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those for the C compilers, as they stand there."""
    described(tmp_path)
    (tmp_path / "firmware").symlink_to(SOURCES.parent)
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    lines = [line for line in blocks.splitlines() if not any(name in line for name in OF_SIGNALS)]
    commands = [line for line in lines if line.split()[0] in ("cc", "clang", "llvm-size")]
    assert len(commands) == 3
    for command in commands:
        words = [compiler(command.split()[0]), *command.split()[1:]]
        subprocess.run(words, cwd=tmp_path, check=True)
    assert (tmp_path / "talk").is_file()


def test_the_uart_goes_where_the_page_leads_it() -> None:
    pins = re.search(r'`wiring=Wiring\(uart_rx="(@\d+)", uart_tx="(@\d+)"\)`', PAGE.read_text(encoding="utf-8"))
    assert pins is not None
    board = replace(ICEBREAKER, wiring=Wiring(uart_rx=pins[1], uart_tx=pins[2]))
    constraints = elaborate(Top(board), ICEBreakerPlatform()).constraints
    assert {f"set_io pin_{number}_0__io {number}" for number in (pins[1][1:], pins[2][1:])} <= set(constraints.splitlines())
    assert [pins[1][1:], pins[2][1:]] == [ICEBreakerPlatform.connectors[0].mapping[number] for number in ("1", "2")]  # of Pmod 1A


@pytest.mark.parametrize("name", ["int", "2nd", "a-b", "", "ümlaut"])
def test_a_name_that_is_none_in_c_is_refused(name, tmp_path, capsys):
    assert main([f"--name={name}", "--image", str(tmp_path / "none.bin"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: --name must be a name in C: ")
    assert list(tmp_path.iterdir()) == []
