"""The records of a running daemon."""

from pathlib import Path

from agentmesh.crypto.vault import Cost
from agentmesh.daemon.records import records_of
from agentmesh.node.journal import Journal
from agentmesh.node.peers import Peers
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import amid_of
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.volatile import VolatileStore
from tests.support.directories import FakeDirectory
from tests.support.world import FakeClock, FakeEntropy

BOB = amid_of(b"b" * 32)


async def test_they_are_the_daemons_own(tmp_path: Path) -> None:
    clock, entropy = FakeClock(), FakeEntropy()
    means = Means(clock=clock, entropy=entropy, cost=Cost((1, 8)))
    keys = KeyFiles(tmp_path / "keys", means).ensure("file")
    journal = Journal(
        AuditLog(tmp_path / "logs", keys.audit_key(), clock),
        Transcripts(tmp_path / "transcripts", keys.transcripts_key(), entropy),
        lambda: True,
    )
    peers = Peers(VolatileStore(), FakeDirectory("registry"), clock)
    await peers.trust(BOB, 1)
    await peers.describe(BOB, alias="bob")
    records = records_of(keys, journal, peers, (tmp_path, clock, entropy))
    records.audit().record(Event.ERROR)
    assert (await records.standing()).head.seq == 1
    assert await records.name_of(BOB) == "bob"
    assert await records.name_of(amid_of(b"x" * 32)) == ""
    assert await records.peer("Bob") == BOB
    assert await records.peer("") is None
    journal.audit.close()
    journal.transcripts.close()
