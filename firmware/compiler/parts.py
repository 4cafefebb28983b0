"""The pieces a program is made of: the tables of one stage that have the same number of anchor pairs."""

from dataclasses import dataclass

from golden.network import Network

from .errors import CompileError
from .placement import Item
from .stages import Stage

__all__ = ["Part", "make_parts"]

MAX_ROW_BEATS = 128


@dataclass(frozen=True, kw_only=True)
class Part:
    """The tables of one stage with one n_c: group ``group`` of it. ``item``: what has to be placed."""

    stage: Stage
    group: int
    row_beats: int
    item: Item

    @property
    def row_log2(self) -> int:
        return (self.row_beats - 1).bit_length()

    @property
    def n_c(self) -> int:
        return self.stage.groups[self.group].n_c


def make_parts(network: Network, stages: list[Stage], words: dict[str, int]) -> list[Part]:
    """The parts of all stages in order, ``words`` giving the words of the regions "state" and "output"."""
    parts = []
    for stage in stages:
        row_beats = words[stage.region] if stage.bits == 8 else words[stage.region] // 2
        if row_beats > MAX_ROW_BEATS:
            raise CompileError(f"a row of {stage.name} takes {row_beats} beats, the core reads rows of at most {MAX_ROW_BEATS}")
        row_log2 = (row_beats - 1).bit_length()
        for i, group in enumerate(stage.groups):
            rows = len(network.embed) if stage.token and network.embed is not None else 1 << group.n_c
            columns = group.tables.shape[2]
            item = Item(
                name=stage.name if len(stage.groups) == 1 else f"{stage.name} (n_c = {group.n_c})",
                count=group.n_t,
                stride=1 << group.n_c + row_log2,
                used=((rows - 1) << row_log2) + row_beats,
                data_bytes=group.n_t * rows * -(-columns * stage.bits // 8),
                row_beats=row_beats,
                int4=stage.bits == 4,
                together=0 if stage.token else 2,
            )
            parts.append(Part(stage=stage, group=i, row_beats=row_beats, item=item))
    return parts
