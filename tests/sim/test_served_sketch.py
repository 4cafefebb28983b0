"""The Arduino sketch, under sanitizers, at a simulated board's TCP port: what it says of readings is what the estimator says in Python."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware.c.network import main as network_command
from polychron import LutAnomaly, LutClassifier, LutRegressor

from ..firmware.c.driver import SANITIZERS, SOURCES, WARNINGS, compile_c
from .test_served_c import served

BOARD = boards.get("icebreaker")
ARDUINO = Path(__file__).with_name("arduino")
SKETCH = SOURCES / "examples" / "sensors" / "sensors.ino"
PAGE = Path(__file__).parents[2] / "docs" / "user" / "microcontroller.md"
SHOWN = re.findall(r"^```cpp\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

X = np.random.default_rng(0).integers(0, 1024, (300, 4)).astype(float)
X[:, 2] = 512  # a sensor that always says the same
NEW = [[100, 900, 512, 40], [1023, 0, 512, 1023], [500, 501, 512, 777], [0, 1023, 511, 3]]
LEVEL = X[:, 0] - X[:, 1]


def classes():
    labels = np.array(['läuft "rund"??/', "steht*/\\", "\t%s"])[np.digitize(LEVEL, [-200, 200])]
    return LutClassifier(tables=8, pairs=3, epochs=5, random_state=0).fit(X, labels)


def numbers():
    return LutRegressor(tables=8, pairs=3, epochs=5, random_state=0).fit(X, LEVEL / 7)


def rare():
    return LutAnomaly(tables=8, pairs=3, random_state=0).fit(X[:, [0, 0, 2, 3]])


SAID = [
    (classes, str),
    (numbers, "{:.3f}".format),
    (rare, {1: "normal", -1: "anomaly"}.get),
]


def sketch(block, folder, *words):
    """The sketch with one of the page's blocks in place of its first, compiled for the network in ``folder``."""
    command = ["--network", str(folder / "network.safetensors"), "--out", str(folder), *words]
    assert network_command(command) == 0
    text = SKETCH.read_text(encoding="utf-8")
    assert SHOWN[0] in text
    (folder / "sketch.cpp").write_text(text.replace(SHOWN[0], block), encoding="utf-8")
    include, objects = [f"-I{folder}", f"-I{SOURCES / 'examples'}", f"-I{ARDUINO}"], []
    for source in (SOURCES / "polychron.c", SOURCES / "examples" / "posix_port.c", folder / "network.c"):
        objects.append(compile_c("gcc", [source], folder / f"{source.stem}.o", *include, *WARNINGS, *SANITIZERS, "-c"))
    sources = [folder / "sketch.cpp", ARDUINO / "arduino.cpp", *objects]
    return compile_c("g++", sources, folder / "sketch", *include, "-std=c++11", *WARNINGS[1:], *SANITIZERS)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(("number", "readings"), [(0, "double"), pytest.param(1, "int", marks=SLOW), pytest.param(2, "float", marks=SLOW)])
def test_what_it_says(number, readings, tmp_path):
    assert len(SHOWN) == len(SAID)
    make, said = SAID[number]
    model = make()
    model.save(tmp_path / "network.safetensors")
    program = sketch(SHOWN[number], tmp_path, "--readings", readings)
    told = " ".join(str(reading) for sample in NEW for reading in sample)
    with served(b"") as address:
        done = subprocess.run(
            [program], input=told.encode(), env={**os.environ, "POLYCHRON_PORT": address}, capture_output=True, timeout=300
        )
    due = [said(answer) for answer in model.predict(np.array(NEW, float)).tolist()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == "".join(f"{line}\n" for line in due)
    assert len(set(due)) > 1  # it can tell
