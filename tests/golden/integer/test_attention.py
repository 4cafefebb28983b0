"""The integer transformer: against loops, step by step and over a text, its bounds, its file, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.compiled.stream import score, stream_outputs
from golden.integer.file import load, save_network
from golden.integer.layer import NetworkError
from golden.integer.network import Network
from golden.integer.transformer import TransformerNetwork, TransformerState
from golden.integer.transformer.heads import Head, TransformerBlock
from golden.model.transformer import Shape, Transformer
from golden.model.transformer_quantise import TransformerRounding, quantise_transformer, search_transformer_rounding
from golden.training.architectures.transformer import TransformerArchitecture

from ..helpers import make_layer
from ..training.architectures.small import SHAPES, random_transformer

SYMBOLS = (97, 98, 99, 100, -1)
ROUNDING = TransformerRounding(attention_unit=2**-5, feed_unit=2**-4, embed_unit=2**-6, output_unit=2**-4, embed_bits=8, rows=15)


def make_head(
    rng: np.random.Generator, *, n: int, n_t: int = 3, n_q: int = 2, n_k: int = 3, p: int = 2, context: int = 7, bits: int = 8
) -> Head:
    limit = 7 if bits == 4 else 127
    anchors = [np.stack([rng.permutation(n)[: 2 * k].reshape(k, 2) for _ in range(n_t)]).astype(np.int16) for k in (n_q, n_k)]
    place = rng.integers(0, 1 << p, (context - 1, n_t)).astype(np.int16)
    tables = rng.integers(-limit, limit + 1, (n_t, 1 << (n_q + n_k + p), n)).astype(np.int8)
    return Head(query=anchors[0], key=anchors[1], place=place, tables=tables)


def make_transformer(rng: np.random.Generator, *, n: int = 10, parts: tuple[int, ...] = (2, 1)) -> TransformerNetwork:
    blocks = []
    for index in range(2):
        heads = tuple(make_head(rng, n=n) for _ in range(sum(parts)))
        feed = make_layer(rng, n=n, n_out=n, shapes=[(3, 2)], bits=4, shift=2) if index == 0 else None
        blocks.append(TransformerBlock(heads=heads, parts=parts, bits=8, shift=1, feed=feed))
    return TransformerNetwork(
        n=n,
        blocks=tuple(blocks),
        output=make_layer(rng, n=n, n_out=len(SYMBOLS), shapes=[(4, 3)], shift=1),
        embed=rng.integers(-127, 128, (len(SYMBOLS), n)).astype(np.int8),
        embed_shift=2,
        frac=3,
        out_frac=5,
        symbols=SYMBOLS,
        card={"command": "test"},
    )


@pytest.fixture
def transformer(rng: np.random.Generator) -> TransformerNetwork:
    return make_transformer(rng)


def saturate(value: int) -> int:
    return max(-32768, min(32767, value))


def index_of(anchors: np.ndarray, x: list[int]) -> int:
    return sum(int(x[a] > x[b]) << r for r, (a, b) in enumerate(anchors.tolist()))


def plain_layer(layer: Any, x: list[int]) -> list[int]:
    sums = [0] * layer.n_out
    for group in layer.groups:
        for t in range(group.n_t):
            row = group.tables[t, index_of(group.anchors[t], x)]
            sums = [value + int(entry) for value, entry in zip(sums, row, strict=True)]
    return [value << layer.shift for value in sums]


def plain_stream(network: TransformerNetwork, symbols: list[int]) -> list[list[int]]:
    """Outputs before each symbol, every position recomputed from the whole past, without a cache."""
    outputs = [[saturate(value) for value in plain_layer(network.output, [0] * network.n)]]
    z = [[int(value) << network.embed_shift for value in network.embed[symbol]] for symbol in symbols]
    for block in network.blocks:
        x = [list(line) for line in z]
        for i in range(len(z)):
            low = 0
            for part in block.parts:
                sums = [0] * network.n
                for head in block.heads[low : low + part]:
                    for d in range(1, min(i, head.context - 1) + 1):
                        for t in range(head.n_t):
                            bits = index_of(head.query[t], x[i]) << head.key.shape[1] | index_of(head.key[t], x[i - d])
                            row = head.tables[t, bits << head.p | int(head.place[d - 1, t])]
                            sums = [value + int(entry) for value, entry in zip(sums, row, strict=True)]
                assert max(map(abs, sums)) << block.shift <= 32767
                z[i] = [saturate((value << block.shift) + old) for value, old in zip(sums, z[i], strict=True)]
                low += part
            if block.feed is not None:
                z[i] = [saturate(value + old) for value, old in zip(plain_layer(block.feed, z[i]), z[i], strict=True)]
    return outputs + [[saturate(value) for value in plain_layer(network.output, line)] for line in z[:-1]]


def test_steps_and_text_equal_the_loops(transformer: TransformerNetwork, rng: np.random.Generator) -> None:
    symbols = rng.integers(0, len(SYMBOLS), 40).astype(np.int32)
    wanted = np.array(plain_stream(transformer.validate(), symbols.tolist()))
    state = TransformerState(transformer)
    found = []
    for symbol in symbols:
        found.append(state.outputs())
        state.update(int(symbol))
    assert np.array_equal(found, wanted)
    outputs, saturations = stream_outputs(transformer, symbols)
    assert np.array_equal(outputs, wanted)
    assert saturations == state.saturations == 0


@pytest.mark.parametrize("change", ["tables", "place", "key"])
def test_a_changed_network_gives_other_outputs(transformer: TransformerNetwork, rng: np.random.Generator, change: str) -> None:
    symbols = rng.integers(0, len(SYMBOLS), 40).astype(np.int32)
    before = stream_outputs(transformer, symbols)[0]
    array = getattr(transformer.blocks[1].heads[2], change)
    array[:] = array[:, :, ::-1] if change == "key" else (array ^ 1)
    after = stream_outputs(transformer, symbols)[0]
    assert not np.array_equal(before, after)
    assert np.array_equal(before[:2], after[:2])  # the first symbol has nothing to attend to


def test_saturations_are_counted_in_the_order_of_write_backs(transformer: TransformerNetwork, rng: np.random.Generator) -> None:
    heads = tuple(replace(head, tables=np.full_like(head.tables, 127)) for head in transformer.blocks[0].heads)
    assert heads[0].bound().max() == 127 * 3 * 6
    blocks = tuple(replace(transformer.blocks[0], heads=heads, parts=(1, 1, 1), shift=3, feed=None) for _ in range(2))
    network = replace(transformer, blocks=blocks).validate()
    symbols = rng.integers(0, len(SYMBOLS), 12).astype(np.int32)
    state = TransformerState(network)
    found = []
    for symbol in symbols:
        found.append(state.outputs())
        state.update(int(symbol))
    outputs, saturations = stream_outputs(network, symbols)
    assert np.array_equal(outputs, found)
    assert np.array_equal(outputs, plain_stream(network, symbols.tolist()))
    assert saturations == state.saturations > 0


def test_the_bound_holds_and_is_reached(rng: np.random.Generator) -> None:
    head = make_head(rng, n=8, n_t=2, context=5)
    bound = head.bound()
    largest = np.zeros(8, np.int64)
    sizes = np.abs(head.tables.astype(np.int64)).reshape(2, 4, 8, 4, 8)
    for q0 in range(4):
        for q1 in range(4):
            total = sum(sizes[t, q][:, head.place[d, t]].max(axis=0) for d in range(4) for t, q in enumerate((q0, q1)))
            largest = np.maximum(largest, total)
    assert np.array_equal(bound, largest)
    assert bound.max() < np.abs(head.tables.astype(int)).max(axis=1).sum(axis=0).max() * 4  # tighter than any row at any distance


def test_a_file_brings_it_back(transformer: TransformerNetwork, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    save_network(transformer, path)
    again = load(path)
    assert isinstance(again, TransformerNetwork)
    assert (again.context, again.embed_shift, again.blocks[0].parts) == (7, 2, (2, 1))
    symbols = np.arange(30, dtype=np.int32) % len(SYMBOLS)
    assert np.array_equal(stream_outputs(again, symbols)[0], stream_outputs(transformer, symbols)[0])
    data = path.read_bytes()
    save_network(again, path)
    assert path.read_bytes() == data
    assert again.table_bytes() == 2 * 3 * 3 * 128 * 10 + 3 * 4 * 10 // 2 + 4 * 8 * 5 + 5 * 10


def broken(network: TransformerNetwork, what: str) -> Network:
    block, head = network.blocks[0], network.blocks[0].heads[0]

    def with_head(**fields: Any) -> Network:
        heads = (replace(head, **fields), *block.heads[1:])
        return replace(network, blocks=(replace(block, heads=heads), *network.blocks[1:]))

    def with_block(**fields: Any) -> Network:
        return replace(network, blocks=(replace(block, **fields), *network.blocks[1:]))

    changes = {
        "parts": lambda: with_block(parts=(2, 2)),
        "shift": lambda: with_block(shift=4),
        "bits": lambda: with_block(bits=4),
        "sum": lambda: with_block(heads=(replace(head, tables=np.full_like(head.tables, 127)),) * 3, parts=(3,), shift=3),
        "anchor": lambda: with_head(query=np.full_like(head.query, 10)),
        "same": lambda: with_head(key=np.zeros_like(head.key)),
        "place": lambda: with_head(place=head.place + np.int16(4)),
        "places": lambda: with_head(place=head.place[:, :2]),
        "rows": lambda: with_head(tables=head.tables[:, :100]),
        "shapes": lambda: with_head(tables=head.tables[:, :64], place=head.place & 1),
        "embed_shift": lambda: replace(network, embed_shift=4),
        "blocks": lambda: replace(network, blocks=()),
    }
    return changes[what]()


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("parts", "blocks.0.parts must count its 3 heads, not (2, 2)"),
        ("shift", "blocks.0.shift must be 0..3, not 4"),
        ("bits", "blocks.0.heads.0.tables has an entry of magnitude 127, the limit of int4 is 7"),
        ("sum", "blocks.0 part 0 could sum to 54864 in column 0, the limit is 32767"),
        ("anchor", "blocks.0.heads.0.query must be 0..9, found 10"),
        ("same", "blocks.0.heads.0.key must pair two different neurons"),
        ("place", "blocks.0.heads.0.place must be of 2 bits, found"),
        ("places", "blocks.0.heads.0.place must be 6 x 3"),
        ("rows", "blocks.0.heads.0.tables must have a power of two of rows, not 100"),
        ("shapes", "blocks.0.heads.1 must have the shape of blocks.0.heads.0"),
        ("embed_shift", "embed_shift must be 0..3, not 4"),
        ("blocks", "blocks must be at least one"),
    ],
)
def test_what_breaks_the_contract_is_refused(transformer: TransformerNetwork, what: str, message: str) -> None:
    transformer.validate()
    with pytest.raises(NetworkError) as error:
        broken(transformer, what).validate()
    assert message in str(error.value)


def test_a_damaged_file_is_refused(transformer: TransformerNetwork, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    save_network(transformer, path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'\\"parts\\": [2, 1]', b'\\"parts\\": [2, 2]', 1))
    with pytest.raises(NetworkError, match=r"t\.safetensors: array blocks\.0\.heads\.3\.query is missing"):
        load(path)
    path.write_bytes(data.replace(b'\\"parts\\": [2, 1]', b'\\"parts\\": [2, 0]', 1))
    with pytest.raises(NetworkError, match=r"t\.safetensors: header field blocks\.0\.parts must be a list of numbers of heads"):
        load(path)
    for bad in (b"[8]", b"{}", b"8.5", b"Infinity", b"null"):
        path.write_bytes(_with(data, b'\\"blocks\\": [{\\"bits\\": 8', b'\\"blocks\\": [{\\"bits\\": ' + bad))
        with pytest.raises(NetworkError, match=r"t\.safetensors: header field bits must be int, not "):
            load(path)


def _with(data: bytes, old: bytes, new: bytes) -> bytes:
    """A safetensors file with ``new`` in place of ``old`` in its header."""
    size = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + size].replace(old, new)
    assert new in header
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def rounded_model(name: str) -> Transformer:
    """A model whose tables are already what the integer network can hold."""
    model = random_transformer(SHAPES[name])
    for array, unit, limit in (
        *((block.attention.tables, ROUNDING.attention_unit, 7) for block in model.blocks),
        *((block.feed.groups[0].tables, ROUNDING.feed_unit, 7) for block in model.blocks if block.feed is not None),
        (model.embed, ROUNDING.embed_unit, 127),
        (model.output.groups[0].tables, ROUNDING.output_unit, 7),
    ):
        array[:] = np.clip(np.rint(array / unit), -limit, limit) * unit
    return model


@pytest.mark.parametrize("name", SHAPES)
def test_training_with_rounded_tables_trains_the_integer_network(name: str) -> None:
    model = rounded_model(name)
    rounding = replace(ROUNDING, rows=model.head_rows)
    network = quantise_transformer(model, rounding, symbols=SYMBOLS, card={})
    data = np.random.default_rng(5).choice(np.array([97, 98, 99, 100], np.uint8), 400)
    tokens = (data - 97).astype(np.int32)
    figures = score(network, data.tobytes())
    assert figures.saturations == 0
    nats = TransformerArchitecture().stream_loss(model, tokens)
    outputs = stream_outputs(network, tokens[:1])[0][0] * -(2.0**-network.out_frac)
    nats += float(np.log(np.exp(outputs).sum()) - outputs[tokens[0]])
    assert figures.bits == pytest.approx(nats / np.log(2) / len(data), rel=1e-5)
    other = quantise_transformer(model, replace(rounding, attention_unit=2**-4), symbols=SYMBOLS, card={})
    assert score(other, data.tobytes()).bits != pytest.approx(figures.bits, rel=1e-5)


def test_heads_are_split_into_parts_where_the_bound_asks_for_it() -> None:
    shape = Shape(n=8, blocks=1, heads=4, n_t=8, n_c=2, p=1, context=32, feed=None, output=(2, 2), n_pe=6)
    model = Transformer.start(n_sym=5, shape=shape, rng=np.random.default_rng(0))
    model.blocks[0].attention.tables[:] = 1.0
    units = {"attention_unit": 1 / 64, "feed_unit": 1 / 64, "embed_unit": 1 / 64, "output_unit": 1 / 4}
    rounding = TransformerRounding(**units, rows=model.head_rows, attention_bits=8)
    one = quantise_transformer(model, rounding, symbols=None, card={})
    assert one.blocks[0].heads[0].bound().max() == 64 * 8 * 31
    assert one.blocks[0].parts == (2, 2)
    model.blocks[0].attention.tables[:] = 1.5
    assert quantise_transformer(model, rounding, symbols=None, card={}).blocks[0].parts == (1, 1, 1, 1)
    model.blocks[0].attention.tables[:] = 0.25
    assert quantise_transformer(model, rounding, symbols=None, card={}).blocks[0].parts == (4,)


def test_the_search_keeps_units_within_the_shifts() -> None:
    model = random_transformer(SHAPES["paper"])
    tried: list[TransformerRounding] = []

    def cost(rounding: TransformerRounding) -> float:
        tried.append(rounding)
        quantise_transformer(model, rounding, symbols=SYMBOLS, card={})
        return rounding.attention_unit + rounding.output_unit

    best = search_transformer_rounding(model, ROUNDING, cost)
    assert len(tried) > 10
    assert best.attention_unit + best.output_unit == min(rounding.attention_unit + rounding.output_unit for rounding in tried)
