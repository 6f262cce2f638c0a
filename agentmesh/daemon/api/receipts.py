"""Control calls about what proves to others that we held a session."""

from typing import Any

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import AgentMeshError, IntegrityError, RemoteProtocolError, UsageError
from agentmesh.messages.delivery import clean_name
from agentmesh.protocol import receipt_file
from agentmesh.protocol.receipt_file import prove_it
from agentmesh.protocol.session_receipt import DRAWER, Proven, SessionReceipt, decode
from agentmesh.protocol.times import to_text
from agentmesh.storage.interface import CardRow

Permit = calls.Permit


async def receipts_list(rooms: Rooms, asked: calls.ReceiptsList, _: Permit) -> answers.Receipts:
    """List the receipts; each is proven before it is shown."""
    cards = list(reversed(await rooms.hand.store.cards(DRAWER)))
    listed, damaged = [], 0
    for card in cards[: asked.limit]:
        try:
            listed.append(await _summary(rooms, _read(card)[1]))
        except AgentMeshError:
            damaged += 1
    return answers.Receipts(receipts=listed, total=len(cards), damaged=damaged)


async def receipts_show(rooms: Rooms, asked: calls.ReceiptsShow, _: Permit) -> answers.Receipt:
    """Show one receipt."""
    card = await rooms.hand.store.card(DRAWER, asked.session_id)
    if card is None:
        raise UsageError(
            "receipt_unknown",
            "There is no receipt of this session.",
            "`agentmesh receipt list` shows them; they are kept for 90 days.",
        )
    return told(receipt_file.write(*_read(card)))


def told(file: bytes, now: float | None = None) -> answers.Receipt:
    """Return what a receipt's file says."""
    said = receipt_file.read(file, float("inf") if now is None else now)
    facts: dict[str, Any] = {name: getattr(said, name) for name in said.__struct_fields__}
    del facts["agentmesh_receipt"], facts["receipt"]
    return answers.Receipt(**facts, file=file.decode())


def _read(card: CardRow) -> tuple[SessionReceipt, Proven]:
    try:
        receipt = decode(card.body)
    except RemoteProtocolError:
        raise IntegrityError("receipt_malformed", "The kept receipt is damaged.") from None
    return receipt, prove_it(receipt)


async def _summary(rooms: Rooms, proven: Proven) -> answers.ReceiptSummary:
    stub = proven.stub
    peer = stub.receiver if stub.initiator == rooms.hand.keys.ring.identity.amid else stub.initiator
    row = await rooms.peers.row(peer)
    return answers.ReceiptSummary(
        session_id=stub.session_id,
        peer=peer,
        peer_name=clean_name((row.alias or row.name) if row else ""),
        started=to_text(stub.started / 1000),
        suite=stub.suite,
        outcome=proven.outcome.outcome if proven.outcome else "",
    )
