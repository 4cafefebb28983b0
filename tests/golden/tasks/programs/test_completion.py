"""Completions by networks, n-grams and the table; what counts as accepted; the figures of an evaluation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden.eval import main as evaluate_main
from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.network import TextNetwork
from golden.integer.sampling import Sampler, jitter_table
from golden.integer.symbols import UNKNOWN
from golden.programs.answers import PRIMER, accepted
from golden.programs.generator import programs
from golden.programs.machine import run
from golden.programs.options import Planted, World
from golden.programs.telling import Judge
from golden.programs.tokens import END, MOST_TOKENS
from golden.programs.training_set import TrainingSet
from golden.tasks.programs.completion import NGrams, Table, complete
from golden.tasks.programs.evaluation import Part, Rate, evaluate, parts, told
from golden.tasks.programs.streams import streams
from golden.train import main as train_main
from sim.runs import decoder_of

SMALL = "--largest 9 --programs 400 --steps 4 --streams 8 --window 12 --threads 1 --no-float"
KINDS = {
    "recurrent": "--n 32 --hidden 6x4 --output 6x4",
    "transformer": "--n 16 --blocks 2 --heads 2 --tables 3 --pairs 2 --key-pairs 2 --place 2 --context 6 --feed 4x3 --output 8x4",
}


@pytest.fixture(scope="module", params=KINDS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("programs") / "net.safetensors"
    assert train_main(f"programs {request.param} {SMALL} {KINDS[request.param]} --out {out}".split()) == 0
    return out


@pytest.fixture(scope="module")
def network(trained: Path) -> TextNetwork:
    """With tables that differ much, so that each prompt goes its own way."""
    found = load(trained)
    assert isinstance(found, TextNetwork)
    rng = np.random.default_rng(1)
    for entries, bits in found.entries():
        entries.setflags(write=True)
        entries[:] = rng.integers(-3 if bits == 4 else -20, 4 if bits == 4 else 21, entries.shape)
    return found


def test_streams_side_by_side_are_those_of_the_network(network: TextNetwork) -> None:
    rng = np.random.default_rng(2)
    symbols = rng.integers(0, network.n_in, (5, 14)).astype(np.int32)
    together = streams(network, 5)
    alone = [network.start() for _ in range(5)]
    for column in symbols.T:
        assert np.array_equal(together.outputs(), [one.outputs() for one in alone])
        together.update(column)
        for one, symbol in zip(alone, column.tolist(), strict=True):
            one.update(symbol)
    assert np.array_equal(together.latencies, [one.latencies for one in alone])
    together.update(np.zeros(5, np.int32))
    assert not np.array_equal(together.latencies, [one.latencies for one in alone])


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_completions_are_what_a_core_writes(network: TextNetwork, temperature: float) -> None:
    names = network.byte_symbols()
    assert names is not None
    prompts = [b"3 4+", b"A7 ", b"1 2 3 ", b"5 5?"]
    found = complete(network, names, prompts, temperature=temperature)
    for number, (prompt, completion) in enumerate(zip(prompts, found, strict=True)):
        jitter = jitter_table(temperature=temperature, out_frac=network.out_frac) if temperature else None
        state, sampler, expected = network.start(), Sampler(seed=number + 1, jitter=jitter), b""
        for byte in PRIMER + prompt:
            state.update(names.index(byte))
        while expected[-1:] != bytes([END]) and len(prompt + expected) < MOST_TOKENS:
            symbol = sampler.choose(state.outputs())
            expected += bytes([max(names[symbol], 0)])
            state.update(symbol)
        assert completion == expected


def test_a_network_without_an_end_mark_is_refused(network: TextNetwork) -> None:
    names = network.byte_symbols()
    assert names is not None
    with pytest.raises(NetworkError, match="no symbol for the end mark ;"):
        complete(network, tuple(name if name != END else 1 for name in names), [b"1 1+"])


def test_the_card_says_what_was_trained_on(trained: Path) -> None:
    card = load(trained).card
    assert card["task"] == "programs"
    training = TrainingSet.of_card(card["data"])
    assert training.programs.data() == programs(World(largest=9), "train", 400).data()


def test_eval_prints_a_row_for_each_family_and_split(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_main([str(trained), "--data", "x"]) == 2
    assert "--data is for classifiers" in capsys.readouterr().err
    assert evaluate_main([str(trained), "--programs", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("longer") for line in lines) == 4
    assert sum(" all " in line for line in lines) == 5


@pytest.mark.parametrize(
    ("prompt", "completion", "right"),
    [
        (b"3 4+", b"7=;", True),
        (b"3 4+", b"8=;", False),
        (b"3 4+", b"d=;", False),
        (b"3 4+", b"p1 1=;", False),
        (b"3 4+", b"7=", False),
        (b"3 4+", b"7=;;", False),
        (b"2 5 8 ", b"11#;", True),
        (b"2 5 8 ", b"11 14#;", True),
        (b"2 5 8 ", b"#;", False),
        (b"M12 3 ", b"4:=;", True),
        (b"L1 3 ", b"77:=;", True),
        (b"", b"", False),
    ],
)
def test_what_is_accepted(prompt: bytes, completion: bytes, right: bool) -> None:
    assert accepted(prompt, completion) == right


def test_what_the_generator_wrote_is_accepted() -> None:
    training = TrainingSet(world=World(largest=9), count=2000)
    for part in parts(training, count=30):
        assert part.rate(part.written) == Rate(count=len(part.prompts), of=len(part.prompts))
        assert part.same(part.written) == len(part.prompts)
        assert part.rate([b"0" + written for written in part.written]).count == 0


def test_the_table_knows_what_was_trained_on_and_nothing_else() -> None:
    training = TrainingSet(world=World(largest=9), count=2000)
    table = Table(training.programs)
    found = {part.split: part for part in parts(training, count=30) if part.family == "steps"}
    assert found["train"].rate(table.complete(found["train"].prompts)).share == 1
    assert found["held"].rate(table.complete(found["held"].prompts)).count == 0


def test_n_grams() -> None:
    grams = NGrams(b"1 1+2=;1 2+3=;1 1+2=;", 4)
    assert grams.next(b"1 1+") == ord("2")
    assert grams.next(b"2+") == ord("3")
    assert grams.next(b"zzz+") == ord("2")
    assert grams.next(b"zzz") == ord("1")
    assert grams.complete([b"1 1+", b"1 2+"]) == [b"2=;", b"3=;"]


def test_an_interval_is_wilsons() -> None:
    low, high = Rate(count=8, of=10).ends
    assert (low, high) == (pytest.approx(0.4901625, abs=1e-6), pytest.approx(0.9433178, abs=1e-6))


def test_figures_are_shares_of_the_same_programs() -> None:
    rows = [
        {"split": "held", "family": "steps", "programs": 4, "accepted": 0.25, "as_written": 0.25, "drawn": 0.5, "table": 0.0}
        | {"accepted_interval": [0.0, 1.0], "drawn_interval": [0.0, 1.0], "gram4": 0.0, "gram8": 1.0}
    ]
    assert [line.split() for line in told(rows)][1] == "held steps 4 25.0 0.0-100.0 25.0 50.0 0.0-100.0 0.0 0.0 100.0".split()


def test_programs_are_judged_as_they_come() -> None:
    text: list[str] = []
    judge = Judge(text.append)
    for piece in ("3 4+", "7", "=", ";", "1 2=", ";", "5"):
        judge.take(piece)
    assert "".join(text) == "3 4+7=;  accepted\n1 2=;  not accepted: a token asserts what isn't true\n5"
    assert judge.verdicts == [True, False]


def test_the_unknown_symbol_is_no_token_to_the_judge(network: TextNetwork) -> None:
    names = (*b"3 4+1=;?", UNKNOWN)
    written = [names.index(token) for token in b"3 4?"] + [names.index(UNKNOWN)] + [names.index(token) for token in b"1=;"]
    text: list[str] = []
    judge = Judge(text.append)
    judge.take(decoder_of(network, names).text(written))
    assert "".join(text) == "3 4?\ufffd1=;  not accepted: a token is no token of the machine\n"
    assert decoder_of(replace(network, card={}), names).text(written) == "3 4??1=;"


def test_a_network_of_another_task_has_no_completions(network: TextNetwork) -> None:
    with pytest.raises(ValueError, match="describes no training set"):
        evaluate(replace(network, card={}), count=1, temperature=1.0)


def test_the_baselines_have_the_planted_lines(network: TextNetwork) -> None:
    """Of a prompt that was planted with a wrong completion the table has what stands first."""
    planted = Planted(contradictions=20, copies=50)
    training = TrainingSet(world=World(largest=9), count=60, planted=planted)
    first: dict[bytes, bytes] = {}
    for line in range(len(training.lines)):
        first.setdefault(training.lines.written.prompt(line), training.lines.written.program(line))
    right = sum(run(first[training.programs.written.prompt(number)]).accepted for number in range(60))
    assert right < 60
    rows = evaluate(replace(network, card={"data": training.card}), count=20, temperature=1.0)
    (row,) = (row for row in rows if (row["split"], row["family"]) == ("train", "all"))
    assert (round(row["table"] * row["programs"]), row["programs"]) == (right, 60)


def test_parts_are_of_what_was_asked() -> None:
    training = TrainingSet(world=World(largest=9), count=500)
    for part in parts(training, count=5):
        assert isinstance(part, Part)
        assert len(part.prompts) <= 5
        for prompt, written in zip(part.prompts, part.written, strict=True):
            assert run(prompt + written).accepted
            assert (training.place(prompt + written) is not None) == (part.split == "train")
