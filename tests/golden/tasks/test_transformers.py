"""The training command for transformers: what it writes can be loaded, scored and generated from; what is refused."""

from pathlib import Path

import numpy as np
import pytest

from golden import eval as eval_command
from golden.compiled.stream import score, stream_outputs
from golden.integer.file import load, load_extra
from golden.integer.sampling import Sampler
from golden.integer.symbols import encode
from golden.integer.transformer import TransformerNetwork, TransformerState
from golden.model.transformer import Transformer
from golden.tasks.language import float_bits
from golden.tasks.text import read_text
from golden.train import main
from golden.training.architectures.transformer import TransformerArchitecture

WORDS = b"the cat sat on the mat and the dog sat on the log; "


def train(folder: Path, *options: str, name: str = "t") -> Path:
    text = folder / "text.txt"
    if not text.exists():
        text.write_bytes(WORDS * 60)
    out = folder / f"{name}.safetensors"
    usual = {"--preset": "tiny", "--steps": "200", "--streams": "8", "--window": "12", "--threads": "1", "--rate": "0.02"}
    words = [word for option, value in usual.items() if option not in options for word in (option, value)]
    assert main(["transformer", "--text", str(text), "--out", str(out), *words, *options]) == 0
    return out


def test_a_training_leaves_a_network_a_card_and_a_curve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = train(tmp_path)
    network = load(path)
    assert isinstance(network, TransformerNetwork)
    assert network.symbols is not None
    figures = network.card["figures"]
    held_out = read_text(tmp_path / "text.txt").held_out
    found = score(network, held_out)
    assert figures["bits_per_character"] == pytest.approx(found.bits, abs=1e-4)
    assert found.bits < 3.0  # the text's symbols alone: 3.7
    assert "--preset tiny" in network.card["command"]
    assert path.with_suffix(".png").exists()
    model = Transformer.from_arrays(load_extra(path))
    assert float_bits(TransformerArchitecture(), model, network.symbols, held_out) == pytest.approx(
        found.bits, abs=1e-4
    )  # trained rounded: the same network
    assert f"bits per character: {figures['bits_per_character']}" in capsys.readouterr().out
    assert eval_command.main([str(path), "--text", str(tmp_path / "text.txt")]) == 0
    assert f"{found.bits:.4f} bits per character" in capsys.readouterr().out


def test_softer_outputs_are_smaller(tmp_path: Path) -> None:
    hard, soft = (load(train(tmp_path, "--soften", factor, name=f"s{factor}")) for factor in ("1", "0.5"))
    sizes = [int(np.abs(network.output.groups[0].tables).max()) for network in (hard, soft)]
    assert sizes == [7, 4]
    assert soft.card["figures"]["before_softening"] == hard.card["figures"]["bits_per_character"]


def test_generation_streams_past_the_context(tmp_path: Path) -> None:
    network = load(train(tmp_path))
    assert isinstance(network, TransformerNetwork)
    assert network.symbols is not None
    state, sampler = TransformerState(network), Sampler()
    chosen = []
    for symbol in encode(network.symbols, b"the cat sat"):
        state.update(int(symbol))
    for _ in range(5 * network.context):
        chosen.append(sampler.choose(state.outputs()))
        state.update(chosen[-1])
    whole = np.concatenate([encode(network.symbols, b"the cat sat"), chosen]).astype(np.int32)
    outputs, _ = stream_outputs(network, whole)
    assert [int(line.argmin()) for line in outputs[11:]] == chosen


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one = train(tmp_path, "--no-float", name="one").read_bytes()
    assert train(tmp_path, "--no-float", "--threads", "3", name="two").read_bytes() == one
    assert train(tmp_path, "--no-float", "--seed", "1", name="three").read_bytes() != one


KINDS = [
    ("--variant", "reference"),
    ("--attention-only",),
    ("--empty-cache",),
    ("--bits", "8", "--heads", "2"),
    ("--random-places", "--place", "0"),
    ("--uneven", "--every-row", "--grow", "1", "--short", "3", "--recent", "0.5", "--key-pairs", "3", "--feed", "3x2", "--output", "6x3"),
]


@pytest.mark.parametrize("options", KINDS)
def test_other_kinds_are_trained_too(tmp_path: Path, options: tuple[str, ...]) -> None:
    network = load(train(tmp_path, *options))
    assert isinstance(network, TransformerNetwork)
    block = network.blocks[0]
    assert block.heads[0].shared == ("reference" in options)
    assert (block.feed is None) == ("--attention-only" in options)
    assert (block.bits, len(block.heads)) == ((8, 2) if "--bits" in options else (4, 1))
    assert network.card["figures"]["bits_per_character"] < 3.2


def test_anchors_are_drawn_as_asked_for(tmp_path: Path) -> None:
    def groups_differ(*options: str) -> list[bool]:
        network = load(train(tmp_path, "--no-float", *options))
        assert isinstance(network, TransformerNetwork)
        block = network.blocks[0]
        assert block.feed is not None
        watched = (block.heads[0].query, block.heads[0].key, block.feed.groups[0].anchors, network.output.groups[0].anchors)
        return [bool((anchors[..., 0] % 4 != anchors[..., 1] % 4).all()) for anchors in watched]

    assert groups_differ("--anchors", "grouped") == [True] * 4
    assert not all(groups_differ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--jitter", "2"), "--jitter must be 0..1, not 2.0"),
        (("--window", "0"), "--window must be 1..65536, not 0"),
        (("--pairs", "8"), "n_c + n_k + p must be at most 16 bits, not 8 + 8 + 2"),
        (("--n", "1001"), "--n must be 2..1000, not 1001"),
        (("--seed", "-1"), "--seed must be 0..9.22337e+18, not -1"),
        (("--variant", "reference", "--key-pairs", "3"), "n_k must equal n_c in the reference variant"),
        (("--soften", "0"), "--soften must be 0.1..1, not 0.0"),
        (("--context", "1"), "--context must be 2..1024, not 1"),
        (("--short", "1"), "short must be 0 or at least 2, not 1"),
        (
            ("--units", "0.1x1x1x1"),
            "--units must be four powers of two, 2^-12..1, such as 0.0625x0.125x0.0625x0.0625, or 0, not '0.1x1x1x1'",
        ),
        (("--units", "1x1x1"), "--units must be four powers of two"),
        (("--feed", "16"), "--feed must be tables x pairs, 1..9999 x 1..16, such as 16x10, not '16'"),
        (("--variant", "other"), "--variant"),
        (("--preset", "huge"), "--preset must be one of spram, paper, reference, tiny, not 'huge'"),
        (("--preset", ""), "--preset must be one of spram, paper, reference, tiny, not ''"),
        (("--text", "nowhere.txt"), "nowhere.txt: cannot be read"),
        (("--out", "nowhere/x.safetensors"), "--out: there is no folder nowhere"),
        (("--out", "."), "--out: . is a folder, not a file"),
        (("--out", "x.png"), "--out must not end in .png, the learning curve's name: x.png"),
        (("--out", "/proc/x.safetensors"), "--out: /proc/x.safetensors cannot be written: "),
    ],
)
def test_a_wrong_option_is_refused_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_bytes(WORDS * 60)
    usual = {"--text": "text.txt", "--preset": "tiny"}
    words = [word for option, value in usual.items() if option not in options for word in (option, value)]
    assert main(["transformer", *words, *options]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]
