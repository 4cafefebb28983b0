"""Options said once: ranges for the parser and in Python, presets, words, the command on a card, exit codes."""

import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from cyclopts import App

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, UNRECORDED, Options, command_line, option, preset_values, word
from polychron.command.terminal import printable


def pair(text: str) -> tuple[int, int]:
    first, _, second = text.partition("x")
    if not (first.isdigit() and second.isdigit()):
        raise ValueError(f"must be two numbers, such as 3x4, not {text!r}")
    return int(first), int(second)


def numbers(text: str) -> tuple[int, ...]:
    return () if text == "0" else tuple(int(part) for part in text.split(","))


@dataclass(frozen=True, kw_only=True)
class Baking(Options):
    opened: ClassVar[dict[str, tuple[str, ...]]] = {"sort": ("crust", "rise")}

    about: Annotated[str, option("what a preset is for", parse=False), UNRECORDED] = ""
    preset: Annotated[str, option("recipe to begin with")] = ""
    book: Annotated[Path | None, option("a file")] = None
    hours: Annotated[float, option("how long", low=0.5, high=1e6)] = 2.0
    loaves: Annotated[int | None, option("how many", low=1, high=9)] = None
    sort: Annotated[Literal["rye", "oat"] | None, option("of flour")] = None
    crust: Annotated[float | None, option("thickness", low=0, high=1)] = None
    rise: Annotated[tuple[int, ...], word("times of rising", numbers, metavar="LIST", between=",")] = ()
    tin: Annotated[tuple[int, int], word("size of the tin", pair, metavar="AxB")] = (3, 4)
    no_salt: Annotated[bool, option("leave out the salt")] = False
    ovens: Annotated[int, option("at once", low=1, high=8), UNRECORDED] = 1


PRESETS = {
    "plain": Baking(preset="plain", about="for every day"),
    "feast": Baking(preset="feast", hours=5.0, loaves=3, crust=0.25, rise=(1, 2), tin=(5, 6), no_salt=True, ovens=2),
}
Parsed = list[Baking]


@pytest.fixture
def parsed() -> Parsed:
    """What the command has been called with."""
    return []


@pytest.fixture
def app(parsed: Parsed) -> App:
    app = make_app("bake", "Bake bread.", examples=["bake bread --hours 3"])

    @app.command(config=preset_values(PRESETS, default="plain"))
    def bread(options: Annotated[Baking, FLAT] = PRESETS["plain"]) -> int:
        """Bake a loaf."""
        parsed.append(options)
        return (options.loaves or 0) // 9

    @app.command
    def burn(*, error: str) -> None:
        raise {"value": ValueError("no flour\nleft"), "os": OSError("no oven"), "interrupt": KeyboardInterrupt()}[error]

    return app


def test_words_become_options(app: App, parsed: Parsed) -> None:
    words = "bread --book a/b.txt --hours 3 --loaves 4 --sort oat --crust 0.5 --rise 7,8,9 --tin 2x1 --no-salt --ovens 3"
    assert run(app, words.split()) == 0
    assert parsed == [
        Baking(
            preset="plain",
            book=Path("a/b.txt"),
            hours=3.0,
            loaves=4,
            sort="oat",
            crust=0.5,
            rise=(7, 8, 9),
            tin=(2, 1),
            no_salt=True,
            ovens=3,
        )
    ]


def test_what_is_not_given_is_the_presets(app: App, parsed: Parsed) -> None:
    assert run(app, ["bread"]) == 0
    assert run(app, ["bread", "--preset", "feast"]) == 0
    assert run(app, ["bread", "--preset", "feast", "--hours", "2", "--tin", "3x4", "--crust", "0"]) == 0
    plain, feast = (replace(preset, about="") for preset in PRESETS.values())
    assert parsed == [plain, feast, replace(feast, hours=2.0, tin=(3, 4), crust=0.0)]


def test_an_option_can_open_others(app: App, parsed: Parsed) -> None:
    """Given the sort of flour, the preset's crust and rising are not meant, unless they are given too."""
    assert run(app, "bread --preset feast --sort rye".split()) == 0
    assert run(app, "bread --preset feast --sort rye --crust 0.75".split()) == 0
    opened = replace(PRESETS["feast"], about="", sort="rye", crust=None, rise=())
    assert parsed == [opened, replace(opened, crust=0.75)]


def test_a_field_that_is_not_parsed_is_no_option(app: App, parsed: Parsed, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["bread", "--about", "cake"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not parsed


WRONG = [
    (("--hours", "0"), "--hours must be 0.5..1e+06, not 0.0"),
    (("--hours", "nan"), "--hours must be 0.5..1e+06, not nan"),
    (("--loaves", "10"), "--loaves must be 1..9, not 10"),
    (("--loaves", "-1"), "--loaves must be 1..9, not -1"),
    (("--crust", "1.5"), "--crust must be 0..1, not 1.5"),
    (("--tin", "3"), "--tin must be two numbers, such as 3x4, not '3'"),
    (("--preset", "cake"), "--preset must be one of plain, feast, not 'cake'"),
]
KINDS = [
    ("--sort", "wheat"),
    ("--loaves", "two"),
    ("--loaves", "1.5"),
    ("--crumb", "1"),
    ("--hours",),
    ("cake",),
    ("--hours", "1", "--hours", "2"),
]


@pytest.mark.parametrize(("words", "message"), [*WRONG, *((words, "") for words in KINDS)])
def test_a_wrong_option_is_one_sentence_and_code_2(
    app: App, parsed: Parsed, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, ["bread", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    if message:
        assert said.err == f"error: {message}\n"
    else:
        assert words[-1].lstrip("-") in said.err or words[0] in said.err
    assert not parsed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hours": 0.25}, r"^hours must be 0\.5\.\.1e\+06, not 0\.25$"),
        ({"hours": float("nan")}, r"^hours must be 0\.5\.\.1e\+06, not nan$"),
        ({"loaves": 10}, r"^loaves must be 1\.\.9, not 10$"),
        ({"crust": -0.5}, r"^crust must be 0\.\.1, not -0\.5$"),
        ({"ovens": 9}, r"^ovens must be 1\.\.8, not 9$"),
    ],
)
def test_ranges_are_kept_in_python_too(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Baking(**changes)
    with pytest.raises(ValueError, match=message):
        replace(PRESETS["feast"], **changes)


def test_the_ends_of_a_range_and_nothing_are_inside() -> None:
    assert Baking(hours=0.5, loaves=1, crust=0, ovens=8).loaves == 1
    assert Baking(hours=1e6, loaves=9, crust=1.0, ovens=1).loaves == 9
    assert Baking(loaves=None, crust=None).crust is None


def test_the_command_on_a_card_says_what_differs() -> None:
    """In the order of the fields; files by name, words as they are read, and nothing that changes no result."""
    defaults = PRESETS["plain"]
    assert command_line("bake", defaults, defaults=defaults) == "bake"
    changed = replace(defaults, tin=(2, 1), book=Path("shelf/bread.txt"), no_salt=True, hours=3.5, ovens=4, about="x", rise=(7, 8))
    assert command_line("bake", changed, defaults=defaults) == "bake --book bread.txt --hours 3.5 --rise 7,8 --tin 2x1 --no-salt"
    feast = replace(PRESETS["feast"], rise=())
    assert command_line("bake", feast, defaults=PRESETS["feast"]) == "bake --rise 0"


@pytest.mark.parametrize("words", ["--preset feast --rise 0", "--hours 4.25 --tin 1x9 --no-salt", "--preset feast --loaves 2 --rise 3"])
def test_the_command_on_a_card_gives_the_same_options_again(app: App, parsed: Parsed, words: str) -> None:
    assert run(app, ["bread", *words.split()]) == 0
    (options,) = parsed
    defaults = replace(PRESETS[options.preset], preset="plain")
    command = command_line("bake bread", options, defaults=defaults)
    assert command == f"bake bread {words}"
    assert run(app, command.split()[1:]) == 0
    assert parsed[1] == options


def test_what_a_command_returns_is_the_exit_code(app: App) -> None:
    assert run(app, ["bread", "--loaves", "9"]) == 1


def test_errors_are_one_sentence_and_code_2(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["burn", "--error", "value"]) == 2
    assert capsys.readouterr().err == "error: no flour left\n"
    assert run(app, ["burn", "--error", "os"]) == 2
    assert capsys.readouterr().err == "error: a file can't be read or written: no oven\n"


def test_what_steers_a_terminal_is_escaped_and_what_is_long_cut() -> None:
    assert printable("größer, 'it' \\ as it is") == "größer, 'it' \\ as it is"
    assert printable("a\x1b[2J\n\u202eb\udcff\x9b") == r"a\x1b[2J\n\u202eb\udcff\x9b"
    assert printable("x" * 200) == "x" * 200
    assert printable("a" * 150 + "b" * 150) == "a" * 100 + " ... " + "b" * 100


@pytest.mark.parametrize("name", ["\x1b[31m\r", "\x07" * 100, "\udcff\u202e"])
def test_a_file_name_in_an_error_is_printable(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app("app", "")

    @app.default
    def command() -> None:
        Path(f"/nowhere/{name}").read_bytes()

    assert run(app, []) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: /nowhere/")
    assert said.endswith("can't be read or written: No such file or directory\n")
    assert said[:-1].isprintable()


def test_an_endless_name_leaves_room_for_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app("app", "")

    @app.default
    def command() -> None:
        Path("x" * 5000).read_bytes()

    assert run(app, []) == 2
    said = capsys.readouterr().err
    assert len(said) < 1100
    assert said.endswith("xxx can't be read or written: File name too long\n")


def test_ctrl_c_is_code_130(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["burn", "--error", "interrupt"]) == 128 + signal.SIGINT == 130
    assert capsys.readouterr().err == "stopped\n"


def test_help_names_every_option_its_range_and_the_examples(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["bread", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for name in ("preset", "book", "hours", "loaves", "sort", "crust", "rise", "tin", "no-salt", "ovens"):
        assert f"--{name}" in said
    assert "0.5..1e+06" in said
    assert "--about" not in said
    assert "--no-no-salt" not in said
    assert run(app, ["--help"]) == 0
    said = capsys.readouterr().out
    assert "Examples:" in said
    assert "bake bread --hours 3" in said
