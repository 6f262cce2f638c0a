"""A registry or a relay between joiner and inviter gets in nobody, and passes for nobody."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agentmesh.crypto.invite_exchange import Exchange, Parties
from agentmesh.crypto.seal import make_reply_key
from agentmesh.errors import AgentMeshError
from agentmesh.identity.invite_code import InviteCode
from agentmesh.node.invites.letters import PURPOSES
from agentmesh.protocol.frames import Letter
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinProof
from agentmesh.protocol.limits import INVITE_SECONDS, INVITE_TRIES
from agentmesh.protocol.relay_frames import Send
from agentmesh.protocol.signed import read
from tests.support.node import Node
from tests.support.node_pair import Pair, node_at, node_pair
from tests.support.world import FakeEntropy


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with node_pair() as both:
        both.low.invites.joiner._letters.first_pause = 0.05
        yield both


async def mallory_of(pair: Pair) -> Node:
    """Return another agent at the same wire and registry; its desk is not open."""
    return await node_at(pair.wire, "mallory", pair.clock, pair.shelf, None)


async def invited(pair: Pair) -> InviteCode:
    return pair.high.invites.book.code(await pair.high.invites.book.make("", INVITE_SECONDS))


async def joined(pair: Pair, code: InviteCode) -> str:
    """Return how far Low gets within a second, or what went wrong."""
    step = ""
    try:
        async with asyncio.timeout(1):
            while step != "joined":
                step = await pair.low.invites.joiner.join(code, 1)
    except AgentMeshError as error:
        return error.code
    except TimeoutError:
        pass
    return step


async def nobody_got_in(pair: Pair) -> bool:
    (invite,) = await pair.high.invites.book.all()
    contacts = [*await pair.high.peers.contacts(), *await pair.low.peers.contacts()]
    return not contacts and invite.use is None


async def test_a_registry_that_shows_other_keys_for_the_inviter_ends_the_attempt(
    pair: Pair,
) -> None:
    mallory, code = await mallory_of(pair), await invited(pair)
    pair.shelf.uploads[pair.high.amid] = pair.shelf.uploads[mallory.amid]
    assert await joined(pair, code) not in ("joined", "asked", "proved")
    assert pair.wire.carried == []
    assert await nobody_got_in(pair)


async def test_a_relay_that_names_another_sender_is_met_with_silence(pair: Pair) -> None:
    mallory, code = await mallory_of(pair), await invited(pair)

    def renamed(frame: Send) -> bool:
        if frame.to == pair.high.amid:
            pair.wire.bring(mallory.amid, frame)
        return frame.to == pair.high.amid

    pair.wire.loses = renamed
    assert await joined(pair, code) == "asked"
    assert "accept" not in pair.wire.types()
    assert await nobody_got_in(pair)


async def test_a_relay_that_answers_in_the_inviters_place_is_not_heard(pair: Pair) -> None:
    mallory, code = await mallory_of(pair), await invited(pair)
    letters = mallory.invites.joiner._letters
    asked: list[JoinAsk] = []
    heard = pair.high.invites.desk._asked

    async def overhears(peer: object, ask: JoinAsk, key: bytes) -> None:
        asked.append(ask)  # more than a relay ever sees: what is inside the seal
        await heard(peer, ask, key)  # type: ignore[arg-type]

    pair.high.invites.desk._asked = overhears  # type: ignore[method-assign]
    pair.wire.loses = lambda frame: frame.to == pair.low.amid
    assert await joined(pair, code) == "asked"
    joiner = pair.low.invites.joiner._letters.us
    parties = Parties(id=asked[0].id, slot=1, joiner=joiner, inviter=letters.us)
    exchange = Exchange(parties, code.words, FakeEntropy("mallory"), is_joiner=False)
    now = round(pair.clock.now() * 1000)
    stamp = {"id": asked[0].id, "timestamp": now, "to": pair.low.amid}
    pair.wire.loses = lambda _: False
    for sender in (mallory.amid, pair.high.amid):
        answer = JoinAnswer(pake=exchange.message, sender=sender, **stamp)  # type: ignore[arg-type]
        await letters.to_joiner(pair.low.amid, letters.write(answer), asked[0].reply_key)
        _, frame = pair.wire.carried[-1]
        pair.wire.bring(pair.high.amid, frame)
    await pair.settle()
    (joining,) = pair.low.invites.joiner._under_way.values()
    assert joining.step == "asked"


async def test_who_takes_over_a_joiners_point_under_its_own_name_proves_nothing(
    pair: Pair,
) -> None:
    """Mallory even reads what is inside the seal, and passes on everything but the name."""
    mallory, code = await mallory_of(pair), await invited(pair)
    desk, low = pair.high.invites.desk, pair.low.invites.joiner._letters
    sent: list[Letter] = []
    desk._answering.send = lambda _, letter, __: sent.append(letter)  # type: ignore[method-assign,assignment]
    inviter = pair.high.invites.joiner._letters.us
    parties = Parties(id="one", slot=1, joiner=low.us, inviter=inviter)
    honest = Exchange(parties, code.words, FakeEntropy("low"), is_joiner=True)
    own = mallory.invites.joiner._letters
    now = round(pair.clock.now() * 1000)
    stamp = {"id": "one", "timestamp": now, "sender": mallory.amid, "to": pair.high.amid}
    reply_key, _ = make_reply_key(FakeEntropy())
    ask = JoinAsk(slot=1, pake=honest.message, reply_key=reply_key, **stamp)  # type: ignore[arg-type]
    await desk._take(mallory.amid, own.write(ask))
    answer = read(sent[-1].signed, JoinAnswer, PURPOSES[JoinAnswer][1])
    proof = honest.finish(answer.pake).of_joiner.reveal()
    await desk._take(mallory.amid, own.write(JoinProof(tag=proof, **stamp)))  # type: ignore[arg-type]
    (invite,) = await pair.high.invites.book.all()
    assert invite.tries_left == INVITE_TRIES - 1
    assert await nobody_got_in(pair)
