"""A relay's key is made once, for its owner's eyes, and is shown as a registry takes it."""

from pathlib import Path

import pytest
from agentmesh_relay.config import config_from
from agentmesh_relay.registry.identity import line_of, opened
from nacl.signing import VerifyKey

from agentmesh.errors import StorageError, UsageError
from agentmesh.protocol.relay_key import relay_key_in
from agentmesh.protocol.signed import Purpose, signing_bytes
from tests.support.world import FakeEntropy


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "identity-key"
    first = opened(path, FakeEntropy("one"))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert opened(path, FakeEntropy("two")).amid == first.amid
    assert [it.name for it in path.parent.iterdir()] == ["identity-key"]


def test_it_signs_for_a_purpose(tmp_path: Path) -> None:
    identity = opened(tmp_path / "key", FakeEntropy())
    signature = identity.sign_bytes(b"payload", Purpose.REGISTRY)
    VerifyKey(identity.public_key).verify(signing_bytes(Purpose.REGISTRY, b"payload"), signature)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "key", FakeEntropy())
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UsageError, match="Others can read"):
        opened(tmp_path / "key", FakeEntropy())


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(UsageError, match="holds no key"):
        opened(tmp_path / "key", FakeEntropy())
    assert (tmp_path / "key").read_bytes() == b"short"


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        opened(tmp_path / "file" / "key", FakeEntropy())
    assert "--identity" in caught.value.hint


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        (("--origin", "wss://Relay.example/"), "wss://relay.example"),
        (("--listen", "127.0.0.1:8765"), "ws://127.0.0.1:8765"),
    ],
)
def test_the_line_names_the_relay_as_agents_do(
    tmp_path: Path, options: tuple[str, ...], origin: str
) -> None:
    config = config_from(["--data", str(tmp_path), *options], {})
    relay = relay_key_in(line_of(config, FakeEntropy()))
    assert relay.origin == origin
    assert relay.key == opened(tmp_path / "identity-key", FakeEntropy()).public_key


def test_a_relay_without_a_name_has_no_line(tmp_path: Path) -> None:
    config = config_from(["--data", str(tmp_path), "--listen", "127.0.0.1:0"], {})
    with pytest.raises(UsageError, match="no name"):
        line_of(config, FakeEntropy())
