"""What is seen of a home where no daemon is at work."""

import json
from pathlib import Path

import msgspec
import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.daemon.at_rest import findings, main
from agentmesh.errors import UsageError
from agentmesh.observability.findings import Finding
from agentmesh.storage import key_sealing
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.key_keyring import unavailable
from tests.support.world import FakeClock, FakeEntropy


class Shelf:
    """A keyring that may be locked."""

    def __init__(self) -> None:
        self.kept: dict[str, Secret] = {}
        self.failure: UsageError | None = None

    def write(self, name: str, secret: Secret) -> None:
        self.kept[name] = secret

    def read(self, name: str) -> Secret | None:
        if self.failure is not None:
            raise self.failure
        return self.kept.get(name)

    def erase(self, name: str) -> None:
        self.kept.pop(name)


def ids(found: list[Finding]) -> list[str]:
    return [it.id for it in found]


@pytest.fixture
def keyring() -> Shelf:
    return Shelf()


@pytest.fixture
def home(tmp_path: Path, keyring: Shelf) -> Path:
    """A home with keys in a keyring, and nothing wrong with it."""
    means = Means(clock=FakeClock(), entropy=FakeEntropy("keys"), keyring=keyring)
    KeyFiles(tmp_path / "home" / "keys", means).ensure("keyring")
    return tmp_path / "home"


def test_nothing_is_wrong_with_a_home_that_is_as_it_should_be(home: Path, keyring: Shelf) -> None:
    assert findings(home, {}, keyring) == []


@pytest.mark.parametrize(
    "text", ['{"relya": "ws://127.0.0.1"}', "[", '{"relay": 5}', '{"relay": "ftp://x"}']
)
def test_a_config_that_no_daemon_takes_is_a_finding(home: Path, keyring: Shelf, text: str) -> None:
    (home / "config.json").write_text(text)
    (found,) = findings(home, {}, keyring)
    assert (found.id, found.severity) == ("config_refused", "error")
    assert found.fix


def test_a_plain_relay_in_the_environment_is_a_finding(home: Path, keyring: Shelf) -> None:
    environment = {"AGENTMESH_RELAY_URL": "ws://192.168.1.1"}
    assert ids(findings(home, environment, keyring)) == ["relay_plain"]


def test_a_policy_is_read(home: Path, keyring: Shelf) -> None:
    (home / "policy.json").write_text('{"bloklist": []}')
    assert ids(findings(home, {}, keyring)) == ["policy_refused"]
    (home / "policy.json").write_text('{"consent": "policy"}')
    assert ids(findings(home, {}, keyring)) == ["policy_open"]


def test_a_keyring_that_is_locked_or_empty_is_a_finding(home: Path, keyring: Shelf) -> None:
    keyring.failure = unavailable("it is locked")
    assert ids(findings(home, {}, keyring)) == ["keyring_unavailable"]
    keyring.failure = None
    keyring.kept.clear()
    assert ids(findings(home, {}, keyring)) == ["keyring_unavailable"]


def test_key_files_are_looked_at(home: Path, keyring: Shelf, tmp_path: Path) -> None:
    sealed = home / "keys" / "identity.sealed"
    (home / "keys" / "identity.json").unlink()
    assert ids(findings(home, {}, keyring)) == ["identity_json_missing"]
    sealed.chmod(0o640)
    assert "key_file_mode" in ids(findings(home, {}, keyring))
    sealed.chmod(0o600)
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1])
    assert "key_damaged" in ids(findings(home, {}, keyring))
    sealed.rename(tmp_path / "elsewhere")
    sealed.symlink_to(tmp_path / "elsewhere")
    assert "key_file_link" in ids(findings(home, {}, keyring))
    sealed.unlink()
    assert "keys_missing" in ids(findings(home, {}, keyring))


def test_keys_in_a_file_are_a_finding(tmp_path: Path, keyring: Shelf) -> None:
    means = Means(clock=FakeClock(), entropy=FakeEntropy("keys"), keyring=keyring)
    KeyFiles(tmp_path / "keys", means).ensure("file")
    assert ids(findings(tmp_path, {}, keyring)) == ["keys_in_file"]
    assert key_sealing.decode((tmp_path / "keys" / "identity.sealed").read_bytes())


def test_a_damaged_database_is_a_finding(home: Path, keyring: Shelf) -> None:
    (home / "agentmesh.db").touch()
    assert ids(findings(home, {}, keyring)) == ["database_corrupt"]


def test_the_program_prints_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path))
    main()
    told = capfdbinary.readouterr().out
    assert ids(msgspec.json.decode(told, type=list[Finding])) == ["keys_missing"]
    assert json.loads(told)[0]["fix"] == "agentmesh up"
