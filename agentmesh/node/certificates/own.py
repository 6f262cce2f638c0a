"""The certificate that we bear: obtained, shown with each KNOCK, renewed before it runs out."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import msgspec

from agentmesh.discovery.office import Office
from agentmesh.discovery.trust import NO_AUTHORITY, Trust
from agentmesh.errors import AgentMeshError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background, looked
from agentmesh.node.notices import CERTIFICATES_REVOKED, Notice
from agentmesh.node.transparency.own import awaited, no_more_awaited, own_document
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.certificates.contents import DAY
from agentmesh.protocol.tiers import PERSON
from agentmesh.storage.interface import CardRow, DropCard, Put

DRAWER, NAME = "own_certificate", "chain"
LOOK_SECONDS = 3600.0
RENEWED_SECONDS = 30 * DAY
"""So long before it runs out a certificate is renewed."""

log = logging.getLogger("agentmesh.node")


class OwnChain(msgspec.Struct, frozen=True, kw_only=True):
    """What we bear. `organization` is empty for a person's."""

    certificates: tuple[bytes, ...]
    organization: str
    expires_at: int


class OwnCertificate:
    """Keeps our certificate. `tier` is what the registry says of us."""

    def __init__(
        self, hand: AtHand, office: Office, trust: Trust, tier: Callable[[], float]
    ) -> None:
        self._hand = hand
        self._office = office
        self._trust = trust
        self._tier = tier
        self._background = Background()
        self.chain: OwnChain | None = None
        self._news = asyncio.Event()
        hand.bulletin.listen(self._hear, {CERTIFICATES_REVOKED})

    async def __aenter__(self) -> Self:
        await self.load()
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def load(self) -> None:
        """Take up what was kept."""
        card = await self._hand.store.card(DRAWER, NAME)
        if card is not None:
            self._bear(msgspec.msgpack.decode(card.body, type=OwnChain))

    async def obtain(self, organization: str = "") -> OwnChain:
        """Ask for our certificate, by an organisation or as a person, and bear it."""
        amid = self._hand.keys.ring.identity.amid
        await self._hand.store.commit([awaited(self._hand.clock.now())])
        certificates = await self._office.obtain(organization)
        said = await self._trust.read(certificates, amid)
        now = self._hand.clock.now()
        chain = OwnChain(
            certificates=certificates,
            organization=said.organization,
            expires_at=said.not_after,
        )
        body = msgspec.msgpack.encode(chain)
        card = CardRow(drawer=DRAWER, name=NAME, body=body, created_at=now)
        known = own_document(certificates[0], now)
        await self._hand.store.commit([known, Put(card), no_more_awaited()])
        self._bear(chain)
        self._hand.bulletin.publish(Notice(kind="keys_certified"))
        return chain

    async def look(self) -> None:
        """Drop what holds no more, and renew what runs out."""
        if self._trust.trusted:
            await self._trust.authority()  # whether it is one of them is told at once
        chain = self.chain
        fact = "none" if chain is None else await self._check(chain)
        if chain is not None and fact == "expired":  # we were away for long: it is as before
            await self._obtain_if_there_is_one(chain.organization)
        if self.chain is None and (self._tier() == PERSON or fact == "expired"):
            await self._obtain_if_there_is_one("")
        elif self.chain is not None and self._is_old(self.chain):
            await self._obtain_if_there_is_one(self.chain.organization)

    async def _check(self, chain: OwnChain) -> str:
        """Return what has become of it; what holds no more is borne no more."""
        amid = self._hand.keys.ring.identity.amid
        judged = await self._trust.judge(chain.certificates, amid)
        if judged is None or judged.fact not in {"revoked", "expired", "invalid"}:
            return "valid"
        await self._hand.store.commit([DropCard(DRAWER, NAME)])
        self.chain = None
        self._hand.keys.bear(())
        fields = {"reason": judged.fact}
        self._hand.bulletin.publish(Notice(kind="keys_certificate_lost", fields=fields))
        return judged.fact

    async def _obtain_if_there_is_one(self, organization: str) -> None:
        try:
            await self.obtain(organization)
        except AgentMeshError as error:
            if error.code not in NO_AUTHORITY:
                record(log, logging.INFO, "certificate.failed", code=Code(error.code))

    async def _run(self) -> None:
        while True:
            if not self._hand.switches.stopped:
                await looked(self.look, "certificate")
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    def _hear(self, _: Notice) -> None:
        self._trust.forget_lists()
        self._news.set()

    def _is_old(self, chain: OwnChain) -> bool:
        return chain.expires_at - self._hand.clock.now() < RENEWED_SECONDS

    def _bear(self, chain: OwnChain) -> None:
        self.chain = chain
        self._hand.keys.bear(chain.certificates)
