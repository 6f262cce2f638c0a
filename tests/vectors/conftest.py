"""Says in one loud line when the published vectors are not there."""

import pytest

from tests.vectors import wycheproof


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not wycheproof.FOLDER.is_dir():
        terminalreporter.write_line(wycheproof.MISSING, red=True, bold=True)
