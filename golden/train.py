"""``python -m golden.train {text,transformer,digits,mnist}``: train a network, save it as one file with its card and learning curve."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, command_line, preset_values

from .tasks.images.recipe import DIGITS_PRESETS, MNIST_PRESETS, ImageOptions, MnistOptions
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
    ],
)


Trained = LanguageOptions | ImageOptions
NO_DEFAULTS = Parameter(show_default=False)  # they are the preset's


def _described(text: str, presets: Mapping[str, Trained]) -> str:
    return "\n".join(
        [
            text,
            "",
            "An option that is left out has the preset's value.",
            "",
            "Presets:",
            *(f"  {name}: {options.about}" for name, options in presets.items()),
        ]
    )


def _command(task: str, options: Trained, presets: Mapping[str, Trained], *, default: str) -> tuple[Path, str]:
    """Where the network goes, and the command for its card."""
    defaults = replace(presets[options.preset], preset=default)
    return options.out or Path(f"{task}.safetensors"), command_line(f"python -m golden.train {task}", options, defaults=defaults)


@app.command(
    help=_described("Predict the next byte of a text with a recurrent network.", RECURRENT_PRESETS),
    default_parameter=NO_DEFAULTS,
    config=preset_values(RECURRENT_PRESETS, default="icebreaker"),
)
def text(options: Annotated[RecurrentOptions, FLAT] = RECURRENT_PRESETS["icebreaker"]) -> None:
    from .tasks import language
    from .training.architectures.recurrent import Recurrent

    out, command = _command("text", options, RECURRENT_PRESETS, default="icebreaker")
    language.run(Recurrent(), options, out=out, command=command)


@app.command(
    help=_described("Predict the next byte of a text with an SNN transformer.", TRANSFORMER_PRESETS),
    default_parameter=NO_DEFAULTS,
    config=preset_values(TRANSFORMER_PRESETS, default="spram"),
)
def transformer(options: Annotated[TransformerOptions, FLAT] = TRANSFORMER_PRESETS["spram"]) -> None:
    from .tasks import language
    from .training.architectures.transformer import TransformerArchitecture

    out, command = _command("transformer", options, TRANSFORMER_PRESETS, default="spram")
    language.run(TransformerArchitecture(), options, out=out, command=command)


@app.command(
    help=_described("Classify scikit-learn's 8 x 8 digits.", DIGITS_PRESETS),
    default_parameter=NO_DEFAULTS,
    config=preset_values(DIGITS_PRESETS, default="digits"),
)
def digits(options: Annotated[ImageOptions, FLAT] = DIGITS_PRESETS["digits"]) -> None:
    from .tasks.images import task

    out, command = _command("digits", options, DIGITS_PRESETS, default="digits")
    task.run("digits", options, out=out, command=command)


@app.command(
    help=_described("Classify MNIST's digits, or images of another size in files of the same format.", MNIST_PRESETS),
    default_parameter=NO_DEFAULTS,
    config=preset_values(MNIST_PRESETS, default="mnist"),
)
def mnist(options: Annotated[MnistOptions, FLAT]) -> None:
    from .tasks.images import task

    out, command = _command("mnist", options, MNIST_PRESETS, default="mnist")
    task.run("mnist", options, out=out, command=command)


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
