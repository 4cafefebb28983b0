"""The comparison with the reference program, on dumps made by first-principles loops in its order of additions."""

import math
from pathlib import Path

import numpy as np
import pytest

from golden.compare_reference import compare, main, read_model
from golden.compiled.reference_sgd import reference_rate, sgd_step
from golden.model.transformer import Shape

F = np.float32
SHAPE = Shape(n=6, blocks=2, heads=2, n_t=2, n_c=2, p=1, context=4, feed=(2, 2), output=(2, 2), variant="reference")
SIZES = ["--n", "6", "--blocks", "2", "--heads", "2", "--n-t", "2", "--n-c", "2", "--p", "1", "--context", "4"]
STEPS = 60
RATE = 0.5


def look(pairs: list, x: np.ndarray) -> tuple[int, int, np.float32]:
    """Index, nearest pair, its difference; of one table."""
    differences = [F(x[a] - x[b]) for a, b in pairs]
    near = 0
    for r, u in enumerate(differences):
        if abs(u) < abs(differences[near]):
            near = r
    return sum(int(u > 0) << r for r, u in enumerate(differences)), near, differences[near]


def slope(u: np.float32) -> float:
    return (-0.5 if u > 0 else 0.5) / (1 + abs(float(u))) / (1 + abs(float(u)))


class Plain:
    """The reference program's training in scalar float32, written for its order of additions alone."""

    def __init__(self, seed: int) -> None:
        s = SHAPE
        self.rng = rng = np.random.default_rng(seed)

        def anchors(*shape: int) -> np.ndarray:
            return np.array([rng.permutation(s.n)[:2] for _ in range(math.prod(shape))]).reshape(*shape, 2)

        self.embed = rng.uniform(-1, 1, (256, s.n)).astype(F)
        self.heads = anchors(s.blocks, s.heads, s.n_t, s.n_c)
        self.feed = anchors(s.blocks, s.n_t, s.n_c)
        self.output = anchors(s.n_t, s.n_c)
        self.position = rng.uniform(-1, 1, (s.blocks, s.heads, s.context, s.n_t, s.p)).astype(F)
        self.head_tables = np.zeros((s.blocks, s.heads, s.n_t, 1 << (2 * s.n_c + s.p), s.n), F)
        self.feed_tables = np.zeros((s.blocks, s.n_t, 1 << s.n_c, s.n), F)
        self.output_tables = np.zeros((s.n_t, 1 << s.n_c, 256), F)
        self.indices: list[int] = []

    def gain(self, grad: np.ndarray, table: np.ndarray, j: int, other: int) -> np.float32:
        total = F(0)
        for g, a, b in zip(grad, table[other], table[j], strict=True):
            total = F(total + F(g * F(a - b)))
        return total

    def layer_back(self, anchors: np.ndarray, tables: np.ndarray, looks: list, grads: np.ndarray, dx: np.ndarray, rate: np.float32) -> None:
        for i, seen in enumerate(looks):
            for t, (j, r, u) in enumerate(seen):
                self.pull(dx[i], anchors[t][r], u, self.gain(grads[i], tables[t], j, j ^ 1 << r))
                tables[t, j] -= rate * grads[i]

    def pull(self, dx: np.ndarray, pair: np.ndarray, u: np.float32, gain: np.float32) -> None:
        change = F(float(gain) * slope(u))
        dx[pair[0]] += change
        dx[pair[1]] -= change

    def step(self, tokens: np.ndarray, rate: np.float32) -> float:
        s, z = SHAPE, self.embed[tokens[:-1]].copy()
        steps = range(s.context)
        kept, feeds = [], []
        for b in range(s.blocks):
            x = z.copy()
            for h in range(s.heads):
                looks = [[look(self.heads[b, h, t], x[i]) for t in range(s.n_t)] for i in steps]
                places = [
                    [look([(r, s.p) for r in range(s.p)], np.append(self.position[b, h, d, t], F(0))) for t in range(s.n_t)] for d in steps
                ]
                self.indices += [seen[0] for line in looks for seen in line]
                for i in steps:
                    for j in range(i):
                        for t in range(s.n_t):
                            z[i] += self.head_tables[b, h, t, self.row(looks[i][t], looks[j][t], places[i - j][t])]
                kept.append((looks, places))
            feeds.append([])
            for i in steps:
                feeds[b].append([look(self.feed[b, t], z[i]) for t in range(s.n_t)])
                for t in range(s.n_t):
                    z[i] += self.feed_tables[b, t, feeds[b][i][t][0]]
        looks = [[look(self.output[t], z[i]) for t in range(s.n_t)] for i in steps]
        logits = np.zeros((s.context, 256), F)
        loss = 0.0
        for i in steps:
            for t in range(s.n_t):
                logits[i] += self.output_tables[t, looks[i][t][0]]
            logits[i] = [F(math.exp(float(value))) for value in logits[i] - logits[i].max()]
            total = F(0)
            for value in logits[i]:
                total = F(total + value)
            logits[i] /= total
            loss -= math.log(float(logits[i, tokens[i + 1]]))
            logits[i, tokens[i + 1]] -= F(1)
        dz = np.zeros_like(z)
        self.layer_back(self.output, self.output_tables, looks, logits, dz, rate)
        for b in reversed(range(s.blocks)):
            self.layer_back(self.feed[b], self.feed_tables[b], feeds[b], dz.copy(), dz, rate)
            grads = dz.copy()
            for h in range(s.heads):
                self.head_back(b, h, *kept[b * s.heads + h], grads, dz, rate)
        return loss

    def row(self, query: tuple, key: tuple, place: tuple) -> int:
        return (query[0] << SHAPE.n_c | key[0]) << SHAPE.p | place[0]

    def head_back(self, b: int, h: int, looks: list, places: list, grads: np.ndarray, dz: np.ndarray, rate: np.float32) -> None:
        s = SHAPE
        moved = np.zeros_like(self.position[b, h])
        for i in range(s.context):
            for j in range(i):
                for t in range(s.n_t):
                    query, key, place = looks[i][t], looks[j][t], places[i - j][t]
                    row, table, pairs = self.row(query, key, place), self.head_tables[b, h, t], self.heads[b, h, t]
                    if abs(query[2]) < abs(key[2]):
                        other = row ^ 1 << query[1] + s.n_c + s.p
                        self.pull(dz[i], pairs[query[1]], query[2], self.gain(grads[i], table, row, other))
                    else:
                        self.pull(dz[j], pairs[key[1]], key[2], self.gain(grads[i], table, row, row ^ 1 << key[1] + s.p))
                    if abs(place[2]) < min(abs(query[2]), abs(key[2])):
                        gain = self.gain(grads[i], table, row, row ^ 1 << place[1])
                        moved[i - j, t, place[1]] += F(float(gain) * slope(place[2]))
                    table[row] -= rate * grads[i]
        self.position[b, h] -= rate * moved

    def dump(self, folder: Path, *, steps: int) -> None:
        for name in ("heads", "feed", "output"):
            getattr(self, name).astype("<i4").tofile(folder / f"{name}.i32")
        self.embed.tofile(folder / "embed.f32")
        self.position.tofile(folder / "position.f32")
        tokens = self.rng.integers(97, 101, (steps, SHAPE.context + 1)).astype("<i4")
        tokens.tofile(folder / "tokens.i32")
        np.full(steps, RATE, F).tofile(folder / "rate.f32")
        np.array([self.step(line, F(RATE)) for line in tokens]).tofile(folder / "loss.f64")
        np.array(self.indices, "<i4").tofile(folder / "index.i32")


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dump")
    Plain(seed=2).dump(folder, steps=STEPS)
    return folder


@pytest.fixture
def dump(dumped: Path, tmp_path: Path) -> Path:
    for path in dumped.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_every_addition_is_in_the_programs_order(dump: Path) -> None:
    result = compare(dump, SHAPE)
    assert result.steps == result.within == STEPS
    assert result.worst < 1e-6  # exp of another library may differ in the last bit
    assert result.flip is None
    assert result.last_loss < result.first_loss - 1


def test_the_command_says_so(dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(dump), "--steps", "20", *SIZES]) == 0
    assert "within 1 %: the first 20" in capsys.readouterr().out


def test_a_flipped_index_and_a_wrong_loss_are_named(dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    indices = np.fromfile(dump / "index.i32", "<i4").reshape(STEPS, 2, 2, 4, 2)
    indices[7, 1, 0, 3, 1] ^= 1
    indices.tofile(dump / "index.i32")
    losses = np.fromfile(dump / "loss.f64")
    losses[9] *= 1.02
    losses.tofile(dump / "loss.f64")
    assert main([str(dump), *SIZES]) == 1
    out = capsys.readouterr().out
    assert "first index flip: step 7, block 1, head 0, table 1, position 3: index" in out
    assert "within 1 %: the first 9" in out


@pytest.mark.parametrize("name", ["position.f32", "heads.i32"])
def test_other_initial_values_differ(dump: Path, name: str) -> None:
    kind = "<f4" if name.endswith("f32") else "<i4"
    values = np.fromfile(dump / name, kind)
    (values[::-1]).tofile(dump / name)
    result = compare(dump, SHAPE)
    assert result.within < STEPS
    assert result.worst > 0.01


@pytest.mark.parametrize(
    ("name", "message"),
    [("rate.f32", "different numbers of steps"), ("embed.f32", "do not fit the shape"), ("tokens.i32", "do not fit the shape")],
)
def test_a_wrong_file_is_refused(dump: Path, capsys: pytest.CaptureFixture[str], name: str, message: str) -> None:
    (dump / name).write_bytes((dump / name).read_bytes()[:-4])
    assert main([str(dump), *SIZES]) == 2
    assert message in capsys.readouterr().err
    (dump / name).unlink()
    assert main([str(dump), *SIZES]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_programs_learning_rate() -> None:
    assert reference_rate(0) == 0
    assert reference_rate(1) == float(F(float(F(1) / F(4000)) / math.sqrt(4000)))
    assert reference_rate(10**6) == float(F(1 / math.sqrt(1 + 10**6)))


def test_the_papers_variant_is_refused(dump: Path) -> None:
    from golden.model.transformer import Transformer

    model = Transformer.start(n_sym=256, shape=Shape(n_c=1, p=1, blocks=1, heads=1, n_t=1), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="variant 'reference'"):
        sgd_step(model, np.zeros(5, int), 0.1)
    assert read_model(dump, SHAPE).blocks[0].attention.variant == "reference"
