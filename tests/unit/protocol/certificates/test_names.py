"""Domains have one spelling, and agents a label under them."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.protocol.certificates.names import agent_name, authority_name, key_id, parse_domain
from agentmesh.protocol.ids import amid_of

KEY = b"k" * 32


@pytest.mark.parametrize(
    "text", ["example.org", "a.b", "xn--mnchen-3ya.example", "x1.2y.example", "a-b.example"]
)
def test_a_domain_is_taken_as_it_is_written(text: str) -> None:
    assert parse_domain(text) == text


NO_DOMAINS = """
org|Example.org|example.org.|.example.org|a..b|*.example.org|a b.org|münchen.example|-a.org|a-.org
_dmarc.a.org|192.0.2.1|a.1|example.localhost|agentmesh.invalid|1.0.0.127.in-addr.arpa|a.onion
example.org:80|https://a.org|example.org/|a@example.org
""".replace("\n", "|").split("|")
OTHERS = ["ex\0ample.org", "example.org\n", "a" * 64 + ".org", "a." * 40 + "org", "example.org\0"]


@pytest.mark.parametrize("text", [*NO_DOMAINS, *OTHERS])
def test_anything_else_is_no_domain(text: str) -> None:
    with pytest.raises(UsageError):
        parse_domain(text)


def test_a_label_is_the_amid_in_hex() -> None:
    assert agent_name(KEY, "example.org") == key_id(KEY).hex() + ".example.org"
    assert agent_name(KEY, "example.org").count(".") == 2
    assert amid_of(KEY) != amid_of(b"l" * 32)


def test_an_authority_is_called_after_its_key() -> None:
    assert authority_name(KEY).endswith(key_id(KEY).hex())
    assert len(authority_name(KEY)) <= 64
