"""What is noted beside a message that came: what does not fit, and what it costs too much."""

from collections.abc import Sequence

import msgspec

from agentmesh.messages.schemas.problems import Problem
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.interface import CardRow, IncomingRow, Store

DRAWER = "remarks"
REMARK_SECONDS = 30 * 86400


class Remarks(msgspec.Struct, frozen=True):
    """Problems with its schema, and warnings: words of ours, nothing of the peer's."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


NO_REMARKS = Remarks()


def card(peer: Amid, message_id: MessageId, remarks: Remarks, now: float) -> CardRow:
    """Return the card that keeps remarks."""
    return CardRow(
        drawer=DRAWER,
        name=name_of(peer, message_id),
        body=msgspec.msgpack.encode(remarks),
        created_at=now,
        expires_at=now + REMARK_SECONDS,
    )


async def remarks_on(store: Store, rows: Sequence[IncomingRow]) -> dict[str, Remarks]:
    """Return what was noted beside a few messages, by `name_of` each; few have anything."""
    cards = await store.cards_named(DRAWER, [name_of(row.peer, row.message_id) for row in rows])
    return {card.name: msgspec.msgpack.decode(card.body, type=Remarks) for card in cards}


def name_of(peer: Amid, message_id: MessageId) -> str:
    """Return what the card is called that keeps the remarks on a message."""
    return f"{peer}/{message_id}"  # ids are the peer's choice: not alone
