"""Command: a search of network shapes for data of the user's.

python -m polychron.tuning.command classify|regress|forecast --data FILE [--board NAME] [--minutes M] [--trials N] [...]
"""

import sys
from functools import partial
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT
from polychron.tuning.options import TuneClassify, TuneForecast, TuneOptions, TuneRegress

app = make_app(
    "tune",
    "Search for network shapes for your data, on the frontier of error, bytes and clocks.\n\n"
    "The search is kept in a file: the same command goes on where it was.",
    examples=[
        "polychron tune classify --data readings.csv --target state --minutes 10",
        "polychron tune classify --data readings.csv --out mine.safetensors",
        "polychron tune regress --data readings.csv --board ulx3s_85f --trials 50",
        "polychron tune forecast --data loads.csv --time hour --target load --horizon 2",
    ],
)


@app.command
def classify(options: Annotated[TuneClassify, FLAT], *, json: Json = False) -> None:
    """For classifiers of the rows of a table, or of images."""
    _tune(options, json=json)


@app.command
def regress(options: Annotated[TuneRegress, FLAT], *, json: Json = False) -> None:
    """For numbers from the rows of a table."""
    _tune(options, json=json)


@app.command
def forecast(options: Annotated[TuneForecast, FLAT], *, json: Json = False) -> None:
    """For what comes next in signals."""
    _tune(options, json=json)


def _tune(options: TuneOptions, *, json: bool) -> None:
    from polychron.tuning.task import train_picked, tuned

    with reported(json) as figures:
        found = tuned(options)
        print(found)
        figures |= found.figures
        figures["network"] = train_picked(found) or None


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
