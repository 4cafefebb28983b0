"""The training command for transformers: what it writes can be loaded, scored and generated from; what is refused."""

from pathlib import Path

import numpy as np
import pytest

from golden import eval as eval_command
from golden.integer.attention import TransformerState, stream_outputs
from golden.integer.file import load, load_extra
from golden.integer.sampling import Sampler
from golden.integer.stream import score
from golden.integer.transformer import TransformerNetwork
from golden.model.transformer import Transformer
from golden.tasks.text import encode, read_text
from golden.tasks.transformer_presets import TRANSFORMER_PRESETS
from golden.tasks.transformer_task import float_bits
from golden.train import main
from golden.training.transformer import TransformerTrainer

WORDS = b"the cat sat on the mat and the dog sat on the log; "


def train(folder: Path, *options: str, name: str = "t") -> Path:
    text = folder / "text.txt"
    if not text.exists():
        text.write_bytes(WORDS * 60)
    out = folder / f"{name}.safetensors"
    common = ["--text", str(text), "--preset", "tiny", "--steps", "200", "--streams", "8", "--window", "12", "--threads", "1"]
    assert main(["transformer", *common, "--rate", "0.02", "--out", str(out), *options]) == 0
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
    assert float_bits(model, network.symbols, held_out) == pytest.approx(found.bits, abs=1e-4)  # trained rounded: the same network
    assert f"bits per character: {figures['bits_per_character']}" in capsys.readouterr().out
    assert eval_command.main([str(path), "--text", str(tmp_path / "text.txt")]) == 0
    assert f"{found.bits:.4f} bits per character" in capsys.readouterr().out


def test_ctrl_c_keeps_the_network_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    step = TransformerTrainer.one_step
    for stop in (20, 150):  # before rounding and after

        def until(self: TransformerTrainer, done: float, stop: int = stop) -> float:
            if self.step == stop:
                raise KeyboardInterrupt
            return step(self, done)

        monkeypatch.setattr(TransformerTrainer, "one_step", until)
        network = load(train(tmp_path, "--qat", "0.5", name=f"stopped{stop}"))
        assert network.card["figures"]["stopped_at_step"] == stop
        assert network.card["figures"]["bits_per_character"] < (4.5 if stop == 20 else 3.4)
        assert "stopped: keeping the network as it is now" in capsys.readouterr().out


def test_ctrl_c_before_the_first_step_says_that_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(self: TransformerTrainer, done: float) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(TransformerTrainer, "one_step", stop)
    (tmp_path / "text.txt").write_bytes(WORDS * 60)
    assert main(["transformer", "--text", str(tmp_path / "text.txt"), "--preset", "tiny", "--out", str(tmp_path / "t.safetensors")]) == 2
    assert "nothing to keep" in capsys.readouterr().err
    assert not (tmp_path / "t.safetensors").exists()


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
        (("--window", "0"), "--window must be at least 1, not 0"),
        (("--pairs", "8"), "n_c + n_k + p must be at most 16 bits, not 8 + 8 + 2"),
        (("--n", "1001"), "--n must be 2..1000, not 1001"),
        (("--seed", "-1"), "--seed must be 0.."),
        (("--variant", "reference", "--key-pairs", "3"), "n_k must equal n_c in the reference variant"),
        (("--soften", "0"), "--soften must be 0.1..1, not 0.0"),
        (("--context", "1"), "context must be at least 2, not 1"),
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
    assert main(["transformer", "--text", "text.txt", "--preset", "tiny", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", TRANSFORMER_PRESETS)
def test_presets_have_shapes_that_can_be_made(name: str) -> None:
    shape = TRANSFORMER_PRESETS[name].shape
    model = Transformer.start(n_sym=4, shape=shape, rng=np.random.default_rng(0))
    assert model.context == shape.context
    assert len(model.blocks) == shape.blocks
