"""``golden.learn text``: products, repetition, going on, signals, refusals."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from golden import eval
from golden.compiled.stream import score
from golden.integer.file import LEARN, load, load_extra, save_network
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.shipped import find_network
from golden.learn import main
from golden.learning.text import TextLearner
from golden.tasks.learning.options import TextLearnOptions, schedule_word
from golden.tasks.learning.text import _Streams
from sim.run import main as simulate

WORDS = b"the cat sat on the mat and the dog sat on the log; " * 60
SMALL = "--n 24 --hidden 4x4 --output 8x4 --symbols 24 --steps-back 4 --rates 4,4,1"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_bytes(WORDS)
    monkeypatch.chdir(tmp_path)


def learn(options: str = "", *, small: str = SMALL, text: str = "words.txt", out: str = "net.safetensors", code: int = 0) -> Path:
    assert main(["text", "--text", text, "--out", out, *small.split(), *options.split()]) == code
    return Path(out)


def words_of(path: Path) -> dict[str, np.ndarray]:
    learner = TextLearner.resumed(load(path), load_extra(path, prefix=LEARN))
    return {name: words.words for name, words in learner.words().items()}


def test_learning_leaves_network_card_and_curve(capsys):
    path = learn("--characters 20000 --streams 2")
    network = load(path)
    figures = network.card["figures"]
    assert figures["bits_per_character"] == round(score(network, WORDS[len(WORDS) * 9 // 10 :]).bits, 4) < 2
    assert figures["before_learning"] > 3.5
    assert figures["characters_learned"] == 20000
    assert network.card["command"].startswith("python -m golden.learn text --text words.txt --characters 20000 --streams 2")
    assert network.card["learned"]["words"] == {"output": "int8+8", "hidden": "int8+8", "embed": "int8+8"}
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "learned: output (int8+8)" in said
    assert "diagnosis: " in said
    assert "words: " in said
    assert eval.main([str(path), "--text", "words.txt"]) == 0
    assert f"{figures['bits_per_character']:.4f} bits per character" in capsys.readouterr().out


def test_the_same_command_gives_the_same_bytes():
    one, two, other = learn(out="one.st"), learn(out="two.st"), learn("--seed 1", out="other.st")
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()


def test_what_was_learned_runs_on_the_gateware(capsys):
    path = learn("--characters 6000")
    assert simulate(["--network", str(path), "--prompt", "the cat", "--length", "12"]) == 0
    assert "equal to the golden model" in capsys.readouterr().out


def test_a_text_is_the_sequence_of_its_parts():
    for name, part in (("first", WORDS[:1111]), ("second", WORDS[1111:2222])):
        Path(name).write_bytes(part + b"." * (-(-len(part) // 9) + 1))  # what is held out
    Path("both").write_bytes(WORDS[:2222] + b"." * 248)
    start = learn("--characters 200")
    constant = "--schedule 100 --rates 6,5,2 --steps-back 4"
    rest = {"small": "", "text": "both"}
    whole = learn(f"--network {start} {constant} --characters 2222", out="whole.st", **rest)
    first = learn(f"--network {start} {constant} --characters 1111", small="", text="first", out="first.st")
    second = learn(f"--network {first} {constant} --characters 1111", small="", text="second", out="second.st")
    assert all(np.array_equal(array, words_of(second)[name]) for name, array in words_of(whole).items())
    assert not np.array_equal(words_of(first)["output"], words_of(second)["output"])
    carried = load_extra(second, prefix=LEARN)
    assert np.array_equal(load_extra(whole, prefix=LEARN)["latencies"], carried["latencies"])
    assert load(second).card["learned"]["from"]["name"] == "first.st"


def test_a_shipped_network_adapts_its_output_tables_alone():
    Path("words.txt").write_bytes(WORDS * 3)
    path = learn("--network shakespeare --layers output --draws 1 --rates 7,-,- --below 4", small="")
    before, after = load(find_network("shakespeare")), load(path)
    assert after.card["figures"]["bits_per_character"] < after.card["figures"]["before_learning"] - 1
    assert after.card["learned"]["words"] == {"output": "int4+4"}
    assert after.card["learned"]["from"]["name"] == "shakespeare.safetensors"
    same = {name for name, array in before.arrays().items() if np.array_equal(array, after.arrays()[name])}
    assert before.arrays().keys() - same == {"output.group.0.tables"}


def test_a_rate_of_zero_changes_nothing():
    start = learn("--characters 400")
    path = learn(f"--network {start} --rates=-,-,-", small="", out="same.st")
    assert all(np.array_equal(array, words_of(path)[name]) for name, array in words_of(start).items())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_learned(number, monkeypatch, capsys):
    learned = TextLearner.learn
    calls = []

    def signalled(self, *rest, **options):
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), number)
        learned(self, *rest, **options)

    monkeypatch.setattr(TextLearner, "learn", signalled)
    path = learn("--characters 100000 --schedule 100")
    assert load(path).card["figures"]["characters_learned"] == 2048
    assert "note: stopped early" in capsys.readouterr().out
    assert learn(f"--network {path} --characters 100", small="", out="more.st").exists()


def test_a_second_signal_ends_it_at_once_and_leaves_the_old_file(monkeypatch):
    path = learn("--characters 400")
    before = path.read_bytes()

    def signalled(self, *rest, **options):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(TextLearner, "learn", signalled)
    learn("--characters 100000", code=143)
    assert path.read_bytes() == before
    assert sorted(each.name for each in Path().iterdir()) == ["net.png", "net.safetensors", "words.txt"]


def test_a_killed_run_leaves_the_old_file():
    path = learn("--characters 400")
    before = path.read_bytes()
    words = f"-u -m golden.learn text --text words.txt --out {path} --network {path} --characters 1000000000 --minutes 5"
    with subprocess.Popen([sys.executable, *words.split()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout is not None
        assert any(line.startswith("before: ") for line in run.stdout)
        run.kill()
    assert run.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert sorted(each.name for each in Path().iterdir()) == ["net.png", "net.safetensors", "words.txt"]


def test_a_full_disk_leaves_the_old_file(monkeypatch, capsys):
    path = learn("--characters 400")
    before = path.read_bytes()

    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    learn("--characters 400", code=2)
    assert "error: net.safetensors: cannot be written: No space left on device" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_other_streams_begin_before_their_first_symbols():
    start = learn("--characters 400 --streams 2")
    path = learn(f"--network {start} --streams 3 --characters 30 --rates=-,-,-", small="", out="more.st")
    assert load_extra(path, prefix=LEARN)["latencies"].shape == (3, 24)


def test_shape_and_widths_are_as_asked(capsys):
    small = "--n 16 --hidden 3x2 --output 5x3 --symbols 12 --bits 4 --below 3 --hidden-unit 0.125 --output-unit 0.25 --draws 8 --streams 2"
    path = learn("--characters 600 --seed 4294967295", small=small)
    network = load(path)
    assert isinstance(network, RecurrentNetwork)
    assert (network.n, network.n_in, network.symbols[-1]) == (16, 12, -1)
    assert [(layer.n_t, layer.groups[0].n_c, layer.bits) for layer in (network.hidden[0], network.output)] == [(3, 2, 4), (5, 3, 4)]
    assert (network.frac, network.out_frac - network.output.shift) == (3, 2)
    assert network.card["learned"]["words"]["hidden"] == "int4+3"
    assert "are read as unknown" in capsys.readouterr().out


def test_minutes_end_it(capsys):
    path = learn("--characters 1000000000 --minutes 0")
    assert load(path).card["figures"]["characters_learned"] == 1024
    assert "note: stopped early" in capsys.readouterr().out


def test_a_network_without_its_lower_bits_goes_on_from_halves():
    start = learn("--characters 400")
    save_network(load(start), start)
    path = learn(f"--network {start} --characters 100", small="", out="more.st")
    assert load(path).card["learned"]["words"]["hidden"] == "int8+8"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--rates 5,4", "--rates must be three numbers of -8..24 between commas, - for none, such as 5,4,1, not '5,4'"),
        ("--rates 5,4,25", "--rates must be three numbers"),
        ("--schedule 50,40", "--schedule must be percents between commas that sum to 100, such as 50,30,20, not '50,40'"),
        ("--draws 3", "--draws"),
        ("--steps-back 0", "--steps-back must be 1..256, not 0"),
        ("--below 13", "--below must be 0..12, not 13"),
        ("--below 9", "a word must have 4 or 8 bits that are read, and at most 16 in all, not int8+9"),
        ("--layers hidden", "--layers"),
        ("--streams 2000", "2000 streams must have two characters each or more to learn, of 2754"),
        ("--output 300x2", "output can't learn: its 300 tables could sum to 38100, the limit is 32767"),
        ("--hidden-unit 0.3", "a unit must be a power of two, not 0.3"),
        ("--hidden-unit 2", "a network that learns must have a frac of 0..15, not -1"),
        ("--network nowhere.st", "nowhere.st: cannot be read"),
        ("--network shakespeare --hidden 8x4", "--hidden is for a network that begins from nothing: leave it out, or --network"),
        ("--network shakespeare --output-unit 0.5", "--output-unit is for a network that begins from nothing"),
        ("--rates=a,b,c", "--rates must be three numbers"),
        ("--minutes -1", "--minutes must be 0..1e+06"),
        ("--characters 0", "--characters must be 1..1e+12, not 0"),
        ("--streams 4097", "--streams must be 1..4096, not 4097"),
        ("--bits 5", "--bits"),
        ("--network digits", "digits.safetensors: only recurrent text networks learn from text, and this is of kind deep"),
        ("--network transformer", "transformer.safetensors: only recurrent text networks learn from text, and this is of kind transformer"),
        ("--text nowhere.txt", "nowhere.txt: cannot be read"),
        ("--out /nowhere/x", "--out: there is no folder /nowhere"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(options, message, capsys):
    usual = {"--text": "words.txt", "--out": "net.safetensors"}
    words = [word for name, value in usual.items() if name not in options.split() for word in (name, value)]
    assert main(["text", *words, *options.split()]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["words.txt"]


def test_a_damaged_rest_is_refused(capsys):
    start = learn("--characters 400")
    arrays = load_extra(start, prefix=LEARN)
    save_network(load(start), start, extra=arrays | {"hidden": arrays["hidden"][1:]}, prefix=LEARN)
    learn(f"--network {start}", small="", code=2, out="more.st")
    assert "net.safetensors: learn.hidden must be uint16 below 256" in capsys.readouterr().err


def test_rates_left_out_are_lower_where_a_network_is_given_or_has_many_tables():
    nothing, given = TextLearnOptions().first_rates(), TextLearnOptions(network="shakespeare").first_rates()
    assert (str(nothing), str(given)) == ("5,4,1", "7,4,2")
    assert str(TextLearnOptions(output=(32, 5), hidden=(20, 5)).first_rates()) == "6,6,1"
    assert str(TextLearnOptions(output=(2, 5), hidden=(1, 5)).first_rates()) == "5,4,1"
    assert str(TextLearnOptions(network="shakespeare", rates=nothing).first_rates()) == "5,4,1"


def test_edges_are_where_the_parts_of_a_schedule_end():
    assert TextLearnOptions(schedule=schedule_word("50,30,20")).edges(11) == [5, 8, 11]


@pytest.mark.parametrize(("count", "total", "pieces"), [(1, 60, 1), (1, 12, 3), (3, 10, 2), (2, 7, 3), (1, 150, 2)])
def test_the_places_that_are_read(count, total, pieces):
    """Each piece in one go, evenly placed; whatever lengths are asked for."""
    symbols = np.arange(60, dtype=np.int32)
    due = np.empty((count, total), np.int32)
    for stream in range(count):
        for piece in range(pieces):
            low, high = piece * total // pieces, (piece + 1) * total // pieces
            start = stream * 60 // count + piece * (60 // count) // pieces
            due[stream, low:high] = np.arange(start, start + high - low) % 60
    for step in (1, 4, total):
        streams = _Streams(symbols, count, total=total, pieces=pieces)
        parts = [streams.next(min(step, total - at)) for at in range(0, total, step)]
        assert np.array_equal(np.concatenate(parts, axis=1), due)
