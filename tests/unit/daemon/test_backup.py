"""What is in a backup, and what is not."""

import io
from pathlib import Path

import msgspec
import pytest

from agentmesh.daemon.backup import ALLOWED, Item, Manifest, write_home
from agentmesh.errors import UsageError
from agentmesh.protocol.ids import SessionId, uuid7
from tests.support.records import SAVED, US
from tests.support.stores import sqlite_store
from tests.support.world import FakeEntropy

MANIFEST = Manifest(amid=US.amid, made_at=1.0, keys=SAVED)
SESSION = SessionId(uuid7(1_800_000_000.0, FakeEntropy()))
HELD = {
    "config.json": b"{}",
    "policy.json": b"{}",
    "policy.history/000001.json": b"{}",
    "logs/audit-2026-11-21.jsonl": b"a line",
    "logs/audit-anchor.json": b"{}",
    f"transcripts/{SESSION}": b"sealed",
}
OTHERS = ("keys/identity.sealed", "logs/daemon.log", "files/from/a-peer.exe", "run/daemon.lock",
          "transcripts/notes.txt", "mine.txt")  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in (*HELD, *OTHERS):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(HELD.get(name, b"another"))
    return tmp_path


def items(stream: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    source = io.BytesIO(stream)
    while True:
        head = source.read(int.from_bytes(source.read(4), "big"))
        item = msgspec.msgpack.decode(head, type=Item)
        if not item.name:
            assert source.read() == b""
            return found
        found[item.name] = source.read(item.size)


async def written(home: Path) -> dict[str, bytes]:
    stream = io.BytesIO()
    async with sqlite_store(home):
        assert write_home(home, MANIFEST, stream) == len(items(stream.getvalue())) - 1
    return items(stream.getvalue())


async def test_what_is_the_owners_is_in_it_and_nothing_else(home: Path) -> None:
    found = await written(home)
    assert msgspec.msgpack.decode(found.pop("manifest"), type=Manifest) == MANIFEST
    assert found.pop("agentmesh.db").startswith(b"SQLite format 3")
    assert found == HELD


def test_where_no_daemon_ever_ran_there_is_no_database(home: Path) -> None:
    stream = io.BytesIO()
    assert write_home(home, MANIFEST, stream) == len(HELD)
    assert items(stream.getvalue()).keys() == {"manifest", *HELD}


async def test_a_link_is_not_followed(home: Path) -> None:
    (home / "policy.json").unlink()
    (home / "policy.json").symlink_to("/etc/hostname")
    (home / "logs" / "audit-2026-11-20.jsonl").symlink_to("/etc/hostname")
    found = await written(home)
    assert "policy.json" not in found
    assert "logs/audit-2026-11-20.jsonl" not in found


@pytest.mark.parametrize(
    "name",
    ["../policy.json", "/etc/passwd", "logs/../../x", "keys/identity.sealed", "run/x",
     "config.json\n", "transcripts/..", "logs/audit-/x.jsonl", ".", ""],
)  # fmt: skip
def test_no_other_name_is_taken_out_of_a_backup(name: str) -> None:
    assert not ALLOWED.fullmatch(name)


async def test_a_file_that_shrinks_meanwhile_makes_no_wrong_backup(home: Path) -> None:
    log = home / "logs" / "audit-2026-11-21.jsonl"

    class Shrinking(io.BytesIO):
        def write(self, data: object) -> int:
            if b"audit-2026-11-21" in bytes(data):  # type: ignore[call-overload]
                log.write_bytes(b"")
            return super().write(data)  # type: ignore[arg-type]

    async with sqlite_store(home):
        with pytest.raises(UsageError) as caught:
            write_home(home, MANIFEST, Shrinking())
    assert caught.value.code == "file_changed"


def test_the_keys_in_it_are_never_printed() -> None:
    assert SAVED.master.hex() not in repr(MANIFEST)
    assert "uuuu" not in repr(MANIFEST)
