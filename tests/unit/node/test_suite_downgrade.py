"""Whatever a peer, a registry or a missing package does: no weak session that no owner named."""

from dataclasses import replace

import msgspec
import pytest

from agentmesh.crypto.suites import DEGRADED, OLM, PQXDH_DR, X3DH_ONLY
from agentmesh.errors import Refused
from agentmesh.identity.prekey_making import sign_suites
from agentmesh.node.outbox import Fate
from agentmesh.policy.document import Policy
from agentmesh.protocol.limits import X3DH_ONLY_SECONDS
from tests.support.no_olm import no_olm
from tests.support.node_pair import Pair
from tests.support.suite_lists import allow, offer, spoken

__all__ = ["no_olm"]
WEAK = pytest.mark.parametrize("suite", DEGRADED)


async def fate(pair: Pair, text: str = "hello") -> tuple[str, str]:
    """Let low say something to high; return what came of it."""
    said: Fate = await pair.low.say(pair.high, text)
    await pair.settle()
    return await pair.low.fate_of(said)


async def none_weak(pair: Pair) -> bool:
    return not await spoken(pair.low, pair.high) & set(DEGRADED)


@WEAK
async def test_where_both_owners_allow_it_a_weak_suite_carries_words(
    pair: Pair, suite: str
) -> None:
    await offer(pair.high, suite)
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    assert await fate(pair) == ("delivered", "")
    assert await spoken(pair.low, pair.high) == {suite}
    await pair.high.say(pair.low, "hi")
    await pair.settle()
    assert (await pair.low.texts(), await pair.high.texts()) == (["hi"], ["hello"])


async def test_a_word_for_another_peer_or_suite_is_none(pair: Pair) -> None:
    await offer(pair.high, X3DH_ONLY)
    await allow(pair.low, pair.high, OLM)
    await allow(pair.low, pair.low)
    assert await fate(pair) == ("undeliverable", "suite_degraded")
    assert await none_weak(pair)


async def test_the_floor_is_used_all_the_same_where_both_have_it(pair: Pair) -> None:
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    assert await fate(pair) == ("delivered", "")
    assert await spoken(pair.low, pair.high) == {PQXDH_DR}


@WEAK
async def test_a_stripped_list_leads_nowhere(pair: Pair, suite: str) -> None:
    await offer(pair.high, suite)
    assert await fate(pair) == ("undeliverable", "suite_degraded")
    assert pair.wire.types() == []


@WEAK
async def test_the_peers_owner_has_a_say_too(pair: Pair, suite: str) -> None:
    await offer(pair.high, suite)
    await allow(pair.low, pair.high)
    assert await fate(pair) == ("refused", "suite_degraded")
    assert await none_weak(pair)
    assert "knock_rejected" in pair.high.kinds()


async def test_a_stranger_that_waits_is_not_told_and_cannot_be_approved(pair: Pair) -> None:
    pair.high.policy = Policy()
    await offer(pair.low, X3DH_ONLY)
    await allow(pair.low, pair.high)
    await fate(pair)
    assert pair.wire.types() == ["knock"]
    (knock,) = await pair.high.store.knocks(pending=True, limit=9)
    with pytest.raises(Refused) as caught:
        await pair.high.gatekeeper.approve(knock.knock_id)
    assert caught.value.code == "suite_degraded"
    assert "allow-degraded" in caught.value.hint
    assert await pair.high.peers.contacts() == []
    await allow(pair.high, pair.low)
    await pair.high.gatekeeper.approve(knock.knock_id)
    await pair.settle()
    assert await spoken(pair.low, pair.high) == {X3DH_ONLY}


async def test_a_replayed_older_list_leads_nowhere(pair: Pair) -> None:
    upload = pair.shelf.uploads[pair.high.amid]
    old = sign_suites(pair.high.hand.keys.ring.identity, 0, (X3DH_ONLY,))
    assert await fate(pair) == ("delivered", "")
    await pair.low.breakers.end_sessions_with(pair.high.amid)
    await pair.settle()
    await allow(pair.low, pair.high, X3DH_ONLY)
    pair.shelf.uploads[pair.high.amid] = msgspec.structs.replace(upload, suites=old)
    assert await fate(pair, "again") == ("undeliverable", "suites_rolled_back")
    assert await none_weak(pair)


@WEAK
async def test_an_old_list_shown_to_somebody_new_leads_nowhere(pair: Pair, suite: str) -> None:
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    upload = pair.shelf.uploads[pair.high.amid]
    old = sign_suites(pair.high.hand.keys.ring.identity, 0, (suite,))
    pair.shelf.uploads[pair.high.amid] = msgspec.structs.replace(upload, suites=old)
    assert await fate(pair) == ("refused", "stale_prekey")
    assert pair.wire.types() == ["knock", "reject"] * 2
    assert await pair.high.texts() == []
    assert await none_weak(pair)
    pair.shelf.uploads[pair.high.amid] = upload
    assert await fate(pair, "again") == ("delivered", "")
    assert await spoken(pair.low, pair.high) == {PQXDH_DR}


async def test_two_lists_of_one_number_lead_nowhere(pair: Pair) -> None:
    assert await fate(pair) == ("delivered", "")
    await pair.low.breakers.end_sessions_with(pair.high.amid)
    await pair.settle()
    await allow(pair.low, pair.high, X3DH_ONLY)
    row = await pair.low.peers.row(pair.high.amid)
    assert row is not None
    upload = pair.shelf.uploads[pair.high.amid]
    identity = pair.high.hand.keys.ring.identity
    other = sign_suites(identity, row.suites_sequence, (X3DH_ONLY,))
    pair.shelf.uploads[pair.high.amid] = msgspec.structs.replace(upload, suites=other)
    assert await fate(pair, "again") == ("undeliverable", "suites_rolled_back")


async def test_a_list_signed_by_another_key_leads_nowhere(pair: Pair) -> None:
    await allow(pair.low, pair.high)
    upload = pair.shelf.uploads[pair.high.amid]
    forged = sign_suites(pair.low.hand.keys.ring.identity, 2**47, (X3DH_ONLY,))
    pair.shelf.uploads[pair.high.amid] = msgspec.structs.replace(upload, suites=forged)
    assert await fate(pair) == ("queued", "bundle_invalid")  # its registry is asked again
    assert pair.wire.types() == []


async def test_a_peer_that_spoke_the_floor_is_pinned_to_it(pair: Pair) -> None:
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    assert await fate(pair) == ("delivered", "")
    await pair.low.breakers.end_sessions_with(pair.high.amid)
    await pair.settle()
    await offer(pair.high, X3DH_ONLY)
    assert await fate(pair, "again") == ("undeliverable", "suite_pinned")
    await allow(pair.low, pair.high, X3DH_ONLY)
    assert await fate(pair, "named here") == ("refused", "suite_pinned")
    await allow(pair.high, pair.low, X3DH_ONLY)
    assert await fate(pair, "named there, too") == ("delivered", "")


async def test_a_package_missing_here_leads_nowhere(
    pair: Pair, request: pytest.FixtureRequest
) -> None:
    await offer(pair.high, OLM, X3DH_ONLY)
    await allow(pair.low, pair.high)
    request.getfixturevalue("no_olm")
    await offer(pair.low, PQXDH_DR, X3DH_ONLY)
    assert await fate(pair) == ("undeliverable", "suite_unavailable")
    assert pair.wire.types() == []


async def test_a_package_missing_there_leads_nowhere(
    pair: Pair, request: pytest.FixtureRequest
) -> None:
    await offer(pair.high, OLM)
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    pair.wire.is_up = False
    await fate(pair)
    request.getfixturevalue("no_olm")
    await pair.reconnect()
    assert await pair.high.phases() == ["ended"]
    assert await pair.high.texts() == []


async def test_a_peer_that_hides_its_floor_gets_no_more_than_was_allowed(pair: Pair) -> None:
    await offer(pair.low, X3DH_ONLY)
    await allow(pair.low, pair.high)
    assert await fate(pair) == ("refused", "suite_degraded")
    await allow(pair.high, pair.low, OLM)
    assert await fate(pair, "again") == ("refused", "suite_degraded")
    assert await none_weak(pair)


async def test_who_was_let_in_with_a_newer_list_is_held_to_it(pair: Pair) -> None:
    await allow(pair.high, pair.low)
    assert await fate(pair) == ("delivered", "")
    known = await pair.high.peers.known_suites(pair.low.amid)
    assert known.suites == (PQXDH_DR, OLM, X3DH_ONLY)
    assert known.pinned == PQXDH_DR
    await pair.low.breakers.end_sessions_with(pair.high.amid)
    await pair.settle()
    await allow(pair.low, pair.high, X3DH_ONLY)
    await allow(pair.high, pair.low, X3DH_ONLY)
    identity = pair.low.hand.keys.ring.identity
    old = sign_suites(identity, known.sequence - 1, (X3DH_ONLY,))
    pair.low.hand.keys.ring = replace(pair.low.hand.keys.ring, suites=old)
    assert await fate(pair, "again") == ("refused", "suites_rolled_back")


async def test_after_a_day_words_go_on_in_a_new_session(pair: Pair) -> None:
    await offer(pair.high, X3DH_ONLY)
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    assert await fate(pair, "one") == ("delivered", "")
    await pair.later(X3DH_ONLY_SECONDS - 10)
    assert await fate(pair, "two") == ("delivered", "")  # the session lives on while it is used
    await pair.later(11)
    assert await fate(pair, "three") == ("delivered", "")
    assert await pair.high.texts() == ["one", "two", "three"]
    await pair.high.say(pair.low, "four")
    await pair.settle()
    assert await pair.low.texts() == ["four"]


async def test_a_session_that_ended_at_one_side_alone_is_begun_anew_by_the_other(
    pair: Pair,
) -> None:
    await offer(pair.high, X3DH_ONLY)
    await allow(pair.low, pair.high)
    await allow(pair.high, pair.low)
    assert await fate(pair, "one") == ("delivered", "")
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "two")
    await pair.settle()
    await pair.later(X3DH_ONLY_SECONDS + 1)
    await pair.reconnect()  # high cannot open "two" any more, and says so
    await pair.later(1)
    assert await pair.low.fate_of(said) == ("delivered", "")
    assert await pair.high.texts() == ["one", "two"]
