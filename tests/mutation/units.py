"""The designs whose mutants are made: which parts make up a block, what is looked at, and what comes in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from amaranth.hdl import Module, Value
from amaranth.lib import wiring

from hdl.core.core import Core

from . import core_plans, core_sessions, link_sessions
from .replay import Seen, Stimulus

DUT = "top.dut"


class Recorded(Protocol):
    """Something that is recorded at the inputs ``ports``, by name."""

    @property
    def name(self) -> str: ...
    def record(self, ports: Sequence[tuple[str, Value]]) -> Stimulus: ...


@dataclass(frozen=True)
class Unit:
    """``blocks``: submodules of the design, and in them those that are a block of their own; "" is what is in no submodule."""

    name: str
    make: Callable[[], wiring.Component]
    seen: Callable[[Module, wiring.Component], Seen]
    blocks: Sequence[str]
    plans: Callable[[], Sequence[Recorded]]

    def modules(self, names: Sequence[str]) -> Mapping[str, list[str]]:
        """Of each block, those of the modules' names that are its own."""
        found: dict[str, list[str]] = {block: [] for block in self.blocks}
        for name in names:
            path = name.removeprefix(f"{DUT}.") if name.startswith(f"{DUT}.") else ""
            owners = [block for block in self.blocks if block and (path == block or path.startswith(f"{block}."))]
            owner = max(owners, key=len, default="")
            if name.startswith(DUT) and owner in found:
                found[owner].append(name)
        return found


_CORE_BLOCKS = (
    "program",
    "index",
    "store",
    "reader",
    "fetch",
    "fetch.cache",
    "fetch.streamer",
    "tables",
    "accumulators",
    "writeback",
    "sequencer",
    "sorter",
    "sorter.generator",
    "counters",
    "host",
)
CORE = Unit("core", lambda: Core(params=core_sessions.PARAMS), core_sessions.seen, _CORE_BLOCKS, core_plans.plans)
LINK = Unit(
    "link",
    link_sessions.make_link,
    link_sessions.link_seen,
    ("", "frames", "check", "arguments", "feed", "report", "sender"),
    link_sessions.link_plans,
)
LOADER = Unit(
    "loader", link_sessions.make_loader, link_sessions.loader_seen, ("", "section", "crc", "signature"), link_sessions.loader_plans
)
UNITS = (CORE, LINK, LOADER)
