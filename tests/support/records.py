"""The records of a home that is a folder of a test."""

from pathlib import Path

from agentmesh.crypto.secret import Secret
from agentmesh.daemon.records import Records, Standing
from agentmesh.identity.keys import Identity
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.storage.key_sealing import SavedKeys
from tests.support.world import FakeClock, FakeEntropy

KEY = Secret(bytes(32))
US = Identity(Secret(b"u" * 32))
SAVED = SavedKeys(seed=b"u" * 32, master=bytes(32), created_at=1_800_000_000.0, storage="file")


def records_of(
    folder: Path, audit: AuditLog, transcripts: Transcripts, clock: FakeClock
) -> Records:
    """Return the records that these make up; the log's key is `KEY`."""

    async def standing() -> Standing:
        audit.flush()
        condition = audit.condition()
        return Standing(audit.head(), condition.waiting, condition.lost)

    async def find(text: str) -> Amid:
        return parse_amid(text)

    async def name_of(peer: Amid) -> str:
        return f"\x1b{peer[:4]}"

    return Records(
        home=folder,
        identity=US,
        audit_key=KEY,
        keys=lambda: SAVED,
        audit=lambda: audit,
        standing=standing,
        transcripts=transcripts,
        shelf=Shelf(transcripts, clock),
        clock=clock,
        entropy=FakeEntropy("records"),
        find=find,
        name_of=name_of,
    )


def records_in(folder: Path, clock: FakeClock | None = None) -> Records:
    """Return fresh records in a folder."""
    clock = clock or FakeClock()
    transcripts = Transcripts(folder / "transcripts", KEY, FakeEntropy("transcripts"))
    return records_of(folder, AuditLog(folder / "logs", KEY, clock), transcripts, clock)


def close(records: Records) -> None:
    """Let the files go."""
    records.audit().close()
    records.transcripts.close()
