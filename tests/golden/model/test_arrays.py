"""Networks from one's own arrays, and that the worked example of docs/user/own-tables.md does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.model.arrays import deep_from_arrays, float_layer, rnn_from_arrays

from ..helpers import rnn_outputs, rnn_update

ROOT = Path(__file__).parents[3]


def test_the_worked_example_runs(tmp_path):
    page = (ROOT / "docs/user/own-tables.md").read_text()
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert program is not None
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program[1]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0 1 2]"
    assert load(tmp_path / "larger.safetensors").card == {"made": "by hand"}


def test_an_rnn_from_arrays_keeps_the_numbers(rng):
    pairs = np.array([[[0, 1], [2, 3]]])
    hidden = float_layer((pairs, rng.integers(-100, 101, (1, 4, 4)) / 8))
    output = float_layer((pairs, rng.integers(-100, 101, (1, 4, 3)) / 4))
    embed = rng.integers(-100, 101, (3, 4)) / 8
    network = rnn_from_arrays(embed=embed, hidden=hidden, output=output, hidden_unit=0.125, output_unit=0.25)
    h = np.zeros((1, 4), np.int16)
    assert np.array_equal(-rnn_outputs(network, h)[0][0] * 2.0**-network.out_frac, output.groups[0].tables[0, 0])
    assert np.array_equal(rnn_update(network, h, np.array([1]))[0][0] * 2.0**-network.frac, hidden.groups[0].tables[0, 0] + embed[1])


def test_hidden_layers_are_shifted_to_the_unit_of_the_inputs(rng):
    pairs = np.array([[[0, 1]]])
    hidden = float_layer((pairs, np.array([[[0, 0, 0], [400.0, -300.0, 8.0]]])))
    network = deep_from_arrays(n=3, hidden=(hidden,), output=float_layer((pairs, np.ones((1, 2, 2)))), unit=1.0)
    assert network.hidden[0].shift == 2
    assert (network.hidden[0].groups[0].tables[0, 1].astype(int) << 2).tolist() == [400, -300, 8]


@pytest.mark.parametrize(
    ("anchors", "tables", "message"),
    [
        (np.zeros((1, 2)), np.zeros((1, 4, 3)), "anchors must be integers of shape"),
        (np.zeros((1, 2, 2)), np.zeros((1, 4, 3)), "anchors must be integers of shape"),
        (np.array([[[0, -1]]]), np.zeros((1, 2, 3)), "anchors must be 0..32767, found -1..0"),
        (np.zeros((1, 17, 2), int), np.zeros((1, 2, 3)), "n_c must be 1..16, not 17"),
        (np.array([[[0, 1]]]), np.zeros((1, 4, 3)), r"tables must have the shape \(1, 2, n_out\), not \(1, 4, 3\)"),
        (np.array([[[0, 1]]]), np.full((1, 2, 3), np.nan), "tables must be finite"),
    ],
)
def test_bad_arrays_are_refused(anchors, tables, message):
    with pytest.raises(NetworkError, match=message):
        float_layer((anchors, tables))


def test_what_does_not_fit_the_network_is_refused():
    layer = float_layer((np.array([[[0, 9]]]), np.ones((1, 2, 3))))
    with pytest.raises(NetworkError, match=r"output.group.0.anchors must be 0..4, found 9"):
        deep_from_arrays(n=5, output=layer, unit=1.0)
    with pytest.raises(NetworkError, match=r"a unit must be a power of two, not 0.3"):
        deep_from_arrays(n=12, output=layer, unit=0.3)
    with pytest.raises(NetworkError, match=r"at least one group"):
        float_layer()
