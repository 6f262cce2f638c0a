"""The words of discovery."""

from agentmesh.discovery.interface import RateLimited
from agentmesh.errors import TransportError
from tests.support.directories import found
from tests.support.registrant import Registrant


def test_an_agent_is_named_by_its_key() -> None:
    alice = Registrant("alice")
    agent = found(alice)
    assert (agent.amid, agent.signing_key) == (alice.amid, alice.public)


def test_too_often_is_something_to_try_again() -> None:
    error = RateLimited(3)
    assert isinstance(error, TransportError)
    assert (error.code, error.retry_after) == ("rate_limited", 3)
    assert "3 seconds" in error.hint
