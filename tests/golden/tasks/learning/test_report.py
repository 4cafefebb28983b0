"""What is said of learning: every sentence, and when it isn't said."""

import numpy as np
import pytest

from golden.learning.words import Format, Words
from golden.tasks.learning.report import Part, diagnosed, risen, told, word_bytes


def part(*, writes: int, held: int, read: int) -> Part:
    """Of 20 rows of 3 columns."""
    format = Format(read=4, below=2)
    words = Words.of(np.zeros((20, 3), np.int8), format)
    words.counts[:] = writes, held
    words.visited[:read] = True
    return Part("hidden", format, words)


@pytest.mark.parametrize(
    ("writes", "held", "read", "said"),
    [
        (100, 5, 10, []),
        (100, 6, 10, ["hidden: 6% of the writes were held at a limit: lower the rate, or read more bits"]),
        (100, 0, 9, ["hidden: most rows were never visited: fewer anchor pairs a table would do"]),
        (0, 0, 0, []),
    ],
)
def test_a_part_is_diagnosed(writes, held, read, said):
    assert diagnosed([part(writes=writes, held=held, read=read)]) == said


def test_bits_that_rise_again_are_said():
    assert risen([]) == risen([(1, 3.0), (2, 2.5), (3, 2.54)]) == []
    assert risen([(1, 3.0), (2, 2.5), (3, 2.56)]) == ["held-out bits rose from 2.50 to 2.56: lower the rates, or end earlier"]


def test_figures_are_those_of_the_counters():
    line, figures = told([part(writes=100, held=5, read=10)], symbols=50, each="a character")
    assert line == "hidden (int4+2) 2.0 writes a character, 5.00% of them held at a limit, 50% of the rows visited"
    assert figures == {"parts": [{"part": "hidden", "format": "int4+2", "writes": 100, "held_at_limit": 5, "rows_visited": 0.5}]}
    assert word_bytes([part(writes=0, held=0, read=0)]) == 45
