"""What doctor says about the key files."""

import os
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.key_checks import FILE_NOTICE, check_keys
from agentmesh.storage.key_files import SEALED, KeyFiles, Means
from tests.support.world import FakeClock, FakeEntropy


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "keys"
    means = Means(
        clock=FakeClock(),
        entropy=FakeEntropy(),
        passphrase=Secret(b"correct horse"),
        cost=Cost((1, 8)),
    )
    KeyFiles(home, means).ensure("passphrase")
    return home


def found(home: Path) -> dict[str, tuple[str, str]]:
    return {finding.id: (finding.severity, finding.fix) for finding in check_keys(home)}


def test_sealed_keys_give_no_cause(home: Path) -> None:
    assert found(home) == {}


def test_keys_in_a_file_are_a_standing_warning(home: Path) -> None:
    means = Means(clock=FakeClock(), entropy=FakeEntropy(), passphrase=Secret(b"correct horse"))
    KeyFiles(home, means).ensure("file")
    assert check_keys(home) == [FILE_NOTICE]
    assert FILE_NOTICE.severity == "warning"


def test_no_keys_are_a_note(tmp_path: Path) -> None:
    assert found(tmp_path / "keys") == {"keys_missing": ("note", "agentmesh up")}


@pytest.mark.parametrize("place", ["", SEALED])
def test_a_loose_mode_comes_with_its_command(place: str, home: Path) -> None:
    path = home / place
    path.chmod(path.stat().st_mode | 0o050)
    right = "600" if place else "700"
    assert found(home) == {"key_file_mode": ("error", f"chmod {right} '{path}'")}


def test_a_link_is_an_error(home: Path) -> None:
    (home / SEALED).rename(home / "real")
    (home / SEALED).symlink_to("real")
    assert found(home)["key_file_link"][0] == "error"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_foreign_owner_is_an_error(home: Path) -> None:
    os.chown(home / SEALED, 12345, 12345)
    assert found(home)["key_file_owner"][0] == "error"


def test_damage_is_an_error_and_names_the_way_back(home: Path) -> None:
    data = bytearray((home / SEALED).read_bytes())
    data[-1] ^= 1
    (home / SEALED).write_bytes(data)
    assert found(home) == {
        "key_damaged": ("error", "Restore it from a backup: agentmesh restore FILE.")
    }


def test_a_missing_public_side_is_a_note(home: Path) -> None:
    (home / PUBLIC).unlink()
    assert found(home) == {"identity_json_missing": ("note", "agentmesh down; agentmesh up")}
