"""Letting a new identity take ours' place: kept here first, then registered, then told.

The statement that it succeeds us, and its own that it agrees, are made once and kept before they
leave: whatever fails in between, the very same are published again. Once the registry has proved
them, the daemon begins anew under the new keys.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Self

import msgspec

from agentmesh.errors import AgentMeshError, Refused, TransportError, UsageError
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekey_making import make
from agentmesh.identity.prekeys import Name, ids_before, next_sequence
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.consent.successions import SUCCESSION, SuccessionNote
from agentmesh.node.conversations import Conversations
from agentmesh.node.house_mail import HouseMail
from agentmesh.node.lasting import lasting_session
from agentmesh.node.notices import Notice
from agentmesh.node.publishing import Publisher
from agentmesh.node.succeeded import PENDING, Pending, keep, pending
from agentmesh.node.transparency.own import own_record
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.protocol.revocation import Revocation, Succession
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.storage.interface import PrekeyRow, SetValue

AGAIN_SECONDS = 60.0
Publish = Callable[[Signed, Signed], Awaitable[None]]
"""Takes the revocation and the successor's record; returns once the registry proved both."""

log = logging.getLogger("agentmesh.node")


class Succeeding:
    """Makes a successor and publishes it. `done` is set once the registry has it."""

    def __init__(
        self,
        hand: AtHand,
        publisher: Publisher,
        publish: Publish,
        mail: tuple[Conversations, HouseMail],
    ) -> None:
        self._hand = hand
        self._publisher = publisher
        self._publish = publish
        self._talks, self._mail = mail
        self._one_at_a_time = asyncio.Lock()
        self._background = Background()
        self.done = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._background.begin(self._go_on())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def pending(self) -> Pending | None:
        """Return the succession that is under way, if one is."""
        return await pending(self._hand.store)

    async def rotate(self, note: str) -> Pending:
        """Let a new identity take our place; one that is under way goes on instead.

        What comes back may still be unpublished: the registry does not answer, and it goes on by
        itself. A registry that refuses leaves everything as it was.
        """
        async with self._one_at_a_time:
            it = await self.pending() or await self._begin(note)
            try:
                return await self._published(it)
            except UsageError:
                raise
            except AgentMeshError as error:
                record(log, logging.WARNING, "succession.waits", code=Code(error.code))
                return it

    async def _go_on(self) -> None:
        while not self.done.is_set():
            if not self._hand.switches.stopped:
                async with self._one_at_a_time:
                    await self._try_again()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _try_again(self) -> None:
        it = await self.pending()
        if it is None:
            return
        try:
            await self._published(it)
        except AgentMeshError as error:
            record(log, logging.WARNING, "succession.waits", code=Code(error.code))
        except Exception as error:  # noqa: BLE001 (it is tried again; nothing else may stop)
            record_bug(log, "succession.bug", error)

    async def _begin(self, note: str) -> Pending:
        """Make the new keys and both statements, and keep them."""
        ring = self._hand.keys.ring
        now, identity = ring.clock.now(), Identity.make(ring.entropy)
        exchange = make(Name("exchange", ids_before(now) + 1), identity, now, ring.entropy)
        place = Succession(
            predecessor=ring.identity.amid, successor=identity.amid, timestamp=ring.milliseconds()
        )
        statement = Revocation(
            amid=ring.identity.amid,
            reason="superseded",
            issuer="key",
            timestamp=ring.milliseconds(),
            successor=identity.sign(place, Purpose.SUCCESSION),
            note=note,
        )
        document = msgspec.msgpack.decode(exchange.public, type=Signed)
        it = Pending(
            seed=identity.seed().reveal(),
            exchange=PrekeyRow(
                kind="exchange",
                id=exchange.id,
                public=exchange.public,
                private=exchange.private.reveal(),
                created_at=now,
            ),
            created_at=now,
            revocation=ring.identity.sign(statement, Purpose.REVOCATION),
            record=self._publisher.record_of(identity, document, next_sequence(0, now)),
        )
        ours = [own_record(signed, now) for signed in (it.revocation, it.record)]
        await self._hand.store.commit([*ours, keep(it)])
        return it

    async def _published(self, it: Pending) -> Pending:
        """Publish both statements; a registry that refuses them leaves nothing behind."""
        if it.is_published:
            return it
        try:
            await self._publish(it.revocation, it.record)
        except Refused as error:
            await self._hand.store.commit([SetValue(PENDING, b"")])
            raise UsageError(
                error.code,
                f"The registry refuses the successor: {error.message} Nothing was changed.",
                error.hint,
            ) from None
        it = msgspec.structs.replace(it, is_published=True)
        await self._hand.store.commit([keep(it)])
        self._hand.bulletin.publish(Notice(kind="keys_succeeded"))
        await self._tell(it)
        self.done.set()
        return it

    async def _tell(self, it: Pending) -> None:
        """Tell those with whom we talk now; all others learn it from the log."""
        packed = base64.b64encode(msgspec.msgpack.encode(it.revocation)).decode()
        payload = msgspec.json.encode(SuccessionNote(revocation=packed))
        for peer in sorted({row.peer for row in await self._hand.store.sessions()}):
            wish = await lasting_session(self._hand, self._talks, peer)
            if wish is None:
                continue
            try:
                await self._mail.post(peer, SUCCESSION, payload, wish)
            except (UsageError, Refused, TransportError) as error:  # it ended just now
                record(log, logging.INFO, "succession.untold", peer=peer, code=Code(error.code))
