"""Homes with a lot in them, written before their daemon starts."""

from pathlib import Path

from agentmesh.daemon.assemble import DATABASE, KEYS
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.session import snapshot
from agentmesh.storage.interface import ContactRow, Put, SessionRow
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.sqlite import SqliteStore
from tests.support.session_states import examples


async def write_sessions(home: Path, count: int) -> None:
    """Make a home in which so many sessions are open, each with another peer: a contact."""
    home.mkdir(mode=0o700)
    (home / "config.json").write_text('{"key_storage": "file"}')
    state, now = snapshot.save(examples()["Open"].state), SystemClock().now()
    async with SqliteStore(home / DATABASE, _keys(home).vault(system_entropy)) as store:
        await store.commit([Put(_session(number, state, now)) for number in range(count)])
        await store.commit([Put(_contact(number, now)) for number in range(count)])


def write_transcripts(home: Path, count: int) -> None:
    """Write down that something was said in each of so many sessions."""
    kept = Transcripts(home / "transcripts", _keys(home).transcripts_key(), system_entropy)
    for number in range(count):
        body = b'{"text":"number %d"}' % number
        said = Entry(at=1.0, kind="received", peer=_peer(number), type="text", body=body)
        kept.append(_name(number), said)
    kept.close()


def _keys(home: Path) -> OpenKeys:
    means = Means(clock=SystemClock(), entropy=system_entropy)
    return KeyFiles(home / KEYS, means).ensure("file")


def _name(number: int) -> SessionId:
    return SessionId(f"0190a0a0-0000-7000-8000-{number:012d}")


def _peer(number: int) -> Amid:
    return amid_of(number.to_bytes(32, "big"))


def _contact(number: int, now: float) -> ContactRow:
    key = number.to_bytes(32, "big")
    return ContactRow(amid=amid_of(key), signing_key=key, trust=1, added_at=now)


def _session(number: int, state: bytes, now: float) -> SessionRow:
    return SessionRow(
        session_id=_name(number),
        peer=_peer(number),
        ours=False,
        category="travel",
        kind="conversation",
        phase="open",
        state=state,
        opened_at=now,
        updated_at=now,
        expires_at=now + 86400,
    )
