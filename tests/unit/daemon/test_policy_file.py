"""policy.json as the daemon holds it."""

import asyncio
import os
from pathlib import Path

import pytest

from agentmesh.daemon.policy_file import LOOK_SECONDS, PolicyFile
from agentmesh.daemon.policy_versions import PolicyVersions
from agentmesh.errors import StorageError, UsageError
from tests.support.world import FakeClock


class Watched:
    """A policy file in a directory of its own, and how often it changed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "policy.json"
        self.changes = 0

    def open(self) -> PolicyFile:
        """Read it as a daemon does that starts."""
        return PolicyFile(self.path, self._write, self._note, _versions(self.path.parent))

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)

    def _note(self) -> None:
        self.changes += 1


def _versions(folder: Path) -> PolicyVersions:
    return PolicyVersions(folder / "policy.history", Path.write_bytes, FakeClock())


def test_where_there_is_no_file_the_defaults_hold(tmp_path: Path) -> None:
    file = Watched(tmp_path).open()
    assert file.current().consent == "ask"
    assert file.problem() is None


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    watched.path.write_text('{"consent": "policy"}')
    assert file.current().consent == "policy"
    assert watched.changes == 1


async def test_who_asks_in_one_moment_shares_a_look_at_the_file(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    assert file.in_force().consent == "ask"
    watched.path.write_text('{"consent": "policy"}')
    assert file.in_force().consent == "ask"
    await asyncio.sleep(2 * LOOK_SECONDS)
    assert file.in_force().consent == "policy"


def test_who_asks_outside_of_the_loop_looks_each_time(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    assert file.in_force().consent == "ask"
    watched.path.write_text('{"consent": "policy"}')
    assert file.in_force().consent == "policy"


async def test_what_a_call_changes_holds_in_the_same_turn(tmp_path: Path) -> None:
    file = Watched(tmp_path).open()
    assert not file.in_force().strict_mode
    file.set("strict_mode", value=True)
    assert file.in_force().strict_mode


def test_a_wrong_file_changes_nothing_and_is_named(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    file.set("strict_mode", value=True)
    watched.path.write_text('{"strict_mod": false}')
    problem = file.problem()
    assert problem is not None
    assert "strict_mode" in problem.hint
    assert file.current().strict_mode


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "huge", "link to itself"])
def test_what_is_no_file_holds_up_nothing_and_is_named(tmp_path: Path, kind: str) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    file.set("strict_mode", True)
    watched.path.unlink()
    match kind:
        case "pipe":
            os.mkfifo(watched.path)
        case "folder":
            watched.path.mkdir()
        case "device":
            watched.path.symlink_to("/dev/zero")
        case "huge":
            with watched.path.open("wb") as huge:
                huge.truncate(10**12)
        case _:
            watched.path.symlink_to(watched.path)
    assert file.current().strict_mode
    assert file.problem() is not None
    again = watched.open()
    assert again.current().strict_mode
    again.set("consent", "policy")
    assert again.problem() is None


def test_a_wrong_file_opens_no_door_after_a_restart(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.path.write_text('{"strict_mode": true}')
    watched.open()
    watched.path.write_text('{"strict_mod": true}')
    file = watched.open()
    assert file.problem() is not None
    assert file.current().strict_mode
    watched.path.write_text("{}")
    assert not file.current().strict_mode


def test_a_disk_without_room_for_the_copy_does_not_refuse_a_valid_file(tmp_path: Path) -> None:
    def full(path: Path, data: bytes) -> None:
        raise StorageError("disk_full")

    (tmp_path / "policy.json").write_text('{"strict_mode": true}')
    file = PolicyFile(tmp_path / "policy.json", full, lambda: None, _versions(tmp_path))
    assert file.current().strict_mode
    assert file.problem() is None


def test_what_the_owner_wrote_is_not_lost_when_a_call_changes_the_policy(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.path.write_text('{"consent": "policy", "strict_mod": true}')
    file = watched.open()
    file.set("strict_mode", value=True)
    assert file.problem() is None
    assert "strict_mod" in (tmp_path / "policy.json.refused").read_text()


def test_every_policy_that_was_in_force_can_be_brought_back(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    for count in (1, 2, 3):
        file.set("max_concurrent_sessions", count)
    watched.path.write_text('{"max_concurrent_sessions": 4}')
    file.current()
    assert [it.who for it in file.versions.all()] == ["file", "owner", "owner", "owner", "start"]
    assert [file.undo().max_concurrent_sessions for _ in range(4)] == [3, 2, 1, 100]
    assert file.undo(2).max_concurrent_sessions == 1
    with pytest.raises(UsageError) as caught:
        file.undo(999)
    assert caught.value.code == "unknown_version"


def test_an_edit_that_nobody_has_seen_yet_is_a_version_too(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    file.set("max_concurrent_sessions", 1)
    watched.path.write_text('{"max_concurrent_sessions": 2}')
    assert file.undo().max_concurrent_sessions == 1
    assert file.undo(3).max_concurrent_sessions == 2


def test_a_file_that_is_half_written_changes_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    file = watched.open()
    file.set("strict_mode", value=True)
    whole = watched.path.read_bytes()
    for length in range(0, len(whole), 97):
        watched.path.write_bytes(whole[:length])
        assert file.current().strict_mode
    assert len(file.versions.all()) == 2
