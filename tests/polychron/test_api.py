"""The Python API: the examples of its page run; what they return is what commands and models say; what is wrong is one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import polychron
from golden.compiled.stream import stream_outputs
from golden.integer.deep import deep_forward
from golden.integer.symbols import encode

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "user" / "api.md"


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run_blocks(folder: Path, chosen: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(chosen)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    """All but the build, which the slow set runs."""
    chosen = [block for block in blocks() if ".build(" not in block]
    assert len(chosen) == len(blocks()) - 1
    said = run_blocks(tmp_path, chosen)
    assert "shakespeare: rnn, n=256, 131072 bytes of tables" in said
    assert "\nn\n" in said
    assert "cycle model: 497 clocks a step" in said
    assert "tier SPRAM is full" in said
    assert "First Citizen:" in said
    assert "equal to the golden model: " in said
    assert {path.name for path in tmp_path.iterdir()} >= {"mine.safetensors", "run.vcd", "image"}


@pytest.mark.slow
def test_the_build_of_the_page_runs(tmp_path: Path) -> None:
    first, (build,) = blocks()[0], [block for block in blocks() if ".build(" in block]
    said = run_blocks(tmp_path, [first, 'program = network.compile(board="icebreaker")', build])
    assert "bitstream.bin" in said
    assert (tmp_path / "build" / "flash.bin").exists()


def test_importing_is_cheap_and_every_name_is_there() -> None:
    script = (
        "import sys, polychron\nprint(sorted(m.split('.')[0] for m in sys.modules if m.split('.')[0] in ('numpy', 'golden', 'cyclopts')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    for name in polychron.__all__:
        assert getattr(polychron, name).__doc__, name
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8") or f"`{name}`," in PAGE.read_text(encoding="utf-8")
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        polychron.laod  # noqa: B018


def test_predictions_are_the_integer_models() -> None:
    text = polychron.load("shakespeare")
    outputs = text.predict("To be")
    symbols = encode(text.integer.symbols, b"To be, ")
    assert np.array_equal(outputs, stream_outputs(text.integer, symbols)[0][1:6])
    assert np.array_equal(outputs, text.predict(b"To be"))
    digits = polychron.load("digits")
    x = np.random.default_rng(1).integers(0, 17, (5, 64))
    assert np.array_equal(digits.predict(x), deep_forward(digits.integer, x.astype(np.int16)).states[-1])
    assert text.predict("").shape == (0, 64)


def test_a_network_of_ones_own_is_known_by_the_file_it_would_be(tmp_path: Path) -> None:
    shipped = polychron.load("digits")
    own = polychron.Network(integer=shipped.integer, name="own")
    own.save(tmp_path / "own.safetensors")
    assert polychron.load(tmp_path / "own.safetensors").sha256() == own.sha256()
    assert own.compile().image == polychron.Network(integer=shipped.integer, name="own").compile(board="icebreaker").image


def test_a_classifier_and_a_text_network_on_the_simulated_core(tmp_path: Path) -> None:
    digits = polychron.load("digits")
    x = np.random.default_rng(2).integers(0, 17, (3, 64))
    found = digits.compile().classify(x, trace=tmp_path / "digits.vcd")
    assert found.classes == tuple(digits.predict(x).argmin(axis=1).tolist())
    assert found.equal
    assert (tmp_path / "digits.vcd").read_text().startswith("$timescale")
    program = polychron.load("shakespeare").compile()
    greedy = program.simulate(prompt="First Citize", length=1)
    assert greedy.text == "First Citizen"
    assert greedy.clocks_per_step == pytest.approx(program.estimate().clocks_per_step, abs=2)
    assert greedy.used.steps == 13
    silent = program.simulate(length=0)
    assert (silent.text, silent.used.steps, silent.summary) == ("", 0, "")
    heard: list[str] = []
    program.simulate(prompt="a", length=2, echo=heard.append)
    assert "".join(heard) == program.simulate(prompt="a", length=2).text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: polychron.load("shakespear"), r"^shakespear is neither a file nor one of the networks that ship: best-5m, "),
        (
            lambda: polychron.load("shakespeare").compile(board="x"),
            r"^unknown board 'x': the boards are colorlight_5a75b_v7, ",
        ),
        (lambda: polychron.load("digits").compile(flash="bit"), r"^the flash mode must be one of byte, nibble, not 'bit'$"),
        (lambda: polychron.load("digits").compile(seed=0), r"^seed must be 1\.\.4294967295, not 0$"),
        (lambda: polychron.load("digits").compile().simulate(), r"^digits has no symbols: it reads no text$"),
        (lambda: polychron.load("digits").predict("text"), r"^x must be whole numbers \(batch, 64\), not "),
        (lambda: polychron.load("digits").predict([[0.5] * 64]), r"^x must be whole numbers \(batch, 64\), not float64 \(1, 64\)$"),
        (lambda: polychron.load("digits").predict([[40_000] * 64]), r"^x must be latencies of -32768\.\.32767$"),
        (lambda: polychron.load("digits").score("text"), r"^the network is no text network: it has no symbols$"),
        (lambda: polychron.load("shakespeare").predict([[1]]), r"^shakespeare is a text network: it reads a text, not list$"),
        (lambda: polychron.load("shakespeare").compile().classify([[1]]), r"^shakespeare is a text network: it classifies nothing$"),
        (lambda: polychron.load("shakespeare").compile().simulate(length=-1), r"^length must be 0\.\.60000, not -1$"),
        (lambda: polychron.load("digits").compile().classify([[1] * 63]), r"^x must be whole numbers \(batch, 64\), not "),
        (lambda: polychron.load("digits").compile().build(seeds=0), r"^seeds must be 1\.\.100, not 0$"),
        (lambda: polychron.train("digits", out="x", tables=0), r"^--tables must be 1\.\.1023, not 0$"),
        (lambda: polychron.train("digitz", out="x"), r'^Unknown command "digitz"'),
        (lambda: polychron.connect("/dev/none", b"").__enter__(), r"^/dev/none: cannot be opened: "),
    ],
)
def test_what_is_wrong_is_one_sentence(wrong, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        wrong()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
