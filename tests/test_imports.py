"""The one direction of imports, read from the imports themselves; and every imported package is one that pyproject.toml asks for."""

import ast
import re
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("benchmarks", "boards", "polychron", "golden", "firmware", "hdl", "sim")

PROGRAM = {f"firmware.{name}" for name in ("isa", "program", "description", "sampling", "jitter", "learning")}
GATEWARE = {"hdl.core", "hdl.fetch", "hdl.learn", "hdl.memory", "hdl.link", "hdl.flash", "hdl.sdram", "firmware.isa", "boards"}

# room or module -> what of ours it may import besides itself and its own rooms; the longest name that fits counts
ALLOWED: dict[str, set[str]] = {
    "boards": set(),
    "polychron.system": set(),
    "polychron.command": {"polychron.system"},
    "polychron.command.target": {"polychron.command", "golden.integer", "boards"},
    "polychron": {"boards", "golden", "firmware", "hdl", "sim"},
    "golden.integer": {"polychron.system"},
    "golden.sound": set(),
    "golden.model": {"golden.integer"},
    "golden.compiled": {"golden.integer", "golden.model", "polychron.system"},
    "golden.learning": {"golden.integer", "golden.compiled", "polychron.command"},
    "golden.training": {"golden.integer", "golden.model", "golden.compiled", "polychron.command"},
    "golden.programs": {"golden.integer", "golden.compiled", "polychron.command", "polychron.system"},
    "golden.tasks": {f"golden.{room}" for room in ("integer", "sound", "model", "compiled", "learning", "training", "programs")}
    | {"polychron.command", "polychron.system"},
    "golden": {"polychron.system"},
    "firmware.isa": set(),
    "firmware": {"golden.integer", "boards", "polychron.command", "polychron.system"},
    "firmware.image": {*PROGRAM, "boards", "polychron.system"},
    "firmware.host": {*PROGRAM, "firmware.image", "golden.integer", "polychron.system"},
    "firmware.compiler": {*PROGRAM, "golden.integer", "boards"},
    "hdl": {"firmware.isa", "boards"},
    **{f"hdl.{room}": GATEWARE for room in ("core", "fetch", "learn", "memory", "link", "flash", "sdram")},
    "hdl.board": GATEWARE,
    "hdl.flow": {"hdl.board", "boards", "polychron.system", "polychron.command.terminal"},
    "sim.violations": set(),
    "sim.flash": {"sim.violations"},
    "sim.sdram": {"sim.violations", "boards"},
    "sim.compiled": {"sim.violations", "sim.flash", "sim.sdram", "boards", "polychron.system"},
    "sim.cycles": {"boards", "firmware"},
    "sim.compare": {"firmware", "golden.integer"},
    "sim.machines": {f"sim.{room}" for room in ("flash", "sdram", "compiled", "compare")}
    | {"boards", "firmware", "golden.integer", "hdl", "polychron.system"},
    "sim.netlist": {f"sim.{room}" for room in ("flash", "compiled", "compare", "cycles", "machines")}
    | {"boards", "firmware", "golden.integer", "hdl", "polychron.system"},
    "sim.selftest": {"sim.compare", "firmware", "golden.integer"},
    "sim.live": {"sim.machines", "firmware.isa", "polychron.command.terminal"},
    "sim": {"boards", "golden", "firmware", "hdl", "polychron.system"},
    "benchmarks": {"boards", "golden", "firmware", "hdl", "sim", "polychron.command", "polychron.system"},
    "benchmarks.peers": {"boards", "golden", "firmware", "hdl", "sim", "polychron", "benchmarks.tabular"},
}
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


COMMANDS = {module_name(path) for path in SOURCES if '__name__ == "__main__"' in path.read_text(encoding="utf-8")}


def imported(source: str, *, module: str, package: bool) -> list[tuple[str, bool]]:
    """Every module that ``source`` imports, absolute; and whether the import stands at the top level of the file."""
    tree = ast.parse(source)
    top = {id(node) for node in tree.body}
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            base = parts[: len(parts) - node.level + package] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found += [(f"{name}.{alias.name}", id(node) in top) for alias in node.names]
    return found


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def wrong(module: str, names: list[str]) -> list[str]:
    """Those of ``names`` that ``module`` may not import."""
    ours = [name for name in names if name.split(".")[0] in FOLDERS]
    commands = [name for name in ours if any(inside(name, command) for command in COMMANDS)]
    if module in COMMANDS:
        return [name for name in commands if not inside(name, module)]
    rule = max((key for key in ALLOWED if inside(module, key)), key=len)
    home = rule.split(".")[0]
    free = {home, *ALLOWED[rule]} if rule == home else {rule, *ALLOWED[rule]}
    return [name for name in ours if not any(inside(name, package) for package in free)] + commands


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_direction(path: Path) -> None:
    module = module_name(path)
    names = [name for name, _ in imported(path.read_text(encoding="utf-8"), module=module, package=path.name == "__init__.py")]
    assert wrong(module, names) == []


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of a circle of imports, if there is one."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def module_imports() -> dict[str, set[str]]:
    """Of each module of ours, those it imports, inside functions and for type checkers too."""
    modules = {module_name(path): path for path in SOURCES}
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        names = [name for name, _ in imported(path.read_text(encoding="utf-8"), module=module, package=path.name == "__init__.py")]
        homes = {name if name in modules else name.rpartition(".")[0] for name in names}
        found[module] = (homes & modules.keys()) - {module}
    return found


def test_there_is_no_circle() -> None:
    assert circle(module_imports()) == []
    assert len(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == 4  # the first is named again at the end


def test_nothing_is_overlooked() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(FOLDERS)
    assert {"golden.train", "golden.eval", "firmware.export", "sim.run", "hdl.build"} <= COMMANDS


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("hdl.core.core", "import golden.integer.network"),
        ("hdl.core.core", "def f():\n    from firmware.compiler import compile_network"),
        ("hdl.core.core", "from firmware import compiler"),
        ("hdl.flow.steps", "from sim import cycles"),
        ("golden.model.layer", "from firmware.isa import LANES"),
        ("boards.icebreaker", "import hdl.link.bus"),
        ("firmware.isa", "from boards import icebreaker"),
        ("firmware.isa", "from . import image"),
        ("firmware.image.image", "from sim import cycles"),
        ("sim.cycles", "from hdl.build import main"),
        ("golden.model.layer", "from ..train import main"),
        ("sim.run", "import hdl.build"),
        ("golden.model.layer", "from benchmarks.study import points"),
        ("benchmarks.study.points", "from golden.train import main"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert wrong(module, [name for name, _ in imported(source, module=module, package=False)])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("hdl.core.core", "from firmware.isa import Run\nfrom . import sorter\nimport boards.icebreaker"),
        ("firmware.compiler.build", "from golden.integer.network import Network\nfrom ..isa import Run"),
        ("hdl.build", "from sim import cycles\nfrom golden.integer.file import load\nfrom hdl.flow.tools import find_tool"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert wrong(module, [name for name, _ in imported(source, module=module, package=False)]) == []


def required(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [entry for extra in extras for entry in project["optional-dependencies"][extra]]
    return {normal(re.split(r"[^A-Za-z0-9_.-]", entry)[0]) for entry in asked}


def normal(name: str) -> str:
    """A distribution's name as it is compared: case, and which of ``-_.`` stands in it, make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()


OWNERS = packages_distributions()


def undeclared(names: list[str], asked: set[str]) -> list[str]:
    """Those of ``names`` that are neither ours, nor Python's, nor from a distribution in ``asked``."""
    tops = {name.split(".")[0] for name in names} - set(FOLDERS) - set(sys.stdlib_module_names)
    return sorted(top for top in tops if not {normal(owner) for owner in OWNERS.get(top, [top])} & asked)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_dependencies_are_declared(path: Path) -> None:
    found = imported(path.read_text(encoding="utf-8"), module=module_name(path), package=path.name == "__init__.py")
    always = required("study", "series") if path.is_relative_to(ROOT / "benchmarks") else required()
    assert undeclared([name for name, top in found if top], always) == []
    assert undeclared([name for name, _ in found], always | required("tasks", "ecp5", "test")) == []


def test_an_undeclared_package_is_found() -> None:
    assert undeclared(["numpy.linalg", "sortedcontainers", "json", "hdl.core.core"], required()) == ["sortedcontainers"]
