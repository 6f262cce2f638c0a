"""Settings."""

import pytest
from agentmesh_registry.config import Address, Config, audiences, parse_address

from agentmesh.errors import UsageError


@pytest.mark.parametrize(
    ("text", "address", "url"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0), "http://127.0.0.1:0"),
        ("[::1]:8080", Address("::1", 8080), "http://[::1]:8080"),
        ("host.example:1", Address("host.example", 1), "http://host.example:1"),
    ],
)
def test_an_address_is_host_and_port(text: str, address: Address, url: str) -> None:
    assert parse_address(text) == address
    assert address.url() == url


@pytest.mark.parametrize("text", ["", "8080", ":8080", "host:", "host:x", "host:65536", "host:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_an_origin_is_what_agents_sign_for() -> None:
    config = Config(database="x", origins=("https://Registry.example/",))
    assert audiences(config, Address("0.0.0.0", 1)) == ("https://registry.example",)


def test_without_an_origin_it_is_where_we_listen() -> None:
    names = audiences(Config(database="x"), Address("127.0.0.1", 81))
    assert names == ("http://127.0.0.1:81", "http://localhost:81")
    assert audiences(Config(database="x"), Address("10.0.0.1", 81)) == ("http://10.0.0.1:81",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_who_listens_everywhere_has_to_say_its_name(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        audiences(Config(database="x"), Address(host, 8080))
    assert "--origin" in caught.value.hint
