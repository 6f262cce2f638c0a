"""What may leave this machine in a bug report."""

import pytest

from agentmesh.cli.checkup.redaction import Redaction
from tests.support.control_server import ALICE, BOB

AT = "2026-01-31T12:00:00.123Z INFO agentmesh.node"
SESSION = "0198c0de-0000-7000-8000-000000000001"


def test_one_peer_has_one_stand_in() -> None:
    redaction = Redaction(with_ids=False)
    assert redaction.fact(f"{AT} frame.dropped peer={BOB} code=json_malformed") == (
        f"{AT} frame.dropped peer=amid-1 code=json_malformed"
    )
    assert redaction.fact(f"{AT} relay.said peer={ALICE} id={SESSION}") == (
        f"{AT} relay.said peer=amid-2 id=id-1"
    )
    assert redaction.fact(f"{AT} relay.said peer={BOB} seconds=0.250 ok=True") == (
        f"{AT} relay.said peer=amid-1 seconds=0.250 ok=True"
    )


def test_ids_stay_where_that_is_wanted() -> None:
    redaction = Redaction(with_ids=True)
    line = f"{AT} frame.dropped peer={BOB} session={SESSION}"
    assert redaction.fact(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "a sentence that somebody wrote",
        f"{AT} said something with spaces in it: secret",
        f"{AT} name.told name=\N{WHITE SMILING FACE}",
        "2026-01-31T12:00:00.123Z INFO aiohttp.access GET /secret",
        "",
    ],
)
def test_what_is_no_fact_is_left_out(line: str) -> None:
    assert Redaction(with_ids=True).fact(line) is None


@pytest.mark.parametrize("value", ["c2VjcmV0LWtleQ123", "a" * 41, "12ab34cd", "/home/alice"])
def test_a_value_of_no_known_form_is_left_out(value: str) -> None:
    told = Redaction(with_ids=True).fact(f"{AT} key.told value={value}")
    assert told == f"{AT} key.told value=(left out)"


def test_a_service_has_a_stand_in_for_its_host() -> None:
    redaction = Redaction(with_ids=False)
    assert redaction.service("wss://user:secret@relay.example.org/x") == "wss://host-1"
    assert redaction.service("https://relay.example.org:8443") == "https://host-1:8443"
    assert redaction.service("ws://127.0.0.1:8765") == "ws://loopback:8765"
    assert redaction.service("ws://192.168.1.7") == "ws://private-address-1"
    assert redaction.service("ws://[2606:4700::1]") == "ws://public-address-1"
    assert redaction.service("http://localhost:1") == "http://localhost:1"
    assert redaction.service("http://[") == "malformed"
    assert redaction.service("secret") == "other://host-2"
