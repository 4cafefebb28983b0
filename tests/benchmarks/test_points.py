"""The study's figures: costs against counts by hand, n-grams against dictionaries, documents against the data they are made from."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import boards
from benchmarks.study.figures import clocks_by_rule, cost
from benchmarks.study.labels import place_labels, shared
from benchmarks.study.models.ann_shape import AnnShape
from benchmarks.study.ngrams import stored
from benchmarks.study.plot import FOLDER, ann_points, draw, fill, points_figure, reached, source_hash, source_of, tables_in
from benchmarks.study.points import POINTS, Point, frontier, put, read_points, write_points
from benchmarks.study.runs import Run, put_run, read_runs
from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.shipped import find_network, shipped_networks

SHIPPED = [point for point in read_points() if point.shipped]


def make_point(name: str, **changes: object) -> Point:
    point = Point(
        name=name,
        family="rnn",
        shape="n=4",
        memory="SPRAM",
        table_bytes=100,
        bytes_read=10,
        clocks=20,
        predicted=True,
        bits=2.5,
        characters=1000,
        seconds=1.0,
        seed=0,
        command="x",
    )
    return replace(point, **changes)  # type: ignore[arg-type]


def test_the_frontier_holds_what_nothing_beats() -> None:
    points = [make_point("a", bits=3.0), make_point("b", bits=2.0, table_bytes=300), make_point("c", table_bytes=400)]
    points += [make_point("d", bits=2.9), make_point("e", bits=1.0, clocks=None)]
    assert [point.name for point in frontier(points, "table_bytes")] == ["e"]
    assert [point.name for point in frontier(points[:4], "table_bytes")] == ["d", "b"]
    assert [point.name for point in frontier(points, "clocks")] == ["b"]


def test_the_file_gives_back_what_was_put(tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    put(make_point("a"), path)
    put(make_point("b", family="deep"), path)
    put(make_point("a", bits=2.25), path)
    assert [(point.name, point.bits) for point in read_points(path)] == [("b", 2.5), ("a", 2.25)]
    path.write_text('[{"name": "a"}]', encoding="utf-8")
    with pytest.raises(NetworkError, match=r"points\.json: must be a list of objects with the fields bits, "):
        read_points(path)
    with pytest.raises(NetworkError, match=r"family must be one of deep, rnn, .*, not 'cnn'"):
        write_points([make_point("a", family="cnn")], path)


def test_runs_are_kept_by_their_command(tmp_path: Path) -> None:
    run = Run(model="m", family="rnn", characters=5, seconds=1.0, bits=3.0, table_bytes=1, bytes_read=1, seed=0, command="a")
    for made in (run, replace(run, bits=2.0), replace(run, command="b", characters=1)):
        put_run(made, tmp_path / "runs.json")
    assert [(made.command, made.bits) for made in read_runs(tmp_path / "runs.json")] == [("b", 3.0), ("a", 2.0)]


def test_what_reaches_a_goal_lies_between_two_trainings() -> None:
    run = Run(model="m", family="rnn", characters=100, seconds=4.0, bits=3.0, table_bytes=1, bytes_read=1, seed=0, command="a")
    runs = [run, replace(run, characters=10_000, seconds=64.0, bits=2.0), replace(run, characters=20_000, bits=1.9)]
    assert reached(runs, 2.5) == pytest.approx((1000, 16))
    assert reached(runs, 1.8) is None
    assert reached(runs, 3.0) is None


def test_the_rule_of_clocks() -> None:
    """shakespeare: 20 rows of 128 bytes, 32 of 32, 1 of 256; in flash 8 clocks a beat and 7 a row."""
    network, board = load(find_network("shakespeare")), boards.get("icebreaker")
    assert network.bytes_read() == 20 * 128 + 32 * 32 + 256
    assert clocks_by_rule(network, board, memory="SPRAM") == 480
    assert clocks_by_rule(network, board, memory="flash") == 480 * 8 + 53 * 7


@pytest.mark.parametrize("point", SHIPPED, ids=lambda point: point.name)
def test_points_of_shipped_networks_are_recomputed(point: Point) -> None:
    network = load(find_network(point.shipped or ""))
    read = network.bytes_read()
    assert (network.table_bytes(), read) == (point.table_bytes, point.bytes_read)
    assert network.card["figures"]["bits_per_character"] == point.bits
    assert network.card["command"] == point.command


@pytest.mark.parametrize(
    "point",
    [pytest.param(point, id=point.name, marks=[pytest.mark.slow] if (point.clocks or 0) > 100_000 else []) for point in SHIPPED],
)
def test_clocks_of_shipped_networks_are_predicted_again(point: Point) -> None:
    figures = cost(load(find_network(point.shipped or "")))
    assert (figures.memory, figures.predicted) == (point.memory, point.predicted) == (point.memory, True)
    assert figures.clocks == pytest.approx(point.clocks, rel=0.02)  # clocks that the core's pipeline costs may come and go


def test_every_text_network_that_ships_is_a_point() -> None:
    texts = {name for name in shipped_networks() if load(find_network(name)).kind != "deep"}
    assert {point.shipped for point in SHIPPED} == texts


def test_n_grams_are_counted() -> None:
    train, held_out = b"abracadabra abracadabra", b"bracabba"
    found = stored(train, held_out, orders=(2, 3))
    grams = [{train[i : i + length] for i in range(len(train) - length + 1)} for length in (1, 2, 3)]
    assert found[3].grams == tuple(map(len, grams))
    assert found[3].bytes == 6 * (len(grams[0]) + len(grams[1])) + 2 * len(grams[2])
    after = Counter(gram[:-1] for some in grams for gram in some)
    read, whole = 0.0, train + held_out
    for at in range(len(train), len(whole)):
        for length in range(3):
            successors = after[whole[at - length : at]]
            read += 2 * successors + 4 * (successors > 0)
    assert found[3].read == pytest.approx(read / len(held_out))
    assert found[2].read < found[3].read


def test_the_standard_transformer_is_counted() -> None:
    shape = AnnShape(n_sym=64, width=96, layers=2, context=64)
    assert shape.weights() == 64 * 96 + 2 * (4 * 96 * 96 + 2 * 96 * 384)
    assert shape.bytes_read() == shape.weights() + 2 * 2 * 63 * 96
    for run in read_runs():
        if run.family == "ANN":
            option = dict(zip(run.command.split()[5::2], run.command.split()[6::2], strict=True))
            made = AnnShape(n_sym=64, width=int(option["--width"]), layers=int(option["--layers"]), context=int(option["--context"]))
            assert (run.table_bytes, run.bytes_read) == (made.weights(), made.bytes_read())
            assert run.characters == int(option["--steps"]) * int(option["--batch"]) * int(option["--length"])


def test_the_document_is_made_from_the_data() -> None:
    """``python -m benchmarks.study.plot`` was run after the last change of the data."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    points = read_points() + ann_points(read_runs())
    assert tables_in(page, points, read_runs()) == page
    assert source_of(FOLDER / "frontier.png") == source_of(FOLDER / "convergence.png") == source_hash(FOLDER)


def overlapping(axes: Any) -> list[str]:
    """Labels of ``axes`` that lie on another one or on a point that is not theirs, or leave the axes."""
    texts = [text for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent().extents for text in texts]
    points = [axes.transData.transform(at) for marks in axes.collections for at in marks.get_offsets()]
    left, bottom, right, top = axes.get_window_extent().extents
    found = []
    for index, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        on_label = any(shared(box, other) for other in boxes[:index])
        on_point = any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)
        if on_label or on_point or not (left <= box[0] and box[2] <= right and bottom <= box[1] and box[3] <= top):
            found.append(text.get_text())
    return found


def test_labels_lie_apart() -> None:
    figure = points_figure(read_points() + ann_points(read_runs()))
    assert len(figure.axes) == 3
    assert [overlapping(axes) for axes in figure.axes] == [[], [], []]
    legend = figure.axes[2].get_legend().get_window_extent().extents
    assert not any(shared(legend, text.get_window_extent().extents) for text in figure.axes[2].texts)


def test_labels_of_points_that_are_one() -> None:
    """A dozen labels of one point, and a control: without the placing they overlap."""
    from matplotlib.figure import Figure

    for placed in (True, False):
        axes = Figure(figsize=(5, 4)).subplots()
        axes.scatter([1], [1])
        axes.figure.draw_without_rendering()
        names = [f"label {number}" for number in range(12)]
        if placed:
            made = place_labels(axes, [(name, (1.0, 1.0), "black") for name in names])
            assert [text.get_text() for text in made] == names
        else:
            for name in names:
                axes.annotate(name, (1, 1))
        assert (overlapping(axes) == []) == placed


def test_a_change_of_the_data_changes_the_document(tmp_path: Path) -> None:
    values = json.loads(POINTS.read_text(encoding="utf-8"))
    values[0]["bits"] += 0.01
    (tmp_path / "points.json").write_text(json.dumps(values), encoding="utf-8")
    for name in ("README.md", "convergence.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    draw(tmp_path)
    assert source_of(tmp_path / "frontier.png") == source_hash(tmp_path) != source_hash(FOLDER)
    changed, page = ((folder / "README.md").read_text(encoding="utf-8").splitlines() for folder in (tmp_path, FOLDER))
    assert sum(one != other for one, other in zip(changed, page, strict=True)) == 1
    with pytest.raises(NetworkError, match=r"the page must have the marks"):
        fill("no marks", "points", "")
