"""A disk that is really full: refused with a reason, nothing damaged, and it goes on by itself."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.storage.interface import Put
from tests.support.stores import ONE, outgoing, sqlite_store


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte, where we may."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(ballast.parent).free == 0


async def test_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    async with sqlite_store(small_disk) as store:
        await store.commit([Put(outgoing("first"))])
        _fill(ballast)
        for attempt in range(3):
            with pytest.raises(StorageError) as caught:
                await store.commit([Put(outgoing(f"big{attempt}", body=bytes(60_000)))])
            assert caught.value.code == "disk_full"
            assert [m.message_id for m in await store.unsettled(ONE)] == ["first"]
        ballast.unlink()
        await store.commit([Put(outgoing("second", body=bytes(60_000)))])
    async with sqlite_store(small_disk) as store:
        assert [m.message_id for m in await store.unsettled(ONE)] == ["first", "second"]
        assert store.warnings() == []


async def test_a_store_on_a_full_disk_does_not_open_and_says_why(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    _fill(ballast)
    with pytest.raises(StorageError) as caught:
        async with sqlite_store(small_disk):
            pass
    assert caught.value.code == "disk_full"
    ballast.unlink()
    async with sqlite_store(small_disk) as store:
        await store.commit([Put(outgoing("first"))])
