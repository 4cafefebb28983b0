"""``golden.grow``: a network grown, its new tables learned, the old network back; refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from golden.grow import main
from golden.integer.file import load
from golden.integer.shipped import find_network
from golden.learn import main as learn

WORDS = b"the cat sat on the mat and the dog sat on the log; " * 200


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)


def learn_words(*options: str, out: str = "learned.safetensors") -> Path:
    words = ["--text", "words.txt", "--draws", "1", "--below", "4", "--rates", "5,-,-", "--out", out, *options]
    assert learn(["text", *words]) == 0
    return Path(out)


def test_a_text_is_learned_by_new_tables_and_unlearned_by_leaving_them_out(capsys):
    assert main(["shakespeare", "--tables", "4x5"]) == 0
    said = capsys.readouterr().out
    assert "output: 32 x 2^5 + 4 x 2^5 rows of 64, int4" in said
    assert "tables: 131072 bytes before, 135168 now" in said
    path = learn_words("--network", "grown.safetensors", "--layers", "new")
    before, after = load(Path("grown.safetensors")), load(path)
    assert after.card["figures"]["bits_per_character"] < after.card["figures"]["before_learning"] - 0.5
    assert after.card["grown"] == before.card["grown"]
    assert after.card["learned"]["from"]["name"] == "grown.safetensors"
    arrays = after.arrays()
    assert {name for name, array in before.arrays().items() if not np.array_equal(array, arrays[name])} == {"output.group.1.tables"}
    again = learn_words("--network", str(path), "--layers", "new", out="again.safetensors")
    capsys.readouterr()
    assert main([str(again), "--original"]) == 0
    assert "note: what training or learning would go on from is left out" in capsys.readouterr().out
    assert Path("original.safetensors").read_bytes() == find_network("shakespeare").read_bytes()


def test_the_old_network_is_gone_where_its_tables_have_learned(capsys):
    assert main(["shakespeare", "--tables", "4x5", "--pairs", "1"]) == 0
    path = learn_words("--network", "grown.safetensors", "--layers", "output")
    capsys.readouterr()
    assert main([str(path), "--original"]) == 2
    said = "error: learned.safetensors: more than its new tables was changed since the network was grown: shakespeare.safetensors can't"
    assert capsys.readouterr().err.startswith(said)
    assert not Path("original.safetensors").exists()


def test_a_classifier_learns_by_new_tables(capsys):
    assert main(["digits", "--tables", "6x6", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["table_bytes"] - figures["table_bytes_before"], figures["file"]) == (6 * 64 * 5, "grown.safetensors")
    assert learn(["classify", "--network", "grown.safetensors", "--layers", "new", "--margin", "60"]) == 0
    before, after = (load(Path(f"{name}.safetensors")).output.groups for name in ("grown", "learned"))
    assert np.array_equal(before[0].tables, after[0].tables)
    assert after[1].tables.any()
    assert main(["learned.safetensors", "--original", "--out", "old"]) == 0
    assert Path("old").read_bytes() == find_network("digits").read_bytes()


def test_finer_entries_learn_by_smaller_steps(capsys):
    assert main(["shakespeare", "--finer"]) == 0
    assert "output: 32 x 2^5 rows of 64, int8" in capsys.readouterr().out
    options = "--layers output --draws 1 --below 0 --schedule 100 --characters 1000".split()
    found = []
    for network, rate in (("shakespeare", "4"), ("grown.safetensors", "7")):  # an entry by one
        assert learn(["text", "--text", "words.txt", "--network", network, "--rates", f"{rate},-,-", *options]) == 0
        found.append(load(Path("learned.safetensors")))
    begun = load(find_network("shakespeare")).output.groups[0].tables.astype(int) << 3
    changes = [np.unique(np.abs((network.output.groups[0].tables.astype(int) << network.output.shift) - begun)) for network in found]
    assert changes[0].tolist()[:2] == [0, 8]
    assert changes[1].tolist()[:3] == [0, 1, 2]
    assert main(["grown.safetensors", "--original"]) == 0
    assert Path("original.safetensors").read_bytes() == find_network("shakespeare").read_bytes()


def test_the_seed_draws_the_pairs():
    for out, *options in (["a"], ["b"], ["c", "--seed", "1"], ["d", "--anchors", "covering"]):
        assert main(["digits", "--tables", "6x6", "--pairs", "1", "--out", out, *options]) == 0
    one, two, *others = (Path(name).read_bytes() for name in "abcd")
    assert one == two
    assert len({one, *others}) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("digits", "either --original must be given, or what to add: --tables, --pairs or --finer"),
        ("digits --original --pairs 1", "either --original must be given, or what to add"),
        ("digits --original", "digits.safetensors: the network was not grown from another one"),
        ("digits --tables 5", "--tables must be tables x pairs, 1..9999 x 1..16, such as 16x10, not '5'"),
        ("digits --pairs 16", "--pairs must be 0..15, not 16"),
        ("digits --pairs 11", "digits.safetensors: a table has at most 16 pairs, and would have 17"),
        ("digits --pairs 1 --layer hidden.0", "digits.safetensors: there is no layer 'hidden.0': it must be one of output"),
        ("digits --finer", "digits.safetensors: entries can be made finer"),
        ("nowhere.st --pairs 1", "nowhere.st: cannot be read"),
        ("digits --pairs 1 --out /nowhere/x", "--out: there is no folder /nowhere"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(options, message, capsys):
    assert main(options.split()) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["words.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("text --text words.txt --layers new", "--layers new is for a network that polychron grow has made: name it with --network"),
        ("text --text words.txt --layers new --network shakespeare", "shakespeare.safetensors: the network was not grown from another one"),
        ("text --text words.txt --layers new --network pairs.st", "pairs.st: it was grown by no output tables, which --layers new is for"),
        ("classify --layers new --network digits", "digits.safetensors: the network was not grown from another one"),
        ("classify --layers new --zero --network digits", "--zero begins with all output tables at zero: leave it out, or --layers new"),
    ],
)
def test_new_tables_that_are_not_there_do_not_learn(options, message, capsys):
    assert main(["shakespeare", "--pairs", "1", "--out", "pairs.st"]) == 0
    assert learn(options.split()) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not Path("learned.safetensors").exists()
