"""Command: write a build to a board's flash.

python -m hdl.program --board icebreaker [--image-only] [--usb BUS/NUMBER] [--build FOLDER] [--dry-run]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.target import BOARD
from polychron.command.terminal import printable

app = make_app(
    "program",
    "Write what a build has left to a board's flash, and verify it.\n\n"
    "By iceprog or openFPGALoader. The USB device, the bytes and their place in the flash are told before.",
    examples=["polychron program --board icebreaker", "polychron program --image-only --dry-run"],
)


@app.default
def program(
    *,
    board: Annotated[str, BOARD] = "icebreaker",
    image_only: Annotated[bool, option("the memory image alone: another network for the bitstream that is there")] = False,
    usb: Annotated[str | None, option("which USB device, if several boards of a kind are there", metavar="BUS/NUMBER")] = None,
    build: Annotated[Path | None, option("the build's folder; left out: build/BOARD", metavar="FOLDER")] = None,
    dry_run: Annotated[bool, option("tell what would be written and by which command, and stop")] = False,
) -> None:
    import shlex

    import boards
    from firmware.image.onboard import check_bootable
    from hdl.flow.programming import plan

    record = boards.get(board)
    folder = Path("build") / record.name if build is None else build
    writing = plan(record, folder, image_only=image_only, place=usb)
    if record.flash is not None:
        check_bootable(writing.data[record.image_offset - writing.offset :], record, where=printable(writing.file))
    print(f"{'would write' if dry_run else 'writing'} {writing}", flush=True)
    if dry_run:
        for words in writing.commands():
            print(printable(shlex.join(words), limit=1000))
        return
    writing.run()
    print("written and verified")


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
