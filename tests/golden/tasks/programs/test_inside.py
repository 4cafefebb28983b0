"""Looking inside: rows that are read, who visited them, votes, what taught an answer, what is new, what is forgotten."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from golden.compiled.reads import reads, row_counts
from golden.eval import main as eval_main
from golden.integer.file import load, save_network
from golden.integer.forward import indices
from golden.integer.layer import NetworkError
from golden.integer.network import TextNetwork
from golden.integer.symbols import encode
from golden.integer.transformer import TransformerNetwork, TransformerState
from golden.programs.answers import PRIMER
from golden.programs.command import main
from golden.programs.options import WorldError
from golden.programs.templates import FAMILIES, SPLITS
from golden.tasks.programs.evaluation import parts
from golden.tasks.programs.inside.explain import explain
from golden.tasks.programs.inside.forget import learnt_anew
from golden.tasks.programs.inside.novelty import novelty, rarest
from golden.tasks.programs.inside.plain import Pairs
from golden.tasks.programs.inside.telling import figures, lines, sections
from golden.tasks.programs.inside.trace import planting, shared, sources
from golden.tasks.programs.inside.visits import KEY, Studied, Visits, load_visits, save_visits, study, visits_of
from golden.tasks.programs.inside.votes import OUTPUT, choices, difference, votes_of
from golden.train import main as train_main

SMALL = "--largest 9 --programs 200 --contradictions 3 --duplicates 2 --copies 4 --steps 2 --streams 4 --window 8 --threads 1 --no-float"
KINDS = {
    "recurrent": "--n 32 --hidden 6x4 --output 6x4",
    "transformer": "--n 16 --blocks 2 --heads 2 --tables 3 --pairs 2 --key-pairs 2 --place 2 --context 6 --feed 4x3 --output 8x4",
}
PROMPT = b"3 4+"


@pytest.fixture(scope="module", params=KINDS)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose tables differ much, so that each prompt goes its own way."""
    out = tmp_path_factory.mktemp("inside") / "net.safetensors"
    assert train_main(f"programs {request.param} {SMALL} {KINDS[request.param]} --out {out}".split()) == 0
    network = load(out)
    rng = np.random.default_rng(1)
    for entries, bits in network.entries():
        entries.setflags(write=True)
        entries[:] = rng.integers(-3 if bits == 4 else -20, 4 if bits == 4 else 21, entries.shape)
    save_network(network, out)
    return out


@pytest.fixture(scope="module")
def studied(file: Path) -> Studied:
    return study(str(file))


@pytest.fixture(scope="module")
def visits(studied: Studied) -> Visits:
    return visits_of(studied)


def all_reads(network: TextNetwork, symbols: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[np.int32]]:
    found: dict[str, list[npt.NDArray[np.int32]]] = {}
    for layer, start, rows in reads(network, symbols):
        assert start == sum(map(len, found.get(layer, [])))
        found.setdefault(layer, []).append(rows)
    return {layer: np.concatenate(parts) for layer, parts in found.items()}


def golden_reads(network: TextNetwork, symbols: npt.NDArray[np.int32]) -> Counter[tuple[str, int, int]]:
    """(layer, symbol, row) of every row that the golden model, step by step, reads: rows numbered through a layer's tables."""
    state, found = network.start(), Counter[tuple[str, int, int]]()

    def plain(name: str, at: int, latencies: npt.NDArray[np.int16]) -> None:
        first = 0
        for group in network.layers()[name].groups:
            for table, row in enumerate(indices(group.anchors, latencies[None])[0].tolist()):
                found[name, at, first + (table << group.n_c) + row] += 1
            first += group.n_t << group.n_c

    for at, symbol in enumerate(symbols.tolist()):
        plain(OUTPUT, at, state.latencies)
        before = state.latencies
        state.update(symbol)
        if not isinstance(network, TransformerNetwork):
            plain("hidden.0", at, before)
            continue
        assert isinstance(state, TransformerState)
        place = 0
        for number, block in enumerate(network.blocks):
            place += len(block.parts)
            if block.feed is not None:
                plain(f"blocks.{number}.feed", at, state.states[place])
                place += 1
            for table, row in enumerate(row for rows in state.rows[number] for row in rows.tolist()):
                head, own = divmod(table % sum(head.n_t for head in block.heads), block.heads[0].n_t)
                found[f"blocks.{number}.heads.{head}", at, own * block.heads[0].tables.shape[1] + row] += 1
    return found


def test_the_rows_are_those_of_the_golden_model(studied: Studied) -> None:
    network, symbols = studied.network, studied.symbols[:40]
    expected = golden_reads(network, symbols)
    found = Counter(
        (layer, at, row)
        for layer, rows in all_reads(network, symbols).items()
        for at, some in enumerate(rows.tolist())
        for row in some
        if row >= 0
    )
    assert found == expected
    assert {layer for layer, _, _ in found} == set(row_counts(network))
    other = symbols.copy()
    other[5] = (other[5] + 1) % network.n_in
    assert golden_reads(network, other) != expected


def test_visits_are_counted_by_family_and_examples_are_visitors(studied: Studied, visits: Visits) -> None:
    families = studied.training.lines.families
    for layer, rows in all_reads(studied.network, studied.symbols).items():
        visitors: dict[int, list[int]] = {}
        for owner, some in zip(studied.owners.tolist(), rows.tolist(), strict=True):
            for row in some:
                if row >= 0:
                    visitors.setdefault(row, []).append(owner)
        for row, owners in visitors.items():
            counted = Counter(FAMILIES[families[owner]] for owner in owners)
            assert visits.families(layer, row) == counted
            kept = [line for line in visits.examples[layer][row].tolist() if line >= 0]
            assert len(kept) == min(len(owners), 8)
            assert not Counter(kept) - Counter(owners)
        never = set(range(len(visits.totals[layer]))) - set(visitors)
        assert all(visits.totals[layer][row] == 0 and visits.lines(layer, row) == [] for row in never)


def test_examples_are_drawn_evenly_and_by_the_seed(studied: Studied, visits: Visits) -> None:
    assert np.array_equal(visits_of(studied).examples[OUTPUT], visits.examples[OUTPUT])
    assert not np.array_equal(visits_of(studied, seed=1).examples[OUTPUT], visits.examples[OUTPUT])
    many = [visits_of(studied, examples=100).examples[OUTPUT]]
    row = int(visits.totals[OUTPUT].argmax())
    middle = len(studied.training.lines) / 2
    assert visits.totals[OUTPUT][row] > 400
    assert abs(np.mean(many[0][row]) - middle) < middle / 3


def test_votes_add_up_to_the_golden_model(studied: Studied) -> None:
    network, names = studied.network, studied.names
    found = choices(network, names, PROMPT, b"7=;")
    state = network.start()
    for symbol in encode(names, PRIMER + PROMPT).tolist():
        state.update(symbol)
    for choice, symbol in zip(found, encode(names, b"7=;").tolist(), strict=True):
        outputs = state.outputs()
        assert sum(vote.own for vote in choice.votes) << choice.shift == outputs[symbol] == choice.latency
        assert sum(vote.other for vote in choice.votes) << choice.shift == choice.other_latency
        assert choice.other_latency == min(latency for number, latency in enumerate(outputs.tolist()) if number != symbol)
        for vote in choice.votes:
            assert vote.row == sum(int(one.later) << bit for bit, one in enumerate(vote.comparisons))
            assert all(one.latencies == (state.latencies[one.a], state.latencies[one.b]) for one in vote.comparisons)
        state.update(symbol)


def test_a_flipped_bit_is_named(studied: Studied) -> None:
    network = studied.network
    state = network.start()
    outputs, latencies, pair = state.outputs(), state.latencies, (3, 5)
    rows = all_reads(network, studied.symbols[:1])[OUTPUT][0]
    assert difference(tuple(votes_of(network.output, latencies, rows, pair)), network.output, latencies, pair, outputs) is None
    tables = network.output.groups[0].tables.copy()
    row = int(rows[4]) - 4 * tables.shape[1]
    tables[4, row, 5] ^= 1
    damaged = replace(network.output, groups=(replace(network.output.groups[0], tables=tables),))
    votes = tuple(votes_of(damaged, latencies, rows, pair))
    named = difference(votes, network.output, latencies, pair, outputs)
    assert named is not None
    assert named.startswith(f"output table 4, row {row}, votes {tables[4, row, 3]} and {tables[4, row, 5]}, the model's entries are")
    other = tuple(replace(vote, row=vote.row ^ 1, own=vote.own + 1) if vote.table == 2 else vote for vote in votes)
    assert f"output table 2 gave row {other[2].row}, " in str(difference(other, network.output, latencies, pair, outputs))


def test_what_is_shared_is_found_by_looking_at_every_line(studied: Studied) -> None:
    answer = choices(studied.network, studied.names, PROMPT, b"7=;")[0]
    (scores,) = shared(studied, [answer])
    rows = all_reads(studied.network, studied.symbols)[OUTPUT]
    expected = np.zeros(len(studied.training.lines), np.int64)
    for symbol, owner, some in zip(studied.symbols.tolist(), studied.owners.tolist(), rows.tolist(), strict=True):
        if symbol == answer.numbers[0]:
            common = sum(vote.weight for vote, row in zip(answer.votes, some, strict=True) if vote.number == row)
            expected[owner] = max(expected[owner], common)
    assert np.array_equal(scores, expected)
    assert expected.any()
    named = sources(studied, scores, count=5)
    assert [one.shared for one in named] == sorted((one.shared for one in named), reverse=True)
    assert len({one.program for one in named}) == 5
    for one in named:
        assert all(studied.training.lines.written.program(line) == one.program for line in one.lines)
        assert one.shared == scores[list(one.lines)].max()


def test_planted_programs_are_traced_where_they_were_learnt(studied: Studied, monkeypatch: pytest.MonkeyPatch) -> None:
    lines_of = studied.training.lines
    answers = {lines_of.written.prompt(int(lines_of.places(number)[0])): number for number in range(3)}
    said: dict[bytes, bytes] = {prompt: lines_of.written.completion(int(lines_of.places(number)[0])) for prompt, number in answers.items()}
    module = "golden.tasks.programs.inside.trace"
    monkeypatch.setattr(f"{module}.complete", lambda network, names, prompts: [said[prompt] for prompt in prompts])
    found = planting(studied)
    assert (found["planted"], found["learnt"]) == (3, 3)
    assert found["traced"] == 1
    everywhere = np.zeros((3, len(lines_of)), np.int64)
    everywhere[:, int(np.flatnonzero(lines_of.planted == -1)[0])] = 1
    monkeypatch.setattr(f"{module}.shared", lambda studied, answers: everywhere)
    assert planting(studied, count=1)["traced"] == 0
    monkeypatch.setattr(f"{module}.complete", lambda network, names, prompts: [b"" for _ in prompts])
    assert planting(studied) | {"planted": 0} == dict.fromkeys(found) | {"planted": 0, "learnt": 0}


def test_the_rarest_row_of_a_prompt(studied: Studied, visits: Visits) -> None:
    network = studied.network
    found = {one.part: one for one in rarest(studied, visits, PROMPT)}
    late = not isinstance(network, TransformerNetwork)
    first, last = len(PRIMER), len(PRIMER + PROMPT)
    rows = all_reads(network, encode(studied.names, PRIMER + PROMPT + b"1"))
    for layer, some in rows.items():
        if layer != OUTPUT and ".heads." not in layer:
            own = some[first + late : last + late]
            assert found[layer].visits == visits.totals[layer][own].min()
            assert found[layer].row in own[found[layer].at]
    if isinstance(network, TransformerNetwork):
        assert set(found) == {"blocks.0.heads", "blocks.0.feed", "blocks.1.heads", "blocks.1.feed"}
        reach, least = network.context - 1, []
        for head in range(2):
            some = rows[f"blocks.0.heads.{head}"].reshape(len(PRIMER + PROMPT) + 1, reach, -1)
            least += [
                visits.totals[f"blocks.0.heads.{head}"][some[at, back]].min() for at in range(first + 1, last) for back in range(at - first)
            ]
        one = found["blocks.0.heads"]
        assert one.visits == min(least)
        assert one.before is not None
        assert 0 <= one.before < one.at < len(PROMPT)
    single = rarest(studied, visits, b"3")
    assert {one.part for one in single} == {part for part in found if not part.endswith(".heads")}
    assert all((one.at, one.before) == (0, None) and one.visits <= visits.totals[one.layer].max() for one in single)
    with pytest.raises(WorldError, match="an empty prompt reads no row"):
        rarest(studied, visits, b"")


def test_novelty_is_an_area(studied: Studied, visits: Visits) -> None:
    rows, plain = novelty(studied, visits, count=2)
    assert {(row["split"], row["family"]) for row in rows} >= {("compositions", "all"), ("longer", "sequence"), ("train", "steps")}
    assert all(0 <= row["roc_auc"] <= 1 for row in rows)
    seen = {layer: np.full_like(counts, 100) for layer, counts in visits.counts.items()}
    flat = novelty(studied, replace(visits, counts=seen), count=2)
    assert {row["roc_auc"] for row in flat.parts} == {0.5}
    assert flat.plain == plain
    prompts: dict[str, list[bytes]] = {}
    for part in parts(studied.training, count=2):
        prompts.setdefault(part.split, []).extend(part.prompts)
    together = {(row["part"], row["split"]): row for row in plain if row["family"] == "all"}
    assert together.keys() == {(name, split) for name in ("two tokens", "length") for split in SPLITS if split != "held"}
    for split in ("longer", "train"):
        pairs = [(len(one), len(other)) for one in prompts[split] for other in prompts["held"]]
        row = together["length", split]
        assert row["roc_auc"] == round(sum((one > other) + (one == other) / 2 for one, other in pairs) / len(pairs), 4)
        assert row["never_visited"] is None
    rarest_pair = Pairs.of(studied).rarest
    assert together["two tokens", "longer"]["never_visited"] == np.mean([rarest_pair(prompt) == 0 for prompt in prompts["longer"]])


def test_rows_learnt_anew_hold_nothing_of_what_is_left_out(studied: Studied, visits: Visits) -> None:
    without = learnt_anew(studied, without="steps", passes=1)
    entries = np.concatenate([group.tables.reshape(-1, without.n_out) for group in without.output.groups])
    steps = visits.counts[OUTPUT][:, FAMILIES.index("steps")]
    only = (steps > 0) & (steps == visits.totals[OUTPUT])
    assert not entries[only | (visits.totals[OUTPUT] == 0)].any()
    assert entries[~only & (visits.totals[OUTPUT] > 50)].any(axis=1).all()
    every = learnt_anew(studied, passes=1)
    assert not np.array_equal(every.output.groups[0].tables, without.output.groups[0].tables)
    assert without.layers().keys() == studied.network.layers().keys()
    assert without.card == {key: value for key, value in studied.network.card.items() if key not in ("figures", "command")} | {
        "learnt_anew_without": "steps"
    }
    assert {"figures", "command"} <= studied.network.card.keys()


def test_a_file_of_visits(studied: Studied, visits: Visits, tmp_path: Path) -> None:
    path = tmp_path / "net.visits"
    save_visits(visits, studied, path)
    again = load_visits(path, studied)
    assert all(np.array_equal(again.counts[layer], counts) for layer, counts in visits.counts.items())
    assert all(np.array_equal(again.examples[layer], examples) for layer, examples in visits.examples.items())
    other = replace(studied, network=learnt_anew(studied, passes=1))
    with pytest.raises(NetworkError, match=r"net\.visits: its visits are not those of this network"):
        load_visits(path, other)
    wrong = replace(visits, examples=visits.examples | {OUTPUT: visits.examples[OUTPUT] + 1000})
    save_visits(wrong, studied, path)
    with pytest.raises(NetworkError, match=r"the visits of output must be of \d+ rows, 8 families and 220 training lines"):
        load_visits(path, studied)
    head = json.dumps({"x": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}).encode()
    deep = json.dumps({"__metadata__": {KEY: "[" * 200_000}}).encode()
    for damaged in (b"no such file", *(len(one).to_bytes(8, "little") + one + b"0" * (one is head) for one in (head, deep))):
        path.write_bytes(damaged)
        with pytest.raises(NetworkError, match=r"net\.visits: not a file of visits, or damaged"):
            load_visits(path, studied)


def test_an_explanation_in_lines_and_json_and_on_a_page(studied: Studied, visits: Visits) -> None:
    explained = explain(studied, visits, PROMPT, b"7=;")
    told = list(lines(explained, most=2))
    assert told[0] == "3 4+ -> 7=;  accepted"
    assert sum(line.startswith("  training programs that share most") for line in told) == 3
    found = json.loads(json.dumps(figures(explained)))
    assert [one["symbol"] for one in found["symbols"]] == ["7", "=", ";"]
    for one in found["symbols"]:
        assert sum(vote["vote"] for vote in one["votes"]) << one["shift"] == one["latency"]
        assert len(one["sources"]) == 10
    assert [one.title for one in sections(explained)] == ["Symbol 7", "Symbol =", "Symbol ;"]
    strange = explain(studied, visits, "3 \u00e9".encode(), b"\xc3")
    assert next(line for line in lines(strange) if " tables add up to it" in line).startswith("unknown at ")
    assert (figures(strange)["symbols"][0]["symbol"], sections(strange)[0].title) == ("unknown", "Symbol unknown")
    assert explain(studied, visits, PROMPT).completion
    assert explain(studied, visits, b"1" * 64).choices == []
    with pytest.raises(WorldError, match="at most 64 tokens, not 67"):
        explain(studied, visits, PROMPT, b"7" * 63)


def test_commands(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, page = str(file), tmp_path / "page.html"
    assert main(["visits", name, "--out", str(tmp_path / "v")]) == 0
    assert "rows never visited" in capsys.readouterr().out
    explained = ["explain", name, "--prompt", "3 4+", "--completion", "7=;", "--visits", str(tmp_path / "v"), "--page", str(page)]
    assert main(explained) == 0
    assert "3 4+ -> 7=;  accepted" in capsys.readouterr().out
    assert "Comparisons behind each index" in page.read_text(encoding="utf-8")
    assert main(["novelty", name, "--prompt", "3 4+"]) == 0
    assert "was visited" in capsys.readouterr().out
    assert main(["trace", name]) == 0
    assert "contradictions: 3 planted, " in capsys.readouterr().out
    assert main(["forget", name, "--family", "equality", "--programs", "2", "--out", str(tmp_path / "f.safetensors")]) == 0
    assert load(tmp_path / "f.safetensors").card["learnt_anew_without"] == "equality"
    assert eval_main([str(tmp_path / "f.safetensors"), "--programs", "1"]) == 0
    shown = capsys.readouterr().out
    assert "command: " not in shown
    assert "seed: 0" in shown
    assert main(["explain", "shakespeare", "--prompt", "3"]) == 2
    assert "the card describes no training set of programs" in capsys.readouterr().err
    assert main(["explain", name, "--prompt", "3", "--visits", str(page)]) == 2
    assert "not a file of visits" in capsys.readouterr().err


def test_no_command_overwrites_what_it_reads(
    file: Path, studied: Studied, visits: Visits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted, link = tmp_path / "v", tmp_path / "link"
    save_visits(visits, studied, counted)
    link.hardlink_to(counted)
    before = [path.read_bytes() for path in (file, counted)]
    name, explained = str(file), ["explain", str(file), "--prompt", "3", "--visits", str(counted)]
    for command, option, out, what in (
        (["visits", name], "--out", file, "network"),
        (explained, "--page", file, "network"),
        (explained, "--page", link, "visits"),
        (["forget", name, "--family", "steps"], "--out", file, "network"),
    ):
        assert main([*command, option, str(out)]) == 2
        told = capsys.readouterr().err
        assert f"{option}: {out} is the file of the {what}, and would be overwritten" in told
        assert "Traceback" not in told
    assert [path.read_bytes() for path in (file, counted)] == before


def test_pairs_of_tokens_are_counted_within_each_line(studied: Studied) -> None:
    """The control: pairs across the lines' ends, which aren't counted."""
    written = studied.training.lines.written
    expected = Counter(
        (back, line[at], line[at - back])
        for line in map(written.program, range(len(studied.training.lines)))
        for at in range(1, len(line))
        for back in range(1, min(at, 15) + 1)
    )
    pairs = Pairs.of(studied)
    number = {byte: symbol for symbol, byte in enumerate(studied.names)}
    assert pairs.counts.sum() == expected.total() < 15 * len(studied.symbols)
    assert all(pairs.counts[back - 1, number[late], number[early]] == count for (back, late, early), count in expected.items())
    assert pairs.rarest(PROMPT) == min(expected[back, PROMPT[at], PROMPT[at - back]] for at in range(4) for back in range(1, at + 1))
    assert pairs.rarest(b"=;") == expected[1, ord(";"), ord("=")] > pairs.rarest(b";=") == 0
    assert pairs.rarest(b"3") is None
