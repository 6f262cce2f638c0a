"""What the agent may not send by itself waits for the owner, and leaves once."""

import asyncio

import msgspec
import pytest

from agentmesh.errors import IntegrityError, Refused, UsageError
from agentmesh.node.consent.approvals import DRAWER
from agentmesh.node.consent.drafts import APPROVAL_SECONDS, KEPT_SECONDS, Draft
from agentmesh.node.notices import Notice
from agentmesh.node.outbox import Fate
from agentmesh.policy.document import BreakerLimits, Policy
from agentmesh.protocol.ids import MessageId, amid_of
from agentmesh.session.events import Close
from agentmesh.storage.interface import Put
from tests.support.node_pair import Pair


async def draft(pair: Pair, text: str = "hello") -> Fate:
    pair.low.policy = Policy()
    return await pair.low.say(pair.high, text, impulse="peer")


async def test_a_draft_leaves_when_the_owner_says_so(pair: Pair) -> None:
    said = await draft(pair)
    await pair.settle()
    assert pair.wire.carried == []
    assert await pair.low.fate_of(said) == ("queued", "awaiting_approval")
    assert "approval_pending" in pair.low.kinds()
    approved = await pair.low.outbox.approve(said.message_id, "")
    assert approved.decided == "approved"
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_drafts_of_one_moment_are_shown_as_they_were_asked(pair: Pair) -> None:
    said = [await draft(pair, f"{number}") for number in range(5)]
    shown = [it.message_id for it in await pair.low.consent.approvals.all()]
    assert shown == [it.message_id for it in said]


async def test_a_yes_counts_once(pair: Pair) -> None:
    said = await draft(pair)
    yes = [pair.low.outbox.approve(said.message_id, "") for _ in range(8)]
    done = await asyncio.gather(*yes, return_exceptions=True)
    await pair.settle()
    assert sum(isinstance(it, Draft) for it in done) == 1
    assert {it.code for it in done if isinstance(it, UsageError)} == {"approval_decided"}
    assert await pair.high.texts() == ["hello"]


async def test_what_was_denied_never_leaves(pair: Pair) -> None:
    said = await draft(pair)
    await pair.low.consent.approvals.deny(said.message_id)
    assert await pair.low.fate_of(said) == ("refused", "denied_by_owner")
    with pytest.raises(UsageError) as caught:
        await pair.low.outbox.approve(said.message_id, "")
    assert caught.value.code == "approval_decided"
    await pair.settle()
    assert pair.wire.carried == []


async def test_a_question_gets_too_old_but_stays_readable_for_the_day(pair: Pair) -> None:
    said = await draft(pair)
    await pair.later(APPROVAL_SECONDS)
    with pytest.raises(Refused) as caught:
        await pair.low.outbox.approve(said.message_id, "")
    assert caught.value.code == "approval_expired"
    assert await pair.low.fate_of(said) == ("refused", "approval_expired")
    assert (await pair.low.consent.approvals.one(said.message_id)).payload == b'"hello"'
    assert await pair.low.consent.approvals.waiting() == []
    await pair.low.store.clean(pair.clock.now() + KEPT_SECONDS)
    with pytest.raises(UsageError):
        await pair.low.consent.approvals.one(said.message_id)


async def test_a_yes_is_for_the_digest_that_was_seen(pair: Pair) -> None:
    said = await draft(pair)
    seen = await pair.low.consent.approvals.one(said.message_id)
    with pytest.raises(IntegrityError) as caught:
        await pair.low.outbox.approve(said.message_id, "0" * 64)
    assert caught.value.code == "draft_changed"
    assert (await pair.low.outbox.approve(said.message_id, seen.digest)).decided == "approved"


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b'"another"'},
        {"peer": "2DrjgbD6qNf3DqTgGLQ6wnCWzGB1"},
        {"type": "data"},
        {"note": "x"},
        {"session_id": "x"},
        {"in_reply_to": "x"},
        {"digest": ""},
    ],
)
async def test_a_draft_that_changed_since_is_refused(pair: Pair, change: dict[str, object]) -> None:
    said = await draft(pair)
    card = await pair.low.store.card(DRAWER, said.message_id)
    kept = msgspec.msgpack.decode(card.body, type=Draft)
    forged = msgspec.msgpack.encode(msgspec.structs.replace(kept, **change))
    await pair.low.store.commit([Put(msgspec.structs.replace(card, body=forged))])
    with pytest.raises(IntegrityError):
        await pair.low.outbox.approve(said.message_id, "")
    await pair.settle()
    assert pair.wire.carried == []


async def test_an_owner_is_not_asked_for_ever(pair: Pair) -> None:
    for number in range(5):
        await draft(pair, str(number))
    with pytest.raises(Refused) as caught:
        await draft(pair, "one more")
    assert caught.value.code == "too_many_approvals"
    assert pair.low.notices[-1].kind == "too_many_approvals"
    assert pair.low.notices[-1].fields == {"count": 6}


async def test_strangers_are_asked_about_as_if_they_were_one(pair: Pair) -> None:
    approvals = pair.low.consent.approvals
    said = await draft(pair, "to a contact")
    await pair.low.peers.trust(pair.high.amid, 1)
    (kept,) = await approvals.all()
    for number in range(5):
        stranger = amid_of(bytes([number]) * 32)
        other = MessageId(f"{said.message_id}{number}")
        another = msgspec.structs.replace(kept, peer=stranger, message_id=other)
        await approvals.keep({1: another}, pair.low.store.commit)
    another = msgspec.structs.replace(kept, peer=amid_of(bytes([9]) * 32))
    with pytest.raises(Refused) as caught:
        await approvals.keep({1: another}, pair.low.store.commit)
    assert caught.value.code == "too_many_approvals"
    await draft(pair, "to the contact again")
    assert len(await approvals.all()) == 7


async def test_an_owner_is_asked_without_reading_all_contacts(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a seal to open: with 10,000 that took 65 ms, for each of a hundred drafts."""
    await pair.low.peers.trust(pair.high.amid, 1)
    monkeypatch.delattr(type(pair.low.store), "contacts")
    await draft(pair)
    assert len(await pair.low.consent.approvals.all()) == 1


async def test_an_owner_who_lifts_it_is_asked_again(pair: Pair) -> None:
    for number in range(5):
        await draft(pair, str(number))
    pair.clock.advance(1)
    pair.low.hand.bulletin.publish(Notice(kind="breaker_lifted", peer=pair.high.amid))
    for number in range(5):
        pair.clock.advance(1)
        await draft(pair, str(number))
    with pytest.raises(Refused):
        await draft(pair, "one more")


async def test_an_owner_who_wants_to_be_asked_is_asked(pair: Pair) -> None:
    for number in range(8):
        pair.low.policy = Policy(breakers=BreakerLimits(approvals_per_hour=0))
        await pair.low.say(pair.high, str(number), impulse="peer")
    assert len(await pair.low.consent.approvals.waiting()) == 8
    await pair.later(3601)
    assert (await draft(pair, "later")).reason == "awaiting_approval"


async def test_an_approved_draft_still_meets_a_block(pair: Pair) -> None:
    said = await draft(pair)
    pair.low.policy = Policy(blocklist=frozenset({pair.high.amid}))
    with pytest.raises(Refused) as caught:
        await pair.low.outbox.approve(said.message_id, "")
    assert caught.value.code == "blocked"
    assert await pair.low.fate_of(said) == ("queued", "awaiting_approval")


async def test_a_session_that_ended_meanwhile_is_replaced(pair: Pair) -> None:
    first = await pair.low.say(pair.high, "first")
    await pair.settle()
    talk = await pair.low.talks.look(pair.high.amid, first.session_id)
    assert talk is not None
    pair.low.policy = Policy()
    await pair.high.say(pair.low, "answer")
    await pair.settle()
    (row,) = await pair.low.store.newest(None, 1)
    wish = await pair.low.outbox.wish_to_answer(row)
    said = await pair.low.say(pair.high, "second", wish, impulse="peer")
    await pair.low.talks.handle(pair.high.amid, first.session_id, Close("completed"))
    await pair.settle()
    await pair.low.outbox.approve(said.message_id, "")
    await pair.settle()
    assert await pair.high.texts() == ["first", "second"]


async def test_nobody_approves_what_is_not_there(pair: Pair) -> None:
    with pytest.raises(UsageError) as caught:
        await pair.low.outbox.approve(MessageId("none"), "")
    assert caught.value.code == "unknown_approval"
