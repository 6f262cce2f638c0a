"""The room for files: what its owner asks of it, what comes by mail, what comes beside it."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from agentmesh.errors import AgentMeshError, RemoteProtocolError, UsageError
from agentmesh.files.speed import seconds_left
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.file_payloads import (
    FileAccept,
    FileCancel,
    FileDone,
    FileOffer,
    FileRefuse,
    read_file_payload,
)
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.files.arrivals import Arrivals
from agentmesh.node.files.departures import Departures
from agentmesh.node.files.progress import Progress
from agentmesh.node.files.transfers import Transfer, Transfers
from agentmesh.node.house_mail import Take
from agentmesh.node.notices import Notice
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.protocol.file_frames import FileAck, FileChunk
from agentmesh.protocol.ids import Amid, SessionId

LOOK_SECONDS = 1.0
_STOPS = frozenset({"breaker_shutdown", "breaker_emergency_stop"})

log = logging.getLogger("agentmesh.node")


class Files:
    """Entered: goes on with what was under way. Left: all of it is kept for the next start."""

    def __init__(
        self, hand: AtHand, transfers: Transfers, departures: Departures, arrivals: Arrivals
    ) -> None:
        self._hand = hand
        self._transfers = transfers
        self._departures = departures
        self._arrivals = arrivals
        self._background = Background()
        self._told: dict[str, int] = {}
        self._stopped: list[Amid | None] = []
        hand.bulletin.listen(self._notice, {*_STOPS, "breaker_block"})

    async def __aenter__(self) -> Self:
        await self._transfers.load()
        await self._departures.begin()
        await self._arrivals.begin()
        await self._background.begin(self._look_round())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()
        await self._arrivals.end()
        await self._departures.end()

    # --- what the owner asks -------------------------------------------------------------------

    async def send(self, peer: Amid, path: Path) -> Transfer:
        """Take a file on; it is offered, and sent when the peer accepts it."""
        return await self._departures.send(peer, path)

    def all(self) -> list[Transfer]:
        """Return all transfers, newest first."""
        return self._transfers.all()[::-1]

    def find(self, file_id: str) -> Transfer:
        """Return a transfer."""
        found = self._transfers.get(file_id)
        if found is None:
            raise UsageError("unknown_file", "There is no transfer of this id.", "agentmesh files")
        return found

    async def turned(self, file_id: str, seconds: float) -> Transfer:
        """Return a transfer once its state is another, after so long, or at once if it is over."""
        then = self.find(file_id)
        async with self._hand.bulletin.bell() as news:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not then.is_over and self.find(file_id).state == then.state:
                        await news.wait()
                        news.clear()
        return self.find(file_id)

    async def accept(self, file_id: str) -> Transfer:
        """Take a file that waits for the owner."""
        return await self._arrivals.allow(self._asking(file_id))

    async def refuse(self, file_id: str) -> Transfer:
        """Do not take a file that waits for the owner."""
        return await self._arrivals.refuse(self._asking(file_id), "refused")

    async def cancel(self, file_id: str) -> Transfer:
        """Stop a transfer of either direction."""
        transfer = self.find(file_id)
        if transfer.is_over:
            raise UsageError("file_is_over", f"This transfer is {transfer.state} already.")
        if transfer.state == "asking":
            return await self._arrivals.refuse(transfer, "refused")
        room = self._departures if transfer.ours else self._arrivals
        return await room.cancel(transfer, "cancelled")

    def progress(self, transfer: Transfer) -> Progress:
        """Return how far a transfer is."""
        if transfer.state == "done":  # whatever the work that still winds up has counted
            return Progress(transfer.size, 0.0, None, "")
        found = self._departures.moving.get(transfer.file_id)
        moving = found or self._arrivals.moving.get(transfer.file_id)
        if moving is None:
            return Progress(0, 0.0, None, "")
        done = moving.done
        rate = moving.speed.rate(done, self._hand.clock.monotonic())
        return Progress(done, rate, seconds_left(done, transfer.size, rate), moving.reason)

    # --- what comes ----------------------------------------------------------------------------

    def takers(self) -> Mapping[str, Take]:
        """Return who takes which house mail."""
        return {
            "file_offer": self._offer,
            "file_accept": self._accept,
            "file_refuse": self._refuse,
            "file_cancel": self._cancel,
            "file_done": self._done,
        }

    def take(self, peer: Amid, frame: FileChunk | FileAck) -> Awaitable[None]:
        """Take what came beside the sessions; it may get lost."""
        if isinstance(frame, FileChunk):
            return self._arrivals.take(peer, frame)
        return self._departures.heard(peer, frame)

    def nudge(self, peer: Amid | None = None) -> None:
        """Try again at once: there is a way, or this peer has shown itself."""
        for transfer in self._transfers.open_ones(ours=True):
            sending = self._departures.moving.get(transfer.file_id)
            if sending is not None and peer in {None, transfer.peer}:
                sending.nudge()
        if peer is None:
            for receiving in self._arrivals.moving.values():
                receiving.say()

    async def _offer(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        await self._arrivals.offered(peer, read_file_payload(FileOffer, envelope.payload))

    async def _accept(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        await self._departures.accepted(peer, read_file_payload(FileAccept, envelope.payload))

    async def _refuse(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        said = read_file_payload(FileRefuse, envelope.payload)
        transfer = self._open(peer, said.file_id)
        if transfer is not None and transfer.ours:
            await self._departures.refused(transfer, said)

    async def _cancel(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        said = read_file_payload(FileCancel, envelope.payload)
        transfer = self._open(peer, said.file_id)
        if transfer is not None and transfer.ours:
            await self._departures.refused(transfer, said)
        elif transfer is not None:
            await self._arrivals.cancelled(transfer, said)

    async def _done(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        await self._departures.finished(peer, read_file_payload(FileDone, envelope.payload))

    # --- inside --------------------------------------------------------------------------------

    def _open(self, peer: Amid, file_id: str) -> Transfer | None:
        transfer = self._transfers.get(file_id)
        if transfer is not None and transfer.peer != peer:
            raise RemoteProtocolError("file_foreign")
        return None if transfer is None or transfer.is_over else transfer

    def _asking(self, file_id: str) -> Transfer:
        transfer = self.find(file_id)
        if transfer.state != "asking":
            raise UsageError(
                "file_not_waiting", f"This transfer is {transfer.state}: it waits for no answer."
            )
        return transfer

    def _notice(self, notice: Notice) -> None:
        if notice.kind in _STOPS:
            self._stopped.append(None)
        elif notice.peer is not None:
            self._stopped.append(notice.peer)

    async def _look_round(self) -> None:
        while True:
            try:
                await self.look()
            except AgentMeshError as error:
                record(log, logging.WARNING, "files.failed", code=Code(error.code))
            except Exception as error:  # noqa: BLE001 - the next look may be better
                record_bug(log, "files.bug", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Stop what a breaker stops, end what came to nothing, tell how far the others are."""
        while self._stopped:
            await self._stop(self._stopped.pop(0))
        for blocked in {it.peer for it in self._open_ones()} & self._hand.policy().blocklist:
            await self._stop(blocked)
        now = self._hand.clock.now()
        for transfer in self._open_ones():
            if transfer.expires_at <= now:
                await self._expire(transfer)
            elif transfer.state == "offered" and transfer.offer is not None:
                row = await self._hand.store.outgoing(transfer.offer)
                if row is not None and row.outcome in {"refused", "undeliverable"}:
                    await self._transfers.turn(transfer, "refused", row.reason or row.outcome)
            elif transfer.state == "moving":
                self._tell(transfer)
        await self._transfers.forget_old()

    def _open_ones(self) -> list[Transfer]:
        return [it for it in self._transfers.all() if not it.is_over]

    async def _stop(self, peer: Amid | None) -> None:
        for transfer in self._open_ones():
            if peer in {None, transfer.peer}:
                room = self._departures if transfer.ours else self._arrivals
                await room.cancel(transfer, "stopped")

    async def _expire(self, transfer: Transfer) -> None:
        if transfer.state == "asking":
            await self._arrivals.refuse(transfer, "expired")
        else:
            room = self._departures if transfer.ours else self._arrivals
            await room.cancel(transfer, "expired")

    def _tell(self, transfer: Transfer) -> None:
        done = self.progress(transfer).done
        if self._told.get(transfer.file_id) == done:
            return
        self._told = {it.file_id: self._told.get(it.file_id, 0) for it in self._open_ones()}
        self._told[transfer.file_id] = done
        fields: dict[str, str | int] = {
            "transfer_id": transfer.file_id,
            "done": done,
            "size": transfer.size,
        }
        self._hand.bulletin.publish(Notice(kind="file_progress", peer=transfer.peer, fields=fields))
