from pathlib import Path

import pytest
from agentmesh_relay.config import (
    KEY_VARIABLE,
    NATS_VARIABLE,
    REGISTRY_VARIABLE,
    Address,
    config_from,
)

from agentmesh.errors import UsageError


def test_without_arguments_it_listens_on_this_machine_only() -> None:
    config = config_from([], {})
    assert config.listen == Address("127.0.0.1", 8765)
    assert config.origin_at(8765) == "ws://127.0.0.1:8765"
    assert (config.messages_per_minute, config.knocks_per_minute) == (100, 30)


def test_the_origin_names_the_port_that_was_bound() -> None:
    assert config_from(["--listen", "[::1]:0"], {}).origin_at(4711) == "ws://[::1]:4711"


def test_the_origin_can_be_set() -> None:
    config = config_from(
        ["--listen", "0.0.0.0:1", "--origin", "wss://Relay.example.org/v1/connect"], {}
    )
    assert config.origin_at(1) == "wss://relay.example.org"


@pytest.mark.parametrize(
    "arguments",
    [["--listen", "0.0.0.0:8765"], ["--cert", "x.pem"], ["--origin", "https://example.org"]],
)
def test_what_cannot_work_is_said_at_once(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        config_from(arguments, {})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--listen", "8765"],
        ["--listen", "127.0.0.1:70000"],
        ["--messages-per-minute", "0"],
        ["--knocks-per-minute", "-3"],
        ["--no-such-setting"],
    ],
)
def test_a_typo_ends_the_program_with_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        config_from(arguments, {})
    assert caught.value.code == 2
    assert "usage: agentmesh-relay" in capsys.readouterr().err


def test_one_of_several_nodes_needs_servers_and_the_name_that_all_share(
    capsys: pytest.CaptureFixture[str],
) -> None:
    origin = ["--origin", "wss://relay.example.org"]
    given = config_from([*origin, "--nats", "nats://10.0.0.1:4222, tls://10.0.0.2"], {})
    assert given.nats == ("nats://10.0.0.1:4222", "tls://10.0.0.2")
    environment = {NATS_VARIABLE: "nats://mesh:secret@10.0.0.1"}
    assert config_from(origin, environment).nats == ("nats://mesh:secret@10.0.0.1",)
    with pytest.raises(UsageError, match="one name"):
        config_from([], environment)
    with pytest.raises(SystemExit):
        config_from([*origin, "--nats", "https://mesh:secret@10.0.0.1"], {})
    assert "secret" not in capsys.readouterr().err


def test_platforms_say_where_to_listen_and_the_command_line_overrules_them() -> None:
    environment = {"HOST": "127.0.0.2", "PORT": "9000"}
    assert config_from([], environment).listen == Address("127.0.0.2", 9000)
    config = config_from(["--listen", "127.0.0.1:1"], environment)
    assert config.listen == Address("127.0.0.1", 1)


def test_proxies_and_pages_are_a_list_that_begins_empty() -> None:
    config = config_from([], {})
    assert (config.trusted_proxies, config.allowed_origins) == ((), frozenset())
    arguments = ["--trusted-proxy", "10.0.0.0/24", "--trusted-proxy", "::1"]
    config = config_from([*arguments, "--allow-origin", "https://App.example.org"], {})
    assert [str(it) for it in config.trusted_proxies] == ["10.0.0.0/24", "::1/128"]
    assert config.allowed_origins == {"https://app.example.org"}


def test_a_registry_is_told_only_if_it_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert config_from([], {}).registry == ""
    given = config_from(["--registry", "https://Registry.example/"], {})
    assert given.registry == "https://registry.example"
    environment = {REGISTRY_VARIABLE: "http://127.0.0.1:8080", KEY_VARIABLE: "/keys/relay"}
    assert config_from([], environment).registry == "http://127.0.0.1:8080"
    assert config_from([], environment).identity == Path("/keys/relay")
    with pytest.raises(SystemExit):
        config_from(["--registry", "wss://registry.example"], {})
    assert "is not the address of a registry" in capsys.readouterr().err


def test_the_key_is_with_all_else_unless_it_is_named() -> None:
    assert config_from(["--data", "/data"], {}).identity == Path("/data/identity-key")
    assert config_from(["--data", "/data"], {KEY_VARIABLE: ""}).identity.parent == Path("/data")
    assert config_from(["--identity", "key"], {KEY_VARIABLE: "x"}).identity == Path("key")


@pytest.mark.parametrize("seconds", ["0", "151", "soon"])
def test_a_presence_would_have_faded_by_then(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config_from(["--gone-after", "150"], {}).gone_after == 150
    with pytest.raises(SystemExit):
        config_from(["--gone-after", seconds], {})
    assert "--gone-after" in capsys.readouterr().err
