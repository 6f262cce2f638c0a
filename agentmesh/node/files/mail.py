"""What we say to a peer's daemon about a file, and in which session."""

from agentmesh.messages.file_payloads import (
    FILE_TYPES,
    FileAccept,
    FileCancel,
    FileDone,
    FileOffer,
    FilePayload,
    FileRefuse,
    write_file_payload,
)
from agentmesh.node.at_hand import AtHand
from agentmesh.node.files.transfers import Transfer
from agentmesh.node.house_mail import HouseMail
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, FileId, MessageId

TELL_SECONDS = 60.0
"""A peer that goes on about a file that is over is told so again, but not more often."""
MAX_TOLD = 1000
_WISH = Wish(
    intent=Intent(category="communication", subcategory="messaging"), request=SessionRequest()
)


class FileMail:
    """Says it in the conversation that there is with the peer, or begins one."""

    def __init__(self, hand: AtHand, mail: HouseMail) -> None:
        self._hand = hand
        self._mail = mail
        self._told: dict[tuple[Amid, FileId], float] = {}

    async def offer(self, transfer: Transfer) -> MessageId:
        """Offer a file of ours."""
        said = FileOffer(
            file_id=transfer.file_id,
            name=transfer.name,
            size=transfer.size,
            media_type=transfer.media_type,
            root=transfer.root.hex(),
            key=transfer.key.hex(),
        )
        return await self._post(transfer.peer, said)

    async def accept(self, transfer: Transfer) -> None:
        """Say that we want it."""
        await self._say(transfer.peer, FileAccept(file_id=transfer.file_id))

    async def refuse(self, peer: Amid, file_id: FileId, reason: str) -> None:
        """Say that we do not take it."""
        await self._say(peer, FileRefuse(file_id=file_id, reason=reason))

    async def cancel(self, peer: Amid, file_id: FileId, reason: str) -> None:
        """Say that it does not come, or is not wanted, any more."""
        await self._say(peer, FileCancel(file_id=file_id, reason=reason))

    async def done(self, transfer: Transfer) -> None:
        """Say that all of it came."""
        await self._say(transfer.peer, FileDone(file_id=transfer.file_id))

    async def tell_how_it_is(self, peer: Amid, file_id: FileId, transfer: Transfer | None) -> None:
        """Answer a peer that speaks of a file which is over, or of none that we know."""
        now = self._hand.clock.monotonic()
        if now < self._told.get((peer, file_id), 0.0):
            return
        if len(self._told) >= MAX_TOLD:
            self._told.clear()
        self._told[peer, file_id] = now + TELL_SECONDS
        if transfer is None:
            await self.cancel(peer, file_id, "unknown_file")
        elif transfer.state == "done" and not transfer.ours:
            await self.done(transfer)
        elif transfer.state == "refused" and not transfer.ours:
            await self.refuse(peer, file_id, transfer.reason or "refused")
        elif transfer.is_over:
            await self.cancel(peer, file_id, transfer.reason or "cancelled")

    async def _say(self, peer: Amid, said: FilePayload) -> None:
        """Say it, but not to whom our owner blocked, nor while everything is stopped."""
        if peer not in self._hand.policy().blocklist and not self._hand.switches.stopped:
            await self._post(peer, said)

    async def _post(self, peer: Amid, said: FilePayload) -> MessageId:
        return await self._mail.post(peer, FILE_TYPES[type(said)], write_file_payload(said), _WISH)
