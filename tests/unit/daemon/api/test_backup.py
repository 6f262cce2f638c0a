"""A backup over the control socket: whole in its place, or nothing is there."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.api import backup as api
from agentmesh.daemon.records import Records
from agentmesh.errors import AgentMeshError
from agentmesh.observability.audit_line import Event
from agentmesh.storage.backup_file import Reader
from tests.support.records import US, close, records_in
from tests.support.stores import sqlite_store

WORDS = "of the backup"


@pytest.fixture
async def records(tmp_path: Path) -> Iterator[Records]:  # type: ignore[misc]
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    async with sqlite_store(home):
        records = records_in(home)
        records.audit().record(Event.ERROR)
        yield records
        close(records)


async def back_up(records: Records, path: Path) -> answers.BackedUp:
    return await api.backup(records, calls.Backup(path=str(path), passphrase=WORDS), "owner")


async def test_it_says_whose_it_is_and_the_log_says_that_it_was_made(
    records: Records, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    made = await back_up(records, file)
    assert (made.amid, made.path, made.bytes) == (US.amid, str(file), file.stat().st_size)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [it.name for it in tmp_path.iterdir() if it.name != "home"] == ["backup"]
    assert b"backup_made" in next(records.logs.glob("audit-*.jsonl")).read_bytes()
    with file.open("rb") as opened:
        assert Reader(opened, Secret(WORDS.encode())).read(4)


async def test_what_is_there_already_is_not_written_over(records: Records, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    for path in (file, link):
        with pytest.raises(AgentMeshError) as caught:
            await back_up(records, path)
        assert caught.value.code == "file_exists"
    assert file.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("path", ["missing/backup", "file/backup"])
async def test_where_nothing_can_be_written_it_says_so(
    records: Records, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AgentMeshError) as caught:
        await back_up(records, tmp_path / path)
    assert caught.value.code == "backup_unwritable"


async def test_a_relative_path_would_be_the_daemons(records: Records) -> None:
    with pytest.raises(AgentMeshError) as caught:
        await back_up(records, Path("backup"))
    assert caught.value.code == "invalid_path"


async def test_a_full_disk_leaves_nothing_behind(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(api.os, "fsync", full)
    with pytest.raises(AgentMeshError) as caught:
        await back_up(records, tmp_path / "backup")
    assert caught.value.code == "disk_full"
    assert [it.name for it in tmp_path.iterdir()] == ["home"]


async def test_a_disk_without_links_has_it_too(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, __: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(api.os, "link", refuse)
    made = await back_up(records, tmp_path / "backup")
    assert made.bytes == (tmp_path / "backup").stat().st_size
