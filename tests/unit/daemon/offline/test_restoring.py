"""A home out of a backup: whole, or as if nobody had asked."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.control import answers, offline
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.daemon.backup import Item, Manifest, write_home
from agentmesh.daemon.offline import restoring
from agentmesh.daemon.offline.restoring import restore
from agentmesh.errors import AgentMeshError
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.observability.audit_verify import verify
from agentmesh.storage.backup_file import Writer
from agentmesh.storage.home import Home
from agentmesh.storage.interface import Put
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.sqlite import SqliteStore
from tests.support.hostile import FUZZ, garbage
from tests.support.stores import contact
from tests.support.world import FakeClock, FakeEntropy

WORDS = "of the backup"
CHEAP = Cost((1, 8))
CLOCK = FakeClock()


def sealed(path: Path, write: Callable[[Writer], object]) -> Path:
    """Write a backup's file with a stream of one's own."""
    with path.open("wb") as file:
        stream = Writer(file, Secret(WORDS.encode()), FakeEntropy("seal"), CHEAP)
        write(stream)
        stream.finish()
    return path


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A backup of a home in which something happened."""
    home = tmp_path / "before"
    means = Means(clock=CLOCK, entropy=FakeEntropy("keys"), cost=CHEAP)
    with Home(home):
        keys = KeyFiles(home / "keys", means).ensure("file")
        log = AuditLog(home / "logs", keys.audit_key(), CLOCK)
        log.record(Event.BACKUP_MADE)
        log.close()
        (home / "config.json").write_text('{"key_storage": "file", "name": "Ada"}')
        (home / "policy.json").write_text('{"strict_mode": true}')
        async with SqliteStore(home / "agentmesh.db", keys.vault(FakeEntropy("v"))) as store:
            await store.commit([Put(contact("bob", alias="Bob"))])
            manifest = Manifest(amid=keys.identity.amid, made_at=CLOCK.now(), keys=keys.saved())
            return sealed(tmp_path / "file", lambda it: write_home(home, manifest, it))


DRAWN = FakeEntropy("restore")


async def restored(home: Path, file: Path, **more: object) -> answers.Restored:
    asked = offline.Restore(path=str(file), passphrase=WORDS, **more)  # type: ignore[arg-type]
    return await restore(home, asked, (CLOCK, DRAWN))


async def refused(home: Path, file: Path, **more: object) -> str:
    with pytest.raises(AgentMeshError) as caught:
        await restored(home, file, **more)
    return caught.value.code


def left_in(folder: Path) -> set[str]:
    return {it.name for it in folder.iterdir()} - {"before", "file", "stream"}


async def test_all_that_was_in_it_is_there(backup: Path, tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    told = await restored(home, backup)
    assert (told.sessions, told.key_storage, told.set_aside) == (0, "file", "")
    assert left_in(home.parent) == {"home"}
    means = Means(clock=CLOCK, entropy=FakeEntropy("other"))
    keys = KeyFiles(home / "keys", means).open()
    assert keys.identity.amid == told.amid
    async with SqliteStore(home / "agentmesh.db", keys.vault(FakeEntropy("w"))) as store:
        assert [it.alias for it in await store.contacts()] == ["Bob"]
    assert (home / "policy.json").read_text() == '{"strict_mode": true}'
    found = verify(home / "logs", keys.audit_key())
    assert found.is_whole
    assert found.lines == 2  # that it was made, and that it was restored
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_the_settings_follow_where_the_keys_are_now(backup: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = await restored(home, backup, key_storage="passphrase")
    assert told.key_storage == "passphrase"
    said = msgspec.json.decode((home / "config.json").read_bytes())
    assert said == {"key_storage": "passphrase", "name": "Ada"}


async def test_a_place_with_something_in_it_is_refused(backup: Path, tmp_path: Path) -> None:
    full, file, link = tmp_path / "full", tmp_path / "a-file", tmp_path / "link"
    full.mkdir()
    (full / "precious").write_text("x")
    file.write_text("x")
    link.symlink_to(full)
    for place in (full, file, link):
        assert await refused(place, backup) == "home_not_empty"
    for place in (file, link):
        assert await refused(place, backup, replace=True) == "home_not_empty"
    assert [it.name for it in full.iterdir()] == ["precious"]
    assert left_in(tmp_path) == {"full", "a-file", "link"}


async def test_an_empty_directory_is_as_good_as_none(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    await restored(tmp_path / "home", backup)
    assert (tmp_path / "home" / "keys" / "identity.sealed").exists()


async def test_with_the_word_the_old_home_is_moved_aside(backup: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "precious").write_text("x")
    told = await restored(home, backup, replace=True)
    assert (Path(told.set_aside) / "precious").read_text() == "x"
    assert not (home / "precious").exists()
    again = await restored(home, backup, replace=True)
    assert again.set_aside != told.set_aside


async def test_a_home_with_a_daemon_is_left_alone(backup: Path, tmp_path: Path) -> None:
    with Home(tmp_path / "home"):
        assert await refused(tmp_path / "home", backup, replace=True) == "already_running"
    assert left_in(tmp_path) == {"home"}


async def test_what_a_crash_left_is_erased_and_what_is_at_work_is_not(
    backup: Path, tmp_path: Path
) -> None:
    (tmp_path / ".home.restoring-0").mkdir(mode=0o700)
    with Home(tmp_path / ".home.restoring-1"):
        await restored(tmp_path / "home", backup)
        assert left_in(tmp_path) == {".home.restoring-1", "home"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-1], "backup_damaged"),
        (lambda data: data[: len(data) // 2], "backup_damaged"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "backup_damaged"),
        (lambda data: data + b"x", "backup_damaged"),
        (lambda _: b"no backup", "backup_malformed"),
        (lambda _: b"", "backup_malformed"),
    ],
)
async def test_what_is_damaged_leaves_nothing_behind(
    backup: Path, tmp_path: Path, change: Callable[[bytes], bytes], code: str
) -> None:
    backup.write_bytes(change(backup.read_bytes()))
    assert await refused(tmp_path / "home", backup) == code
    assert left_in(tmp_path) == set()


async def test_a_wrong_passphrase_and_a_missing_file_are_told_apart(
    backup: Path, tmp_path: Path
) -> None:
    asked = offline.Restore(path=str(backup), passphrase="another")
    with pytest.raises(AgentMeshError) as caught:
        await restore(tmp_path / "home", asked, (CLOCK, FakeEntropy()))
    assert caught.value.code == "passphrase_wrong"
    assert await refused(tmp_path / "home", tmp_path / "nowhere") == "file_unreadable"
    assert left_in(tmp_path) == set()


async def test_a_full_disk_leaves_nothing_behind(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(restoring.os, "fsync", full)
    assert await refused(tmp_path / "home", backup) == "disk_full"
    assert left_in(tmp_path) == set()


def item(name: str, data: bytes) -> bytes:
    head = msgspec.msgpack.encode(Item(name=name, size=len(data)))
    return len(head).to_bytes(4, "big") + head + data


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "keys/identity.sealed", "x"])
async def test_a_made_up_backup_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    """Whoever knows the passphrase is still no reason to write outside of the home."""
    made = manifest(tmp_path)
    stream = item("manifest", made) + item(name, b"x") + item("", b"")
    file = sealed(tmp_path / "stream", lambda it: it.write(stream))
    assert await refused(tmp_path / "home", file) == "backup_damaged"
    assert not (tmp_path / "escaped").exists()
    assert left_in(tmp_path) == set()


def manifest(folder: Path) -> bytes:
    means = Means(clock=CLOCK, entropy=FakeEntropy("keys"), cost=CHEAP)
    keys = KeyFiles(folder / "before" / "keys", means).ensure("file")
    shutil.rmtree(folder / "before")
    return msgspec.msgpack.encode(Manifest(amid=keys.identity.amid, made_at=1.0, keys=keys.saved()))


@FUZZ
@given(data=garbage(), place=st.integers(0, 2))
async def test_any_stream_under_the_right_passphrase_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, place: int
) -> None:
    folder = tmp_path_factory.mktemp("stream")
    before = [b"", item("manifest", manifest(folder)), item("manifest", data)][place]
    file = sealed(folder / "stream", lambda it: it.write(before + data))
    assert await refused(folder / "home", file)
    assert left_in(folder) == set()


def test_the_passphrase_is_never_printed() -> None:
    assert "secret" not in repr(offline.Restore(path="/x", passphrase="secret"))
