"""Files that come in: from the peer's offer to a whole file in quarantine.

Nothing of it is opened or run, and no name of it leaves this room but to the owner.
"""

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial

import msgspec

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, Refused, RemoteProtocolError, StorageError
from agentmesh.files.names import clean_name, extension_of
from agentmesh.files.plan import Plan
from agentmesh.messages.file_payloads import FileCancel, FileOffer, reason_in
from agentmesh.node.at_hand import AtHand
from agentmesh.node.files.receiving import Receiving
from agentmesh.node.files.transfers import State, Transfer, Transfers
from agentmesh.node.files.ways import Ways
from agentmesh.node.files.work import Work, in_thread
from agentmesh.node.notices import Notice
from agentmesh.observability.logs import Code, record
from agentmesh.policy.files import FileFacts, FileVerdict, may_come_in, room_for
from agentmesh.policy.grants import FILE_IN
from agentmesh.protocol.file_frames import FileChunk
from agentmesh.protocol.ids import Amid, FileId
from agentmesh.protocol.limits import MAX_FILE_BYTES
from agentmesh.storage.part_file import PartFile
from agentmesh.storage.quarantine import Quarantine

RETRY_SECONDS = 5.0

log = logging.getLogger("agentmesh.node")


class Arrivals:
    """Decides about offers, and takes what was accepted."""

    def __init__(
        self, hand: AtHand, transfers: Transfers, ways: Ways, quarantine: Quarantine
    ) -> None:
        self._hand = hand
        self._transfers = transfers
        self._mail = ways.mail
        self._carrier = ways.carrier
        self._peers = ways.peers
        self._quarantine = quarantine
        self._work = Work("file_receiving")
        self.moving: dict[FileId, Receiving] = {}
        self._grants = ways.grants
        self._deciding = asyncio.Lock()

    async def begin(self) -> None:
        """Go on with what was coming, and remove what nobody waits for."""
        await self._work.begin()
        coming = self._transfers.open_ones(ours=False)
        wanted = {it.file_id for it in coming if it.state == "moving"}
        await asyncio.to_thread(self._quarantine.sweep, wanted)
        for transfer in coming:
            self._go_on(transfer)

    async def end(self) -> None:
        """Stop; everything goes on with the next start."""
        await self._work.end()

    # --- offers --------------------------------------------------------------------------------

    async def offered(self, peer: Amid, said: FileOffer) -> None:
        """Let the policy decide, or the owner. An offer that comes again gets its answer again."""
        async with self._deciding:  # many at once find no more room than one after the other
            await self._decide(peer, said)

    async def _decide(self, peer: Amid, said: FileOffer) -> None:
        known = self._transfers.get(said.file_id)
        if known is not None:
            await self._repeat(known, peer)
            return
        now = self._hand.clock.now()
        transfer = Transfer(
            file_id=said.file_id,
            peer=peer,
            ours=False,
            name=clean_name(said.name),
            size=said.size,
            media_type=_media_type(said.media_type),
            state="asking",
            root=bytes.fromhex(said.root),
            key=bytes.fromhex(said.key),
            created_at=now,
            changed_at=now,
        )
        verdict = may_come_in(await self._facts(transfer))
        if verdict.decision == "refuse":
            await self._turn_away(transfer, verdict)
            return
        if verdict.decision == "ask_owner":
            await self._transfers.put(transfer)
        elif verdict.by_grant and not await self._use_grant(peer):
            await self._turn_away(transfer, FileVerdict("refuse", "not_accepted"))
        else:
            await self.accept(transfer)

    async def allow(self, transfer: Transfer) -> Transfer:
        """Take a file because the owner says so, if there is room for it now."""
        async with self._deciding:
            now = self._transfers.get(transfer.file_id)
            if now is None or now.state != "asking":
                return now or transfer  # it was answered meanwhile
            verdict = room_for(await self._facts(transfer))
            if verdict is not None:
                raise Refused(
                    verdict.reason,
                    "There is no room for this file.",
                    "Make room on the disk, or look at files.max_total_bytes: agentmesh policy get",
                )
            return await self.accept(transfer)

    async def accept(self, transfer: Transfer) -> Transfer:
        """Take a file; the sender is told as soon as it can come."""
        accepted = await self._transfers.turn(transfer, "moving")
        self._go_on(accepted)
        return accepted

    async def refuse(self, transfer: Transfer, reason: str) -> Transfer:
        """Do not take a file; the sender is told."""
        refused = await self._over(transfer, "refused", reason)
        await self._mail.refuse(transfer.peer, transfer.file_id, reason)
        return refused

    async def cancel(self, transfer: Transfer, reason: str) -> Transfer:
        """Stop a file that is coming; the sender is told."""
        ended = await self._over(transfer, "cancelled", reason)
        await self._mail.cancel(transfer.peer, transfer.file_id, reason)
        return ended

    async def cancelled(self, transfer: Transfer, said: FileCancel) -> None:
        """End what the sender does not send any more."""
        await self._over(transfer, "cancelled", reason_in(said))

    async def _repeat(self, known: Transfer, peer: Amid) -> None:
        if known.peer != peer or known.ours:
            raise RemoteProtocolError("file_foreign")
        if known.state == "moving":
            await self._mail.accept(known)
        elif known.is_over:
            await self._mail.tell_how_it_is(peer, known.file_id, known)

    async def _facts(self, offered: Transfer) -> FileFacts:
        policy = self._hand.policy()
        row = await self._peers.row(offered.peer)
        coming = self._transfers.open_ones(ours=False)
        taken = await asyncio.to_thread(self._quarantine.taken_bytes)
        promised = sum(it.size for it in coming if it.state == "moving")
        return FileFacts(
            size=offered.size,
            extension=extension_of(offered.name),
            media_type=offered.media_type,
            is_blocked=offered.peer in policy.blocklist,
            is_stopped=self._hand.switches.stopped,
            trust=row.trust if row is not None else 0,
            grant=(await self._grants.look(offered.peer, FILE_IN)).decision,
            open_offers=sum(it.peer == offered.peer for it in coming),
            open_in_all=len(coming),
            taken_bytes=taken + promised,
            free_bytes=await asyncio.to_thread(self._quarantine.free_bytes) - promised,
            rules=policy.files,
        )

    async def _use_grant(self, peer: Amid) -> bool:
        return (await self._grants.take(peer, FILE_IN)).decision == "allow"

    async def _turn_away(self, offered: Transfer, verdict: FileVerdict) -> None:
        fields = {"size": min(offered.size, MAX_FILE_BYTES), "reason": verdict.reason}
        notice = Notice(kind="file_turned_away", peer=offered.peer, fields=fields)
        self._hand.bulletin.publish(notice)
        await self._mail.refuse(offered.peer, offered.file_id, verdict.reason)

    # --- chunks --------------------------------------------------------------------------------

    def take(self, peer: Amid, frame: FileChunk) -> Awaitable[None]:
        """Take a chunk; what is returned says when it is written, or what is wrong with it."""
        receiving = self.moving.get(frame.file_id)
        transfer = self._transfers.get(frame.file_id)
        if transfer is None:
            raise RemoteProtocolError("file_unknown")
        if transfer.peer != peer or transfer.ours:
            raise RemoteProtocolError("file_foreign")
        if transfer.is_over:
            return self._mail.tell_how_it_is(peer, frame.file_id, transfer)
        return _nothing() if receiving is None else receiving.take(frame)

    # --- the work ------------------------------------------------------------------------------

    def _go_on(self, transfer: Transfer) -> None:
        if transfer.state == "moving":
            self._work.start(transfer.file_id, partial(self._receive, transfer))

    async def _receive(self, transfer: Transfer) -> None:
        """Take a file to its end, however often the disk says no in between."""
        while True:
            try:
                await self._try(transfer)
            except* StorageError as errors:
                code = Code(_first(errors).code)
                record(log, logging.WARNING, "file.not_written", peer=transfer.peer, code=code)
            now = self._transfers.get(transfer.file_id)
            if now is None or now.is_over:
                return
            transfer = now
            await asyncio.sleep(RETRY_SECONDS)

    async def _try(self, transfer: Transfer) -> None:
        plan = Plan(transfer.size)
        part = await in_thread(self._quarantine.begin, transfer.file_id, plan)
        try:
            is_whole = await self._fill(transfer, part)
        finally:
            await in_thread(part.close)
        if is_whole:
            await self._finish(transfer)

    async def _fill(self, transfer: Transfer, part: PartFile) -> bool:
        """Receive until all chunks are there; return whether the file is what was offered."""
        entropy = self._hand.keys.ring.entropy
        while True:
            transfer = msgspec.structs.replace(transfer, run=transfer.run + 1)
            transfer = await self._transfers.put(transfer)
            cipher = _cipher(transfer)
            receiving = Receiving(transfer.peer, part, cipher, self._carrier, self._hand.clock)
            self.moving[transfer.file_id] = receiving
            try:
                if transfer.run == 1:  # later ones are told by what we say beside the session
                    await self._mail.accept(transfer)
                await receiving.run(transfer.run, transfer.size, entropy)
            finally:
                del self.moving[transfer.file_id]
                receiving.end()
            if await in_thread(part.root) == transfer.root:
                return True
            await in_thread(part.recheck)
            if len(part.there) == Plan(transfer.size).count:
                await self._transfers.turn(transfer, "failed", "hash_mismatch")
                await in_thread(self._quarantine.forget, transfer.file_id)
                await self._mail.cancel(transfer.peer, transfer.file_id, "hash_mismatch")
                return False

    async def _finish(self, transfer: Transfer) -> None:
        name = await in_thread(self._quarantine.finish, transfer.file_id, transfer.name)
        done = msgspec.structs.replace(transfer, name=name, state="done", reason="")
        await self._mail.done(await self._transfers.put(done))
        await in_thread(self._quarantine.forget, transfer.file_id)

    async def _over(self, transfer: Transfer, state: State, reason: str) -> Transfer:
        ended = await self._transfers.turn(transfer, state, reason)
        await self._work.stop(transfer.file_id)
        await in_thread(self._quarantine.forget, transfer.file_id)
        return ended


def _cipher(transfer: Transfer) -> FileCipher:
    count = Plan(transfer.size).count
    return FileCipher.of(Secret(transfer.key), transfer.file_id, transfer.root, count)


async def _nothing() -> None:
    """Take no notice: it is sent again."""


def _media_type(told: str) -> str:
    """Return the media type if it looks like one; it may be a whole sentence."""
    kind, slash, rest = told.partition("/")
    words = (kind.replace("-", ""), rest.translate(str.maketrans("", "", ".+-")))
    is_one = slash and all(word.isalnum() and word.isascii() for word in words)
    return told.casefold() if is_one else ""


def _first(errors: BaseExceptionGroup[AgentMeshError]) -> AgentMeshError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
