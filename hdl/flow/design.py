"""From an Amaranth design to the two files the tools start from: RTLIL and pin and clock constraints."""

import re
import site
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth.build import Subsignal
from amaranth.build.plat import TemplatedPlatform
from amaranth.hdl import Elaboratable

from boards import Board
from hdl.board.pins import place_of
from hdl.flow.errors import BuildError
from hdl.flow.family import Family, family_of

_SRC = re.compile(r'^(\s*attribute \\src ")([^"]*)(")', re.MULTILINE)
_SRC_LINE = re.compile(r'^\s*attribute \\src "[^"]*"\n', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Design:
    """``rtlil`` with source positions relative to the project, ``constraints`` in the family's format, and the part they are for."""

    rtlil: str
    constraints: str
    family: Family
    part: tuple[str, ...]
    device: str

    @property
    def logic(self) -> bytes:
        """What synthesis depends on: the RTLIL without its source positions, so that a comment's edit changes nothing."""
        return _SRC_LINE.sub("", self.rtlil).encode()


def check_resources(platform: TemplatedPlatform, board: Board, roles: Sequence[str]) -> None:
    """:class:`BuildError` unless ``platform`` has what the board's wiring names for all ``roles``, its fields."""
    where = f"the platform {type(platform).__name__} of the board {board.name}"
    if platform.default_clk is None and not board.wiring.clock:
        raise BuildError(f"{where} has no default clock, which the design needs")
    for name, number, part in (place_of(platform, board, role) for role in roles):
        found = platform.resources.get((name, number))
        if name != "@" and (found is None or (part and part not in {io.name for io in found.ios if isinstance(io, Subsignal)})):
            missing = f"{name} {number}" + (f".{part}" if found else "")
            raise BuildError(f"{where} has no resource {missing}, which the design needs")


def elaborate(top: Elaboratable, platform: TemplatedPlatform) -> Design:
    """Elaborate ``top`` for a platform of amaranth_boards; the result depends on nothing but the two."""
    family = family_of(platform.device)
    part = family.part_options(device=platform.device, package=platform.package, speed=getattr(platform, "speed", None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a submodule that was forgotten is only a warning to Amaranth
        plan = platform.prepare(top, "top")
    files = {name: content if isinstance(content, str) else content.decode() for name, content in plan.files.items()}
    return Design(
        rtlil=_SRC.sub(lambda match: match[1] + _relative(match[2]) + match[3], files["top.il"]),
        constraints=files[family.constraints],
        family=family,
        part=tuple(part),
        device=f"{platform.device}-{platform.package}",
    )


def _relative(position: str) -> str:
    """A source position without what is special to this machine: relative to the project, to site-packages, or the bare file name."""
    for root in (Path(__file__).parents[2], *map(Path, site.getsitepackages())):
        if position.startswith(f"{root}/"):
            return position[len(str(root)) + 1 :]
    return position.rsplit("/", 1)[-1]
