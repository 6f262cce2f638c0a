"""The inviter's desk: letters of joiners, one after the other.

A try is taken off on the disk before the joiner hears whether its words are right. What is said
twice is answered twice and counts once.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Self

from agentmesh.crypto.invite_exchange import Confirmation, Exchange, Parties, Party
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.invites.answering import Answering
from agentmesh.node.invites.book import Invite, InviteBook, Use
from agentmesh.node.invites.letters import Letters
from agentmesh.node.invites.newcomers import Newcomers
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.protocol.frames import Letter
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.invites import Ending, JoinAnswer, JoinAsk, JoinEnd, JoinProof

MAX_EXCHANGES = 64
"""So many joiners are remembered between their two letters; who waited longest is forgotten."""
_ENDINGS: dict[str, Ending] = {"used": "used", "dead": "dead", "expired": "expired"}

log = logging.getLogger("agentmesh.node")


@dataclass(frozen=True)
class Begun:
    """An exchange between its two letters, and the answer to either."""

    ask: JoinAsk
    confirmation: Confirmation
    answer: Letter
    end: Letter | None = None


class InviteDesk:
    """Answers joiners for as long as it runs."""

    def __init__(
        self,
        hand: AtHand,
        side_door: SideDoor,
        book: InviteBook,
        letters: Letters,
        newcomers: Newcomers,
    ) -> None:
        self._hand = hand
        self._side_door = side_door
        self._book = book
        self._letters = letters
        self._newcomers = newcomers
        self._answering = Answering(letters)
        self._begun: OrderedDict[Amid, Begun] = OrderedDict()
        self._background = Background()

    async def __aenter__(self) -> Self:
        await self._answering.__aenter__()
        await self._background.begin(self._work())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()
        await self._answering.__aexit__(*exc_info)

    async def _work(self) -> None:
        while True:
            peer, letter = await self._side_door.next_letter()
            try:
                await self._take(peer, letter)
            except AgentMeshError as error:
                record(log, logging.INFO, "invite.dropped", peer=peer, code=Code(error.code))
            except Exception as error:  # noqa: BLE001 (one letter must not end all the others)
                record_bug(log, "invite.bug", error, peer=peer)

    async def _take(self, peer: Amid, letter: Letter) -> None:
        switches = self._hand.switches
        is_unheard = peer in self._hand.policy().blocklist or peer in switches.paused_peers
        if is_unheard or switches.stopped:
            return
        if letter.kind == "join_ask":
            await self._asked(peer, self._letters.read(peer, letter, JoinAsk), letter.signed.signer)
        else:
            await self._proved(peer, self._letters.read(peer, letter, JoinProof))

    async def _asked(self, peer: Amid, ask: JoinAsk, signing_key: bytes) -> None:
        begun = self._begun.get(peer)
        if begun is not None and begun.ask.id == ask.id:
            self._answering.send(peer, begun.answer, begun.ask.reply_key)
            return
        invite = await self._book.find(ask.slot)
        if invite is None:
            return  # as if nobody were here
        if self._welcomed_again(peer, ask.id, invite):
            return
        state = invite.state(self._hand.clock.now())
        if state != "open":
            end = self._end(peer, ask.id, _ENDINGS[state])
            self._answering.send(peer, end, ask.reply_key)
            return
        parties = Parties(
            id=ask.id, slot=ask.slot, joiner=Party(peer, signing_key), inviter=self._letters.us
        )
        entropy = self._hand.keys.ring.entropy
        exchange = await asyncio.to_thread(
            Exchange, parties, invite.words, entropy, is_joiner=False
        )
        confirmation = await asyncio.to_thread(exchange.finish, ask.pake)
        answer = self._letters.write(
            JoinAnswer(
                id=ask.id,
                pake=exchange.message,
                timestamp=self._hand.keys.ring.milliseconds(),
                sender=self._letters.us.amid,
                to=peer,
            )
        )
        self._remember(peer, Begun(ask, confirmation, answer))
        self._answering.send(peer, answer, ask.reply_key)

    async def _proved(self, peer: Amid, proof: JoinProof) -> None:
        begun = self._begun.get(peer)
        if begun is None or begun.ask.id != proof.id:
            for invite in await self._book.all():
                self._welcomed_again(peer, proof.id, invite)
            return
        end = begun.end or await self._judge(peer, begun, proof)
        self._remember(peer, Begun(begun.ask, begun.confirmation, begun.answer, end))
        self._answering.send(peer, end, begun.ask.reply_key)

    async def _judge(self, peer: Amid, begun: Begun, proof: JoinProof) -> Letter:
        """Return how it ends, once everything that follows from it is on the disk."""
        charged = await self._book.charge(begun.ask.slot)
        if charged is None:
            invite = await self._book.find(begun.ask.slot)
            state = "expired" if invite is None else invite.state(self._hand.clock.now())
            return self._end(peer, proof.id, _ENDINGS.get(state, "expired"))
        if Secret(proof.tag) != begun.confirmation.of_joiner:
            self._newcomers.failed(peer)
            return self._end(peer, proof.id, "wrong_code", charged)
        tag = begun.confirmation.of_inviter.reveal()
        await self._newcomers.welcome(peer, begun.ask.name)
        use = Use(by=peer, attempt=proof.id, reply_key=begun.ask.reply_key, tag=tag)
        await self._book.use(begun.ask.slot, use)
        return self._end(peer, proof.id, "welcome", charged, tag)

    def _welcomed_again(self, peer: Amid, attempt: str, invite: Invite) -> bool:
        """Answer a joiner whose welcome was lost with our memory: nobody else has its id."""
        use = invite.use
        if use is None or (use.by, use.attempt) != (peer, attempt):
            return False
        end = self._end(peer, attempt, "welcome", invite, use.tag)
        self._answering.send(peer, end, use.reply_key)
        return True

    def _remember(self, peer: Amid, begun: Begun) -> None:
        self._begun[peer] = begun
        self._begun.move_to_end(peer)
        if len(self._begun) > MAX_EXCHANGES:
            self._begun.popitem(last=False)

    def _end(
        self,
        peer: Amid,
        ask_id: str,
        ending: Ending,
        invite: Invite | None = None,
        tag: bytes = bytes(32),
    ) -> Letter:
        ring = self._hand.keys.ring
        document = JoinEnd(
            id=ask_id,
            ending=ending,
            tries_left=0 if invite is None else invite.tries_left,
            tag=tag,
            name=ring.sender.display_name if ending == "welcome" else "",
            timestamp=ring.milliseconds(),
            sender=ring.identity.amid,
            to=peer,
        )
        return self._letters.write(document)
