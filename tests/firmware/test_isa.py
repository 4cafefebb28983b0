"""The instruction's layout is the table of docs/reference/isa.md, and its two forms, fields and words, are inverses."""

import random
import re
from pathlib import Path

import pytest

from firmware import isa
from firmware.isa import WORD_BITS, WORDS_PER_INSTRUCTION, Mode, Run
from hdl.core.layouts import Instruction

PAGE = Path(__file__).parents[2] / "docs/reference/isa.md"
LEAST = {"table_base": 0, "count": 1, "table_log2": 1, "row_log2": 1, "row_beats": 2}


def documented(page: str) -> dict[str, tuple[int, int]]:
    """Lowest bit and width of every field, from the rows ``| words | bits | field |``; a field in two words has two ranges of bits."""
    found = {}
    for words, bits, name in re.findall(r"^\| ([\d, ]+) \| ([\d., ]+) \| (\w+)(?: - 1)? \|", page, re.MULTILINE):
        ranges = [[int(bit) for bit in part.split("..")] for part in bits.split(", ")]
        low = WORD_BITS * int(words.split(", ")[0]) + ranges[0][-1]
        found[name] = low, sum(part[0] - part[-1] + 1 for part in ranges)
    return found


def layout() -> dict[str, tuple[int, int]]:
    return {name: (field.offset, field.width) for name, field in Instruction if not name.startswith("_")}


def test_the_layout_is_the_documented_one() -> None:
    page = PAGE.read_text(encoding="utf-8").split("## Latency store")[0]
    assert Instruction.size == WORD_BITS * WORDS_PER_INSTRUCTION
    assert documented(page) == layout()
    assert documented(page.replace("| 10..8 | shift |", "| 9..8 | shift |")) != layout()


@pytest.mark.parametrize("seed", range(20))
def test_decode_is_the_inverse_of_encode(seed: int) -> None:
    rng = random.Random(seed)
    less = {"row_beats", "n_out"}
    values = {name: rng.randrange(1 << width) + (name in less) for name, (_, width) in layout().items()}
    flags = {name: bool(value) for name, value in values.items() if layout()[name][1] == 1}
    run = Run(**{**values, **flags})
    words = run.encode()
    assert Run.decode(words) == run
    bits = sum(word << WORD_BITS * number for number, word in enumerate(words))
    read = Instruction.from_bits(bits & ~(7 << Instruction["mode"].offset))  # any mode is encoded, not every one has a name
    for name in set(values) - {"mode"}:
        assert read[name] == values[name] - (name in less), name
    assert bits >> Instruction["mode"].offset & 7 == values["mode"]


def test_modes_have_their_names() -> None:
    words = Run(mode=Mode.KEY, **LEAST).encode()
    bits = sum(word << WORD_BITS * number for number, word in enumerate(words))
    assert Instruction.from_bits(bits)["mode"] == Mode.KEY
    assert Run.decode(words).mode == Mode.KEY


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tier", 4, "tier must be 0..3, not 4"),
        ("row_beats", 0, "row_beats must be 1..256, not 0"),
        ("n_out", 257, "n_out must be 1..256, not 257"),
        ("table_base", 1 << 24, "table_base must be 0..16777215, not 16777216"),
        ("mode", -1, "mode must be 0..7, not -1"),
    ],
)
def test_what_does_not_fit_is_refused(field: str, value: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Run(**{**LEAST, field: value})


def test_an_instruction_has_eight_words() -> None:
    with pytest.raises(ValueError, match=r"^an instruction must be 8 words, not 7$"):
        Run.decode([0] * 7)


def test_registers_of_the_sampler() -> None:
    words = isa.sampler_registers(seed=0x12345678, k=9, jittered=True, mask=15)
    assert words == [0x5678, 0x1234, 0x0109, 15]
    assert isa.read_sampler_registers(words) == (0x12345678, 9, True, 15)
    for bit in (4, 7, 9, 15):
        with pytest.raises(ValueError, match=f"^MODE must have k and the jitter bit alone, not {0x0109 | 1 << bit:#06x}$"):
            isa.read_sampler_registers([*words[:2], words[2] | 1 << bit, words[3]])
