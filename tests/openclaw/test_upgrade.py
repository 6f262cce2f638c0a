"""The plugin comes, is replaced by its next version, and goes; the agent stays who it is."""

from pathlib import Path

import pytest

from tests.openclaw.host import Host
from tests.support.mesh import Agent

pytestmark = pytest.mark.timeout(600)


def test_an_upgrade_and_an_uninstallation_leave_the_agent_as_it_is(
    host: Host, alice: Agent, package: Path
) -> None:
    host.install(package)
    host.run("plugins", "uninstall", "agentmesh", "--force")
    assert alice.up()["amid"] == alice.amid
    assert alice.ask("inbox")["messages"]
    alice.down()
