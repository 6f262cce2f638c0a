"""Certificates of a session that lasts longer than they do: ours shown anew, the peer's taken.

A certificate of a session holds for a day. Whoever has a chain shows a fresh one inside the
session, bound to the same handshake, while a third of the day is left; or when it has another one.
"""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec.structs import replace

from agentmesh.discovery.trust import Vouching
from agentmesh.errors import RemoteProtocolError, TransportError, UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import CERTIFICATES
from agentmesh.node.at_hand import AtHand
from agentmesh.node.certificates.showings import Showings, showing
from agentmesh.node.conversations import Conversations
from agentmesh.node.house_mail import HouseMail, Take
from agentmesh.node.sessions import takes_messages, wish_of
from agentmesh.node.standing import NOBODY, Shown, Standing
from agentmesh.node.turn import Talk
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_CERTIFICATE, SESSION_CERTIFICATE_SECONDS
from agentmesh.session.bond import Bond, digest, show
from agentmesh.session.flow import left
from agentmesh.session.states import Open, Resting
from agentmesh.storage.interface import CardRow, Put, SessionRow

DRAWER = "own_showing"
RENEWED_SECONDS = SESSION_CERTIFICATE_SECONDS // 3
MAX_TEXT = 4 * (MAX_CERTIFICATE // 3 + 1)
MAX_SHOWN = 3
AGAIN_SECONDS = 600.0
"""So long a session in which nothing can be shown now is left alone: looking at it has a price."""

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]


class Certificates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload: session, agent, and its organisation if there is one; each DER in base64."""

    certificates: Annotated[tuple[Text, ...], msgspec.Meta(min_length=2, max_length=MAX_SHOWN)]


class Renewal:
    """Shows ours, and takes what peers show."""

    def __init__(
        self, hand: AtHand, talks: Conversations, mail: HouseMail, standing: Standing
    ) -> None:
        self._hand = hand
        self._talks = talks
        self._mail = mail
        self._standing = standing
        self._showings = Showings(hand.store)
        self._chain = b""
        self._due_at: dict[SessionId, float] = {}

    def takers(self) -> dict[str, Take]:
        """Return who takes which type of house mail."""
        return {CERTIFICATES: self.take}

    # --- ours ----------------------------------------------------------------------------------

    async def look(self, rows: list[SessionRow]) -> None:
        """Show our chain in each of these sessions in which it is time to."""
        certificates, now = self._hand.keys.ring.certificates, self._hand.clock.now()
        if digest(certificates) != self._chain:
            self._chain = digest(certificates)
            self._due_at.clear()
        waiting = [row for row in rows if row.phase == "open" and certificates]
        self._due_at = {it.session_id: self._due_at.get(it.session_id, 0.0) for it in waiting}
        for row in waiting:
            if not 0 < self._due_at[row.session_id] - now <= SESSION_CERTIFICATE_SECONDS:
                self._due_at[row.session_id] = now + AGAIN_SECONDS
                await self._show(row)

    async def _show(self, row: SessionRow) -> None:
        kept = await self._hand.store.card(DRAWER, row.session_id)
        last = None if kept is None else msgspec.msgpack.decode(kept.body, type=Bond)
        talk = await self._talks.look(row.peer, row.session_id)
        tie = None if talk is None else self._due(talk, last)
        if talk is None or tie is None:
            return
        fresh, chain = show(row.session_id, tie, self._hand.keys.ring)
        said = Certificates(certificates=tuple(base64.b64encode(it).decode() for it in chain))
        wish = replace(wish_of(talk), session_id=row.session_id)
        try:
            await self._mail.post(row.peer, CERTIFICATES, msgspec.json.encode(said), wish)
        except (UsageError, TransportError):
            return  # it is over just now, or takes nothing so large: its time runs out
        card = CardRow(
            drawer=DRAWER,
            name=row.session_id,
            body=msgspec.msgpack.encode(fresh),
            created_at=self._hand.clock.now(),
            expires_at=fresh.until,
        )
        await self._hand.store.commit([Put(card)])
        self._due_at[row.session_id] = fresh.until - RENEWED_SECONDS

    def _due(self, talk: Talk, last: Bond | None) -> Bond | None:
        """Return what ties a fresh certificate to a session in which one is to be shown now."""
        now = self._hand.clock.now()
        match talk.state:
            case Open(bond=Bond() as tie) as state if takes_messages(talk, now):
                tie = last or tie
                due_at = tie.until - RENEWED_SECONDS
                if tie.shown == self._chain and now < due_at:
                    self._due_at[state.terms.session_id] = due_at
                    return None
                return tie if state.cipher.can_send and left(state) > 0 else None
            case _:
                return None

    # --- the peer's ----------------------------------------------------------------------------

    async def take(self, peer: Amid, session_id: SessionId, envelope: Envelope) -> None:
        """Keep what a peer shows anew, if it holds and is of whom it was before.

        What does not hold changes nothing: what was shown before runs out.
        """
        shown = await self._shown(peer, session_id, envelope)
        if shown is None:
            return
        judged = await self._standing.shown(peer, shown) or NOBODY
        if judged.fact == "unchecked":
            raise TransportError("chain_unchecked", "What revokes certificates cannot be had now.")
        if judged.fact == "none":
            return
        if judged.fact != "valid":
            raise RemoteProtocolError("certificates_not_valid")
        await self._keep(session_id, judged)

    async def _keep(self, session_id: SessionId, judged: Vouching) -> None:
        before = await self._showings.of(session_id)
        if before is not None:
            if (before.tier, before.organization) != (judged.tier, judged.organization):
                raise RemoteProtocolError("certificates_of_other")
            if judged.session_until <= before.until:
                return  # what comes late is older than what is here
        await self._hand.store.commit([showing(session_id, judged, self._hand.clock.now())])

    async def _shown(self, peer: Amid, session_id: SessionId, envelope: Envelope) -> Shown | None:
        """Return what a peer shows, and what it has to be bound to; None if that is gone."""
        chain = _chain(envelope.payload)
        talk = await self._talks.look(peer, session_id)
        match talk:
            case Talk(state=Open(bond=Bond() as tie) | Resting(talk=Open(bond=Bond() as tie))):
                now = self._hand.clock.now()
                return Shown(chain=chain, bound=tie.of_peer(session_id), at=now)
            case _:
                return None


def _chain(payload: bytes) -> tuple[bytes, ...]:
    try:
        said = msgspec.json.decode(payload, type=Certificates)
        return tuple(base64.b64decode(text, validate=True) for text in said.certificates)
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise RemoteProtocolError("certificates_malformed") from None
