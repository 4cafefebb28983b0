"""The house keeps its measure: folders, functions and parameter lists that a reader can hold in mind."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("benchmarks", "boards", "firmware", "golden", "hdl", "polychron", "sim", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

FILES = 14  # of a folder
LINES = 100  # of a function
PARAMETERS = 8  # of a function, self and cls apart
KERNEL_PARAMETERS = 12  # of one that Numba compiles

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def is_kernel(function: Function) -> bool:
    decorators = [ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list]
    return bool({"kernel", "numba.njit", "intrinsic"} & set(decorators))


def too_long(source: str) -> list[str]:
    return [found.name for found in functions(source) if (found.end_lineno or 0) - found.lineno + 1 > LINES]


def too_many_parameters(source: str) -> list[str]:
    found = []
    for function in functions(source):
        arguments = function.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        count = len([name for name in names if name not in ("self", "cls", "typing_context")])
        if count > (KERNEL_PARAMETERS if is_kernel(function) else PARAMETERS):
            found.append(function.name)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert too_long(source) == []
    assert too_many_parameters(source) == []


def test_folders() -> None:
    files = Counter(path.parent.relative_to(ROOT) for path in SOURCES)
    assert {str(folder): count for folder, count in files.items() if count > FILES} == {}


def test_a_breach_is_found() -> None:
    long = "def f():\n" + "    pass\n" * LINES
    assert too_long(long) == ["f"]
    assert too_long(long[: -len("    pass\n")]) == []
    assert too_many_parameters("def f(a, b, c, d, e, *, f, g, h, i): pass") == ["f"]
    assert too_many_parameters("class A:\n    def f(self, a, b, c, d, e, f, g, h): pass") == []
    assert too_many_parameters("@kernel()\ndef f(a, b, c, d, e, f, g, h, i, j, k, l): pass") == []
