"""``python -m golden.train TASK``: train a network, and save it with its card and learning curve."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, command_line, preset_values
from polychron.command.target import Target

from .tasks.images.recipe import DIGITS_PRESETS, MNIST_PRESETS, ImageOptions, MnistOptions
from .tasks.programs.options import RECURRENT_PROGRAMS, TRANSFORMER_PROGRAMS, RecurrentPrograms, TransformerPrograms
from .tasks.tables.options import AnomalyOptions, ClassifyOptions, ForecastOptions, RegressOptions, StreamOptions, TableOptions
from .training.architectures.recurrent_presets import RECURRENT_PRESETS, RecurrentOptions
from .training.architectures.transformer_presets import TRANSFORMER_PRESETS, TransformerOptions
from .training.options import LanguageOptions

app = make_app(
    "train",
    "Train a network, and save it as one file with its card and learning curve.",
    examples=[
        "polychron train text --text FILE --minutes 3",
        "polychron train text --text FILE --preset best-5m --out mine.safetensors",
        "polychron train transformer --text FILE --preset spram",
        "polychron train digits",
        "polychron train classify --data readings.csv --target state",
        "polychron train regress --data readings.csv --target level",
        "polychron train anomaly --data readings.csv --target state --normal ok",
        "polychron train stream --data motions.csv --series recording --target activity",
        "polychron train forecast --data loads.csv --time hour --horizon 4",
    ],
)


Presets = Mapping[str, LanguageOptions] | Mapping[str, ImageOptions]


def _task(text: str, presets: Presets, *, of: App = app, name: str | None = None) -> Callable[[Any], Any]:
    """The decorator of a task's command; its first preset is the default."""
    names = [f"  {name}: {options.about}" for name, options in presets.items()]
    described = "\n".join([text, "", "An option that is left out has the preset's value.", "", "Presets:", *names])
    filled = preset_values(presets, default=next(iter(presets)))
    return of.command(name=name, help=described, default_parameter=Parameter(show_default=False), config=filled)


def _to(task: str, options: LanguageOptions | ImageOptions, presets: Presets) -> dict[str, Any]:
    """Where the network goes, and the command for its card."""
    defaults = replace(presets[options.preset], preset=next(iter(presets)))
    command = command_line(f"python -m golden.train {task}", options, defaults=defaults)
    return {"out": options.out or Path(f"{task.split()[0]}.safetensors"), "command": command}


@_task("Predict the next byte of a text with a recurrent network.", RECURRENT_PRESETS)
def text(options: Annotated[RecurrentOptions, FLAT] = RECURRENT_PRESETS["icebreaker"], *, json: Json = False) -> None:
    from .tasks import language
    from .training.architectures.recurrent import Recurrent

    with reported(json) as figures:
        figures |= language.run(Recurrent(), options, **_to("text", options, RECURRENT_PRESETS))


@_task("Predict the next byte of a text with an SNN transformer.", TRANSFORMER_PRESETS)
def transformer(options: Annotated[TransformerOptions, FLAT] = TRANSFORMER_PRESETS["spram"], *, json: Json = False) -> None:
    from .tasks import language
    from .training.architectures.transformer import TransformerArchitecture

    with reported(json) as figures:
        figures |= language.run(TransformerArchitecture(), options, **_to("transformer", options, TRANSFORMER_PRESETS))


programs = make_app(
    "programs",
    "Complete true programs: a small world in which all is known that a network was trained on.",
    examples=[
        "polychron train programs recurrent --largest 9 --programs 50000",
        "polychron train programs transformer --preset flash --minutes 60",
    ],
)
app.command(programs)


@_task("Complete programs with a recurrent network.", RECURRENT_PROGRAMS, of=programs)
def recurrent(options: Annotated[RecurrentPrograms, FLAT] = RECURRENT_PROGRAMS["spram"], *, json: Json = False) -> None:
    from .tasks.programs import train
    from .training.architectures.recurrent import Recurrent

    with reported(json) as figures:
        figures |= train.run(Recurrent(), options, **_to("programs recurrent", options, RECURRENT_PROGRAMS))


@_task("Complete programs with an SNN transformer.", TRANSFORMER_PROGRAMS, of=programs, name="transformer")
def completing_transformer(options: Annotated[TransformerPrograms, FLAT] = TRANSFORMER_PROGRAMS["spram"], *, json: Json = False) -> None:
    from .tasks.programs import train
    from .training.architectures.transformer import TransformerArchitecture

    with reported(json) as figures:
        figures |= train.run(TransformerArchitecture(), options, **_to("programs transformer", options, TRANSFORMER_PROGRAMS))


@_task("Classify scikit-learn's 8 x 8 digits.", DIGITS_PRESETS)
def digits(options: Annotated[ImageOptions, FLAT] = DIGITS_PRESETS["digits"], *, json: Json = False) -> None:
    from .tasks.images import task

    with reported(json) as figures:
        figures |= task.run("digits", options, **_to("digits", options, DIGITS_PRESETS))


@_task("Classify MNIST's digits, or images of another size in files of the same format.", MNIST_PRESETS)
def mnist(options: Annotated[MnistOptions, FLAT], *, json: Json = False) -> None:
    from .tasks.images import task

    with reported(json) as figures:
        figures |= task.run("mnist", options, **_to("mnist", options, MNIST_PRESETS))


@app.command
def classify(options: Annotated[ClassifyOptions, FLAT], *, json: Json = False) -> None:
    """Classify the rows of a table, or images: sensor readings, measurements, anything that is numbers."""
    _table("classify", options, json=json)


@app.command
def regress(options: Annotated[RegressOptions, FLAT], *, json: Json = False) -> None:
    """Tell numbers from the rows of a table: one column of it from the others, or several."""
    _table("regress", options, json=json)


@app.command
def anomaly(options: Annotated[AnomalyOptions, FLAT], *, json: Json = False) -> None:
    """Find rare rows of a table: a network is trained on normal ones, and its output spikes the later, the rarer a row is."""
    _table("anomaly", options, json=json)


@app.command
def stream(options: Annotated[StreamOptions, FLAT], *, json: Json = False) -> None:
    """Classify signals, series of samples such as a sensor gives: a recurrent network reads them step by step."""
    _table("stream", options, json=json)


@app.command
def forecast(options: Annotated[ForecastOptions, FLAT], *, json: Json = False) -> None:
    """Tell what comes next in signals, series of samples such as a sensor gives: a recurrent network reads them step by step."""
    _table("forecast", options, json=json)


def _table(task: str, options: TableOptions, *, json: bool) -> None:
    from polychron.clocks import tell_clocks

    from .tasks.tables.task import run as train_table

    command = command_line(f"python -m golden.train {task}", options, defaults=type(options)(data=Path()))
    with reported(json) as figures:
        figures |= train_table(task, options, out=options.out or Path(f"{task}.safetensors"), command=command)
        figures |= tell_clocks(figures["file"], board=Target().board, unit="step" if task in ("stream", "forecast") else "sample")


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
