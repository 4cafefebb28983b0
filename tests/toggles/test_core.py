"""The core's sessions take each of its state machines through all states and steps."""

import pytest

from ..mutation.units import CORE
from .sessions import Seen, program_session, unit
from .table import visited_by


@pytest.mark.slow
def test_every_state_and_step_of_the_core_is_met() -> None:
    """By all sessions; a single program does not come so far."""
    seen = unit(CORE, note=lambda line: None)
    assert seen.machines
    for machine in seen.machines:
        assert visited_by(machine, seen) == (set(machine.states), set(machine.steps)), machine.register
    short = Seen(machines=seen.machines)
    program_session(1, short)
    assert any(visited_by(machine, short) != (set(machine.states), set(machine.steps)) for machine in short.machines)
