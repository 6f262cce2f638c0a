"""The organisations that we act for: claimed, proved, issuing, taking back.

One change at a time: each reads the card, asks the registry, and writes the card.
An organisation's list is signed anew every day: where it runs out, its fleet is let in nowhere.
"""

import asyncio
import logging
from functools import partial
from typing import Self

import msgspec
from msgspec.structs import replace

from agentmesh.discovery.chain import Chain
from agentmesh.discovery.office import Challenge, Office
from agentmesh.discovery.trust import Trust
from agentmesh.errors import AgentMeshError, RemoteProtocolError, StorageError, UsageError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background, looked
from agentmesh.node.certificates.fleet import Fleet, Issued, Why
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.certificates.chain import read_organization
from agentmesh.protocol.certificates.contents import (
    DAY,
    new_serial,
)
from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.certificates.names import key_id, parse_domain
from agentmesh.protocol.certificates.revocation_list import Reason
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import KEY_BYTES, Signed
from agentmesh.storage.interface import CardRow, Put

DRAWER = "organization"
LOOK_SECONDS = 3600.0
SIGNED_ANEW = DAY

log = logging.getLogger("agentmesh.node")


class Fleets:
    """All organisations that we act for."""

    def __init__(self, hand: AtHand, office: Office, trust: Trust, directory: Chain) -> None:
        self._hand = hand
        self._office = office
        self._trust = trust
        self._directory = directory
        self._background = Background()
        self._changing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def all(self) -> list[Fleet]:
        """Return our organisations, by domain."""
        cards = await self._hand.store.cards(DRAWER)
        found = (msgspec.msgpack.decode(card.body, type=Fleet) for card in cards)
        return sorted(found, key=lambda fleet: fleet.domain)

    async def register(self, domain: str, name: str) -> Challenge:
        """Claim a domain; return what its DNS has to say."""
        async with self._changing:
            return await self._register(domain, name)

    async def verify(self, domain: str) -> Fleet:
        """Have the domain's DNS looked at: from then on we issue certificates for it."""
        async with self._changing:
            return await self._verify(domain)

    async def issue(self, domain: str, peer: Amid, days: int, *, renews: bool = False) -> Issued:
        """Give an agent a certificate: it counts once the agent's owner has taken it.

        `renews`: it is issued again by itself while a third of its time is left.
        """
        async with self._changing:
            return await self._issue(domain, peer, days, renews=renews)

    async def revoke(self, domain: str, peer: Amid, reason: Reason) -> Fleet:
        """Take back all certificates of an agent."""
        async with self._changing:
            fleet = await self._proved(domain)
            return await self._publish(fleet.revoking(peer, reason, self._now()))

    async def revoke_identity(self, domain: str, peer: Amid, why: Why) -> Fleet:
        """Take back the identity of an agent of the fleet, for good: the log has it then."""
        async with self._changing:
            return await self._revoke_identity(domain, peer, why)

    async def look(self) -> None:
        """Issue again what runs out; sign anew lists that are a day old, or that nobody saw."""
        async with self._changing:
            now = self._hand.clock.now()
            for fleet in await self.all():
                for old in fleet.to_renew(int(now)) if fleet.certificate else ():
                    await self._renew(fleet.domain, old)
            for fleet in await self.all():
                if fleet.certificate and not 0 <= now - fleet.listed_at < SIGNED_ANEW:
                    await self._publish(fleet)

    async def _register(self, domain: str, name: str) -> Challenge:
        ring = self._hand.keys.ring
        card = await self._hand.store.card(DRAWER, parse_domain(domain))
        if card is None:
            fleet = Fleet(domain=domain, name=name or domain, seed=ring.entropy(KEY_BYTES))
        else:
            fleet = msgspec.msgpack.decode(card.body, type=Fleet)
            fleet = replace(fleet, name=name or fleet.name)
        await self._keep(fleet)
        signed = fleet.claim(ring.identity.amid, ring.milliseconds())
        return await self._office.claim(signed, domain)

    async def _verify(self, domain: str) -> Fleet:
        fleet = await self._of(domain)
        answer = await self._office.verify(domain)
        found = read_organization(answer.certificate, await self._authority()).contents
        if (found.name, found.key) != (domain, fleet.public):
            raise RemoteProtocolError(
                "invalid_certificate", "The registry's certificate is for somebody else."
            )
        proved = replace(fleet, certificate=answer.certificate, expires_at=found.not_after)
        return await self._publish(proved)

    async def _issue(self, domain: str, peer: Amid, days: int, *, renews: bool) -> Issued:
        fleet = await self._proved(domain)
        found = await self._directory.lookup(peer)
        now, serial = self._now(), new_serial(self._hand.keys.ring.entropy)
        contents = fleet.contents(found.signing_key, days, now, serial)
        given = Issued(
            amid=peer,
            serial=f"{serial:x}",
            issued_at=now,
            expires_at=contents.not_after,
            days=days,
            renews=renews,
            offered=False,
        )
        # Kept before it leaves: what we do not remember we cannot take back.
        await self._keep(replace(fleet, issued=(*fleet.current(now), given)))
        await self._office.offer(domain, fleet.written(contents))
        await self._keep((await self._of(domain)).having(given.serial))
        return replace(given, offered=True)

    async def _revoke_identity(self, domain: str, peer: Amid, why: Why) -> Fleet:
        fleet = await self._proved(domain)
        if not await self._is_gone(fleet, peer):
            signed = await self._taken_back(peer, fleet, why)
            await self._office.revoke_identity(domain, peer, signed)
        reason: Reason = "other" if why.reason == "policy_violation" else why.reason
        return await self._publish(fleet.without(peer, reason, self._now()))

    async def _taken_back(self, peer: Amid, fleet: Fleet, why: Why) -> Signed:
        self._directory.forget(peer)
        found = await self._directory.lookup(peer)
        said = Revocation(
            amid=peer,
            reason=why.reason,
            issuer="organization",
            timestamp=self._hand.keys.ring.milliseconds(),
            note=why.note,
            certificates=found.certificates,
        )
        return fleet.revocation(said, await self._authority())

    async def _is_gone(self, fleet: Fleet, peer: Amid) -> bool:
        """Whether we took this identity back before, and did not hear that it was done."""
        try:
            by = (await self._directory.asking(partial(self._office.revocation, peer))).by
        except RemoteProtocolError:
            return False
        return by is not None and by.issuer_id == key_id(fleet.public)

    async def _renew(self, domain: str, old: Issued) -> None:
        """Issue a certificate again; what stands in the way of one agent's holds up no other."""
        try:
            await self._issue(domain, old.amid, old.days, renews=True)
        except StorageError:
            raise
        except AgentMeshError as error:
            record(log, logging.WARNING, "fleet.not_renewed", peer=old.amid, code=Code(error.code))

    async def _run(self) -> None:
        while True:
            if not self._hand.switches.stopped:
                await looked(self.look, "fleet")
            await asyncio.sleep(LOOK_SECONDS)

    async def _publish(self, fleet: Fleet) -> Fleet:
        """Sign the list and publish it. It is kept first: a number is never used twice."""
        now = self._now()
        listed, signed = fleet.listed(now)
        await self._keep(replace(listed, listed_at=0))
        await self._office.publish(fleet.domain, signed)
        done = replace(listed, listed_at=now)
        await self._keep(done)
        return done

    async def _authority(self) -> Certificate:
        authority = await self._trust.authority()
        if authority is None:
            raise RemoteProtocolError("no_authority", "The registry has lost its authority.")
        return authority

    async def _of(self, domain: str) -> Fleet:
        card = await self._hand.store.card(DRAWER, domain)
        if card is None:
            raise UsageError(
                "organization_not_found",
                f"This agent does not act for {domain[:80]}.",
                "agentmesh org register DOMAIN",
            )
        return msgspec.msgpack.decode(card.body, type=Fleet)

    async def _proved(self, domain: str) -> Fleet:
        fleet = await self._of(domain)
        if not fleet.certificate:
            raise UsageError(
                "domain_unproved",
                f"That we speak for {domain} is not proved yet.",
                f"agentmesh org verify {domain}",
            )
        return fleet

    async def _keep(self, fleet: Fleet) -> None:
        body = msgspec.msgpack.encode(fleet)
        now = self._hand.clock.now()
        card = CardRow(drawer=DRAWER, name=fleet.domain, body=body, created_at=now)
        await self._hand.store.commit([Put(card)])

    def _now(self) -> int:
        return int(self._hand.clock.now())
