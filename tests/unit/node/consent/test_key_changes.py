"""Other keys than its own for a contact: sending stops, loudly, until the owner has looked."""

import pytest

from agentmesh.errors import CryptoError, Refused, RemoteProtocolError, TrustError
from agentmesh.node.consent.key_changes import SIGNS, KeyChanges
from tests.support.node_pair import Pair

LIE = RemoteProtocolError("bundle_invalid")


async def befriend(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, 1)


async def test_foreign_keys_for_a_contact_stop_everything_to_it(pair: Pair) -> None:
    await befriend(pair)
    pair.low.directory.fails_with = LIE
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("undeliverable", "key_changed")
    assert "key_change" in pair.low.kinds()
    with pytest.raises(TrustError):
        await pair.low.say(pair.high, "again")
    assert pair.wire.carried == []


async def test_what_is_on_its_way_waits_and_goes_on_after_a_look(pair: Pair) -> None:
    await befriend(pair)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "two")
    await pair.settle()
    assert await pair.low.consent.key_changes.suspect(pair.high.amid, LIE)
    await pair.reconnect()
    assert await pair.low.fate_of(said) == ("queued", "key_changed")
    await pair.later(3600)
    assert await pair.high.texts() == ["one"]
    await pair.low.consent.key_changes.lift(pair.high.amid)
    pair.low.errands.retry_frames()
    await pair.settle()
    assert await pair.high.texts() == ["one", "two"]


async def test_a_lie_about_the_relay_is_noticed_too(pair: Pair) -> None:
    await befriend(pair)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    await pair.later(61)
    pair.low.directory.fails_with = RemoteProtocolError("record_swapped")
    said = await pair.low.say(pair.high, "two")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("queued", "key_changed")
    assert await pair.low.consent.key_changes.has(pair.high.amid)


async def test_a_strangers_keys_end_the_message_only(pair: Pair) -> None:
    pair.low.directory.fails_with = CryptoError("bundle_invalid")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("undeliverable", "bundle_invalid")
    assert not await pair.low.consent.key_changes.has(pair.high.amid)


async def test_a_registry_that_talks_nonsense_is_no_change_of_keys(pair: Pair) -> None:
    await befriend(pair)
    changes = pair.low.consent.key_changes
    for code in ("registry_malformed", "agent_not_found", "suite_missing"):
        assert not await changes.suspect(pair.high.amid, Refused(code))
    assert await changes.all() == {}


@pytest.mark.parametrize("sign", sorted(SIGNS))
async def test_doubt_survives_a_restart_and_is_told_once(pair: Pair, sign: str) -> None:
    await befriend(pair)
    changes = pair.low.consent.key_changes
    for _ in range(3):
        assert await changes.suspect(pair.high.amid, Refused(sign))
    assert pair.low.kinds().count("key_change") == 1
    assert await KeyChanges(pair.low.hand, pair.low.peers).has(pair.high.amid)


async def test_after_a_look_an_older_list_of_suites_is_taken(pair: Pair) -> None:
    await befriend(pair)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert (await pair.low.peers.known_suites(pair.high.amid)).sequence > 0
    changes = pair.low.consent.key_changes
    await changes.suspect(pair.high.amid, Refused("suites_rolled_back"))
    await changes.lift(pair.high.amid)
    assert (await pair.low.peers.known_suites(pair.high.amid)).sequence == 0
    await changes.lift(pair.high.amid)
