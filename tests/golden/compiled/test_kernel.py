"""Machine code that is kept goes stale with any source that is compiled in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from golden.compiled import kernel

ROOT = Path(__file__).parents[3]
WINDOW = """
import numpy as np
from golden.compiled.recurrent import LayerWindow, window_pass
from golden.compiled.layer import flatten
from golden.model.anchors import random_anchors
from golden.model.layer import FloatGroup, FloatLayer
rng = np.random.default_rng(0)
def layer():
    tables = rng.normal(size=(4, 8, 6)).astype(np.float32)
    rows, flat = flatten(FloatLayer(groups=(FloatGroup(anchors=random_anchors(n_t=4, n_c=3, n=6, rng=rng), tables=tables),)))
    return LayerWindow(rows, flat, np.ones((1, 4), np.uint32), np.empty((1, 5, 4), np.int32), np.empty((1, 5, 6), np.float32))
hidden, output, losses = layer(), layer(), np.zeros(1)
embed, tokens = rng.normal(size=(6, 6)).astype(np.float32), rng.integers(0, 6, (1, 6)).astype(np.int32)
window_pass(0, 1, embed, hidden, output, np.zeros((1, 6), np.float32), tokens, np.float32(0), losses)
print(hidden.grad.tobytes().hex())
"""


def gradient(tree: Path, cache: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-B", "-c", WINDOW]  # Python's own cache knows a source by size and time alone
    made = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return made.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("golden", "polychron"):
        shutil.copytree(ROOT / name, tmp_path / "tree" / name, ignore=shutil.ignore_patterns("__pycache__", "networks"))
    return tmp_path / "tree"


def test_code_compiled_from_an_imported_file_does_not_outlive_it(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = gradient(tree, cache)
    layer = tree / "golden" / "compiled" / "layer.py"
    source = layer.read_text()
    times = layer.stat()
    assert source.count("change = -change if u > 0 else change") == 1
    layer.write_text(source.replace("change = -change if u > 0 else change", "change = change if u > 0 else -change"))
    os.utime(layer, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert gradient(tree, cache) != first
    layer.write_text(source)
    assert gradient(tree, cache) == first
    assert len(list((cache / "polychron").iterdir())) == 2


def test_every_source_that_is_compiled_counts() -> None:
    golden = ROOT / "golden"
    decorated = {path for path in golden.rglob("*.py") if "\n@kernel(" in path.read_text("utf-8")}
    assert decorated
    assert decorated <= set(kernel.sources())
    assert golden / "programs" / "tokens.py" in kernel.sources()  # whose constants are compiled in
    assert [path.name for path in golden.rglob("*.py") if "cache=True" in path.read_text("utf-8")] == ["kernel.py"]


def test_the_name_follows_each_source() -> None:
    assert kernel.key([b"a", b"b"]) == kernel.key([b"a", b"b"])
    assert len({kernel.key(texts) for texts in ([b"a", b"b"], [b"ab"], [b"b", b"a"], [b"a", b"c"])}) == 4
