"""What is answered without a daemon."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.control import offline
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.daemon.api.records import RECORDS
from agentmesh.daemon.offline.answering import Answering
from agentmesh.daemon.offline.home import ClosedHome
from agentmesh.errors import IntegrityError, UsageError
from agentmesh.observability.audit_export import seal_line, vouch
from agentmesh.observability.audit_select import Choice
from agentmesh.observability.transcript_keys import lock
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol import receipt_file
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.receipt_file import prove_it
from agentmesh.protocol.signed import Purpose
from tests.support import receipts
from tests.support.records import KEY, US
from tests.support.world import FakeClock, FakeEntropy

CLOCK = FakeClock(receipts.STARTED / 1000 + 60)
ONE = SessionId("0190a0a0-0000-7000-8000-000000000001")


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    """There is no home at all."""
    with ClosedHome(tmp_path / "none", (CLOCK, FakeEntropy()), lambda: None) as home:
        yield Answering(home, CLOCK)


async def ask(answering: Answering, name: str, **params: Any) -> Any:
    return await answering.answer(name, msgspec.Raw(msgspec.json.encode(params)))


def test_the_calls_about_records_are_those_of_the_daemon() -> None:
    assert set(offline.ALL) == set(RECORDS) | set(offline.OFFLINE)


async def test_a_receipt_is_checked_with_nothing_but_itself(answering: Answering) -> None:
    receipt = receipts.receipt()
    file = receipt_file.write(receipt, prove_it(receipt)).decode()
    assert (await ask(answering, "receipts.check", file=file)).outcome == "completed"
    with pytest.raises(IntegrityError):
        await ask(answering, "receipts.check", file=file.replace("completed", "cancelled"))


async def test_an_export_is_checked_with_nothing_but_itself(
    answering: Answering, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    document = vouch(tmp_path / "logs", KEY, Choice(), (US.amid, 1.0))
    path = tmp_path / "export"
    path.write_bytes(seal_line(US.sign(document, Purpose.AUDIT_EXPORT)))
    assert (await ask(answering, "audit.check", path=str(path))).amid == US.amid


async def test_a_transcript_is_read_with_its_key(answering: Answering, tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "t", KEY, FakeEntropy())
    kept.append(
        ONE, *(Entry(at=1.0, kind="sent", peer=Amid("b"), body=b"%d" % n) for n in range(5))
    )
    kept.close()
    about = (ONE, US.amid, 1.0)
    key = lock(kept.key_of(ONE), about, Secret(b"words"), FakeEntropy(), Cost((1, 8))).decode()
    asked = {"path": str(tmp_path / "t" / ONE), "key_file": key, "passphrase": "words"}
    page = await ask(answering, "transcripts.open", **asked, first=4, limit=9)
    assert [(it.number, it.payload) for it in page.entries] == [(4, 3), (5, 4)]
    assert page.total == 5


async def test_other_calls_are_not_answered(answering: Answering) -> None:
    for name in ("send", "status", "receipts.list"):
        with pytest.raises(UsageError, match="no call"):
            await ask(answering, name)


async def test_a_record_needs_a_home(answering: Answering) -> None:
    with pytest.raises(UsageError, match="no keys"):
        await ask(answering, "audit.head")
