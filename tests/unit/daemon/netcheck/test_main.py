"""What of the environment has a say."""

import pytest

from agentmesh.daemon.netcheck.__main__ import noticed

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_passwords_of_proxies_are_not_shown() -> None:
    environment = {
        "HTTPS_PROXY": "http://user:secret@proxy:3128",
        "all_proxy": "user:secret@socks:1080",
        "AGENTMESH_RELAY_URL": "wss://relay",
        "HOME": "/home/alice",
    }
    assert noticed(environment) == {
        "HTTPS_PROXY": "http://proxy:3128",
        "all_proxy": "socks:1080",
        "AGENTMESH_RELAY_URL": "wss://relay",
    }
