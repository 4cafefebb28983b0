"""Options, each said once: a field of a dataclass with its help and its range. Parser, checks, help and the command on a card follow.

::

    @dataclass(frozen=True, kw_only=True)
    class Training(Options):
        rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.01

    app = make_app("train", "Train a network.", examples=["polychron train text --text FILE"])

    @app.command
    def text(options: Annotated[Training, FLAT] = Training()) -> int:
        \"\"\"Predict the next byte of a text.\"\"\"

Imports of ours only how programs are ended: every command uses it.
"""

import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints
from unicodedata import category

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter, Token, ValidationError, convert

from .children import available, bounded, interruptible

__all__ = [
    "FLAT",
    "UNRECORDED",
    "Options",
    "command_line",
    "given",
    "make_app",
    "option",
    "preset_values",
    "printable",
    "run",
    "terminal_text",
    "word",
]

FRONT_DOOR = "polychron"

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


def command_line(command: str, options: Options, *, defaults: Options) -> str:
    """``command`` with the options that differ from ``defaults``, for a card; files by name only (their hash stands beside)."""
    words = [command]
    hints = _hints(type(options))
    for name in (field.name for field in fields(options)):
        value = getattr(options, name)
        if value == getattr(defaults, name, UNRECORDED) or UNRECORDED in getattr(hints[name], "__metadata__", ()):
            continue
        for parameter in _parameters(hints[name]):
            if isinstance(parameter.converter, Word):
                value = parameter.converter.between.join(map(str, value)) or "0"
        words += [flag_of(name)] if value is True else [flag_of(name), value.name if isinstance(value, Path) else str(value)]
    return " ".join(words)


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


def _shown(value: Any) -> Any:
    """A default as the help shows it; a switch that is off and an empty word are not worth a remark."""
    return None if value is False or value in ("", ()) else f"{value:g}" if isinstance(value, float) else value


def make_app(name: str, text: str, *, examples: Iterable[str] = (), **rest: Any) -> App:
    """A command or a group of commands; ``examples`` are shown below its help."""
    shown = "\n".join(f"  {line}" for line in examples)
    app = App(
        name=name,
        help=text,
        help_format="plaintext",
        help_epilogue=f"Examples:\n{shown}\n" if shown else None,
        version_flags=rest.pop("version_flags", []),
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(show_default=_shown),
        group_parameters="Options",
        **rest,
    )
    app["--help"].show = " " not in name
    return app


def printable(value: object, *, limit: int = 200) -> str:
    """``value`` for a terminal, as a file or its name has it: signs that steer one are escaped, and a middle beyond ``limit`` is cut."""
    text = str(value)
    if len(text) > limit:
        text = f"{text[: limit // 2]} ... {text[-limit // 2 :]}"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def terminal_text(text: str, *, terminal: bool) -> str:
    """Text that a network wrote: to a ``terminal``, control signs other than newline and tab are escaped; else as it is."""
    return "".join(s if s in "\n\t" or category(s) != "Cc" else ascii(s)[1:-1] for s in text) if terminal else text


def sentence(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, ValidationError) and error.argument is not None:
        return f"{error.argument.name} {error.exception_message}"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} can't be read or written: {error.strerror or error}"
    return re.sub(r"^Invalid value for (--\S+): (must )", r"\1 \2", " ".join(str(error).split()))


def call(app: App, words: Sequence[str]) -> int:
    """Run a command line; what the command returns, or 0. Words that are wrong raise ``ValueError`` with one sentence."""
    try:
        return int(app(words, exit_on_error=False, print_error=False, result_action="return_value") or 0)
    except CycloptsError as error:
        raise ValueError(sentence(error)) from error


def run(app: App, argv: Sequence[str] | None = None, *, group: str | None = None) -> int:
    """Run a command line; the exit code (docs/user/commands.md): what the command returns, or 0. ``group``: what ``app`` is listed under.

    A ``ValueError`` or an ``OSError`` is told in one sentence, and is 2, or the ``exit_code`` that the exception names; a reader that
    has gone (``| head``) is 141. What interrupts it ends the programs it has started too, and is 128 and the number of the signal.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever signs the locale lacks, a text is told to its end
    for above in (group, FRONT_DOOR):  # so that usage and errors name the command that is installed
        if above is not None and above != app.name[0] and " " not in app.name[0]:
            parent, words = make_app(above, ""), [app.name[0], *words]
            parent.command(app)
            app = parent
    try:
        with interruptible(), bounded():
            return _code(app, words)
    except KeyboardInterrupt as error:
        print("stopped", file=sys.stderr)
        return 128 + (error.args or (signal.SIGINT,))[0]


def _code(app: App, words: Sequence[str]) -> int:
    try:
        code = call(app, words)
        sys.stdout.flush()
    except SystemExit:  # what prints the help has met a reader that has gone
        return 128 + signal.SIGPIPE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed goes there
        return 128 + signal.SIGPIPE
    except (ValueError, OSError) as error:
        print(f"error: {printable(sentence(error), limit=1000)}", file=sys.stderr)
        return int(getattr(error, "exit_code", 2))
    except MemoryError as error:
        left = available()
        has = "" if left is None else f": {left / (1 << 30):.1f} GiB are left"
        print(f"error: not enough memory{has}; {printable(error) or 'one piece more was needed'}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"error: the Python package {error.name} is missing: install it with pip", file=sys.stderr)
        return 2
    return code
