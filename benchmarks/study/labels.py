"""Labels of points in a plot, placed so that none lies on another, on a point, on a line or beyond the axes where there is room."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, hypot, pi, sin
from typing import Any

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in pixels."""

FONT, MARKER = 7, 4.5  # points; of a marker, half its width
NEAR = 13  # points, beyond which a line leads from the label to its point
RADII = (9, 13, 18, 24, 31, 39, 48, 58)
ANGLES = 16
ON_LABEL, ON_POINT, ON_LINE, OUTSIDE = 30.0, 20.0, 1.0, 50.0  # what a pixel of overlap costs, against a pixel of distance


def shared(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _boxes(artists: Sequence[Any]) -> list[Box]:
    return [artist.get_window_extent().extents for artist in artists]


def _lines(axes: Any) -> Iterator[Box]:
    """The parts of the lines, which run along the axes, a pixel to each side."""
    for line in axes.lines:
        path = line.get_transform().transform_path(line.get_path()).vertices
        corners = list(path)
        if line.get_drawstyle() == "steps-post":
            corners = [corner for (x, y), (to_x, to_y) in pairwise(path) for corner in ((x, y), (to_x, y), (to_x, to_y))]
        for (x, y), (to_x, to_y) in pairwise(corners):
            yield min(x, to_x) - 1, min(y, to_y) - 1, max(x, to_x) + 1, max(y, to_y) + 1


def place_labels(axes: Any, labels: Sequence[tuple[str, tuple[float, float], str]], *, others: Sequence[Any] = ()) -> list[Any]:
    """Annotate ``axes`` with ``labels``: words, point (in data), colour. ``others``: texts and legends to keep off.

    The figure has its final size and limits. The most crowded points come first; each label goes where it costs least. Returns the
    annotations, in the order of ``labels``.
    """
    scale = axes.figure.dpi / 72
    frame: Box = axes.get_window_extent().extents
    places = [tuple(axes.transData.transform(at)) for _, at, _ in labels]
    half = MARKER * scale
    points: list[Box] = [(x - half, y - half, x + half, y + half) for x, y in places]
    lines, taken, made = list(_lines(axes)), _boxes(others), {}

    def crowd(index: int) -> float:
        x, y = places[index]
        return -sum(1 / (20 + hypot(x - a, y - b)) for a, b in places)

    for index in sorted(range(len(labels)), key=lambda index: (crowd(index), index)):
        (words, at, colour), (x, y) = labels[index], places[index]
        text = axes.annotate(words, at, textcoords="offset points", xytext=(0, 0), fontsize=FONT, color=colour, ha="center", va="center")
        text.set_in_layout(False)
        left, bottom, right, top = _boxes([text])[0]
        width, height = right - left + 2, top - bottom + 1

        def place(radius: float, angle: float, *, x: float = x, y: float = y, width: float = width, height: float = height) -> Box:
            """The box, its edge ``radius`` points from the point."""
            reach = radius * scale
            middle_x = x + cos(angle) * (reach + width / 2 - half)
            middle_y = y + sin(angle) * (reach + (height / 2 - half) * abs(sin(angle)))
            return middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2

        def cost(choice: tuple[float, float, Box]) -> float:
            box = choice[2]
            outside = (box[2] - box[0]) * (box[3] - box[1]) - shared(box, frame)
            on = [sum(shared(box, other) for other in kind) for kind in (taken, points, lines)]
            return choice[0] * scale + OUTSIDE * outside + ON_LABEL * on[0] + ON_POINT * on[1] + ON_LINE * on[2]

        angles = [2 * pi * turn / ANGLES for turn in range(ANGLES)]
        radius, _, box = min(((radius, angle, place(radius, angle)) for radius in RADII for angle in angles), key=cost)
        taken.append(box)
        text.set_position((((box[0] + box[2]) / 2 - x) / scale, ((box[1] + box[3]) / 2 - y) / scale))
        if radius > NEAR:
            leader = {"arrowstyle": "-", "color": colour, "lw": 0.5, "shrinkA": 0, "shrinkB": MARKER}
            axes.annotate("", at, xytext=text.get_position(), textcoords="offset points", arrowprops=leader, zorder=2).set_in_layout(False)
        made[index] = text
    return [made[index] for index in range(len(labels))]
