"""A home without its daemon."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.vault import Cost
from agentmesh.daemon.offline.home import ClosedHome
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event, Head
from agentmesh.protocol.ids import amid_of
from agentmesh.storage.home import Home
from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.world import FakeClock, FakeEntropy

CLOCK = FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home in which something happened."""
    with Home(tmp_path):
        means = Means(clock=CLOCK, entropy=FakeEntropy(), cost=Cost((1, 8)))
        keys = KeyFiles(tmp_path / "keys", means).ensure("file")
        log = AuditLog(tmp_path / "logs", keys.audit_key(), CLOCK)
        log.record(Event.ERROR)
        log.close()
    return tmp_path


@pytest.fixture
def home(folder: Path) -> Iterator[ClosedHome]:
    with ClosedHome(folder, (CLOCK, FakeEntropy()), lambda: None) as home:
        yield home


async def test_looking_changes_nothing(home: ClosedHome, folder: Path) -> None:
    log = next((folder / "logs").glob("audit-*.jsonl"))
    log.write_bytes(log.read_bytes() + b"torn")
    before = log.read_bytes()
    assert (await home.records.standing()).head.seq == 1
    assert log.read_bytes() == before


async def test_an_empty_log_stands_at_the_beginning(home: ClosedHome, folder: Path) -> None:
    next((folder / "logs").glob("audit-*.jsonl")).unlink()
    assert (await home.records.standing()).head == Head()


async def test_what_is_done_is_written_down(home: ClosedHome, folder: Path) -> None:
    home.records.audit().record(Event.TRANSCRIPT_ERASED)
    home.__exit__()
    log = next((folder / "logs").glob("audit-*.jsonl"))
    assert b"transcript_erased" in log.read_bytes()


def test_no_daemon_has_the_home_meanwhile(home: ClosedHome, folder: Path) -> None:
    assert home.records.home == folder
    with pytest.raises(UsageError, match="Another daemon"), Home(folder):
        pass


def test_a_home_that_a_daemon_has_stays_closed(folder: Path, home: ClosedHome) -> None:
    with Home(folder), pytest.raises(UsageError, match="Another daemon"):
        assert home.records


def test_without_keys_there_is_nothing_to_open_and_nothing_is_made(tmp_path: Path) -> None:
    with ClosedHome(tmp_path / "none", (CLOCK, FakeEntropy()), lambda: None) as home:
        with pytest.raises(AgentMeshError) as caught:
            assert home.records
        assert caught.value.code == "keys_missing"
    assert not (tmp_path / "none").exists()


async def test_a_peer_is_named_by_its_amid_alone(home: ClosedHome) -> None:
    bob = amid_of(b"b" * 32)
    assert await home.records.find(bob) == bob
    assert await home.records.name_of(bob) == ""
    with pytest.raises(UsageError):
        await home.records.find("bob")
