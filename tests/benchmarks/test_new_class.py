"""A class more: the table and the plot; what is trained knows nothing of the new class; rehearsal keeps the old ones."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import new_class
from golden.integer.deep import DeepNetwork
from golden.integer.file import load
from golden.integer.shipped import find_network
from golden.tasks.images import digits


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(new_class, "EXAMPLES", (10,))
    monkeypatch.setattr(new_class, "REHEARSED", (0, 3))
    monkeypatch.setattr(new_class, "DRAWS", 2)
    plot = tmp_path / "plot.png"
    assert new_class.main(["--out", str(plot)]) == 0
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ") and "%" in line]
    assert [row[:2] for row in rows] == [["0", "10"], ["3", "10"]]
    (old, new, _), (kept, _, whole) = ([float(cell.rstrip("%")) for cell in row[2:]] for row in rows)
    assert old < 95 < kept
    assert new > 90 < whole
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert new_class.main(["--out", str(tmp_path / "none" / "plot.png")]) == 2


def test_what_is_known_before() -> None:
    split = digits.holdout(0)
    known = new_class.without(split, 4)
    assert set(known.train_y) == set(range(10)) - {4}
    assert np.array_equal(known.test_y, split.test_y)
    network = load(find_network("digits"))
    assert isinstance(network, DeepNetwork)
    bare = new_class.with_output(network, 4)
    for old, now in zip(network.output.groups, bare.output.groups, strict=True):
        assert not now.tables[..., 4].any()
        assert np.array_equal(np.delete(now.tables, 4, axis=-1), np.delete(old.tables, 4, axis=-1))
        assert old.tables[..., 4].any()
