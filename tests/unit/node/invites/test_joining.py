"""Joining by an invite, from both ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.identity.invite_code import InviteCode, read_code
from agentmesh.node.invites.book import Invite
from agentmesh.policy.document import Policy
from agentmesh.protocol.limits import INVITE_SECONDS, INVITE_TRIES
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair

WAIT = 60.0


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with node_pair() as both:
        for node in (both.low, both.high):
            node.policy = Policy()
            node.invites.joiner._letters.first_pause = 0.05
        yield both


async def invited(pair: Pair) -> InviteCode:
    """Return a code of High's."""
    return pair.high.invites.book.code(await pair.high.invites.book.make("", INVITE_SECONDS))


async def failed(node: Node, code: InviteCode) -> AgentMeshError:
    """Return what went wrong."""
    step = ""
    while step != "joined":
        try:
            step = await node.invites.joiner.join(code, WAIT)
        except AgentMeshError as error:
            return error
    return UsageError("joined")


async def join(node: Node, code: InviteCode) -> str:
    """Return `joined`, or the code of what went wrong."""
    return (await failed(node, code)).code


def wrong(code: InviteCode) -> InviteCode:
    return InviteCode(
        code.inviter, code.slot, "babab-babab" if "z" in code.words else "zuzuz-zuzuz"
    )


async def the(pair: Pair) -> Invite:
    (invite,) = await pair.high.invites.book.all()
    return invite


async def joiner_of(pair: Pair) -> str:
    use = (await the(pair)).use
    return "" if use is None else use.by


async def test_who_has_the_code_and_who_gave_it_become_contacts(pair: Pair) -> None:
    code = await invited(pair)
    assert await join(pair.low, code) == "joined"
    for node, other in ((pair.low, pair.high), (pair.high, pair.low)):
        row = await node.peers.contact(other.amid)
        assert (row.trust, row.verified_at) == (1, None)
        assert (await node.consent.remarks.about(other.amid)).invited_at is not None
        assert "peer_trust_changed" in node.kinds()
    assert await joiner_of(pair) == pair.low.amid
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == ["hello"]


async def test_the_words_never_leave(pair: Pair) -> None:
    code = await invited(pair)
    await join(pair.low, code)
    for word in code.words.split("-"):
        assert not [it for _, it in pair.wire.carried if word.encode() in it.encrypted_payload]
    assert set(pair.wire.types()) == {"knock", "accept"}


async def test_three_wrong_words_kill_the_invite(pair: Pair) -> None:
    code = await invited(pair)
    for left in reversed(range(INVITE_TRIES)):
        error = await failed(pair.low, wrong(code))
        assert error.code == "invite_wrong_code"
        assert f"{left} tries" in error.hint
        assert (await the(pair)).tries_left == left
    assert await join(pair.low, code) == "invite_dead"
    assert pair.high.kinds().count("invite_tried") == INVITE_TRIES
    assert await pair.high.peers.contacts() == await pair.low.peers.contacts() == []


async def test_two_wrong_words_leave_one_right_one(pair: Pair) -> None:
    code = await invited(pair)
    for _ in range(2):
        assert await join(pair.low, wrong(code)) == "invite_wrong_code"
    assert await join(pair.low, code) == "joined"


async def test_an_invite_is_for_one(pair: Pair) -> None:
    code = await invited(pair)
    assert await join(pair.low, code) == "joined"
    await pair.low.peers.forget(pair.high.amid)
    assert await join(pair.low, code) == "invite_used"
    assert await pair.low.peers.contacts() == []


async def test_an_invite_gets_too_old(pair: Pair) -> None:
    code = await invited(pair)
    pair.clock.advance(INVITE_SECONDS)
    assert await join(pair.low, code) == "invite_expired"
    assert (await the(pair)).tries_left == INVITE_TRIES


async def test_what_is_said_twice_counts_once(pair: Pair) -> None:
    code = await invited(pair)
    assert await join(pair.low, wrong(code)) == "invite_wrong_code"
    for sender, frame in [it for it in pair.wire.carried if it[1].message_type == "knock"]:
        for _ in range(3):
            pair.wire.bring(sender, frame)
            await pair.settle()
            await asyncio.sleep(0.05)
    assert (await the(pair)).tries_left == INVITE_TRIES - 1
    assert await join(pair.low, code) == "joined"


async def test_an_invite_that_was_revoked_is_over(pair: Pair) -> None:
    code = await invited(pair)
    await pair.high.invites.book.revoke(code.slot)
    assert await join(pair.low, code) == "invite_expired"


@pytest.mark.parametrize("how", ["blocked", "paused", "stopped"])
async def test_who_is_not_to_be_heard_meets_silence(pair: Pair, how: str) -> None:
    code, switches = await invited(pair), pair.high.hand.switches
    if how == "blocked":
        pair.high.policy = Policy(blocklist=frozenset({pair.low.amid}))
    elif how == "paused":
        switches.paused_peers.add(pair.low.amid)
    else:
        switches.emergency = True
    for _ in range(3):
        step = await pair.low.invites.joiner.join(code, 0.2)
    assert step == "asked"
    assert await pair.high.peers.contacts() == []


async def test_a_contact_keeps_the_trust_it_has(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 3)
    assert await join(pair.low, await invited(pair)) == "joined"
    assert (await pair.high.peers.contact(pair.low.amid)).trust == 3


async def test_a_lost_letter_is_said_again(pair: Pair) -> None:
    code = await invited(pair)
    lost: list[str] = []

    def loses(frame: object) -> bool:
        kind = frame.message_type  # type: ignore[attr-defined]
        if lost.count(kind) < 1:
            lost.append(kind)
            return True
        return False

    pair.wire.loses = loses
    assert await join(pair.low, code) == "joined"
    assert sorted(lost) == ["accept", "knock"]


@pytest.mark.parametrize("comes_again", [False, True])
async def test_a_welcome_that_was_lost_with_the_inviters_memory_is_said_again(
    pair: Pair, *, comes_again: bool
) -> None:
    code = await invited(pair)
    begun = pair.high.invites.desk._begun
    lost: list[str] = []

    def loses(frame: object) -> bool:
        kind = frame.message_type  # type: ignore[attr-defined]
        exchange = begun.get(pair.low.amid)
        if kind != "accept" or exchange is None or exchange.end is None:
            return False  # an answer to the first letter, of which there may be several
        begun.clear()
        lost.append(kind)
        if comes_again:  # the first letter: a relay offers what was not acknowledged
            pair.wire.bring(*pair.wire.carried[0])
        return True

    pair.wire.loses = loses
    assert await join(pair.low, code) == "joined"
    assert lost == ["accept"]
    assert await joiner_of(pair) == pair.low.amid
    assert (await the(pair)).tries_left == INVITE_TRIES - 1


async def test_nobody_joins_whom_it_may_not_write_to(pair: Pair) -> None:
    code = await invited(pair)
    pair.low.policy = Policy(blocklist=frozenset({pair.high.amid}))
    assert await join(pair.low, code) == "blocked"
    pair.low.policy = Policy()
    pair.low.hand.switches.emergency = True
    assert await join(pair.low, code) == "stopped"
    assert pair.wire.carried == []


async def test_nobody_joins_itself_or_by_nonsense(pair: Pair) -> None:
    code = await invited(pair)
    with pytest.raises(UsageError) as caught:
        await pair.high.invites.joiner.join(code, 1)
    assert caught.value.code == "peer_is_ourselves"
    with pytest.raises(UsageError):
        read_code("join me")


async def test_an_inviter_nobody_knows_is_told_at_once(pair: Pair) -> None:
    code = read_code("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1-1-lusab-babad")
    assert await join(pair.low, code) == "agent_not_found"


async def test_codes_at_once_are_bounded(pair: Pair) -> None:
    code = await invited(pair)
    pair.wire.loses = lambda _: True
    for slot in range(10, 18):
        await pair.low.invites.joiner.join(InviteCode(code.inviter, slot, code.words), 0.01)
    with pytest.raises(AgentMeshError) as caught:
        await pair.low.invites.joiner.join(code, 0.01)
    assert caught.value.code == "too_many_joins"
