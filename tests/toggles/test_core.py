"""The sessions of core and link take each of their state machines through all states and steps."""

from dataclasses import replace

import pytest

from ..mutation.units import CORE
from .sessions import Seen, program_session, unit, units
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


@pytest.mark.slow
def test_every_state_and_step_of_the_link_is_met() -> None:
    """By all of its tests' sessions; the first alone does not come so far."""
    [link] = units(["link"])
    seen, short = (unit(one, note=lambda line: None) for one in (link, replace(link, plans=lambda: link.plans()[:1])))
    assert seen.machines
    for machine in seen.machines:
        assert visited_by(machine, seen) == (set(machine.states), set(machine.steps)), machine.register
    assert any(visited_by(machine, short) != (set(machine.states), set(machine.steps)) for machine in short.machines)
