"""The inviter's desk against joiners that do not keep to the rules."""

import asyncio
from contextlib import suppress

import pytest

from agentmesh.crypto.invite_exchange import Exchange, Parties
from agentmesh.crypto.seal import make_reply_key, open_with_reply_key
from agentmesh.identity.invite_code import words_of
from agentmesh.node.invites.desk import MAX_EXCHANGES
from agentmesh.protocol.frames import SealedToReplyKey, decode
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinEnd, JoinProof
from agentmesh.protocol.limits import INVITE_SECONDS, INVITE_TRIES
from tests.support.node_pair import Pair
from tests.support.patience import PATIENCE, until
from tests.support.world import FakeEntropy

SILENCE = 0.5
"""So many seconds without an answer."""


class Mallory:
    """Speaks as Low, letter by letter."""

    def __init__(self, pair: Pair, words: str, name: str = "mallory") -> None:
        self.pair = pair
        self.name = name
        self.letters = pair.low.invites.joiner._letters
        inviter = pair.high.invites.joiner._letters.us
        self.parties = Parties(id=name, slot=1, joiner=self.letters.us, inviter=inviter)
        self.exchange = Exchange(self.parties, words, FakeEntropy(name), is_joiner=True)
        self.reply_key, self.secret = make_reply_key(FakeEntropy(f"{name}'s key"))

    async def say(
        self, document: JoinAsk | JoinProof, seconds: float
    ) -> JoinAnswer | JoinEnd | None:
        """Say it; return the answer, None for so many seconds of silence."""
        before = len(self.pair.wire.carried)
        await self.letters.to_inviter(self.pair.high.amid, self.letters.write(document))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await until(lambda: "accept" in self.pair.wire.types()[before:])
        for _, frame in self.pair.wire.carried[before:]:
            if frame.message_type == "accept":
                return self.read(frame.encrypted_payload)
        return None

    def read(self, payload: bytes) -> JoinAnswer | JoinEnd:
        frame = decode(payload)
        assert isinstance(frame, SealedToReplyKey)
        letter = open_with_reply_key(frame, self.secret)
        kind = JoinAnswer if letter.kind == "join_answer" else JoinEnd
        return self.letters.read(self.pair.high.amid, letter, kind)

    @property
    def stamp(self) -> dict[str, object]:
        now = round(self.pair.clock.now() * 1000)
        return {"timestamp": now, "sender": self.pair.low.amid, "to": self.pair.high.amid}

    async def ask(
        self, seconds: float = PATIENCE, **changed: object
    ) -> JoinAnswer | JoinEnd | None:
        fields = {
            "id": self.name, "slot": 1, "pake": self.exchange.message,
            "reply_key": self.reply_key, **self.stamp, **changed,
        }  # fmt: skip
        return await self.say(JoinAsk(**fields), seconds)  # type: ignore[arg-type]

    async def prove(self, tag: bytes, seconds: float = PATIENCE) -> JoinAnswer | JoinEnd | None:
        proof = JoinProof(id=self.name, tag=tag, **self.stamp)  # type: ignore[arg-type]
        return await self.say(proof, seconds)


async def tries_left(pair: Pair) -> int:
    (invite,) = await pair.high.invites.book.all()
    return invite.tries_left


async def test_guessing_costs_a_try_each_and_asking_none(pair: Pair) -> None:
    await pair.high.invites.book.make("", INVITE_SECONDS)
    for number in range(INVITE_TRIES):
        mallory = Mallory(pair, words_of(bytes(4)), f"guess {number}")
        answer = await mallory.ask()
        assert isinstance(answer, JoinAnswer)
        assert await tries_left(pair) == INVITE_TRIES - number
        end = await mallory.prove(bytes(32))
        assert isinstance(end, JoinEnd)
        assert (end.ending, end.tag) == ("wrong_code", bytes(32))
        again = await mallory.prove(bytes([1]) * 32)
        assert again == end, "a second guess in one exchange is not looked at"
        assert await tries_left(pair) == INVITE_TRIES - number - 1
    end = await Mallory(pair, words_of(bytes(4)), "one more").ask()
    assert isinstance(end, JoinEnd)
    assert end.ending == "dead"


async def test_an_exchange_that_was_begun_in_time_does_not_outlive_the_invite(pair: Pair) -> None:
    invite = await pair.high.invites.book.make("", INVITE_SECONDS)
    mallory = Mallory(pair, invite.words)
    answer = await mallory.ask()
    assert isinstance(answer, JoinAnswer)
    confirmation = mallory.exchange.finish(answer.pake)
    pair.clock.advance(INVITE_SECONDS)
    end = await mallory.prove(confirmation.of_joiner.reveal())
    assert isinstance(end, JoinEnd)
    assert end.ending == "expired"
    assert await pair.high.peers.contacts() == []


async def test_a_proof_out_of_nowhere_and_an_unknown_slot_are_met_with_silence(pair: Pair) -> None:
    await pair.high.invites.book.make("", INVITE_SECONDS)
    mallory = Mallory(pair, "x")
    assert await mallory.prove(bytes(32), SILENCE) is None
    assert await mallory.ask(SILENCE, slot=7) is None
    assert await tries_left(pair) == INVITE_TRIES


@pytest.mark.parametrize("pake", [b"B" + bytes(32), b"A" + bytes(32), b"A" + b"\x01" + bytes(31)])
async def test_a_bad_point_is_dropped_and_the_desk_goes_on(pair: Pair, pake: bytes) -> None:
    invite = await pair.high.invites.book.make("", INVITE_SECONDS)
    assert await Mallory(pair, "x").ask(SILENCE, pake=pake) is None
    answer = await Mallory(pair, invite.words, "honest").ask()
    assert isinstance(answer, JoinAnswer)


async def test_what_is_remembered_of_joiners_is_bounded(pair: Pair) -> None:
    desk = pair.high.invites.desk
    await pair.high.invites.book.make("", INVITE_SECONDS)
    await Mallory(pair, "x").ask()
    begun = desk._begun[pair.low.amid]
    for number in range(MAX_EXCHANGES + 10):
        desk._remember(type(pair.low.amid)(str(number)), begun)
    assert len(desk._begun) == MAX_EXCHANGES
