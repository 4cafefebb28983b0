"""``python -m golden.learn TASK``: learning by look-ups, additions and shifts alone, as a core does it; or on a core."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, command_line
from polychron.command.terminal import say

from .tasks.learning.options import CORE, ClassLearnOptions, LearnOptions, TextLearnOptions, TextWay, Way

if TYPE_CHECKING:
    from .tasks.learning.beside import Beside

Lessons = TypeVar("Lessons", bound=LearnOptions)
BOARD = Parameter(name="*", group="On a board")
OUT = Path("learned.safetensors")

app = make_app(
    "learn",
    "Learn by look-ups, additions and shifts alone, in integers, one symbol or sample at a time.",
    examples=[
        "polychron learn text --text FILE",
        "polychron learn text --network shakespeare --layers output --text FILE",
        "polychron learn text --network learned.safetensors --text MORE",
        "polychron learn classify --network digits --zero --passes 3",
        "polychron learn text --network shakespeare --port /dev/ttyUSB1 --text FILE",
    ],
)


@contextmanager
def _board(way: Way) -> Iterator["Beside | None"]:
    """The board that is to learn, if one is."""
    if way.port is None:
        yield None
        return
    from polychron.learning.board import LearningBoard
    from polychron.learning.core import LearningCore
    from sim.compiled.build import telling

    step = way.step if isinstance(way, TextWay) else 1
    learner: LearningCore | LearningBoard = (
        LearningCore(board=way.board, step=step) if way.port == CORE else LearningBoard(way.port, baud=way.baud, board=way.board, step=step)
    )
    with telling(say), learner as board:
        yield board


def _command(task: str, options: Lessons, way: Way, *, defaults: Lessons) -> str:
    """For the card."""
    words = command_line(f"python -m golden.learn {task}", options, defaults=defaults)
    return words if way.port is None else command_line(f"{words} --port PORT", way, defaults=type(way)())


@app.command
def text(
    options: Annotated[TextLearnOptions, FLAT] = TextLearnOptions(),  # noqa: B008
    way: Annotated[TextWay, BOARD] = TextWay(),  # noqa: B008
    *,
    json: Json = False,
) -> int:
    """Learn to predict the next byte of a text, from nothing or from a recurrent network."""
    from .tasks.learning.text import run as learn_text

    command = _command("text", options, way, defaults=TextLearnOptions())
    options = options if way.port is None else options.for_board(TextLearnOptions())
    with reported(json) as figures, _board(way) as beside:
        figures |= learn_text(options, out=options.out or OUT, command=command, beside=beside)
        return 0 if figures.get("board", {"equal": True})["equal"] else 1


@app.command
def classify(
    options: Annotated[ClassLearnOptions, FLAT],
    way: Annotated[Way, BOARD] = Way(),  # noqa: B008
    *,
    json: Json = False,
) -> int:
    """Learn labelled samples, one at a time, with the anchors of a classifier."""
    from .tasks.learning.classes import run as learn_classes

    command = _command("classify", options, way, defaults=ClassLearnOptions(network=""))
    options = options if way.port is None else options.for_board(ClassLearnOptions(network=options.network))
    with reported(json) as figures, _board(way) as beside:
        figures |= learn_classes(options, out=options.out or OUT, command=command, beside=beside)
        return 0 if figures.get("board", {"equal": True})["equal"] else 1


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
