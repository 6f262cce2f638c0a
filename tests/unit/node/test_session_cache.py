"""What spares a KNOCK, and what ends that: new keys, another policy, a revocation."""

from dataclasses import replace

import msgspec

from agentmesh.errors import CryptoError, TransportError
from agentmesh.node.notices import Notice
from agentmesh.node.peers import exchange_name
from agentmesh.node.sessions import GOING_ON_SECONDS
from agentmesh.node.turn import Wish
from agentmesh.policy.document import SessionLimits
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.storage.interface import SetValue
from tests.support.node import OPEN_DOOR
from tests.support.node_pair import Pair

ASK = Wish(intent=Intent(category="communication"), request=SessionRequest(type="request_response"))
DAY = 86400


async def ask(pair: Pair, text: str) -> str:
    """Let Low ask and High answer; return the session."""
    said = await pair.low.say(pair.high, text, ASK)
    await pair.settle()
    (row,) = await pair.high.inbox_of(text)
    await pair.high.answer(row)
    await pair.settle()
    return said.session_id


def knocks(pair: Pair) -> int:
    return pair.wire.types().count("knock")


async def test_a_request_is_completed_on_both_sides_and_the_next_one_needs_no_knock(
    pair: Pair,
) -> None:
    first = await ask(pair, "one")
    assert await pair.low.phases() == await pair.high.phases() == ["resting"]
    assert await ask(pair, "two") == first
    assert knocks(pair) == 1
    assert pair.low.kinds().count("session_cached") == 1
    assert await pair.low.phases() == await pair.high.phases() == ["resting"]


async def test_after_a_day_it_knocks_again(pair: Pair) -> None:
    first = await ask(pair, "one")
    pair.clock.jump(DAY + 1)
    assert await ask(pair, "two") != first
    assert knocks(pair) == 2


async def test_a_conversation_in_use_is_used_and_one_of_yesterday_is_not(pair: Pair) -> None:
    await pair.low.say(pair.high, "one")
    await pair.settle()
    pair.clock.jump(DAY - 10)
    await pair.low.say(pair.high, "two")
    await pair.settle()
    pair.clock.jump(DAY - 10)
    await pair.low.say(pair.high, "three")
    await pair.settle()
    assert knocks(pair) == 1
    pair.clock.jump(DAY + 10)
    await pair.low.say(pair.high, "four")
    await pair.settle()
    assert knocks(pair) == 2


async def test_what_spares_a_knock_is_told_and_what_goes_on_with_the_last_word_is_not(
    pair: Pair,
) -> None:
    for word in ("one", "two", "three"):
        await pair.low.say(pair.high, word)
        await pair.settle()
    assert pair.low.kinds().count("session_cached") == 0
    pair.clock.jump(GOING_ON_SECONDS + 1)
    await pair.low.say(pair.high, "four")
    await pair.settle()
    assert pair.low.kinds().count("session_cached") == 1


async def test_a_status_lets_a_session_live_on_at_both_sides(pair: Pair) -> None:
    pair.high.policy = msgspec.structs.replace(
        OPEN_DOOR, session_limits=SessionLimits(ttl_seconds=100)
    )
    await pair.low.say(pair.high, "please", ASK)
    await pair.settle()
    (row,) = await pair.high.inbox_of("please")
    for _ in range(4):
        pair.clock.jump(60)
        await pair.high.answer(row, kind="status")
        await pair.settle()
        await look(pair)
        assert await pair.low.phases() == await pair.high.phases() == ["open"]
    pair.clock.jump(101)
    await look(pair)
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]


async def test_without_a_cache_everything_new_knocks(pair: Pair) -> None:
    pair.low.talks.cache_for(0)
    await ask(pair, "one")
    await ask(pair, "two")
    assert knocks(pair) == 2


async def test_our_new_exchange_key_drops_the_cache(pair: Pair) -> None:
    await ask(pair, "one")
    await look(pair)
    ring = pair.low.hand.keys.ring
    key = msgspec.structs.replace(ring.exchange_key, payload=b"another")
    pair.low.hand.keys.ring = replace(ring, exchange_key=key)
    await look(pair)
    pair.low.hand.keys.ring = ring
    await ask(pair, "two")
    assert knocks(pair) == 2


async def test_the_peers_new_exchange_key_drops_the_cache(pair: Pair) -> None:
    await ask(pair, "one")
    await look(pair)
    await pair.low.store.commit([SetValue(exchange_name(pair.high.amid), b"another")])
    await look(pair)
    await ask(pair, "two")
    assert knocks(pair) == 2


async def test_who_dropped_its_cache_lets_the_peer_knock_and_nothing_is_lost(pair: Pair) -> None:
    await ask(pair, "one")
    await look(pair)
    pair.high.policy = msgspec.structs.replace(
        OPEN_DOOR, session_limits=SessionLimits(max_messages=50)
    )
    await look(pair)
    await ask(pair, "two")
    assert knocks(pair) == 2
    assert await pair.high.texts() == ["one", "two"]


async def test_a_policy_that_refuses_a_peer_ends_its_sessions_and_spares_the_others(
    pair: Pair,
) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await look(pair)
    pair.high.policy = msgspec.structs.replace(OPEN_DOOR, min_reputation=0.1)
    await look(pair)
    assert await pair.high.phases() == ["open"], "its reputation is good enough"
    pair.high.policy = msgspec.structs.replace(OPEN_DOOR, rejected_intents=frozenset({"travel"}))
    await look(pair)
    assert await pair.high.phases() == ["open"]
    pair.high.policy = msgspec.structs.replace(
        OPEN_DOOR, rejected_intents=frozenset({"communication"})
    )
    await look(pair)
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    said = await pair.low.say(pair.high, "again")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "intent_not_accepted")


async def test_what_began_under_the_new_policy_stays_cached(pair: Pair) -> None:
    await look(pair)
    pair.high.policy = msgspec.structs.replace(OPEN_DOOR, min_reputation=0.1)
    pair.high.hand.bulletin.publish(Notice(kind="policy_changed"))
    await ask(pair, "one")
    await look(pair)
    await ask(pair, "two")
    assert knocks(pair) == 1
    pair.clock.jump(1)
    pair.high.policy = OPEN_DOOR
    pair.high.hand.bulletin.publish(Notice(kind="policy_changed"))
    await look(pair)
    await ask(pair, "three")
    assert knocks(pair) == 2


async def test_a_policy_that_says_the_same_changes_nothing(pair: Pair) -> None:
    await ask(pair, "one")
    await look(pair)
    pair.high.policy = msgspec.structs.replace(OPEN_DOOR, store_transcripts=False)
    await look(pair)
    await ask(pair, "two")
    assert knocks(pair) == 1


async def test_whose_keys_are_in_doubt_has_to_knock(pair: Pair) -> None:
    await ask(pair, "one")
    changes = pair.high.consent.key_changes
    await pair.high.peers.trust(pair.low.amid, 1)
    assert await changes.suspect(pair.low.amid, CryptoError("bundle_invalid"))
    await look(pair)
    await changes.lift(pair.low.amid)
    assert await ask(pair, "two")
    assert knocks(pair) == 2
    assert await pair.high.texts() == ["one", "two"]


async def test_what_was_forgotten_once_is_not_written_again(pair: Pair) -> None:
    await ask(pair, "one")
    await pair.high.peers.trust(pair.low.amid, 1)
    await pair.high.consent.key_changes.suspect(pair.low.amid, CryptoError("bundle_invalid"))
    await look(pair)
    (before,) = await pair.high.store.sessions()
    pair.clock.advance(60)
    await look(pair)
    assert await pair.high.store.sessions() == [before]


async def test_a_registry_that_is_away_ends_no_session_when_the_policy_changes(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await look(pair)
    pair.high.directory.fails_with = TransportError("registry_unreachable")
    pair.high.policy = msgspec.structs.replace(OPEN_DOOR, accept_tiers=frozenset({1.0}))
    await look(pair)
    assert await pair.high.phases() == ["open"]
    pair.high.policy = msgspec.structs.replace(
        OPEN_DOOR, rejected_intents=frozenset({"communication"})
    )
    await look(pair)
    assert await pair.high.phases() == ["ended"], "for that nobody has to be asked"


async def test_a_paused_agent_is_not_gone_on_with(pair: Pair) -> None:
    await ask(pair, "one")
    await pair.high.breakers.pause()
    said = await pair.low.say(pair.high, "two", ASK)
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "paused")
    assert await pair.high.texts() == ["one"]


async def look(pair: Pair) -> None:
    for node in (pair.low, pair.high):
        await node.steward.look_round()
    await pair.settle()
