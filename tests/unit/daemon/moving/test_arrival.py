"""Making a home of what was found."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from agentmesh.crypto.vault import Cost
from agentmesh.daemon.moving import arrival
from agentmesh.daemon.moving.arrival import check_free, settle
from agentmesh.daemon.moving.draft import read
from agentmesh.errors import StorageError, UsageError
from agentmesh.policy import settings
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.sqlite import SqliteStore
from tests.support.draft_home import ALLOWED, draft_home, identity
from tests.support.world import FakeClock, FakeEntropy


@pytest.fixture
def means() -> Means:
    return Means(clock=FakeClock(), entropy=FakeEntropy("moving"), cost=Cost((1, 8192)))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return draft_home(tmp_path / "old")


def test_the_home_is_whole_and_its_keys_open(tmp_path: Path, old: Path, means: Means) -> None:
    home = tmp_path / "deep" / "home"
    keys = settle(home, read(old), means, "file")
    assert keys.identity.amid == identity()["amid"]
    opened = KeyFiles(home / "keys", means).open()
    assert opened.identity.amid == keys.identity.amid
    assert opened.public.created_at == "2026-02-01T12:00:00.000Z"
    assert settings.read((home / "policy.json").read_bytes()) == read(old).policy
    assert json.loads((home / "config.json").read_text()) == {"capabilities": ["travel/flights"]}
    assert [it.name for it in (tmp_path / "deep").iterdir()] == ["home"]
    assert identity()["signing_private_key"] not in "".join(
        it.read_bytes().decode("latin-1") for it in home.rglob("*") if it.is_file()
    )


async def test_contacts_are_let_in_and_never_verified(
    tmp_path: Path, old: Path, means: Means
) -> None:
    keys: OpenKeys = await asyncio.to_thread(settle, tmp_path / "home", read(old), means, "file")
    async with SqliteStore(tmp_path / "home" / "agentmesh.db", keys.vault(means.entropy)) as store:
        (row,) = await store.contacts()
    assert (row.amid, row.trust, row.verified_at) == (ALLOWED, 1, None)


def test_new_keys_are_another_agent(tmp_path: Path, old: Path, means: Means) -> None:
    fresh = msgspec.structs.replace(read(old), seed=None, created_at=None)
    keys = settle(tmp_path / "home", fresh, means, "file")
    assert keys.identity.amid != identity()["amid"]


def test_what_fails_half_way_leaves_nothing(
    tmp_path: Path, old: Path, means: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("disk_full")

    monkeypatch.setattr(arrival, "write_private", fail)
    with pytest.raises(StorageError):
        settle(tmp_path / "home", read(old), means, "file")
    assert [it.name for it in tmp_path.iterdir()] == ["old"]


def test_a_place_where_somebody_lives_is_left_alone(
    tmp_path: Path, old: Path, means: Means
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    check_free(home, old)
    check_free(tmp_path / "none", old)
    (home / "keys").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "none")
    for taken in (home, tmp_path / "link"):
        with pytest.raises(UsageError) as caught:
            check_free(taken, old)
        assert caught.value.code == "home_not_empty"
    with pytest.raises(UsageError) as caught:
        check_free(old, old)
    assert caught.value.code == "import_into_itself"
    with pytest.raises(StorageError):
        settle(home, read(old), means, "file")
    assert [it.name for it in home.iterdir()] == ["keys"]
