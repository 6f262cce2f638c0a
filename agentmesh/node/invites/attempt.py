"""One attempt to join: what is said to the inviter until it answers, and what its answer proves."""

import asyncio
from contextlib import suppress

from agentmesh.crypto.invite_exchange import Confirmation, Exchange, Parties, Party
from agentmesh.crypto.seal import ReplySecret, open_with_reply_key
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, CryptoError, Refused, TransportError
from agentmesh.identity.invite_code import InviteCode
from agentmesh.node.invites.letters import Letters
from agentmesh.node.invites.side_door import Answers
from agentmesh.protocol.frames import Letter, ReplyKey, SealedToReplyKey
from agentmesh.protocol.ids import Amid, uuid7
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinEnd, JoinProof

LONGEST_PAUSE = 8.0
_SAID_NO = {
    "wrong_code": ("The words are not those of the invite.", "{} tries are left for it."),
    "expired": ("The invite has expired.", "Ask for another one."),
    "used": ("The invite was used already.", "If that was not you, tell the inviter."),
    "dead": ("Wrong words were tried too often; the invite is dead.", "Ask for another one."),
}


class Attempt:
    """Steps in their order: `look_up`, `ask`, `prove`. The caller bounds the time."""

    def __init__(
        self, letters: Letters, code: InviteCode, reply_secret: ReplySecret, answers: Answers
    ) -> None:
        self._letters = letters
        self._code = code
        self._reply_secret = reply_secret
        self._answers = answers
        ring = letters.keys.ring
        self._id = uuid7(ring.clock.now(), ring.entropy)
        self._exchange: Exchange | None = None
        self._confirmation: Confirmation | None = None

    async def look_up(self) -> None:
        """Fetch the inviter's keys, and begin the exchange."""
        inviter = await self._key_of_inviter()
        parties = Parties(
            id=self._id,
            slot=self._code.slot,
            joiner=self._letters.us,
            inviter=Party(self._code.inviter, inviter),
        )
        entropy = self._letters.keys.ring.entropy
        self._exchange = await asyncio.to_thread(
            Exchange, parties, self._code.words, entropy, is_joiner=True
        )

    async def _key_of_inviter(self) -> bytes:
        while True:
            try:
                return (await self._letters.bundle(self._code.inviter)).identity
            except TransportError:
                await asyncio.sleep(self._letters.first_pause)

    async def ask(self, reply_key: ReplyKey) -> None:
        """Ask to join; the answer makes the proof."""
        exchange = self._exchange
        assert exchange is not None  # noqa: S101 (the steps have an order)
        ring = self._letters.keys.ring
        document = JoinAsk(
            id=self._id,
            slot=self._code.slot,
            pake=exchange.message,
            reply_key=reply_key,
            name=ring.sender.display_name,
            timestamp=ring.milliseconds(),
            sender=ring.identity.amid,
            to=self._code.inviter,
        )
        answer = await self._say(self._letters.write(document), JoinAnswer)
        assert isinstance(answer, JoinAnswer)  # noqa: S101 (what was waited for)
        self._confirmation = await asyncio.to_thread(exchange.finish, answer.pake)

    async def prove(self) -> str:
        """Prove the words, and check that the inviter knows them; return its name for itself."""
        confirmation = self._confirmation
        assert confirmation is not None  # noqa: S101 (the steps have an order)
        ring = self._letters.keys.ring
        document = JoinProof(
            id=self._id,
            tag=confirmation.of_joiner.reveal(),
            timestamp=ring.milliseconds(),
            sender=ring.identity.amid,
            to=self._code.inviter,
        )
        end = await self._say(self._letters.write(document), JoinEnd)
        assert isinstance(end, JoinEnd)  # noqa: S101 (what was waited for)
        if Secret(end.tag) != confirmation.of_inviter:
            raise CryptoError(
                "invite_not_proved",
                "The inviter does not know the words itself.",
                "Do not trust this code.",
            )
        return end.name

    async def _say(
        self, letter: Letter, wanted: type[JoinAnswer] | type[JoinEnd]
    ) -> JoinAnswer | JoinEnd:
        """Say it until an answer of this kind comes."""
        pause = self._letters.first_pause
        while True:
            with suppress(TransportError):  # there may be a way in a moment
                await self._letters.to_inviter(self._code.inviter, letter)
            try:
                async with asyncio.timeout(pause):
                    while True:
                        answer = self._read(*await self._answers.get())
                        if isinstance(answer, wanted):
                            return answer
            except TimeoutError:
                pause = min(2 * pause, LONGEST_PAUSE)

    def _read(self, peer: Amid, frame: SealedToReplyKey) -> JoinAnswer | JoinEnd | None:
        """Return what was answered to this attempt; raise if that is a no."""
        try:
            letter = open_with_reply_key(frame, self._reply_secret)
            document: JoinAnswer | JoinEnd
            if letter.kind == "join_answer":
                document = self._letters.read(peer, letter, JoinAnswer)
            else:
                document = self._letters.read(peer, letter, JoinEnd)
        except AgentMeshError:
            return None  # a relay may make up anything
        if (peer, document.id) != (self._code.inviter, self._id):
            return None
        if isinstance(document, JoinEnd) and document.ending != "welcome":
            why, hint = _SAID_NO[document.ending]
            raise Refused(f"invite_{document.ending}", why, hint.format(document.tries_left))
        return document
