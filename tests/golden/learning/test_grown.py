"""Networks grown: outputs unchanged to the bit, the old network back, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from golden.integer.deep import deep_forward
from golden.integer.file import file_bytes, load, save_network
from golden.integer.latencies import LatencyNetwork
from golden.integer.layer import NetworkError
from golden.integer.network import Network, TextNetwork
from golden.integer.shipped import find_network
from golden.integer.signal import SignalNetwork, signal_outputs
from golden.learning.grown import digest, grow, original
from golden.model.anchors import random_anchors

from ...firmware.networks import random_network

KINDS = ["deep", "rnn", "signal"]


def grown(network: Network, rng: np.random.Generator, *, layer: str = "output", tables: int = 3, pairs: int = 0) -> Network:
    anchors = random_anchors(n_t=tables, n_c=4, n=network.n, rng=rng) if tables else None
    more = random_anchors(n_t=network.layers()[layer].n_t, n_c=pairs, n=network.n, rng=rng) if pairs else None
    return grow(network, layer=layer, tables=anchors, pairs=more, name="old.safetensors")


def said(network: Network, seed: int) -> list[np.ndarray]:
    """All latencies of a run over random inputs."""
    rng = np.random.default_rng(seed)
    if isinstance(network, SignalNetwork):
        return [signal_outputs(network, rng.integers(-300, 300, (1, 20, network.n_in)).astype(np.int16))]
    if isinstance(network, LatencyNetwork):
        return deep_forward(network, rng.integers(-300, 300, (20, network.n_in)).astype(np.int16)).states
    assert isinstance(network, TextNetwork)
    state = network.start()
    return [each for symbol in rng.integers(network.n_in, size=20).tolist() for each in (state.update(symbol), state.outputs())]


def same(one: Network, two: Network, seed: int) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(said(one, seed), said(two, seed), strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("tables", "pairs"), [(3, 0), (0, 1), (0, 2), (2, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_a_grown_network_says_what_the_old_one_said(kind: str, tables: int, pairs: int, seed: int) -> None:
    network = random_network(seed, kind=kind)
    for layer in network.layers():
        larger = grown(network, np.random.default_rng(seed), layer=layer, tables=tables, pairs=pairs)
        assert larger.layers()[layer].n_t == network.layers()[layer].n_t + tables
        assert larger.table_bytes() > network.table_bytes()
        assert same(network, larger, seed)
        assert file_bytes(original(larger)) == file_bytes(network)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("tables", "pairs"), [(3, 0), (0, 1)])
def test_what_is_added_counts(kind: str, tables: int, pairs: int) -> None:
    """A row of what was added is another one: the outputs differ."""
    network = random_network(5, kind=kind)
    larger = grown(network, np.random.default_rng(5), tables=tables, pairs=pairs)
    added = larger.output.groups[-1].tables
    added[:, added.shape[1] // 2 if pairs else 0 :] ^= 1
    assert not same(network, larger, 5)


@pytest.mark.parametrize("name", ["digits", "shakespeare", "transformer"])
def test_shipped_networks_come_back_byte_for_byte(name: str, tmp_path) -> None:
    path = find_network(name)
    network = load(path)
    rng = np.random.default_rng(1)
    twice = grown(grown(network, rng), rng, layer=next(iter(network.layers())), tables=0, pairs=1)
    save_network(twice, tmp_path / "twice")
    once = original(load(tmp_path / "twice"))
    assert once.card["grown"]["from"]["name"] == "old.safetensors"
    assert once.card["grown"]["from"]["sha256"] == digest(network)
    save_network(original(once), tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == path.read_bytes()


def test_new_tables_may_change_and_nothing_else() -> None:
    network = random_network(7, kind="rnn")
    larger = grown(network, np.random.default_rng(7))
    larger.output.groups[-1].tables[:] = 1
    assert file_bytes(original(larger)) == file_bytes(network)
    for tables in (larger.output.groups[0].tables, larger.hidden[0].groups[0].tables):
        tables[0, 0, 0] ^= 1
        with pytest.raises(NetworkError, match=r"more than its new tables was changed since the network was grown: old\.safetensors can't"):
            original(larger)
        tables[0, 0, 0] ^= 1
    assert file_bytes(original(larger)) == file_bytes(network)


def coarse(seed: int, kind: str) -> Network:
    """A random network of int4 output tables whose sums are shifted."""
    while (network := random_network(seed, kind=kind)).output.bits != 4 or network.output.shift == 0:
        seed += 100
    return network


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_finer_entries_say_the_same(kind: str, seed: int) -> None:
    network = coarse(seed, kind)
    rng = np.random.default_rng(seed)
    new, pairs = (random_anchors(n_t=count, n_c=size, n=network.n, rng=rng) for count, size in ((2, 3), (network.output.n_t, 1)))
    for more in ({"tables": None, "pairs": None}, {"tables": new, "pairs": pairs}):
        larger = grow(network, layer="output", **more, finer=True, name="old")
        assert (larger.output.bits, larger.output.shift) == (8, 0)
        assert same(network, larger, seed)
        assert file_bytes(original(larger)) == file_bytes(network)
        larger.output.groups[0].tables[0, 0, 0] += 1
        with pytest.raises(NetworkError, match="more than its new tables was changed"):
            original(larger)


def test_what_cannot_be_finer_is_refused() -> None:
    network = coarse(1, "rnn")
    larger = grow(network, layer="output", tables=None, pairs=None, finer=True, name="old")
    for wrong, layer, message in (
        (larger, "output", "entries can be made finer where they have 4 bits, not 8"),
        (network, "hidden.0", r"finer entries are for the output layer, not for hidden\.0"),
        (network.with_layers(network.layers() | {"output": replace(network.output, shift=0)}), "output", "and these are not"),
    ):
        with pytest.raises(NetworkError, match=message):
            grow(wrong, layer=layer, tables=None, pairs=None, finer=True, name="old")


def test_rows_of_a_new_pair_are_kept_apart() -> None:
    """Pairs can be left out again while no row has changed."""
    larger = grown(random_network(8, kind="rnn"), np.random.default_rng(8), tables=0, pairs=1)
    larger.output.groups[0].tables[0, 0, 0] ^= 1
    with pytest.raises(NetworkError, match="more than its new tables was changed"):
        original(larger)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tables": 4}, "the card says 4 new tables and 0 more pairs in output, and there are none such"),
        ({"tables": -1}, "the card says -1 new tables"),
        ({"tables": 0, "pairs": 16}, "the card says 0 new tables and 16 more pairs"),
        ({"layer": "hidden.1"}, r"in hidden\.1, and there are none such"),
        ({"finer": 4}, "and there are none such"),
        ({"tables": "3"}, "header field tables must be int, not '3'"),
        ({"from": []}, "header field from must be dict"),
    ],
)
def test_a_card_that_says_what_is_not_so_is_refused(change: dict[str, object], message: str) -> None:
    larger = grown(random_network(9, kind="rnn"), np.random.default_rng(9))
    larger.card["grown"] |= change
    with pytest.raises(NetworkError, match=message):
        original(larger)


def test_what_cannot_grow_is_refused() -> None:
    network, rng = random_network(9, kind="rnn"), np.random.default_rng(9)
    with pytest.raises(NetworkError, match=r"there is no layer 'middle': it must be one of hidden\.0, output"):
        grow(network, layer="middle", tables=None, pairs=None, name="old")
    with pytest.raises(NetworkError, match=r"a table has at most 16 pairs, and would have \d+"):
        grown(network, rng, tables=0, pairs=16)
    with pytest.raises(NetworkError, match="the network was not grown from another one"):
        original(network)
    with pytest.raises(NetworkError, match=r"must be 0\.\."):
        grow(network, layer="output", tables=np.array([[[0, network.n]]], np.int16), pairs=None, name="old")
