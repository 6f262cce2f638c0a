"""What is noted beside a message that came: what does not fit, and what it costs too much."""

import msgspec

from agentmesh.messages.schemas.problems import Problem
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.interface import CardRow, Store

DRAWER = "remarks"
REMARK_SECONDS = 30 * 86400


class Remarks(msgspec.Struct, frozen=True):
    """Problems with its schema, and warnings: words of ours, nothing of the peer's."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def card(peer: Amid, message_id: MessageId, remarks: Remarks, now: float) -> CardRow:
    """Return the card that keeps remarks."""
    return CardRow(
        drawer=DRAWER,
        name=_name(peer, message_id),
        body=msgspec.msgpack.encode(remarks),
        created_at=now,
        expires_at=now + REMARK_SECONDS,
    )


async def remarks_on(store: Store, peer: Amid, message_id: MessageId) -> Remarks:
    """Return what was noted beside a message."""
    kept = await store.card(DRAWER, _name(peer, message_id))
    return Remarks() if kept is None else msgspec.msgpack.decode(kept.body, type=Remarks)


def _name(peer: Amid, message_id: MessageId) -> str:
    return f"{peer}/{message_id}"  # ids are the peer's choice: not alone
