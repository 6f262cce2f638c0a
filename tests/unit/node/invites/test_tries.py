"""Three tries, whoever guesses, in whatever order letters come, whenever the daemon dies."""

import asyncio
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.crypto.invite_exchange import Confirmation, Exchange, Parties, Party
from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.node.invites.book import InviteBook
from agentmesh.node.invites.desk import InviteDesk
from agentmesh.node.invites.letters import PURPOSES, AnyJoin
from agentmesh.protocol.frames import Letter, ReplyKey
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinEnd, JoinProof
from agentmesh.protocol.limits import INVITE_SECONDS, INVITE_TRIES
from agentmesh.protocol.signed import read
from tests.support.node_pair import Pair, node_pair
from tests.support.world import FakeEntropy

KEY = ReplyKey("r", bytes(32), bytes(1184))
WRONG = "babab-babad"
SEEDS = [Identity(Secret(bytes([number]) * 32)) for number in range(1, 4)]


@dataclass
class Attempt:
    """One exchange that a joiner began."""

    joiner: Identity
    parties: Parties
    exchange: Exchange
    confirmation: Confirmation | None = None


class Answers:
    """Keeps what the desk answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[Amid, Letter]] = []

    def send(self, peer: Amid, letter: Letter, _: ReplyKey) -> None:
        self.sent.append((peer, letter))


class Siege:
    """Joiners before one desk. Each letter they said can be said again."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.answers = Answers()
        self.attempts: dict[tuple[int, int], Attempt] = {}
        self.said: list[tuple[Amid, Letter]] = []
        self.restart()

    def restart(self) -> None:
        """Forget all that is only in the desk's memory."""
        old = self.pair.high.invites.desk
        hand, letters, newcomers = old._hand, old._letters, old._newcomers
        self.desk = InviteDesk(hand, old._side_door, InviteBook(hand), letters, newcomers)
        self.desk._answering = self.answers  # type: ignore[assignment]

    async def say(self, joiner: Identity, document: AnyJoin) -> None:
        kind, purpose = PURPOSES[type(document)]
        self.said.append((joiner.amid, Letter(kind, joiner.sign(document, purpose))))
        await self.desk._take(*self.said[-1])

    async def ask(self, who: int, which: int, words: str = WRONG) -> Attempt:
        """Begin an attempt, or ask again in the same one."""
        joiner = SEEDS[who]
        if (who, which) not in self.attempts:
            us = self.pair.high.invites.joiner._letters.us
            party = Party(joiner.amid, joiner.public_key)
            parties = Parties(id=f"{who}{which}", slot=1, joiner=party, inviter=us)
            exchange = Exchange(parties, words, FakeEntropy(parties.id), is_joiner=True)
            self.attempts[who, which] = Attempt(joiner, parties, exchange)
        attempt = self.attempts[who, which]
        ask = JoinAsk(slot=1, pake=attempt.exchange.message, reply_key=KEY, **self.stamp(attempt))  # type: ignore[arg-type]
        await self.say(joiner, ask)
        kind, purpose = PURPOSES[JoinAnswer]
        peer, letter = self.answers.sent[-1]
        if letter.kind == kind and peer == joiner.amid and attempt.confirmation is None:
            answer = read(letter.signed, JoinAnswer, purpose)
            attempt.confirmation = attempt.exchange.finish(answer.pake)
        return attempt

    async def prove(self, who: int, which: int) -> None:
        """Prove what the words gave; nothing at all if there was no answer."""
        attempt = self.attempts.get((who, which)) or await self.ask(who, which)
        confirmation = attempt.confirmation
        tag = bytes(32) if confirmation is None else confirmation.of_joiner.reveal()
        await self.say(attempt.joiner, JoinProof(tag=tag, **self.stamp(attempt)))  # type: ignore[arg-type]

    def stamp(self, attempt: Attempt) -> dict[str, object]:
        now = round(self.pair.clock.now() * 1000)
        to = self.pair.high.amid
        return {"id": attempt.parties.id, "timestamp": now, "sender": attempt.joiner.amid, "to": to}

    def ends(self) -> list[JoinEnd]:
        """Return how attempts ended, each ending once."""
        kind, purpose = PURPOSES[JoinEnd]
        signed = {letter.signed.payload: letter for _, letter in self.answers.sent}
        ends = [letter.signed for letter in signed.values() if letter.kind == kind]
        return [read(end, JoinEnd, purpose) for end in ends]


ATTEMPT = st.tuples(st.integers(0, 2), st.integers(0, 2))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), ATTEMPT),
        st.tuples(st.just("prove"), ATTEMPT),
        st.tuples(st.just("again"), st.integers(0, 30)),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 120)),
    ),
    min_size=6,
    max_size=14,
)


async def _withstand(steps: list[tuple[str, object]]) -> None:
    async with node_pair() as pair:
        invite = await pair.high.invites.book.make("", INVITE_SECONDS)
        siege = Siege(pair)
        for step in steps:
            match step:
                case ("ask", (who, which)):
                    await siege.ask(who, which)
                case ("prove", (who, which)):
                    await siege.prove(who, which)
                case ("again", int(number)) if siege.said:
                    await siege.desk._take(*siege.said[number % len(siege.said)])
                case ("restart", _):
                    siege.restart()
                case ("wait", int(seconds)):
                    pair.clock.advance(seconds)
            (now,) = await pair.high.invites.book.all()
            wrong = [end.tries_left for end in siege.ends() if end.ending == "wrong_code"]
            assert sorted(wrong, reverse=True) == [2, 1, 0][: len(wrong)], "one try for each guess"
            assert now.tries_left == INVITE_TRIES - len(wrong)
            assert (now.use, await pair.high.peers.contacts()) == (None, [])
        state = now.state(pair.clock.now())
        assert state == ("dead" if now.tries_left == 0 else state)
        await siege.ask(0, 9, invite.words)
        await siege.prove(0, 9)
        joined = [row.amid for row in await pair.high.peers.contacts()]
        assert joined == ([SEEDS[0].amid] if state == "open" else [])


@settings(max_examples=20)
@given(STEPS)
def test_wrong_words_never_get_in_and_three_of_them_close_the_door(
    steps: list[tuple[str, object]],
) -> None:
    asyncio.run(_withstand(steps))
