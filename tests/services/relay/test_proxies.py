import ipaddress

import pytest
from agentmesh_relay.proxies import Proxies, counted_as

PROXIES = Proxies([ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::1")])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.7", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", ["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", ["192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        ("10.0.0.7", ["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", ["192.0.2.1, rubbish"], "10.0.0.7"),
        ("10.0.0.7", [], "10.0.0.7"),
        ("10.0.0.7", ["10.0.0.8"], "10.0.0.8"),
        ("::ffff:10.0.0.7", ["192.0.2.1"], "192.0.2.1"),
        ("fd00::1", ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ("192.0.2.66", ["192.0.2.1"], "192.0.2.66"),
        ("", ["192.0.2.1"], ""),
    ],
)
def test_only_proxies_on_the_list_are_believed(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_a_list_nobody_is_believed() -> None:
    assert Proxies().client("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"


def test_one_household_counts_as_one() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff") != counted_as("2001:db8:0:1::")
    assert counted_as("::ffff:192.0.2.1") == "192.0.2.1"
