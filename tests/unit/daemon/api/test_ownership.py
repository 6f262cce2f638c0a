"""Who owns this agent, over the control socket."""

import pytest

from agentmesh.discovery.interface import ProofBegun
from agentmesh.errors import NotPermitted, RemoteProtocolError
from tests.unit.daemon.conftest import House


async def test_the_owner_is_led_to_a_provider_and_hands_in_a_code(house: House) -> None:
    assert (await house.ask("owner.providers"))["providers"] == ["github", "email"]
    begun = await house.ask("owner.begin", provider="github")
    assert begun["url"] == "https://github.example/sign-in"
    proved = await house.ask("owner.prove", attempt=begun["attempt"], code="23456-789AB")
    assert proved["amid"] == house.pair.high.amid


@pytest.mark.parametrize("url", ["http://evil.example/", "javascript:alert(1)", "file:///x"])
async def test_a_registry_leads_nobody_astray(
    house: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def astray(provider: str, address: str) -> ProofBegun:
        return ProofBegun(attempt="a", url=url, expires_in_seconds=1)

    monkeypatch.setattr(house.pair.high.directory, "begin_proof", astray)
    with pytest.raises(RemoteProtocolError):
        await house.ask("owner.begin", provider="github")


async def test_an_agent_proves_nobody(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("owner.begin", permit="agent", provider="github")
