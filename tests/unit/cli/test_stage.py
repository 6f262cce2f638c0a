"""The processes of a demonstration."""

import pytest

from agentmesh.cli.stage import Actor, Service, run_command
from agentmesh.errors import NotRunning, TransportError


@pytest.mark.slow
def test_a_service_that_does_not_start_says_why() -> None:
    service = Service("agentmesh.no_such_service")
    try:
        with pytest.raises(TransportError, match="No module named"):
            service.url()
    finally:
        service.end()


@pytest.mark.slow
def test_an_actors_commands_are_real_commands(tmp_path: object) -> None:
    actor = Actor("Alice", tmp_path)  # type: ignore[arg-type]
    assert actor.command("down") == {"was_running": False}
    with pytest.raises(NotRunning):
        actor.command("status")


@pytest.mark.slow
def test_the_callers_own_agent_stays_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTMESH_RELAY_URL", "nonsense")
    monkeypatch.setenv("AGENTMESH_HOME", "/nonexistent")
    assert run_command(["doctor"], {"AGENTMESH_HOME": "/nowhere"})["findings"]
