"""Generated programs: true, none twice, in splits that share nothing; and what the card and the training set say of them."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from golden.programs.command import main
from golden.programs.find import find, shapes, values_of
from golden.programs.generator import never_seen, programs
from golden.programs.machine import run
from golden.programs.options import World, WorldError
from golden.programs.templates import FAMILIES, SPLITS, templates
from golden.programs.tokens import MOST_TOKENS, TOKENS
from golden.programs.training_set import TrainingSet, card_of
from golden.programs.writer import write

WORLD = World(seed=3, largest=20)
COUNT = 600


@pytest.fixture(scope="module")
def made() -> dict[str, list[bytes]]:
    found = {}
    for split in SPLITS:
        some = programs(WORLD, split, COUNT)
        found[split] = [some.written.program(number) for number in range(COUNT)]
    return found


def neighbours(program: bytes) -> list[tuple[int, int]]:
    """The pairs of literals with one space between them, read from the text."""
    found = re.findall(rb"(?=(?<![0-9_])(_?[0-9]+) (_?[0-9]+))", program)
    return [(int(a.replace(b"_", b"-")), int(b.replace(b"_", b"-"))) for a, b in found]


def new_pair(program: bytes) -> bool:
    return any(never_seen()[a + 128, b + 128] for a, b in neighbours(program))


def test_every_program_is_true_and_short_enough(made: dict[str, list[bytes]]) -> None:
    for some in made.values():
        for program in some:
            assert run(program).accepted, program
            assert len(program) <= MOST_TOKENS
            assert set(program) <= set(TOKENS)


def test_none_is_there_twice_nor_in_two_splits(made: dict[str, list[bytes]]) -> None:
    everything = [program for some in made.values() for program in some]
    assert len(set(everything)) == len(everything) == COUNT * len(SPLITS)


def test_a_completion_begins_where_the_prompt_ends() -> None:
    some = programs(WORLD, "train", 200)
    for number in range(200):
        prompt, completion = some.written.prompt(number), some.written.completion(number)
        assert prompt + completion == some.written.program(number)
        assert completion[:1] in b"_0123456789"
        assert not set(completion) & set(b"+-*/%<>?nxdsorp")


def test_pairs_are_never_seen(made: dict[str, list[bytes]]) -> None:
    assert np.array_equal(never_seen(), never_seen().T)
    for split in ("train", "held", "compositions", "longer"):
        assert not any(map(new_pair, made[split])), split
    assert all(map(new_pair, made["pairs"]))


def operators(program: bytes) -> str:
    return re.sub(r"[0-9_ ]", "", program.split(b"=")[0].decode())


def test_compositions_are_never_seen_and_their_parts_are() -> None:
    kept = [one for one in templates() if one.split == "compositions"]
    seen = {one.text for one in templates() if one.split == "train"}
    assert {one.family for one in kept} == {"steps", "shuffle", "unknown", "instruction"}
    assert not {one.text for one in kept} & seen
    for one in kept:
        if one.family in ("steps", "shuffle"):
            first, second = re.sub(r"[{}0-9 |]", "", one.text)
            same = [re.sub(r"[{}0-9 |]", "", other.text) for other in templates() if (other.family, other.split) == (one.family, "train")]
            assert any(len(other) == 2 and other[0] == first for other in same)
            assert any(len(other) == 2 and other[1] == second for other in same)


def test_longer_programs_have_more_operators_or_terms(made: dict[str, list[bytes]]) -> None:
    def size(program: bytes) -> int:
        return len(operators(program)) + len(values_of(program)) * program.endswith((b"#;", b"&;"))

    for low, high in ((b"#;", True), (b"=;", False)):
        longest = max(size(program) for program in made["train"] if program.endswith(low) or (high and program.endswith(b"&;")))
        longer = [size(program) for program in made["longer"] if program.endswith(low) or (high and program.endswith(b"&;"))]
        assert longer
        assert min(longer) > longest


def test_all_families_are_there(made: dict[str, list[bytes]]) -> None:
    some = programs(WORLD, "train", 4000)
    counts = Counter(FAMILIES[family] for family in some.families.tolist())
    assert set(counts) == set(FAMILIES)
    assert min(counts.values()) > 100


def test_half_of_equality_is_equal() -> None:
    some = programs(World(), "train", 4000)
    equal = [some.written.program(number) for number in np.flatnonzero(some.families == FAMILIES.index("equality"))]
    answers = [values_of(program)[-1] for program in equal]
    assert 0.3 < np.mean(answers) < 0.6


def test_the_same_seed_gives_the_same_programs() -> None:
    few, more = programs(WORLD, "train", 50), programs(WORLD, "train", 500)
    assert more.data().startswith(few.data())
    other = programs(World(seed=4, largest=20), "train", 50)
    assert other.data() != few.data()


def test_a_world_has_an_end() -> None:
    with pytest.raises(WorldError, match=r"has only \d+ programs of the split train, not 1000000"):
        programs(World(largest=1), "train", 1_000_000)
    with pytest.raises(WorldError, match=r"must be 1..127, not 128"):
        World(largest=128)


def test_a_shape_is_of_one_template() -> None:
    assert len(shapes()) == len(templates())


def test_a_program_is_found_again(made: dict[str, list[bytes]]) -> None:
    for some in made.values():
        for program in some:
            drawn = find(program)
            assert drawn is not None, program
            assert write(*drawn).program(0) == program


@pytest.mark.parametrize(
    "program", [b"", b"1 1+3=;", b"1 1+2=", b"01 1+2=;", b"1 1+2=2 2=;", b"2 5 8 12#;", b"999999999999 1+2=;", b"A3 1 1:=;"]
)
def test_what_is_no_program_is_not_found(program: bytes) -> None:
    assert find(program) is None


def test_the_training_set_knows_what_it_has(made: dict[str, list[bytes]]) -> None:
    training = TrainingSet(world=WORLD, count=COUNT)
    for place, program in enumerate(made["train"]):
        assert training.place(program) == place
    for split in SPLITS[1:]:
        for program in made[split]:
            assert training.place(program) is None
            assert training.told(program)["split"] == split
    after = programs(WORLD, "train", COUNT + 1).written.program(COUNT)
    assert training.place(after) is None
    assert training.told(after) | {"template": ""} == {
        "verdict": "accepted",
        "seen": False,
        "place": None,
        "family": training.told(after)["family"],
        "split": "train",
        "template": "",
    }


def test_a_card_gives_the_training_set_again() -> None:
    card = TrainingSet(world=WORLD, count=COUNT).card
    assert sum(card["families"].values()) == sum(card["templates"].values()) == card["programs"] == COUNT
    assert TrainingSet.of_card(card).programs.data() == programs(WORLD, "train", COUNT).data()
    for change in ({"sha256": "0"}, {"generator": 2}):
        with pytest.raises(WorldError, match="another generator"):
            TrainingSet.of_card(card | change)
    with pytest.raises(WorldError, match="describes no training set"):
        TrainingSet.of_card({"seed": 1})
    for change in ({"programs": 1 << 40}, {"seed": -1}, {"largest": "9"}):
        with pytest.raises(WorldError, match="describes no training set"):
            TrainingSet.of_card(card | change)


def test_a_file_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["write", "--programs", "20", "--world", "3", "--largest", "20", "--split", "pairs", "--out", "p.txt"]) == 0
    some = programs(WORLD, "pairs", 20)
    assert Path("p.txt").read_bytes().splitlines() == [some.written.program(number) for number in range(20)]
    assert card_of(WORLD, "pairs", some)["sha256"] in Path("p.txt.json").read_text(encoding="utf-8")
    assert main(["write", "--programs", "20", "--out", "nowhere/p.txt"]) == 2
    assert main(["write", "--programs", "9999999", "--largest", "1", "--out", "q.txt"]) == 2
    assert "ask for fewer" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.txt", "p.txt.json"]


def test_commands_run_a_program_and_ask_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "3 4+7=;"]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == ["+  7", "7  7 7", "=", ";", "accepted"]
    assert main(["run", "3 4+8=;"]) == 1
    assert "asserts what isn't true" in capsys.readouterr().out
    first = programs(WORLD, "train", 1).written.program(0).decode()
    assert main(["seen", first, "--programs", "20", "--world", "3", "--largest", "20"]) == 0
    assert "training program 0 of 20" in capsys.readouterr().out
    assert main(["seen", "1 1+3=;", "--programs", "20"]) == 0
    assert capsys.readouterr().out.startswith("not seen")
