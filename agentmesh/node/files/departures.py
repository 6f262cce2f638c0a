"""Files that go out: from the owner's word to the peer's `file_done`."""

import asyncio
import logging
import mimetypes
from functools import partial
from pathlib import Path

import msgspec

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, IntegrityError, RemoteProtocolError, TransportError
from agentmesh.files.plan import Plan
from agentmesh.messages.file_payloads import FileAccept, FileCancel, FileDone, FileRefuse, reason_in
from agentmesh.node.at_hand import AtHand
from agentmesh.node.files.sending import Sending
from agentmesh.node.files.transfers import State, Transfer, Transfers
from agentmesh.node.files.ways import Ways
from agentmesh.node.files.work import Work
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.file_frames import FileAck
from agentmesh.protocol.ids import Amid, FileId, uuid7
from agentmesh.protocol.limits import MAX_FILE_NAME_LETTERS
from agentmesh.storage.source_file import SourceFile

MAX_OPEN = 32
"""So many of our files may be on their way, or wait for their peers, at once."""
FRAMES_IN_MEMORY = 48
KEY_BYTES = 32

log = logging.getLogger("agentmesh.node")


class Departures:
    """Offers files of ours, and sends those that were accepted."""

    def __init__(self, hand: AtHand, transfers: Transfers, ways: Ways, home: Path) -> None:
        self._hand = hand
        self._transfers = transfers
        self._mail = ways.mail
        self._carrier = ways.carrier
        self._home = home
        self._work = Work("file_sending")
        self._slots = asyncio.Semaphore(FRAMES_IN_MEMORY)
        self.moving: dict[FileId, Sending] = {}

    async def begin(self) -> None:
        """Go on with what was on its way."""
        await self._work.begin()
        for transfer in self._transfers.open_ones(ours=True):
            self._go_on(transfer)

    async def end(self) -> None:
        """Stop; everything goes on with the next start."""
        await self._work.end()

    async def send(self, peer: Amid, path: Path) -> Transfer:
        """Take a file on. It is hashed and offered from now on, across restarts."""
        if len(self._transfers.open_ones(ours=True)) >= MAX_OPEN:
            raise TransportError(
                "too_many_files", f"{MAX_OPEN} files are on their way already.", "agentmesh files"
            )
        with await asyncio.to_thread(SourceFile.open, path, self._home) as source:
            mark = source.mark
        keys, now = self._hand.keys.ring, self._hand.clock.now()
        transfer = Transfer(
            file_id=FileId(uuid7(now, keys.entropy)),
            peer=peer,
            ours=True,
            name=path.name[:MAX_FILE_NAME_LETTERS],
            size=mark.size,
            media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            state="preparing",
            key=keys.entropy(KEY_BYTES),
            path=str(path),
            mark=mark,
            created_at=now,
            changed_at=now,
        )
        transfer = await self._transfers.put(transfer)
        self._go_on(transfer)
        return transfer

    async def cancel(self, transfer: Transfer, reason: str) -> Transfer:
        """End a transfer of ours, and tell the peer."""
        ended = await self._over(transfer, "cancelled", reason)
        if transfer.state != "preparing":
            await self._mail.cancel(transfer.peer, transfer.file_id, reason)
        return ended

    # --- what the peer says --------------------------------------------------------------------

    async def accepted(self, peer: Amid, said: FileAccept) -> None:
        """Begin to send; what is over is not sent any more, and the peer is told so."""
        transfer = self._transfers.get(said.file_id)
        if transfer is None:
            await self._mail.tell_how_it_is(peer, said.file_id, None)
            return
        _need(transfer, peer)
        if transfer.is_over:
            await self._mail.tell_how_it_is(peer, said.file_id, transfer)
        elif transfer.state in {"preparing", "offered"} and transfer.root:
            self._go_on(await self._transfers.turn(transfer, "moving"))

    async def refused(self, transfer: Transfer, said: FileRefuse | FileCancel) -> None:
        """End what the peer does not want."""
        state: State = "refused" if isinstance(said, FileRefuse) else "cancelled"
        await self._over(transfer, state, reason_in(said))

    async def finished(self, peer: Amid, said: FileDone) -> None:
        """Know that the peer has all of it."""
        transfer = self._transfers.get(said.file_id)
        if transfer is not None:
            _need(transfer, peer)
            if not transfer.is_over:
                await self._over(transfer, "done", "")

    async def heard(self, peer: Amid, frame: FileAck) -> None:
        """Take the peer's word on what it has. Who can say it has accepted."""
        transfer = self._transfers.get(frame.file_id)
        if transfer is None:
            raise RemoteProtocolError("file_unknown")
        _need(transfer, peer)
        if transfer.is_over:
            await self._mail.tell_how_it_is(peer, frame.file_id, transfer)
            return
        if transfer.state == "offered":
            _cipher(transfer).open_ack(frame)
            self._go_on(await self._transfers.turn(transfer, "moving"))
        sending = self.moving.get(transfer.file_id)
        if sending is not None:
            sending.hear(frame)

    # --- the work ------------------------------------------------------------------------------

    def _go_on(self, transfer: Transfer) -> None:
        if transfer.state == "preparing":
            self._work.start(transfer.file_id, partial(self._prepare, transfer))
        elif transfer.state == "moving":
            self._work.start(transfer.file_id, partial(self._send, transfer))

    async def _prepare(self, transfer: Transfer) -> None:
        """Hash the file and offer it. What is offered is kept first."""
        if not transfer.root:
            try:
                root = await asyncio.to_thread(self._hash, transfer)
            except TransportError:
                return  # the daemon stops, or the owner does not want it any more
            except AgentMeshError as error:
                await self._fail(transfer, error)
                return
            transfer = await self._transfers.put(msgspec.structs.replace(transfer, root=root))
        offer = await self._mail.offer(transfer)
        now = self._transfers.get(transfer.file_id)
        if now is not None and now.state == "preparing":
            await self._transfers.put(msgspec.structs.replace(now, state="offered", offer=offer))

    def _hash(self, transfer: Transfer) -> bytes:
        with self._opened(transfer) as source:
            return source.root(lambda: self._is_wanted(transfer.file_id))

    def _is_wanted(self, file_id: FileId) -> bool:
        now = self._transfers.get(file_id)
        return not self._work.is_ending and now is not None and not now.is_over

    def _opened(self, transfer: Transfer) -> SourceFile:
        """Return the file as it was when it was taken on."""
        source = SourceFile.open(Path(transfer.path), self._home)
        if source.mark != transfer.mark:
            source.close()
            raise IntegrityError("file_changed")
        return source

    async def _send(self, transfer: Transfer) -> None:
        try:
            source = await asyncio.to_thread(self._opened, transfer)
        except AgentMeshError as error:
            await self._fail(transfer, error)
            return
        with source:
            cipher, clock = _cipher(transfer), self._hand.clock
            sending = Sending(transfer.peer, source, cipher, self._carrier, clock)
            self.moving[transfer.file_id] = sending
            failed: AgentMeshError | None = None
            try:
                await sending.run(self._slots, self._hand.keys.ring.entropy)
            except* AgentMeshError as errors:
                failed = next(it for it in errors.exceptions if isinstance(it, AgentMeshError))
            finally:
                del self.moving[transfer.file_id]
        if failed is not None:
            await self._fail(transfer, failed)

    async def _fail(self, transfer: Transfer, error: AgentMeshError) -> None:
        reason = "file_changed" if error.code == "file_changed" else "file_gone"
        record(log, logging.INFO, "file.failed", peer=transfer.peer, code=Code(error.code))
        await self._transfers.turn(transfer, "failed", reason)
        if transfer.state != "preparing":
            await self._mail.cancel(transfer.peer, transfer.file_id, reason)

    async def _over(self, transfer: Transfer, state: State, reason: str) -> Transfer:
        ended = await self._transfers.turn(transfer, state, reason)
        await self._work.stop(transfer.file_id)
        return ended


def _cipher(transfer: Transfer) -> FileCipher:
    count = Plan(transfer.size).count
    return FileCipher.of(Secret(transfer.key), transfer.file_id, transfer.root, count)


def _need(transfer: Transfer, peer: Amid) -> None:
    """Only the peer of a transfer has a say in it, and only in its own role."""
    if transfer.peer != peer or not transfer.ours:
        raise RemoteProtocolError("file_foreign")
