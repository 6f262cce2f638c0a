"""The figures of these tests are told at the end of a run."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the sums of what the tests counted."""
    sums: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, count in report.user_properties:
            if report.nodeid.startswith("tests/attack/"):
                sums[name] += count
    if sums:
        terminalreporter.write_line(", ".join(f"{name}: {count}" for name, count in sums.items()))
