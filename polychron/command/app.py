"""Commands: made, called and ended alike.

Imports of ours only what is shown on terminals, progress, memory, and how programs are ended: every command uses it.
"""

import atexit
import io
import os
import re
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from cyclopts import App, CycloptsError, Parameter, ValidationError

from ..system.children import interruptible
from ..system.memory import available, bounded
from ..system.progress import shown
from .terminal import printable

if TYPE_CHECKING:
    from rich.console import Console

FRONT_DOOR = "polychron"


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
        return int(app(words, console=_console(), exit_on_error=False, print_error=False, result_action="return_value") or 0)
    except CycloptsError as error:
        raise ValueError(sentence(error)) from error


def parsed(app: App, words: Sequence[str]) -> dict[str, Any]:
    """What a command would be called with, by parameter. Words that are wrong raise ``ValueError`` with one sentence."""
    try:
        _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise ValueError(sentence(error)) from error
    return dict(bound.arguments)


def _console() -> "Console | None":
    """What prints the help: none of its own, unless NO_COLOR asks for text without escape sequences (https://no-color.org)."""
    if not os.environ.get("NO_COLOR"):
        return None
    from rich.console import Console

    return Console(color_system=None)


def run(app: App, argv: Sequence[str] | None = None, *, group: str | None = None) -> int:
    """Run a command line; the exit code (docs/user/commands.md): what the command returns, or 0. ``group``: what ``app`` is listed under.

    A ``ValueError`` or an ``OSError`` is told in one sentence, and is 2, or the ``exit_code`` that the exception names; a reader that
    has gone (``| head``) is 141. What interrupts it ends the programs it has started too, and is 128 and the number of the signal.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if sys.stdout is None or sys.stderr is None:  # closed (>&-); what is opened next would take its number
        print("error: standard output and standard error must be open", file=sys.stderr)
        return 2
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever signs the locale lacks, a text is told to its end
    for above in (group, FRONT_DOOR):  # so that usage and errors name the command that is installed
        if above is not None and above != app.name[0] and " " not in app.name[0]:
            parent, words = make_app(above, ""), [app.name[0], *words]
            parent.command(app)
            app = parent
    try:
        with interruptible(), bounded(), shown():
            return _code(app, words)
    except KeyboardInterrupt as error:
        _tell("stopped")
        return 128 + (error.args or (signal.SIGINT,))[0]
    finally:
        if "colorama" in sys.modules:  # which Numba imports, and which would reset a terminal's colours at the end
            atexit.unregister(sys.modules["colorama"].initialise.reset_all)


def _tell(line: str) -> None:
    """``line`` to standard error; where that is a terminal that has gone, nobody is told."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)


def _drop(stream: TextIO) -> None:
    """What is still to be flushed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _code(app: App, words: Sequence[str]) -> int:
    try:
        code = call(app, words)
        sys.stdout.flush()
    except SystemExit as error:  # of what prints the help, where the reader has gone; of what installs completion, which has said why
        return 128 + signal.SIGPIPE if isinstance(error.__context__, BrokenPipeError) else 2
    except BrokenPipeError:
        _drop(sys.stdout)
        return 128 + signal.SIGPIPE
    except (ValueError, OSError) as error:
        _tell(f"error: {printable(sentence(error), limit=1000)}")
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
