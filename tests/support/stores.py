"""Rows to put into a store, and stores to put them into."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Vault
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.connection import Connect, connect
from agentmesh.storage.interface import (
    CardRow,
    ContactRow,
    ErrandRow,
    IncomingRow,
    KnockRow,
    OutgoingRow,
    PrekeyRow,
    SessionRow,
    Store,
)
from agentmesh.storage.sqlite import SqliteStore
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeEntropy

ALICE = Amid("alice")
BOB = Amid("bob")
ONE = SessionId("one")
TWO = SessionId("two")
DAY = 86400.0
NOW = 1_800_000_000.0
BODY = b"a body that is worth sealing"

AnyStore = AbstractAsyncContextManager[Store]


def vault(name: str = "vault") -> Vault:
    """Return a vault; one of the same name opens what this one sealed."""
    return Vault(Secret(FakeEntropy(name)(32)), FakeEntropy(f"{name}'s nonces"))


def sqlite_store(directory: Path, connect: Connect = connect) -> SqliteStore:
    """Return the store on disk; in the same directory it is the same one."""
    return SqliteStore(directory / "agentmesh.db", vault(), connect=connect)


def volatile_store(_directory: Path) -> VolatileStore:
    return VolatileStore()


def session(name: str = ONE, **changed: Any) -> SessionRow:
    row = SessionRow(
        session_id=SessionId(name),
        peer=BOB,
        ours=True,
        category="communication",
        kind="conversation",
        phase="open",
        state=BODY,
        opened_at=NOW,
        updated_at=NOW,
        expires_at=NOW + DAY,
    )
    return _with(row, changed)


def outgoing(name: str, **changed: Any) -> OutgoingRow:
    row = OutgoingRow(
        message_id=MessageId(name),
        peer=BOB,
        session_id=ONE,
        type="text",
        body=BODY,
        created_at=NOW,
        expires_at=NOW + 3 * DAY,
    )
    return _with(row, changed)


def incoming(name: str, sequence: int = 1, **changed: Any) -> IncomingRow:
    row = IncomingRow(
        message_id=MessageId(name),
        peer=BOB,
        session_id=ONE,
        sequence=sequence,
        type="text",
        body=BODY,
        received_at=NOW,
    )
    return _with(row, changed)


def errand(name: str, **changed: Any) -> ErrandRow:
    row = ErrandRow(
        errand_id=name,
        peer=BOB,
        session_id=ONE,
        kind="emit",
        body=BODY,
        created_at=NOW,
        expires_at=NOW + DAY,
    )
    return _with(row, changed)


def card(name: str, **changed: Any) -> CardRow:
    row = CardRow(drawer="drawer", name=name, body=BODY, created_at=NOW, expires_at=NOW + DAY)
    return _with(row, changed)


def knock(name: str, **changed: Any) -> KnockRow:
    row = KnockRow(
        knock_id=SessionId(name),
        peer=BOB,
        name="Bob",
        category="communication",
        subcategory="messaging",
        session_kind="conversation",
        note=BODY,
        received_at=NOW,
        expires_at=NOW + DAY,
        verdict="pending",
    )
    return _with(row, changed)


def contact(amid: str, **changed: Any) -> ContactRow:
    row = ContactRow(amid=Amid(amid), signing_key=BODY, added_at=NOW, suites=("pqxdh-dr.v1",))
    return _with(row, changed)


def prekey(number: int, **changed: Any) -> PrekeyRow:
    row = PrekeyRow(kind="one_time", id=number, public=b"public", private=BODY, created_at=NOW)
    return _with(row, changed)


def _with(row: Any, changed: dict[str, Any]) -> Any:
    return type(row)(**({name: getattr(row, name) for name in row.__struct_fields__} | changed))
