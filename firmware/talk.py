"""Command: talk to a network on a board, or let the board check its flash.

python -m firmware.talk [--port PORT] [--network NAME | --image FILE] [--board NAME] [--flash byte|nibble] [--prompt TEXT] [--count N]
    [--temperature T | --greedy] [--k K] [--seed N] [--learn [--step N]] [--keep]
python -m firmware.talk scrub --port PORT [--board NAME] [--image FILE]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from boards import Board, FlashMode, flash_mode, get
from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.ports import ASKED, SIMULATED, Line
from polychron.command.target import EARLIEST, NETWORK, Sampler, text_is_drawn
from polychron.command.terminal import say

if TYPE_CHECKING:
    from .chat.conversation import Connect, Learns
    from .chat.learning import Learner
    from .chat.start import Begin
    from .host.device import Device

app = make_app(
    "talk",
    "Talk to a text network on a board: a conversation, or with --prompt a text that goes on from it.",
    examples=[
        "polychron talk --port simulated",
        'polychron talk --port /dev/ttyUSB1 --prompt "First Citizen:" --temperature 0.5',
        "polychron talk --port /dev/ttyUSB1 --image build/icebreaker/image.bin",
        "polychron talk --port /dev/ttyUSB1 --board icebreaker_learns --learn",
        "polychron talk scrub --port /dev/ttyUSB1 --image image.bin",
    ],
    config=text_is_drawn,
)


@dataclass(frozen=True, kw_only=True)
class There(Line):
    """The same, and the network on the board."""

    network: Annotated[str | None, NETWORK] = None
    image: Annotated[Path | None, option("instead of --network: image.bin, as a build or an export leaves it", metavar="FILE")] = None
    flash: Annotated[FlashMode | None, option("how a simulated board's flash is clocked; left out: as fast as the board can")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.network is not None and self.image is not None:
            raise ValueError("--network and --image exclude each other")

    def content(self) -> bytes:
        """The image."""
        from .image.files import read_bytes

        return self.compiled("shakespeare" if self.network is None else self.network) if self.image is None else read_bytes(self.image)

    def compiled(self, network: str) -> bytes:
        """The image of a network."""
        from polychron.network import load

        return load(network).compile(board=self.board, flash=self.flash).image

    @property
    def record(self) -> Board:
        return flash_mode(get(self.board), self.flash)

    def learns(self, step: int) -> "Learns":
        """How the board learns, an entry changed by ``step`` at a time. ``ValueError`` where its core or its network can not."""
        if self.image is not None:
            raise ValueError("--learn needs --network in place of --image, to have a network that can be saved")
        if not self.record.learns:
            raise ValueError(f"the core of {self.board} has no learning unit: --board must name one that has, such as icebreaker_learns")
        return partial(self._learner, step=step)

    def _learner(self, device: "Device", name: str | None, *, step: int) -> "Learner":
        from polychron.network import load

        from .chat.learning import Learner
        from .learned import can_learn

        network = load(name or self.network or "shakespeare")
        if not can_learn(device.program):
            raise ValueError(f"{network.name} can't learn on {self.board}: its output tables must lie on chip, of a recurrent network")
        return Learner(device, network.integer, step=step)

    def connect(self) -> "Connect":
        """The way to the board, for one image after another."""
        from polychron.board import connect

        return partial(connect, self.chosen(), baud=self.baud, board=self.record)


DEFAULTS = There()


@app.default
def talk(
    there: Annotated[There, FLAT] = DEFAULTS,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    prompt: Annotated[str | None, option("text the network reads first; it then writes, and the command ends", metavar="TEXT")] = None,
    count: Annotated[int, option("characters to write, or of an answer", low=0, high=1_000_000_000, metavar="N")] = 400,
    learn: Annotated[bool, option("let the board learn what you type")] = False,
    step: Annotated[int, option("with --learn: what a write changes an entry by", low=1, high=127, metavar="N")] = 1,
    keep: Annotated[bool, option("of a board that learns: go on with what it has learned, not with the network as it was")] = False,
    json: Json = False,
) -> int:
    from sim.compiled.build import telling

    from .chat.start import start
    from .chat.writing import write

    if json and prompt is None:
        raise ValueError("--json goes with --prompt")
    if learn and prompt is not None:
        raise ValueError("--learn goes with a conversation: leave out --prompt")
    if step != 1 and not learn:
        raise ValueError("--step goes with --learn")
    learns = there.learns(step) if learn else None
    begin = partial(start, keep=keep or there.port == SIMULATED)  # a simulated one has just been made, with the network as it was
    with telling(say), reported(json) as figures:
        connect, image = there.connect(), there.content()
        if prompt is None:
            return _conversation(there, connect, image, sampler=sampler, count=count, begin=begin, learns=learns)
        with connect(image) as device:
            kept: list[str] = []
            usage = write(device, sampler, prompt=prompt, count=count, kept=kept if json else None, begin=begin)
            say(str(usage))
            figures |= {"network": device.program.meta.name, "text": "".join(kept)} | usage.figures
    return 0


def _conversation(
    there: There, connect: "Connect", image: bytes, *, sampler: Sampler, count: int, begin: "Begin", learns: "Learns | None"
) -> int:
    from polychron.system.cache import cache_folder

    from .chat.conversation import Conversation, converse
    from .chat.lines import lines

    clock_hz = there.record.clock_hz
    how: dict[str, Any] = {"sampler": sampler, "count": count, "clock_hz": clock_hz, "begin": begin, "learns": learns}
    conversation = Conversation(connect, image, compiled=there.compiled, **how)
    try:
        return converse(conversation, lines(cache_folder() / "talk-history", conversation.commands))
    finally:
        conversation.close()


@app.command(help="Let a board check the image in its flash by its CRCs.")
def scrub(
    line: Annotated[Line, FLAT] = ASKED,
    *,
    image: Annotated[Path | None, option("the image that should be there, to name what is damaged", metavar="FILE")] = None,
) -> int:
    from polychron.board import transport

    from .host.scrub import scrub
    from .image.files import read_bytes

    content = None if image is None else read_bytes(image)
    with transport(line.chosen(), content, baud=line.baud, board=line.board) as way:
        return scrub(way, content)


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
