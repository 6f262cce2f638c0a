"""Letters between joiner and inviter: signed, sealed, offered once. Who waits says them again."""

from collections.abc import Awaitable, Callable

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.crypto.invite_exchange import Party
from agentmesh.crypto.seal import seal_to_prekeys, seal_to_reply_key
from agentmesh.discovery.interface import Directory
from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.node.key_rack import KeyRack
from agentmesh.protocol.frames import Letter, LetterKind, ReplyKey, encode
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinEnd, JoinProof
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AHEAD, INVITE_SECONDS
from agentmesh.protocol.signed import D, Document, Purpose, read
from agentmesh.session.effects import EmitOnce

PURPOSES: dict[type[Document], tuple[LetterKind, Purpose]] = {
    JoinAsk: ("join_ask", Purpose.JOIN_ASK),
    JoinAnswer: ("join_answer", Purpose.JOIN_ANSWER),
    JoinProof: ("join_proof", Purpose.JOIN_PROOF),
    JoinEnd: ("join_end", Purpose.JOIN_END),
}
FIRST_PAUSE = 2.0
"""How long to wait for an answer before a letter is said again; then longer."""
AnyJoin = JoinAsk | JoinAnswer | JoinProof | JoinEnd
OfferOnce = Callable[[Amid, EmitOnce], Awaitable[None]]


class Letters:
    """Writes and reads them."""

    def __init__(self, keys: KeyRack, directory: Directory, offer_once: OfferOnce) -> None:
        self.keys = keys
        self._directory = directory
        self._offer_once = offer_once
        self.first_pause = FIRST_PAUSE

    @property
    def us(self) -> Party:
        """Who we are in an exchange."""
        identity = self.keys.ring.identity
        return Party(identity.amid, identity.public_key)

    def write(self, document: AnyJoin) -> Letter:
        """Return the letter with this document, signed."""
        kind, purpose = PURPOSES[type(document)]
        return Letter(kind, self.keys.ring.identity.sign(document, purpose))

    async def bundle(self, peer: Amid) -> VerifiedBundle:
        """Return a peer's keys; none is spent."""
        return await self._directory.bundle(peer, one_time=False)

    async def to_inviter(self, peer: Amid, letter: Letter) -> None:
        """Send a letter to a peer's prekeys."""
        bundle = await self.bundle(peer)
        entropy = self.keys.ring.entropy
        frame = seal_to_prekeys(letter, bundle.signed_prekey, bundle.kem_prekey, entropy)
        await self._offer_once(peer, EmitOnce("knock", encode(frame)))

    async def to_joiner(self, peer: Amid, letter: Letter, reply_key: ReplyKey) -> None:
        """Send a letter to the key that the joiner asked with."""
        frame = seal_to_reply_key(letter, reply_key, self.keys.ring.entropy)
        await self._offer_once(peer, EmitOnce("accept", encode(frame)))

    def read(self, peer: Amid, letter: Letter, kind: type[D]) -> D:
        """Return the document, if the peer signed it for us just now."""
        word, purpose = PURPOSES[kind]
        if letter.kind != word:
            raise RemoteProtocolError("frame_of_other_type")
        document = read(letter.signed, kind, purpose)
        assert isinstance(document, AnyJoin)  # noqa: S101 (what PURPOSES lists)
        parties = (letter.signed.amid, document.sender, document.to)
        if parties != (peer, peer, self.keys.ring.identity.amid):
            raise CryptoError("invalid_signature")
        age = self.keys.ring.clock.now() - document.timestamp / 1000
        if not -AGENT_SIGNATURE_MAX_AHEAD <= age <= INVITE_SECONDS:
            raise RemoteProtocolError("timestamp_out_of_range")
        return document
