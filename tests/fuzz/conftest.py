"""The table of what was fuzzed, at the end of a run."""

import pytest

from .mutants import TALLIES


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.when == "call" and TALLIES:
        item.user_properties += [("fuzz", str(tally)) for tally in TALLIES]
        TALLIES.clear()


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    lines = sorted({value for report in reports if report.when == "call" for name, value in report.user_properties if name == "fuzz"})
    if lines:
        terminalreporter.section("fuzzing")
        terminalreporter.write("\n".join(lines) + "\n")
