"""The transfers there are, of both directions: each a card in the store, all of them in memory."""

from typing import Literal

import msgspec

from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid, FileId, MessageId
from agentmesh.protocol.limits import FILE_IDLE_SECONDS, FILE_OFFER_SECONDS
from agentmesh.storage.interface import CardRow, DropCard, Put
from agentmesh.storage.source_file import Mark

DRAWER = "files"
REMEMBERED_SECONDS = 30 * 86400
MAX_OVER = 500
"""At this bound the transfer that was over first is forgotten."""

State = Literal[
    "preparing", "offered", "asking", "moving", "done", "refused", "cancelled", "failed"
]
"""`offered`: the peer has to answer. `asking`: our owner has to."""

_OVER = frozenset({"done", "refused", "cancelled", "failed"})


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a transfer. `ours`: it goes out, from `path`; else it comes in as `name`.

    `run` counts how often we began to receive it; `offer` is the message that offered it.
    """

    file_id: FileId
    peer: Amid
    ours: bool
    name: str
    size: int
    media_type: str
    state: State
    reason: str = ""
    root: bytes = b""
    key: bytes = b""
    path: str = ""
    mark: Mark | None = None
    offer: MessageId | None = None
    run: int = 0
    created_at: float
    changed_at: float

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in _OVER

    @property
    def expires_at(self) -> float:
        """Until when it may stay as it is."""
        if self.is_over:
            return self.changed_at + REMEMBERED_SECONDS
        seconds = FILE_IDLE_SECONDS if self.state == "moving" else FILE_OFFER_SECONDS
        return self.changed_at + seconds


class Transfers:
    """See above. What `put` returned from is on the disk."""

    def __init__(self, hand: AtHand) -> None:
        self._hand = hand
        self._all: dict[FileId, Transfer] = {}

    async def load(self) -> None:
        """Read what was kept."""
        for row in await self._hand.store.cards(DRAWER):
            transfer = msgspec.msgpack.decode(row.body, type=Transfer)
            self._all[transfer.file_id] = transfer

    def get(self, file_id: str) -> Transfer | None:
        """Return a transfer."""
        return self._all.get(FileId(file_id))

    def all(self) -> list[Transfer]:
        """Return all transfers, oldest first."""
        return sorted(self._all.values(), key=lambda it: (it.created_at, it.file_id))

    def open_ones(self, *, ours: bool) -> list[Transfer]:
        """Return the transfers of one direction that are not over."""
        return [it for it in self._all.values() if it.ours is ours and not it.is_over]

    async def put(self, transfer: Transfer) -> Transfer:
        """Keep a transfer as it is now, and tell of it."""
        transfer = msgspec.structs.replace(transfer, changed_at=self._hand.clock.now())
        if transfer.is_over:
            transfer = msgspec.structs.replace(transfer, key=b"")  # nobody needs it any more
        row = CardRow(
            drawer=DRAWER,
            name=transfer.file_id,
            body=msgspec.msgpack.encode(transfer),
            created_at=transfer.created_at,
            expires_at=transfer.expires_at + FILE_IDLE_SECONDS,
        )
        await self._hand.store.commit([Put(row)])
        before = self._all.get(transfer.file_id)
        self._all[transfer.file_id] = transfer
        if before is None or before.state != transfer.state:
            self._tell(transfer)
        await self._forget_the_oldest()
        return transfer

    async def turn(self, transfer: Transfer, state: State, reason: str = "") -> Transfer:
        """Keep that a transfer is in another state now."""
        return await self.put(msgspec.structs.replace(transfer, state=state, reason=reason))

    async def forget_old(self) -> None:
        """Forget what was over long ago."""
        now = self._hand.clock.now()
        for transfer in [it for it in self._all.values() if it.is_over and it.expires_at <= now]:
            await self._drop(transfer)

    async def _forget_the_oldest(self) -> None:
        over = [it for it in self._all.values() if it.is_over]
        if len(over) > MAX_OVER:
            await self._drop(min(over, key=lambda it: it.changed_at))

    async def _drop(self, transfer: Transfer) -> None:
        await self._hand.store.commit([DropCard(DRAWER, transfer.file_id)])
        del self._all[transfer.file_id]

    def _tell(self, transfer: Transfer) -> None:
        fields: dict[str, str | int] = {
            "transfer_id": transfer.file_id,
            "direction": "out" if transfer.ours else "in",
            "size": transfer.size,
        }
        if transfer.reason:
            fields["reason"] = transfer.reason
        kind = f"file_{transfer.state}"
        self._hand.bulletin.publish(Notice(kind=kind, peer=transfer.peer, fields=fields))
