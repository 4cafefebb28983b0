"""The train and eval commands on a small text: products, repetition, options, refusals; and the commands that measure."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import polychron
from golden import bench, eval, rounding, train
from golden.compiled.stream import score
from golden.integer.file import load, save_network
from golden.integer.shipped import find_network
from golden.training.architectures.recurrent_presets import RECURRENT_PRESETS, RecurrentOptions

PRESETS = dict(RECURRENT_PRESETS)
LINES = b"the cat sat on the mat. the dog sat on the log. a cat and a dog met on the mat.\n" * 40


TINY = RecurrentOptions(
    about="for tests",
    n=32,
    hidden=(6, 4),
    output=(6, 4),
    symbols=16,
    hidden_unit=1 / 32,
    output_unit=1 / 16,
    rate=0.04,
    every_row=True,
)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    for name in ("tiny", "paper-rnn", "icebreaker"):
        monkeypatch.setitem(RECURRENT_PRESETS, name, replace(TINY, preset=name))


def run(folder: Path, *options: str, out: str = "net.safetensors", code: int = 0) -> Path:
    text = folder / "lines.txt"
    text.write_bytes(LINES)
    usual = {"--text": str(text), "--preset": "tiny", "--streams": "8", "--window": "16", "--out": str(folder / out)}
    words = [word for option, value in usual.items() if option not in options for word in (option, value)]
    assert train.main(["text", *words, *options]) == code
    return folder / out


def test_training_leaves_network_card_and_curve(tmp_path, capsys):
    path = run(tmp_path, "--steps", "150")
    network = load(path)
    figures = network.card["figures"]
    assert figures["bits_per_character"] == round(score(network, LINES[len(LINES) * 9 // 10 :]).bits, 4) < 3.0
    assert figures["saturations"] == 0
    assert network.card["command"].startswith("python -m golden.train text --text lines.txt --preset tiny --steps 150")
    assert str(tmp_path) not in network.card["command"]
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "3-gram" in said
    assert "diagnosis: " in said
    assert eval.main([str(path), "--text", str(tmp_path / "lines.txt")]) == 0
    assert f"{figures['bits_per_character']:.4f} bits per character over 320 characters" in capsys.readouterr().out
    assert eval.main([str(path), "--text", str(tmp_path / "lines.txt"), "--whole"]) == 0
    assert "over 3200 characters" in capsys.readouterr().out


def test_the_same_command_gives_the_same_bytes(tmp_path):
    options = ("--steps", "40", "--no-float")
    one, two = run(tmp_path, *options, out="one.safetensors"), run(tmp_path, *options, "--threads", "1", out="two.safetensors")
    assert one.read_bytes() == two.read_bytes()
    other = run(tmp_path, *options, "--seed", "1", out="other.safetensors")
    assert load(other).output.groups[0].tables.tobytes() != load(one).output.groups[0].tables.tobytes()


def test_units_are_searched_for_when_none_are_given(tmp_path):
    network = load(run(tmp_path, "--steps", "60", "--bits", "8", "--qat", "0.2"))
    assert network.output.bits == network.hidden[0].bits == 8
    assert network.out_frac - network.output.shift > 4
    assert "--qat 0.2 --bits 8" in network.card["command"]


def test_softening_is_the_last_step(tmp_path):
    plain, soft = (load(run(tmp_path, "--steps", "100", "--soften", word, out=f"{word}.safetensors")) for word in ("1", "0.5"))
    assert np.array_equal(plain.hidden[0].groups[0].tables, soft.hidden[0].groups[0].tables)
    assert np.array_equal(np.rint(plain.output.groups[0].tables / 2), soft.output.groups[0].tables)
    assert soft.output.groups[0].tables.any()
    assert soft.card["figures"]["before_softening"] == plain.card["figures"]["bits_per_character"]
    assert "before_softening" not in plain.card["figures"]


def test_the_default_text_is_trained_on(tmp_path, capsys):
    out = tmp_path / "topics.safetensors"
    assert train.main(["text", "--preset", "tiny", "--steps", "3", "--streams", "4", "--window", "8", "--out", str(out)]) == 0
    assert load(out).card["data"]["name"].startswith("pydoc topics of CPython")
    assert eval.main([str(out)]) == 0
    assert "pydoc topics" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--minutes", "0"), "--minutes must be 0.01..1e+06, not 0.0"),
        (("--steps", "0"), "--steps must be 1..1e+09, not 0"),
        (("--steps", "ten"), "--steps"),
        (("--jitter", "1.5"), "--jitter must be 0..1, not 1.5"),
        (("--jitter", "nan"), "--jitter must be 0..1, not nan"),
        (("--qat", "-0.1"), "--qat must be 0..1, not -0.1"),
        (("--rate", "2"), "--rate must be 0..1, not 2.0"),
        (("--recent", "1.1"), "--recent must be 0..1, not 1.1"),
        (("--hidden-most", "0"), "--hidden-most must be 0.000244141..32767, not 0.0"),
        (("--soften", "2"), "--soften must be 0.1..1, not 2.0"),
        (("--grow", "17"), "--grow must be 0..16, not 17"),
        (("--streams", "0"), "--streams must be 1..65536, not 0"),
        (("--symbols", "300"), "--symbols must be 2..256, not 300"),
        (("--window", "3000"), "must have more than 3000 characters to train on, not 2880"),
        (("--context", "16"), "--context"),
        (("--bits", "5"), "--bits"),
        (("--anchors", "crossed"), "--anchors"),
        (("--preset", "huge"), "--preset must be one of icebreaker, small, paper-rnn, best-5m, tiny, not 'huge'"),
        (("--hidden", "3"), "--hidden must be tables x pairs, 1..9999 x 1..16, such as 16x10, not '3'"),
        (("--hidden", "3x17"), "--hidden must be tables x pairs, 1..9999 x 1..16, such as 16x10, not '3x17'"),
        (("--output", "0x3"), "--output must be tables x pairs, 1..9999 x 1..16, such as 16x10, not '0x3'"),
        (("--output", "axb"), "--output must be tables x pairs, 1..9999 x 1..16, such as 16x10, not 'axb'"),
        (("--hidden-unit", "0.3"), "a unit must be a power of two, not 0.3"),
        *(
            ((f"--{part}-unit", value), f"a unit must be a power of two, not {value}")
            for part in ("hidden", "output")
            for value in ("inf", "nan", "-1.0")
        ),
        (("--seed", "1", "--seed", "2"), "--seed specified multiple times"),
        (("--out", "/nowhere/x.safetensors"), "--out: there is no folder /nowhere"),
        (("--text", "/nowhere/x.txt"), "/nowhere/x.txt: cannot be read"),
        (("--resume", "/nowhere/x"), "/nowhere/x: cannot be read"),
    ],
)
def test_bad_options_are_one_sentence_and_code_2(tmp_path, capsys, options, message):
    run(tmp_path, *options, code=2)
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines.txt"]


def test_what_a_card_and_file_names_say_is_printable(tmp_path, capsys):
    network = load(find_network("digits"))
    path, text = tmp_path / "a\x1b[2J.safetensors", tmp_path / "b\x1b[2J.txt"
    card = {"command": "x\x1b]0;y\x07" * 100, "seed": 0, "task": "digits", "figures": {"z\x1b": "\r"}}
    save_network(replace(network, card=card), path)
    assert eval.main([str(path)]) == 0
    network = load(find_network("shakespeare"))
    save_network(replace(network, card={"data": {"sha256": "", "name": "t\x1b"}, "command": ["\x1b"]}), path)
    text.write_bytes(LINES)
    assert eval.main([str(path), "--text", str(text)]) == 0
    said = capsys.readouterr().out
    assert all(line.isprintable() for line in said.splitlines())
    assert max(map(len, said.splitlines())) < 700
    assert r"trained on another text: t\x1b" in said
    found = polychron.load(path)
    assert found.name == "a\x1b[2J"
    printed = (found.summary, str(found), str(found.compile().estimate()))
    assert all(line.isprintable() for text in printed for line in text.split("\n"))


def test_an_empty_text_is_refused(tmp_path, capsys):
    text = tmp_path / "empty.txt"
    text.write_bytes(b"")
    assert train.main(["text", "--text", str(text), "--preset", "tiny", "--out", str(tmp_path / "x.safetensors")]) == 2
    assert "must have more than 128 characters to train on, not 0" in capsys.readouterr().err
    assert eval.main([str(run(tmp_path, "--steps", "2")), "--text", str(text)]) == 2
    assert "the text to score is empty" in capsys.readouterr().err


def test_eval_refuses_what_does_not_fit(tmp_path, capsys):
    path = run(tmp_path, "--steps", "5")
    assert eval.main([str(tmp_path / "absent")]) == 2
    assert eval.main([str(path), "--data", str(tmp_path)]) == 2
    assert "--data is for classifiers" in capsys.readouterr().err


def test_the_shipped_network_is_what_its_card_says():
    network = load(Path(train.__file__).parent / "networks" / "shakespeare.safetensors")
    assert network.n == 256
    assert network.table_bytes() <= 131072
    assert len(network.symbols) == network.n_out == 64
    assert network.symbols[-1] == -1
    assert sum(group.n_t * group.n_c for layer in (*network.hidden, network.output) for group in layer.groups) <= 1000
    assert network.card["command"].startswith("python -m golden.train text --text tinyshakespeare.txt")
    assert network.card["figures"]["saturations"] == 0
    text = b"First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"
    assert score(network, text).bits < 2.6


@pytest.mark.parametrize(("name", "n", "rows", "read"), [("paper-rnn", 64, 64 << 10, 5184), ("best-5m", 512, 14 << 10, 5120)])
def test_the_big_networks_are_what_their_presets_and_cards_say(name, n, rows, read):
    network = load(find_network(name))
    hidden, output = network.hidden[0].groups[0], network.output.groups[0]
    assert (network.n, hidden.n_t << hidden.n_c, output.n_t << output.n_c) == (n, rows, 32 << 9)
    assert network.table_bytes() <= 5_300_000
    assert PRESETS[name].bytes_read(n_sym=len(network.symbols)) == read
    assert hidden.n_t * hidden.n_c + output.n_t * output.n_c <= 1024
    assert network.card["command"].startswith(f"python -m golden.train text --text tinyshakespeare.txt --preset {name} --steps")
    assert network.card["figures"]["saturations"] == 0
    text = b"First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"
    assert score(network, text).bits < 2.6
    assert score(network, text[::-1]).bits > 4


def test_the_benchmark_prints_targets_a_second(capsys):
    assert bench.main(["--seconds", "0.2", "--threads", "1"]) == 0
    assert capsys.readouterr().out.count("targets/s") == 2


def test_the_benchmark_measures_the_time_to_a_goal(tmp_path, capsys):
    text = tmp_path / "lines.txt"
    text.write_bytes(LINES)
    words = ["--text", str(text), "--preset", "tiny", "--threads", "1", "--rate", "0.04"]
    assert bench.main([*words, "--to", "3.5", "--steps", "150"]) == 0
    said = capsys.readouterr().out
    assert float(re.search(r"([0-9.]+) bits per character", said)[1]) <= 3.5
    assert "s of wall time" in said
    assert bench.main([*words, "--to", "0.01", "--steps", "30"]) == 1
    assert "0.01 bits per character were not reached in 30 steps" in capsys.readouterr().out
    assert bench.main([*words, "--to", "-1"]) == 2
    assert capsys.readouterr().err == "error: --to must be 0.01..8, not -1.0\n"


def test_rounding_is_measured_on_the_float_network(tmp_path, capsys):
    text = tmp_path / "lines.txt"
    path = run(tmp_path, "--steps", "150", "--qat", "0")
    capsys.readouterr()
    assert rounding.main([str(path), "--text", str(text)]) == 0
    said = capsys.readouterr().out
    exact, *others = (float(figure) for figure in re.findall(r"^(?:float|int[84]): ([0-9.]+)", said, re.MULTILINE))
    assert exact == pytest.approx(load(path).card["figures"]["float_before_rounding"], abs=1e-4)
    assert len(others) == 2
    assert others[0] == pytest.approx(exact, abs=0.05)
    bare = run(tmp_path, "--steps", "5", "--no-float", out="bare.safetensors")
    capsys.readouterr()
    assert rounding.main([str(bare), "--text", str(text)]) == 2
    assert "carries no float text network" in capsys.readouterr().err


def test_a_shape_of_ones_own_is_trained(tmp_path):
    path = run(tmp_path, "--steps", "40", "--n", "24", "--hidden", "3x5", "--output", "5x3", "--grow", "2", "--grown", "0.5")
    network = load(path)
    assert network.n == 24
    assert network.hidden[0].groups[0].tables.shape == (3, 32, 24)
    assert network.output.groups[0].tables.shape[:2] == (5, 8)
    assert "--grow 2 --n 24 --hidden 3x5 --output 5x3" in network.card["command"]
