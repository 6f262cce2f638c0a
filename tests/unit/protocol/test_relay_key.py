"""The line that goes from a relay's operator to a registry's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.relay_key import RelayKey, relay_key_in

KEY = "ed25519:" + "A" * 43 + "="


@given(st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(key: bytes) -> None:
    relay = RelayKey("wss://relay.example.org:8443", key)
    assert relay_key_in(relay.line() + "\n") == relay
    assert relay.amid == amid_of(key)
    assert not set(relay.line()) & set(" \t\n"), "lines of an environment variable are its words"


def test_a_relay_is_known_by_its_origin() -> None:
    assert relay_key_in(f"wss://Relay.example/v1/connect={KEY}").origin == "wss://relay.example"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "wss://relay.example",
        f"={KEY}",
        KEY,
        f"https://relay.example={KEY}",
        f"wss://relay.example={KEY[:-1]}",
        f"wss://relay.example={KEY}AAAA",
        f"wss://relay.example={KEY.removeprefix('ed25519:')}",
        f"wss://relay.example={KEY.replace('ed', 'x')}",
        f"wss://relay.example={KEY.replace('A', '*')}",
    ],
)
def test_what_is_no_relay_with_its_key_is_named(line: str) -> None:
    with pytest.raises(UsageError):
        relay_key_in(line)
