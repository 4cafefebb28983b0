"""``python -m golden.learn TASK``: learning by look-ups, additions and shifts alone, as a core would do it."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, command_line

from .tasks.learning.options import ClassLearnOptions, TextLearnOptions

OUT = Path("learned.safetensors")

app = make_app(
    "learn",
    "Learn by look-ups, additions and shifts alone, in integers, one symbol or sample at a time.",
    examples=[
        "polychron learn text --text FILE",
        "polychron learn text --network shakespeare --layers output --text FILE",
        "polychron learn text --network learned.safetensors --text MORE",
        "polychron learn classify --network digits --zero --passes 3",
    ],
)


@app.command
def text(options: Annotated[TextLearnOptions, FLAT] = TextLearnOptions(), *, json: Json = False) -> None:  # noqa: B008
    """Learn to predict the next byte of a text, from nothing or from a recurrent network."""
    from .tasks.learning.text import run as learn_text

    command = command_line("python -m golden.learn text", options, defaults=TextLearnOptions())
    with reported(json) as figures:
        figures |= learn_text(options, out=options.out or OUT, command=command)


@app.command
def classify(options: Annotated[ClassLearnOptions, FLAT], *, json: Json = False) -> None:
    """Learn labelled samples, one at a time, with the anchors of a classifier."""
    from .tasks.learning.classes import run as learn_classes

    command = command_line("python -m golden.learn classify", options, defaults=ClassLearnOptions(network=""))
    with reported(json) as figures:
        figures |= learn_classes(options, out=options.out or OUT, command=command)


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
