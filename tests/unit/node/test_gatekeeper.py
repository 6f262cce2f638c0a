"""Who gets in, and what the owner may still decide."""

import pytest
from msgspec.structs import replace

from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError, UsageError
from agentmesh.node import gatekeeper
from agentmesh.policy.document import Policy, RateLimit
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import SessionId
from agentmesh.storage.interface import DropPrekey
from tests.support.node import CHAT
from tests.support.node_pair import Pair
from tests.support.stores import errand


async def _waiting(pair: Pair) -> SessionId:
    """Let low knock at high, who asks its owner; return the KNOCK's id."""
    pair.high.policy = Policy()
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (knock,) = await pair.high.store.knocks(pending=True, limit=9)
    return knock.knock_id


async def test_a_knock_that_waits_for_the_owner_is_met_with_silence(pair: Pair) -> None:
    await _waiting(pair)
    assert pair.wire.types() == ["knock"]
    assert "knock_pending" in pair.high.kinds()


async def test_the_sender_is_told_to_wait_only_if_the_policy_says_so(pair: Pair) -> None:
    pair.high.policy = Policy(answer_awaiting_owner=True)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert pair.wire.types() == ["knock", "reject"]
    assert await pair.low.phases() == ["knocking"]


async def test_an_approved_peer_gets_in_and_becomes_a_contact(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    row = await pair.high.gatekeeper.approve(knock_id)
    await pair.settle()
    assert row.verdict == "accepted"
    assert await pair.high.texts() == ["hello"]
    (kept,) = await pair.high.peers.contacts()
    assert kept.amid == pair.low.amid
    assert kept.signing_key == pair.low.hand.keys.ring.identity.public_key


async def test_a_contact_keeps_the_trust_it_had(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    await pair.high.peers.trust(pair.low.amid, 3)
    await pair.high.gatekeeper.approve(knock_id)
    assert (await pair.high.store.contact(pair.low.amid)).trust == 3


async def test_a_denied_peer_hears_nothing(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    row = await pair.high.gatekeeper.deny(knock_id)
    await pair.settle()
    assert (row.verdict, row.reason) == ("dismissed", "dismissed")
    assert pair.wire.types() == ["knock"]
    await pair.later(3600)
    assert set(pair.wire.types()) == {"knock"}
    assert await pair.low.phases() == ["knocking"]


async def test_a_knock_is_decided_once(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    await pair.high.gatekeeper.deny(knock_id)
    with pytest.raises(UsageError) as caught:
        await pair.high.gatekeeper.approve(knock_id)
    assert caught.value.code == "knock_decided"
    with pytest.raises(UsageError) as caught:
        await pair.high.gatekeeper.deny(SessionId("nowhere"))
    assert caught.value.code == "unknown_knock"


async def test_a_knock_whose_session_is_gone_cannot_be_approved(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    pair.high.store._shelves.sessions.clear()
    pair.high.talks._lanes.clear()
    with pytest.raises(UsageError) as caught:
        await pair.high.gatekeeper.approve(knock_id)
    assert caught.value.code == "knock_over"


async def test_a_stranger_waits_while_the_registry_is_away(pair: Pair) -> None:
    pair.high.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == ["knocked"]
    pair.high.directory.fails_with = None
    await pair.later(5)
    assert await pair.high.texts() == ["hello"]


async def _know(pair: Pair, how: str) -> None:
    if how == "contact":
        await pair.high.peers.trust(pair.low.amid, 1)
    else:
        pair.high.policy = Policy(allowlist=frozenset({pair.low.amid}))


@pytest.mark.parametrize("how", ["contact", "allowlisted"])
async def test_who_is_known_gets_in_while_the_registry_is_away_for_an_hour(
    pair: Pair, how: str
) -> None:
    await _know(pair, how)
    pair.high.is_vouched = True
    pair.high.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == ["open"]


@pytest.mark.parametrize("how", ["contact", "allowlisted"])
@pytest.mark.parametrize("why", [TransportError("away"), RemoteProtocolError("log_forked")])
async def test_after_that_nobody_gets_in_who_may_have_been_taken_back(
    pair: Pair, how: str, why: AgentMeshError
) -> None:
    await _know(pair, how)
    pair.high.is_vouched = isinstance(why, RemoteProtocolError)  # a liar vouches for nobody
    pair.high.directory.fails_with = why
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == ["knocked"]
    assert len(await pair.high.store.knocks(pending=True, limit=9)) == 1
    pair.high.directory.fails_with = None
    await pair.later(5)
    assert await pair.high.texts() == ["hello"]


async def test_the_owner_may_let_in_who_waits_for_the_registry(pair: Pair) -> None:
    await _know(pair, "contact")
    pair.high.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (knock,) = await pair.high.store.knocks(pending=True, limit=9)
    await pair.high.gatekeeper.approve(knock.knock_id)
    await pair.settle()
    assert await pair.high.phases() == ["open"]


async def test_words_in_an_open_session_need_no_registry(pair: Pair) -> None:
    await pair.low.say(pair.high, "one")
    await pair.settle()
    for node in (pair.low, pair.high):
        node.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "two")
    await pair.settle()
    assert await pair.high.texts() == ["one", "two"]


async def test_a_blocked_peer_is_refused(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", blocklist=frozenset({pair.low.amid}))
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "blocked")
    (knock,) = await pair.high.store.knocks(pending=False, limit=1)
    assert (knock.verdict, knock.reason) == ("rejected", "blocked")


@pytest.mark.parametrize("switch", ["paused", "shut_down", "emergency"])
async def test_a_breaker_refuses_new_peers(pair: Pair, switch: str) -> None:
    setattr(pair.high.hand.switches, switch, True)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "paused")


async def test_whom_no_registry_knows_is_refused(pair: Pair) -> None:
    record = pair.shelf.records.pop(pair.low.amid)
    pair.wire.loses = lambda frame: frame.message_type == "reject"
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (knock,) = await pair.high.store.knocks(pending=False, limit=1)
    assert (knock.verdict, knock.reason) == ("rejected", "sender_not_found")
    pair.shelf.records[pair.low.amid] = record


async def test_a_low_reputation_of_the_registrys_counts(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", min_reputation=0.8)
    pair.shelf.reputation[pair.low.amid] = 0.2
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "low_reputation")


async def test_who_knocks_too_often_is_refused(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rate_limit=RateLimit(knocks_per_minute=0))
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "rate_limited")


async def test_a_full_house_takes_nobody_more(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", max_concurrent_sessions=0)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert (await pair.low.fate_of(said))[0] == "refused"


async def test_a_knock_for_a_one_time_prekey_that_is_gone_ends(pair: Pair) -> None:
    knock_id = await _waiting(pair)
    for row in await pair.high.store.prekeys("one_time"):
        await pair.high.store.commit([DropPrekey("one_time", row.id)])
    await pair.high.gatekeeper.approve(knock_id)
    assert await pair.high.phases() == ["ended"]


async def test_what_is_over_needs_no_decision(pair: Pair) -> None:
    row = errand("policy", kind="ask_policy", peer=pair.low.amid, session_id=SessionId("x"))
    assert await pair.high.gatekeeper.decide(row) is None


async def test_an_owner_is_asked_a_few_times_an_hour_only(pair: Pair) -> None:
    pair.high.policy = Policy()
    for number in range(5):
        wish = replace(CHAT, intent=Intent(category=f"topic-{number}"))
        await pair.low.say(pair.high, "hello", wish)
        await pair.settle()
    waiting = await pair.high.store.knocks(pending=True, limit=9)
    assert len(waiting) == gatekeeper.MAX_ASKED_AN_HOUR
    assert set(pair.wire.types()) == {"knock"}
