"""One look at all that stands around a home: `doctor` and the daemon see the same."""

from collections.abc import Mapping
from pathlib import Path

from agentmesh.observability.checkup import home, machine, openclaw
from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.checkup.twins import twins


def look_around(directory: Path, environment: Mapping[str, str]) -> list[Ailment]:
    """Return what is wrong with the machine, the home and who else is there."""
    return [
        *machine.python(),
        *machine.process(machine.surroundings()),
        *machine.disk(directory),
        *home.home(directory),
        *(home.place(directory) if directory.is_dir() else []),
        *twins(directory),
        *openclaw.openclaw(openclaw.place(environment)),
    ]
