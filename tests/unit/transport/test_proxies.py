"""Which proxy is gone through, as the environment says."""

import os

import pytest

from agentmesh.transport.proxies import proxy_to


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def test_a_relay_on_this_machine_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy:3128")
    monkeypatch.setenv("no_proxy", "near.example.org")
    assert proxy_to("wss://relay.example.org") == "http://user:secret@proxy:3128"
    for near in ("ws://127.0.0.1:8765", "ws://localhost:1", "wss://near.example.org"):
        assert proxy_to(near) == ""


def test_without_a_proxy_the_way_is_direct() -> None:
    assert proxy_to("wss://relay.example.org") == ""


@pytest.mark.parametrize(
    ("name", "value", "proxy"),
    [
        ("all_proxy", "socks5h://proxy:1080", "socks5://proxy:1080"),
        ("socks_proxy", "http://proxy:1080", "socks5://proxy:1080"),
        ("wss_proxy", "https://proxy", "https://proxy"),
        ("http_proxy", "http://proxy:3128", ""),
    ],
)
def test_proxies_are_taken_as_systems_name_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, proxy: str
) -> None:
    monkeypatch.setenv(name, value)
    assert proxy_to("wss://relay.example.org") == proxy
