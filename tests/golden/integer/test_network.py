"""Every refusal of Network.validate, and that a good network passes."""

from dataclasses import replace

import numpy as np
import pytest

from golden.integer.layer import Layer, NetworkError, TableGroup

from ..helpers import make_layer


def group(*, anchors=((0, 1),), columns=4, entry=1, n_c=None):
    pairs = np.array([anchors], np.int16)
    rows = 1 << (pairs.shape[1] if n_c is None else n_c)
    return TableGroup(anchors=pairs, tables=np.full((1, rows, columns), entry, np.int8))


def layer(**options):
    return Layer(groups=(group(**options),))


def test_good_networks_pass(rnn, deep):
    assert rnn.validate() is rnn
    assert deep.validate() is deep
    assert rnn.table_bytes() == (4 * 8 + 2 * 32) * 12 // 2 + 3 * 16 * 4 + 4 * 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 1}, "n must be 2..32767, not 1"),
        ({"frac": 16}, "frac must be -15..15, not 16"),
        ({"out_frac": 0.5}, "out_frac must be -15..15, not 0.5"),
        ({"hidden": ()}, "hidden must be one layer in an rnn, not 0"),
        ({"embed": np.zeros((4, 11), np.int8)}, "embed must have n = 12 columns, not 11"),
        ({"embed": np.zeros((4, 12))}, "embed must be a matrix of int8"),
        ({"embed": np.zeros((257, 12), np.int8)}, "embed must have 1..256 rows, not 257"),
        ({"embed": np.full((4, 12), -128, np.int8)}, "embed has an entry of magnitude 128, the limit of int8 is 127"),
        ({"embed_bits": 4}, "embed has an entry of magnitude .*, the limit of int4 is 7"),
        ({"embed_bits": 5}, "embed must have entries of 4 or 8 bits, not 5"),
        ({"symbols": (1, 2, 3)}, "symbols must name each of the 4 rows of embed, not 3"),
        ({"symbols": (1, 2, 3, 256)}, "symbols must be bytes 0..255, or -1"),
        ({"symbols": (1, 2, 3, 3)}, "symbols must differ"),
        ({"output": layer()}, None),
        ({"output": layer(columns=5)}, "output must have a column for each of the 4 symbols, not 5"),
        ({"output": replace(layer(), shift=4)}, "output.shift must be 0..3, not 4"),
        ({"output": replace(layer(), bits=3)}, "output.group.0.tables must have entries of 4 or 8 bits, not 3"),
        ({"output": replace(layer(entry=8), bits=4)}, "an entry of magnitude 8, the limit of int4 is 7"),
        ({"output": Layer(groups=())}, "output must have at least one table"),
        ({"output": layer(anchors=((0, 12),))}, "output.group.0.anchors must be 0..11, found 12"),
        ({"output": layer(anchors=((-1, 2),))}, "output.group.0.anchors must be 0..11, found -1"),
        ({"output": layer(anchors=((3, 3),))}, "must pair two different neurons"),
        ({"output": layer(anchors=((0, 1),) * 17, n_c=2)}, "must have 1..16 anchor pairs a table, not 17"),
        ({"output": layer(n_c=2)}, "output.group.0.tables must be 1 x 2 rows"),
        ({"hidden": (layer(),)}, "hidden.0.group.0.tables must have 12 columns, not 4"),
    ],
)
def test_a_bad_rnn_is_refused_with_one_sentence(rnn, change, message):
    network = replace(rnn, **change)
    if message is None:
        network.validate()
        return
    with pytest.raises(NetworkError, match=message) as caught:
        network.validate()
    assert "\n" not in str(caught.value)


def test_wrong_array_kinds_are_refused(rnn):
    good = group()
    for field, value in (("anchors", good.anchors.astype(np.int64)), ("tables", good.tables[0]), ("anchors", good.anchors[..., :1])):
        with pytest.raises(NetworkError, match=field):
            replace(rnn, output=Layer(groups=(replace(good, **{field: value}),))).validate()


def test_a_sum_that_could_leave_16_bits_is_refused(rnn, deep, rng):
    large = make_layer(rng, n=12, n_out=4, shapes=[(258, 1)])
    large.groups[0].tables[:, 0, 2] = 127
    with pytest.raises(NetworkError, match=r"output could sum to 32766 in column 2|output could sum to \d+ in column"):
        replace(rnn, output=replace(large, shift=1)).validate()
    full = Layer(groups=(TableGroup(anchors=large.groups[0].anchors, tables=np.full((258, 2, 4), 127, np.int8)),))
    replace(rnn, output=full).validate()  # 258 * 127 = 32766 still fits
    hidden = Layer(groups=(TableGroup(anchors=large.groups[0].anchors, tables=np.full((258, 2, 12), -127, np.int8)),))
    embed = np.ones((4, 12), np.int8)
    replace(rnn, hidden=(hidden,), embed=embed).validate()
    with pytest.raises(NetworkError, match=r"hidden.0 could sum to 32768 in column 0, the limit is 32767"):
        replace(rnn, hidden=(hidden,), embed=embed * 2).validate()


def test_bad_reference_neurons_are_refused(deep):
    with pytest.raises(NetworkError, match="constants must be a vector of int16"):
        replace(deep, constants=np.zeros(2)).validate()
    with pytest.raises(NetworkError, match="constants must be fewer than n = 10, not 10"):
        replace(deep, constants=np.zeros(10, np.int16)).validate()
