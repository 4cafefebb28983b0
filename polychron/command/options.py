"""Options, each said once: a field of a dataclass with its help and its range. Parser, checks, help and the command on a card follow.

::

    @dataclass(frozen=True, kw_only=True)
    class Training(Options):
        rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.01

    app = make_app("train", "Train a network.", examples=["polychron train text --text FILE"])

    @app.command
    def text(options: Annotated[Training, FLAT] = Training()) -> int:
        \"\"\"Predict the next byte of a text.\"\"\"

Imports nothing of ours.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

from cyclopts import App, ArgumentCollection, Parameter, Token, convert

FLAT = Parameter(name="*")
"""Annotation of a command's parameter: the fields of its dataclass are options of the command themselves."""

UNRECORDED = "unrecorded"
"""Annotation of a field that changes no result (where to write, how many threads): it stands on no card."""


@dataclass(frozen=True)
class Within:
    """A validator: a value of ``low``..``high``, both included, or None."""

    low: float
    high: float

    def __call__(self, kind: object, value: Any) -> None:
        if value is not None and not self.low <= value <= self.high:
            raise ValueError(f"must be {self}, not {value}")

    def __str__(self) -> str:
        return "..".join(str(end) if isinstance(end, int) and end < 1 << 40 else f"{end:g}" for end in (self.low, self.high))


def _number(kind: Any, tokens: Sequence[Token]) -> Any:
    """A converter that takes no fraction for a whole number."""
    if float not in (kind, *get_args(kind)):
        for token in tokens:
            if not re.fullmatch(r"[+-]?[0-9]+", token.value):
                raise ValueError(f"must be a whole number, not {token.value!r:.60}")
    return convert(kind, tokens)


def option(text: str, *, low: float | None = None, high: float | None = None, **rest: Any) -> Parameter:
    """The annotation of a field: its help, its range ``low``..``high`` where it is a number, ``rest`` as cyclopts.Parameter takes it."""
    if low is not None and high is not None:
        rest["validator"] = within = Within(low, high)
        rest.setdefault("converter", _number)
        text = f"{text}; {within}"
    return Parameter(help=text, negative=(), **rest)


@dataclass(frozen=True)
class Word:
    """A converter: several values in one word, ``between`` them a sign."""

    read: Callable[[str], Any]
    between: str

    def __call__(self, kind: object, tokens: Sequence[Token]) -> Any:
        return self.read(tokens[0].value)


def word(text: str, read: Callable[[str], Any], *, metavar: str, between: str = "x", **rest: Any) -> Parameter:
    """The annotation of a field that stands for several values in one word, such as 16x10; ``read`` raises ``ValueError``."""
    return option(text, converter=Word(read, between), n_tokens=1, accepts_keys=False, metavar=metavar, **rest)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Base of options: a value out of its range is a ``ValueError`` in one sentence, also where no command line is involved.

    ``opened``: see :func:`preset_values`.
    """

    opened: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():
            for within in _within(hint):
                try:
                    within(None, getattr(self, name))
                except ValueError as error:
                    raise ValueError(f"{name} {error}") from None


def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _parameters(hint: Any) -> list[Parameter]:
    return [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Parameter)]


def _within(hint: Any) -> list[Within]:
    return [check for parameter in _parameters(hint) for check in (parameter.validator or ()) if isinstance(check, Within)]  # type: ignore[union-attr]


def flag_of(name: str) -> str:
    return "--" + name.replace("_", "-")


def words_of(options: Options, *, defaults: Options, always: Sequence[str] = ()) -> list[str | Path]:
    """The options that differ from ``defaults``, and those ``always`` named, as words of a command line; not what stands on no card."""
    words: list[str | Path] = []
    hints = _hints(type(options))
    for name in (field.name for field in fields(options)):
        value = getattr(options, name)
        same = name not in always and value == getattr(defaults, name, UNRECORDED)
        if same or UNRECORDED in getattr(hints[name], "__metadata__", ()):
            continue
        for parameter in _parameters(hints[name]):
            if isinstance(parameter.converter, Word):
                value = parameter.converter.between.join(map(str, value)) or "0"
        words += [flag_of(name)] if value is True else [flag_of(name), value if isinstance(value, Path) else str(value)]
    return words


def command_line(command: str, options: Options, *, defaults: Options) -> str:
    """``command`` with the options that differ from ``defaults``, for a card; files by name only (their hash stands beside)."""
    words = words_of(options, defaults=defaults)
    return " ".join([command, *(word.name if isinstance(word, Path) else word for word in words)])


def given(arguments: ArgumentCollection, name: str) -> str | None:
    """The word that follows an option on the command line, or None."""
    for argument in arguments:
        if argument.name == flag_of(name) and argument.tokens:
            return argument.tokens[0].value
    return None


def preset_values(presets: Mapping[str, Options], *, default: str) -> Callable[[App, tuple[str, ...], ArgumentCollection], None]:
    """A ``config`` of a command with ``--preset``: every option that isn't given has the preset's value.

    A preset's ``opened`` names, for some options, others that stay open (None or empty) where that option is given.
    """

    def fill(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        said = given(arguments, "preset")
        name = default if said is None else said
        if name not in presets:
            raise ValueError(f"--preset must be one of {', '.join(presets)}, not {name!r}")
        preset = presets[name]
        opened = [field for option, fields in preset.opened.items() if given(arguments, option) is not None for field in fields]
        for argument in arguments:
            field = argument.name.removeprefix("--").replace("-", "_")
            if argument.parse and not argument.tokens and field not in opened and hasattr(preset, field):
                argument.append(Token(keyword=argument.name, implicit_value=getattr(preset, field), source="preset"))

    return fill
