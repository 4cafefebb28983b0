"""Values as they were some clocks ago."""

from amaranth.hdl import Module, Signal, Value


def later(m: Module, value: Value, clocks: int, *, name: str, reset_less: bool = True) -> Value:
    """``value`` as it was ``clocks`` ago, out of registers called ``name`` (with a number from the second on); with 0 itself."""
    for number in range(clocks):
        register = Signal(value.shape(), name=f"{name}_{number + 1}" if number else name, reset_less=reset_less)
        m.d.sync += register.eq(value)
        value = register
    return value
