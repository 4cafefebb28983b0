"""The front door: one command, ``polychron``, whose sub-commands are those of ``python -m golden.train`` and its like."""

import sys
from collections.abc import Sequence

from .command.app import FRONT_DOOR, make_app, run
from .system.version import project_version

app = make_app(
    FRONT_DOOR,
    "Train look-up-table spiking networks, and run them on open FPGAs.\n\nEvery command has its own --help.",
    examples=[
        "polychron train text --text FILE --minutes 3 --out mine.safetensors",
        "polychron estimate --board icebreaker --network mine.safetensors",
        "polychron sim --network mine.safetensors --temperature 0.7",
        "polychron build --board icebreaker --network mine.safetensors",
    ],
    version=project_version,
    version_flags=["--version"],
)

# Each brings its own help; none imports more than its options before it runs.
LAZY = {
    "data": "golden.data:app",
    "programs": "golden.programs.command:app",
    "train": "golden.train:app",
    "tune": "polychron.tuning.command:app",
    "learn": "golden.learn:app",
    "grow": "golden.grow:app",
    "eval": "golden.eval:app",
    "estimate": "hdl.build:estimate_app",
    "sim": "sim.run:app",
    "board": "sim.board:app",
    "page": "sim.page:app",
    "build": "hdl.build:app",
    "report": "polychron.report.command:app",
    "program": "hdl.program:app",
    "export": "firmware.export:app",
    "verilog": "hdl.verilog:app",
    "talk": "firmware.talk:app",
    "selftest": "firmware.selftest:app",
}
for place, (name, path) in enumerate(LAZY.items()):
    app.command(path, name=name, sort_key=place)

bench = make_app(
    "bench", "Measure how fast things are.", examples=["polychron bench sim", "polychron bench train --seconds 5"], sort_key=len(LAZY)
)
bench.command("golden.bench:app", name="train")
bench.command("golden.transformer_bench:app", name="transformer")
bench.command("sim.bench:app", name="sim")
bench.command("golden.programs.bench:app", name="programs")
app.command(bench)
app.register_install_completion_command(add_to_startup=False, help="Install completion for bash, zsh, fish or PowerShell.")


def main(argv: Sequence[str] | None = None) -> int:
    """What the installed command calls; the exit code (docs/user/commands.md)."""
    words = sys.argv[1:] if argv is None else argv
    named = tuple(word for word in words if word not in ("--help", "-h"))
    group = {(): app, ("bench",): bench}.get(named) or (app["programs"] if named == ("programs",) else None)
    if group is not None:
        list(map(group.__getitem__, group))  # imports each command, for its line of help
    return run(app, words)
