"""The last twenty policies, and what an undo brings back."""

from pathlib import Path

import pytest

from agentmesh.daemon.policy_versions import MAX_VERSIONS, PolicyVersions, policy_of
from agentmesh.errors import UsageError
from agentmesh.policy.document import Policy
from tests.support.world import FakeClock


def _versions(folder: Path) -> PolicyVersions:
    return PolicyVersions(folder / "history", Path.write_bytes, FakeClock())


def _policy(count: int) -> Policy:
    return Policy(max_concurrent_sessions=count)


def test_the_newest_come_first_and_the_oldest_go(tmp_path: Path) -> None:
    versions = _versions(tmp_path)
    for count in range(30):
        versions.keep(_policy(count), "owner")
    kept = versions.all()
    assert [it.number for it in kept] == list(range(30, 30 - MAX_VERSIONS, -1))
    assert policy_of(kept[0]) == _policy(29)
    with pytest.raises(UsageError):
        versions.one(1)


def test_what_is_in_force_already_is_no_new_version(tmp_path: Path) -> None:
    versions = _versions(tmp_path)
    versions.keep(_policy(1), "start")
    versions.keep(_policy(1), "file")
    assert [it.who for it in versions.all()] == ["start"]


def test_an_undo_goes_back_further_each_time_until_there_is_nothing(tmp_path: Path) -> None:
    versions = _versions(tmp_path)
    for count in (1, 2, 3):
        versions.keep(_policy(count), "owner")
    for count in (2, 1):
        back = versions.before()
        assert policy_of(back) == _policy(count)
        versions.keep(policy_of(back), "owner", back.number)
    with pytest.raises(UsageError) as caught:
        versions.before()
    assert caught.value.code == "nothing_to_undo"
    versions.keep(_policy(9), "owner")
    assert policy_of(versions.before()) == _policy(1)


def test_what_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    versions = _versions(tmp_path)
    for count in (1, 2, 3):
        versions.keep(_policy(count), "owner")
    (tmp_path / "history" / "000002.json").write_text("{")
    (tmp_path / "history" / "notes.txt").write_text("mine")
    (tmp_path / "history" / "000001.json").replace(tmp_path / "history" / "000009.json")
    assert [it.number for it in versions.all()] == [3]


def test_where_nothing_is_kept_there_is_nothing_to_undo(tmp_path: Path) -> None:
    assert _versions(tmp_path).all() == []
    with pytest.raises(UsageError):
        _versions(tmp_path).before()
