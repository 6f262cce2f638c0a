"""Records are kept as long as the owner wants."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.node import retention as retention_module
from agentmesh.node.journal import Journal
from agentmesh.node.retention import DAY, Retention
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.observability.audit_verify import verify
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.world import FakeClock, FakeEntropy

KEY = Secret(b"k" * 32)
SESSIONS = [SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in range(4)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    """Four days, with a line of the log and a transcript on each."""
    audit = AuditLog(tmp_path / "logs", KEY, clock)
    transcripts = Transcripts(tmp_path / "transcripts", KEY, FakeEntropy())
    for session_id in SESSIONS:
        audit.record(Event.ERROR)
        audit.flush()
        transcripts.append(session_id, Entry(at=clock.now(), kind="opened", peer=Amid("2wVn")))
        os.utime(tmp_path / "transcripts" / session_id, (clock.now(), clock.now()))
        clock.advance(DAY)
    yield Journal(audit, transcripts, lambda: True)
    audit.close()
    transcripts.close()


async def left_with(policy: Policy, journal: Journal, clock: FakeClock) -> tuple[int, int]:
    """Return how many files of the log and how many transcripts are left."""
    await Retention(journal, lambda: policy, clock).look()
    logs = journal.audit._directory
    journal.audit.flush()
    assert verify(logs, KEY, journal.audit.head()).is_whole
    return len(list(logs.glob("audit-*.jsonl"))), len(journal.transcripts.overview())


async def test_everything_is_kept_unless_the_owner_says_otherwise(
    journal: Journal, clock: FakeClock
) -> None:
    clock.advance(4000 * DAY)
    assert await left_with(Policy(), journal, clock) == (4, 4)


async def test_what_went_on_or_was_erased_meanwhile_is_no_stumbling_block(
    journal: Journal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = journal.transcripts.overview()
    journal.transcripts.erase(SESSIONS[0])
    entry = Entry(at=clock.now(), kind="received", peer=Amid("2wVn"))
    journal.transcripts.append(SESSIONS[1], entry)
    os.utime(journal.transcripts._path(SESSIONS[1]), (clock.now(), clock.now()))
    monkeypatch.setattr(journal.transcripts, "overview", lambda: listed)
    await Retention(journal, lambda: Policy(transcript_days=2), clock).look()
    assert [journal.transcripts.has(it) for it in SESSIONS] == [False, True, True, True]
    text = "".join(path.read_text() for path in journal.audit._directory.glob("audit-*.jsonl"))
    assert "transcripts_let_go" not in text


async def test_what_is_older_goes_and_that_is_written_down(
    journal: Journal, clock: FakeClock
) -> None:
    policy = Policy(audit_days=2, transcript_days=2)
    assert await left_with(policy, journal, clock) == (3, 2)  # a new day has begun
    text = "".join(path.read_text() for path in journal.audit._directory.glob("audit-*.jsonl"))
    assert '"transcripts_let_go","fields":{"count":2}' in text
    assert '"audit_let_go","fields":{"lines":2,"files":2}' in text
    await Retention(journal, lambda: policy, clock).look()
    assert journal.audit.condition().waiting == 0


async def test_a_clock_that_jumps_takes_only_a_few_along(
    journal: Journal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "MAX_TRANSCRIPTS", 1)
    clock.jump(400 * DAY)
    await left_with(Policy(transcript_days=1), journal, clock)
    assert {it.session_id for it in journal.transcripts.overview()} == set(SESSIONS[1:])


async def test_it_runs_as_a_part(journal: Journal, clock: FakeClock) -> None:
    async with Retention(journal, Policy, clock):
        pass
