"""The integer forward pass against loops over docs/reference/numbers.md, and the compiled stream against it."""

from dataclasses import replace

import numpy as np
import pytest

from golden.compiled.stream import score, stream_outputs
from golden.integer.deep import deep_forward
from golden.integer.forward import earliest, write_back
from golden.integer.layer import NetworkError

from ..helpers import make_rnn, rnn_outputs, rnn_update


def stream_outputs_reference(network, symbols):
    """Outputs before each symbol, from the empty state, and the saturated neurons, in plain NumPy."""
    state = network.start()
    outputs = np.empty((len(symbols), network.n_out), np.int16)
    for index, symbol in enumerate(symbols.tolist()):
        outputs[index] = state.outputs()
        state.update(symbol)
    return outputs, state.saturations


def loop_layer(layer, x, residual, extra=None):
    """One sample, Python integers only."""
    y, saturated = [], 0
    for column in range(layer.n_out):
        acc = 0 if extra is None else int(extra[column])
        for group in layer.groups:
            for i in range(group.n_t):
                index = sum((int(x[a]) > int(x[b])) << r for r, (a, b) in enumerate(group.anchors[i]))
                acc += int(group.tables[i, index, column])
        wide = acc * 2**layer.shift + (0 if residual is None else int(residual[column]))
        saturated += not -32768 <= wide <= 32767
        y.append(min(max(wide, -32768), 32767))
    return y, saturated


def test_a_deep_network_equals_the_loops(deep, rng):
    inputs = rng.integers(-32768, 32768, (6, 8)).astype(np.int16)
    inputs[:3] = np.where(inputs[:3] > 0, 32767, -32768)  # these saturate
    trace = deep_forward(deep, inputs)
    saturated = 0
    for sample in range(6):
        x = [*inputs[sample].tolist(), -5, 40]
        for number, layer in enumerate(deep.hidden):
            x, count = loop_layer(layer, x, x)
            saturated += count
            assert trace.states[number + 1][sample].tolist() == x
        x, count = loop_layer(deep.output, x, None)
        assert trace.states[-1][sample].tolist() == x
        saturated += count
    assert trace.saturations == saturated > 0
    group = deep.output.groups[0]
    group.tables[0] ^= 1  # negative control
    assert not np.array_equal(deep_forward(deep, inputs).states[-1], trace.states[-1])


def test_a_deep_network_refuses_the_wrong_number_of_inputs(deep):
    with pytest.raises(ValueError, match="x must have 8 columns, not 9"):
        deep_forward(deep, np.zeros((1, 9), np.int16))


def test_an_rnn_step_equals_the_loops(rnn, rng):
    h = rng.integers(-300, 300, (5, rnn.n)).astype(np.int16)
    symbols = np.array([0, 1, 2, 3, 0])
    outputs, _ = rnn_outputs(rnn, h)
    after, _ = rnn_update(rnn, h, symbols)
    for sample in range(5):
        assert outputs[sample].tolist() == loop_layer(rnn.output, h[sample], None)[0]
        assert after[sample].tolist() == loop_layer(rnn.hidden[0], h[sample], None, rnn.embed[symbols[sample]])[0]


def test_write_back_saturates_and_counts():
    acc = np.array([[10000, -10000, 5]], np.int32)
    y, count = write_back(acc, shift=2, residual=np.array([[0, 0, -6]], np.int16))
    assert y.tolist() == [[32767, -32768, 14]]
    assert count == 2
    assert write_back(acc, shift=1)[0].tolist() == [[20000, -20000, 10]]


def test_the_earliest_spike_wins_and_ties_go_to_the_lowest_neuron():
    assert earliest(np.array([[3, -2, -2, 0], [-9, 4, 4, 4]], np.int16)).tolist() == [1, 0]


def test_the_compiled_stream_equals_the_reference(rng):
    for _ in range(3):
        network = make_rnn(rng)
        symbols = rng.integers(0, network.n_out, 200).astype(np.int32)
        fast, slow = stream_outputs(network, symbols), stream_outputs_reference(network, symbols)
        assert np.array_equal(fast[0], slow[0])
        assert fast[1] == slow[1]
        network.embed[symbols[0], 0] ^= 64  # negative control
        assert not np.array_equal(stream_outputs(network, symbols)[0], slow[0])


def test_bits_of_a_stream(rnn):
    data = b"abcabx?cab"  # x and ? are unknown: 253 bytes share that symbol
    symbols = np.array([0, 1, 2, 0, 1, 3, 3, 2, 0, 1], np.int32)
    outputs, _ = stream_outputs_reference(rnn, symbols)
    logits = -outputs.astype(float) * 2.0**-rnn.out_frac
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    bits = [-np.log2(p[t, s] / (253 if s == 3 else 1)) for t, s in enumerate(symbols)]
    found = score(rnn, data)
    assert found.bits == pytest.approx(np.mean(bits))
    assert found.characters == 10
    assert score(rnn, b"aaaaaaaaaa").bits != pytest.approx(found.bits)


def test_a_byte_without_a_symbol_is_named(rnn):
    network = replace(rnn, symbols=(97, 98, 99, 100))
    with pytest.raises(NetworkError, match=r"no symbol for byte 0x78 \(at offset 2\)"):
        score(network, b"abx")
    with pytest.raises(NetworkError, match="the text to score is empty"):
        score(rnn, b"")
