"""The sorter's cells: a list of spikes, the earliest first, into which a spike is inserted in one clock."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

Spike = data.StructLayout(
    {
        "latency": 16,  # with the sign bit inverted: the order is that of unsigned integers
        "neuron": 8,
    }
)


class SortedCells(wiring.Component):
    """``depth`` cells. A spike is inserted behind those that are not later than it; the latest of all is lost.

    A cell that is later than the key takes its predecessor's spike, or the key if the predecessor is not later. The comparison is the carry
    of the 16-bit sum ``latency + key``. The first cell does not move with ``shift``: it holds the earliest spike until an earlier one
    comes.
    """

    key: In(16)  # inverted ``Spike.latency``
    neuron: In(8)
    enter: In(1)  # key and neuron are a spike
    shift: In(1)  # every cell but the first takes its predecessor; not with ``enter``
    clear: In(1)  # all cells count as empty
    first: Out(Spike)
    last: Out(Spike)

    def __init__(self, *, depth: int) -> None:
        self._depth = depth
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        record = Signal(Spike)
        m.d.comb += [record.latency.eq(~self.key), record.neuron.eq(self.neuron)]
        cells = [Signal(Spike, name=f"cell_{index}", reset_less=True) for index in range(self._depth)]
        used = [Signal(name=f"used_{index}", reset_less=True) for index in range(self._depth)]
        moves = [Signal(name=f"moves_{index}") for index in range(self._depth)]
        for index, cell in enumerate(cells):
            total = Signal(17, name=f"total_{index}")
            later = Signal(name=f"later_{index}")
            m.d.comb += [
                total.eq(cell.latency + self.key),
                later.eq((total[16] | ~used[index]) & self.enter),
                moves[index].eq(later | self.shift),
            ]
            if index == 0:
                before, used_before, enable = record, 1, later
            else:
                before, used_before, enable = Mux(moves[index - 1], cells[index - 1], record), used[index - 1], moves[index]
            with m.If(enable):
                m.d.sync += cell.eq(before)
            m.d.sync += used[index].eq((used[index] | (used_before & self.enter)) & ~self.clear)
        m.d.comb += [self.first.eq(cells[0]), self.last.eq(cells[-1])]
        return m
