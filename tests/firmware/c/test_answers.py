"""What outputs stand for, in C: names of any signs, numbers, a threshold, probabilities; each compared with the estimators' own."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from firmware.c.network import main
from golden.integer.file import save_network
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.outputs.rarity import Rarity
from golden.tasks.fitting.outputs.values import Values

from .driver import COMPILERS, SANITIZERS, WARNINGS, compile_c, driver
from .mapped import Mapped, child, mapped_by, written

ODD = ['"', "\\", "??/", "??'", "*/", "/*", "//", "/*/", "\n", "\r", "\t", "\x7f", "\x1b[2J", "%s%n", "0", "f"]
ODD += ["é", "ß", "€", "🜚", "\u202e", "\ufeff"]
EDGES = (np.array([0.5, 1.5]), np.array([0.5]))
UNIT = 2.0**-3


def odd_names(count: int, seed: int) -> tuple[str, ...]:
    """Texts that differ, of signs that mean something in C."""
    rng, names = np.random.default_rng(seed), dict.fromkeys(["", "\\", "??/\n", "/* */", "\\x41g", "\udc80", "x" * 4095])
    while len(names) < count:
        names["".join(rng.choice(ODD, rng.integers(1, 9)))] = None
    return tuple(names)


def of(outputs: Outputs, names: tuple[str, ...] | None = None) -> Mapped:
    return Mapped(edges=EDGES * (1 if names is None else len(names) // 2), outputs=outputs, names=names)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("seed", range(2))
def test_names_of_any_signs(compiler: str, seed: int, tmp_path: Path) -> None:
    """Of classes in strings, byte by byte; of inputs in remarks."""
    labels = odd_names(256, seed)
    folder = written(of(Classes(labels=np.array(labels)), odd_names(64, seed + 9)).network(), tmp_path)
    _, told = mapped_by(child(compiler, folder), np.zeros((1, 64)))
    assert told.split(b"\0")[:-1] == [label.encode(errors="backslashreplace") for label in labels]
    header = (folder / "network.h").read_text(encoding="utf-8")
    assert header.count("\n *   ") == 64


@pytest.mark.parametrize("compiler", COMPILERS)
def test_other_names_of_any_signs(compiler: str, tmp_path: Path) -> None:
    """Of targets, and of what is normal: in remarks alone."""
    names = odd_names(100, 5)
    targets = Values(offset=np.zeros(100), scale=np.ones(100), names=names)
    written(of(targets).network(), tmp_path)
    for number, name in enumerate(names[:25]):
        written(of(Rarity(offset=1.0, normal=name)).network(), tmp_path, "--name", f"normal{number}")
    sources = sorted(tmp_path.glob("*.c"))
    assert len(sources) == 26
    compile_c(compiler, sources, tmp_path / "out.o", *WARNINGS, "-fsyntax-only")


def test_labels_that_are_no_texts(tmp_path: Path) -> None:
    for number, labels in enumerate((np.array([-3, 5]), np.array([0.5, 1e300]), np.array([False, True]))):
        folder = written(of(Classes(labels=labels)).network(), tmp_path / str(number))
        _, told = mapped_by(child("gcc", folder), np.zeros((1, 2)))
        assert told.decode().split("\0")[:-1] == [str(label) for label in labels.tolist()]


@pytest.mark.parametrize(
    ("label", "sentence"),
    [("a\0b", r"error: 'a\\x00b' has a NUL, which ends a string of C"), ("é" * 2048, "has 4096 bytes, a string of C99 has at most 4095")],
)
def test_a_label_that_is_no_string_of_c_is_refused(label: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "network.safetensors"
    save_network(of(Classes(labels=np.array([label, "x"]))).network(), path)
    assert main(["--network", str(path), "--out", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


NUMBERS = """#include <stdio.h>
#include "network.h"
int main(void) {
    int16_t latency[NETWORK_OUTPUTS];
    while (fread(latency, 2, NETWORK_OUTPUTS, stdin) == NETWORK_OUTPUTS)
        for (uint16_t target = 0; target < NETWORK_OUTPUTS; target++) {
            const double number = network_number(target, latency[target]);
            fwrite(&number, sizeof number, 1, stdout);
        }
    return 0;
}
"""


def numbers(folder: Path, latencies: np.ndarray) -> np.ndarray:
    (folder / "numbers.c").write_text(NUMBERS, encoding="utf-8")
    sources = [folder / "numbers.c", folder / "network.c", driver("gcc")]
    program = compile_c("gcc", sources, folder / "numbers", f"-I{folder}", *WARNINGS, *SANITIZERS)
    done = subprocess.run([program], input=latencies.astype("<i2").tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f8").reshape(latencies.shape)


def test_numbers_are_those_of_the_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = Values(offset=np.array([0.1, -1e100, 7.0]), scale=np.array([1 / 3, 1e99, 0.0]), names=("a", "b", "c"))
    latencies = rng.integers(-32768, 32768, (1000, 3)).astype(np.int16)
    found = numbers(written(of(values).network(), tmp_path / "a"), latencies)
    np.testing.assert_array_equal(found, values.answers(latencies, unit=UNIT))
    other = Values(offset=values.offset, scale=np.nextafter(values.scale, 1e300), names=None)
    assert (numbers(written(of(other).network(), tmp_path / "b"), latencies) != found).any(axis=0).tolist() == [True, True, False]


def constant(folder: Path, name: str) -> str:
    """A constant of the header, as it stands there."""
    found = re.search(rf"^#define NETWORK_{name} \(?([^)\n]*)\)?$", (folder / "network.h").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("offset", [-12.5, 12.5, 3.0, -3.0, 0.0, 32767.0, -32767.0])
def test_the_threshold_is_that_of_the_model(offset: float, tmp_path: Path) -> None:
    outputs = Rarity(offset=offset)
    threshold = int(constant(written(of(outputs).network(), tmp_path), "THRESHOLD"))
    latencies = np.arange(-32768, 32768).astype(np.int16)
    np.testing.assert_array_equal(latencies > threshold, outputs.answers(latencies[:, None], unit=UNIT) < 0)


@pytest.mark.parametrize("temperature", [None, 4.2])
def test_probabilities_are_those_of_the_model(temperature: float | None, tmp_path: Path) -> None:
    outputs = Classes(labels=np.array(["a", "b", "c"]), temperature=temperature)
    nats = float(constant(written(of(outputs).network(), tmp_path), "NATS"))
    latencies = np.random.default_rng(0).integers(-90, 90, (50, 3)).astype(np.int16)
    weights = np.exp(-nats * latencies)
    np.testing.assert_allclose(weights / weights.sum(axis=1, keepdims=True), outputs.probabilities(latencies, unit=UNIT), rtol=1e-12)
