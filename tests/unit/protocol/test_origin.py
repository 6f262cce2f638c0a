import pytest

from agentmesh.errors import UsageError
from agentmesh.protocol.origin import origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("wss://Relay.Example.org/v1/connect", "wss://relay.example.org"),
        ("wss://relay.example.org:443", "wss://relay.example.org"),
        ("ws://127.0.0.1:8765/anything?x=1", "ws://127.0.0.1:8765"),
        ("ws://[::1]:80", "ws://[::1]"),
    ],
)
def test_a_relay_has_one_origin_however_it_is_written(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert origin_of(origin) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example.org",
        "https://relay.example.org",
        "ws://",
        "ws://x:port",
        "ws://a..b",
        "ws://" + "a" * 400,
    ],
)
def test_what_is_no_relay_is_refused_with_a_hint(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        origin_of(url)
    assert caught.value.hint
