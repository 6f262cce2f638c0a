"""Settings."""

import pytest
from agentmesh_registry.config import (
    Address,
    Config,
    audiences,
    log_key_path,
    parse_address,
    parse_command,
)

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


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (Config(database="/data/r.db"), "/data/r.db.log-key"),
        (Config(database="sqlite:////data/r%20s.db?timeout=3"), "/data/r s.db.log-key"),
        (Config(database="/data/r.db", log_key="/keys/log"), "/keys/log"),
    ],
)
def test_the_logs_key_is_beside_the_file_unless_it_is_named(config: Config, path: str) -> None:
    assert str(log_key_path(config)) == path


def test_the_logs_key_of_a_server_is_in_the_users_data() -> None:
    path = log_key_path(Config(database="postgresql://mesh@db/mesh"))
    assert path.name == "registry.log-key"
    assert path.parent.name == "agentmesh"


def test_a_command_is_taken_apart_as_a_shell_does() -> None:
    assert parse_command("sign --pin 'a b'") == ("sign", "--pin", "a b")
    assert parse_command("") == ()
    with pytest.raises(UsageError, match="No closing quotation"):
        parse_command("sign 'it")
