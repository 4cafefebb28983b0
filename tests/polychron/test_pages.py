"""What the pages for users show is run as it stands there: commands, with files in place of the names in capitals, and Python."""

import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from cyclopts import CycloptsError
from PIL import Image
from sklearn.datasets import load_wine

from golden.integer.shipped import find_network
from polychron import LutClassifier

from ..golden.sound.sounds import write_words
from ..golden.tasks.images.test_mnist import write_files

ROOT = Path(__file__).parents[2]
PARQUET = importlib.util.find_spec("pyarrow") is not None
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "user").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What takes longer, needs a board, or would download, is only parsed. Other tests have such trainings, builds and conversations.
NOT_RUN = re.compile(
    r"(golden\.train|polychron train) (text|transformer|mnist|programs)|bench programs|digits-\w+\.safetensors"
    r"|(golden\.|polychron )(data|learn) |polychron tune|keywords\.speak"
    r"|(hdl\.build|polychron build)(?!.*--estimate)|polychron (board|page|program)|--port|--original|sim\.bench"
)
# What a page's names stand for: of files that ship, or that another command of the page would have made.
NETWORKS = {
    "classify.md": {"mnist.safetensors": "mnist"},
    "learn.md": dict.fromkeys(("learned.safetensors", "twelve.safetensors"), "shakespeare"),
    "export.md": {"NETWORK.safetensors": "shakespeare"},
    "own-tables.md": {"larger.safetensors": "digits"},
    "train.md": dict.fromkeys(("my.safetensors", "best-17m.safetensors", "golden/networks/shakespeare.safetensors"), "shakespeare"),
    "transformer.md": {"my.safetensors": "transformer", "FILE": "transformer"},
}


def shown(text: str) -> list[str]:
    """The commands of ours in a page's blocks, fenced or indented, without their remarks; lines that are continued in one."""
    bodies = [body for language, body in BLOCK.findall(text) if language != "python"]
    bodies += re.findall(r"(?:^    .*\n)+", BLOCK.sub("", text), re.MULTILINE)
    lines = [line.strip() for body in bodies for line in body.replace("\\\n", " ").splitlines()]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines if re.match(r"(python -m (?!pip)|polychron )", line)]


def python_of(text: str) -> list[str]:
    return [body for language, body in BLOCK.findall(text) if language == "python"]


def perform(command: str) -> int:
    """In this process what the shell would do; the exit code, 0 of what is only parsed."""
    words = shlex.split(command)
    module = importlib.import_module("polychron.cli" if words[0] == "polychron" else words[2])
    rest = words[1 if words[0] == "polychron" else 3 :]
    if NOT_RUN.search(command):
        module.app.parse_args(rest, exit_on_error=False, print_error=False)
        return 0
    return int(module.main(rest))


def write_samples() -> None:
    """What a page's names of files and folders of samples stand for, and of the network that a page's Python would have made."""
    readings = load_wine(as_frame=True).frame.rename(columns={"target": "state", "alcohol": "level"})
    readings.to_csv("readings.csv", index=False)
    np.save("readings.npy", readings.to_numpy())
    if PARQUET:
        readings.to_parquet("readings.parquet")
    steps = [(f"r{step // 5}", "abcd"[step // 20], step % 7, step // 5 % 2, step % 3, step // 5 % 2) for step in range(80)]
    pandas.DataFrame(steps, columns=["recording", "person", "x", "y", "z", "activity"]).to_csv("motions.csv", index=False)
    hours = pandas.DataFrame({"hour": [f"h{step}" for step in range(80)], "load": np.arange(80) % 7, "wind": np.arange(80) % 3})
    hours.to_csv("loads.csv", index=False)
    hours[["hour", "load"]].set_axis(["week", "co2"], axis=1).to_csv("co2.csv", index=False)
    hours[["wind", "load"]].set_axis(["YEAR", "SUNACTIVITY"], axis=1).head(16).to_csv("sunspots.csv", index=False)
    hours[["wind", "load"]].set_axis(["YEAR", "celsius"], axis=1).to_csv("elnino.csv", index=False)
    for number in range(40):
        place = Path("photos", "dark" if number % 2 else "bright", f"{number}.jpg")
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40, 30), 20 + number if number % 2 else 200 - number).save(place)
    for part, speakers in (("train", ("ann", "ben", "cleo")), ("unseen", ("rms_rms",))):
        write_words(Path("keywords", part), {"garden": 300.0, "kitchen": 2000.0}, speakers=speakers, takes=2)
    Path("keywords/unseen/kitchen/rms_rms_0.wav").rename("keywords/unseen/kitchen/rms_rms_kitchen-0.wav")
    LutClassifier(tables=4, pairs=2, epochs=1).fit(*load_wine(return_X_y=True)).save("cancer.safetensors")


def test_what_is_shown_is_found() -> None:
    page = "```\npython -m a.b  # why\npolychron x 'y z' \\\n    --more\n```\nand\n\n    polychron sim\n    said\n"
    assert shown(page) == ["python -m a.b", "polychron x 'y z' --more", "polychron sim"]
    assert python_of(f"{page}\n```python\npolychron.load\n```\n") == ["polychron.load\n"]
    found = [command for path in PAGES for command in shown(path.read_text(encoding="utf-8"))]
    assert len(found) > len([command for command in found if not NOT_RUN.search(command)]) >= 18
    assert perform("python -m golden.train text --steps 5") == 0
    with pytest.raises(CycloptsError):
        perform("python -m golden.train text --stepz 5")
    with pytest.raises(CycloptsError):
        perform("polychron train text --stepz 5")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    write_samples()
    shutil.copy(ROOT / "docs" / "figures.md", tmp_path / "text")
    for name, network in NETWORKS.get(page.name, {}).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(find_network(network), name)
    for command in shown(page.read_text(encoding="utf-8")):
        if ".parquet" in command and not PARQUET:
            continue
        stands = re.sub(r"(--text) \S+", r"\1 text", command).replace("--data DIR", "--data .")
        assert perform(stands) == 0, (command, capsys.readouterr().err)


# api.md and own-tables.md are run by tests of their own; talk.md needs a board.
@pytest.mark.parametrize(
    ("name", "first", "part"),
    [
        ("simulate.md", "[", "] None\n"),
        ("own-data.md", "['", "{'pairs': 4"),
        ("tune.md", "wine.csv: 133 samples in 4 folds", "picked, the fastest: "),
    ],
)
def test_the_python_of_a_page_runs(name: str, first: str, part: str, tmp_path: Path) -> None:
    script = "\n".join(python_of((ROOT / "docs" / "user" / name).read_text(encoding="utf-8")))
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(first)
    assert part in done.stdout


def test_every_page_with_python_is_run() -> None:
    pages = {page.name for page in PAGES if python_of(page.read_text(encoding="utf-8"))}
    assert pages == {"api.md", "own-data.md", "own-tables.md", "simulate.md", "talk.md", "tune.md"}
