import stat
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.files.plan import Plan
from agentmesh.protocol.ids import FileId
from agentmesh.storage.home import prepare
from agentmesh.storage.quarantine import ARRIVING, Quarantine

ONE, TWO = FileId("one"), FileId("two")


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    prepare(tmp_path)
    return Quarantine(tmp_path)


def come(quarantine: Quarantine, file_id: FileId, data: bytes) -> None:
    part = quarantine.begin(file_id, Plan(len(data)))
    part.write(0, data)
    part.make_safe(part.take_unsafe())
    part.close()


def test_a_whole_file_appears_under_its_name(quarantine: Quarantine, tmp_path: Path) -> None:
    come(quarantine, ONE, b"words")
    assert quarantine.finish(ONE, "a.txt") == "a.txt"
    quarantine.forget(ONE)
    path = quarantine.folder / "a.txt"
    assert path.read_bytes() == b"words"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(quarantine.folder.stat().st_mode) == 0o700
    assert list((tmp_path / ARRIVING).iterdir()) == []


def test_nothing_is_overwritten(quarantine: Quarantine) -> None:
    for number, file_id in enumerate((ONE, TWO), start=1):
        come(quarantine, file_id, b"%d" % number)
        quarantine.finish(file_id, "a.txt")
        quarantine.forget(file_id)
    assert (quarantine.folder / "a.txt").read_bytes() == b"1"
    assert (quarantine.folder / "a (2).txt").read_bytes() == b"2"


def test_a_link_of_that_name_is_left_alone(quarantine: Quarantine, tmp_path: Path) -> None:
    (quarantine.folder / "a.txt").symlink_to(tmp_path / "victim")
    come(quarantine, ONE, b"words")
    assert quarantine.finish(ONE, "a.txt") == "a (2).txt"
    assert not (tmp_path / "victim").exists()


def test_a_crash_after_the_name_makes_no_second_one(quarantine: Quarantine) -> None:
    come(quarantine, ONE, b"words")
    assert quarantine.finish(ONE, "a.txt") == "a.txt"
    assert quarantine.finish(ONE, "a.txt") == "a.txt"
    assert len(list(quarantine.folder.iterdir())) == 1


def test_what_nobody_waits_for_is_swept_away(quarantine: Quarantine, tmp_path: Path) -> None:
    come(quarantine, ONE, b"1")
    come(quarantine, TWO, b"2")
    quarantine.sweep({TWO})
    assert {path.stem for path in (tmp_path / ARRIVING).iterdir()} == {"two"}


def test_room_is_counted(quarantine: Quarantine) -> None:
    assert quarantine.taken_bytes() == 0
    (quarantine.folder / "a").write_bytes(bytes(1000))
    (quarantine.folder / "b").symlink_to("a")
    assert quarantine.taken_bytes() == 1000
    assert quarantine.free_bytes() > 0


def test_what_never_came_cannot_be_finished(quarantine: Quarantine) -> None:
    with pytest.raises(StorageError):
        quarantine.finish(ONE, "a.txt")
