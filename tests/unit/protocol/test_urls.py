"""A URL leads somewhere, or it is none."""

import pytest

from agentmesh.protocol.urls import taken_apart


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("wss://Relay.Example.org/v1?x#y", "relay.example.org", None),
        ("http://127.0.0.1:8080", "127.0.0.1", 8080),
        ("ws://[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("https://b\u00fccher.example.", "b\u00fccher.example.", None),
        (f"https://{'a' * 63}.example", f"{'a' * 63}.example", None),
    ],
)
def test_what_leads_somewhere_is_taken_apart(url: str, host: str, port: int | None) -> None:
    parts = taken_apart(url)
    assert parts is not None
    assert (parts.hostname, parts.port) == (host, port)


@pytest.mark.parametrize(
    "url",
    [
        "", "relay.example.org", "wss://", "wss:///path", "wss://:443", "wss://[::1", "wss://a:port",
        "wss://a:65536", "wss://a..b", "wss://.", "wss://.a", f"wss://{'a' * 64}.example",
        "wss://" + "\u00fc" * 60, "wss://\u3002example", "wss://\ud800.example",
        "wss://a b", "wss://a\0b", "wss://a/\n",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_leads_nowhere_is_no_url(url: str) -> None:
    assert taken_apart(url) is None
