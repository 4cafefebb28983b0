"""README and docs: CI runs the README's test command, every link leads somewhere, every command exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("boards", "golden", "firmware", "hdl", "polychron", "sim") for path in (ROOT / folder).rglob("*.py"))
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def broken_links(text: str, folder: Path) -> list[str]:
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    return [target for target in targets if target and not (folder / target).exists()]


def missing_commands(text: str) -> list[str]:
    """Modules named in ``python -m MODULE`` that are ours and can't be run."""
    modules = re.findall(r"python -m ((?:benchmarks|boards|golden|firmware|hdl|polychron|sim)\.[a-z_.]*[a-z_])", text)
    paths = {module: ROOT / module.replace(".", "/") for module in modules}
    files = {module: path / "__main__.py" if path.is_dir() else path.with_suffix(".py") for module, path in paths.items()}
    return [module for module, file in files.items() if not file.is_file() or '__name__ == "__main__"' not in file.read_text("utf-8")]


def test_ci_runs_the_command_of_the_readme() -> None:
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    blocks = re.findall(r"^```sh\n(.*?)```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert f"{command}\n" in blocks
    assert command.endswith("pytest -n 2")


def missing_files(text: str) -> list[str]:
    """Paths named between backquotes, below a folder of ours, that lead nowhere."""
    named = re.findall(r"`((?:benchmarks|boards|docs|firmware|golden|hdl|polychron|sim|tests)/[\w./-]*)`", text)
    return [name for name in named if not (ROOT / name).exists()]


def test_files_that_contributors_are_led_to_exist() -> None:
    assert missing_files((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")) == []
    assert missing_files("`hdl/core/compare.py`, `hdl/absent.py`") == ["hdl/absent.py"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_commands(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert broken_links(text, page.parent) == []
    assert missing_commands(text) == []


MODULES = {path.name for folder in ("benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")} | {path.name for path in SOURCES}


def lost_modules(text: str) -> list[str]:
    """Names of Python files that no file of ours has, as a table of a package's files keeps one after it is gone."""
    return [name for name in re.findall(r"(?<![\w/.])([a-z0-9_]+\.py)\b", text) if name not in MODULES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_that_are_named_exist(page: Path) -> None:
    assert lost_modules(page.read_text(encoding="utf-8")) == []
    assert lost_modules("`compare.py` and absent.py, docs/own.py") == ["absent.py"]


def unknown_files(text: str) -> list[str]:
    """Files of ours that ``text`` names and that are not there; names in capitals stand for any."""
    named = re.findall(r"(?<![\w/.])((?:boards|docs|golden|firmware|hdl|polychron|sim|tests)/[a-z0-9_/]+\.(?:py|md|cpp|c|h))\b", text)
    return [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_exist(path: Path) -> None:
    assert unknown_files(path.read_text(encoding="utf-8")) == []


def test_a_broken_page_is_found() -> None:
    assert broken_links("[a](README.md) [b](absent.md#x) [c](https://example.org)", ROOT) == ["absent.md"]
    assert missing_commands("python -m hdl.build, python -m hdl.absent. python -m hdl.core.core") == ["hdl.absent", "hdl.core.core"]
    assert unknown_files("see hdl/core/core.py, hdl/absent.py and boards/NAME.py") == ["hdl/absent.py"]
