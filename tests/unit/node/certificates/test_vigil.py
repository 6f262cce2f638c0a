"""A session lasts as long as who answers for its peer does, and not a minute longer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.errors import TransportError
from agentmesh.node.certificates import renewal, showings
from agentmesh.node.certificates.vigil import LOOK_SECONDS
from agentmesh.node.notices import CERTIFICATES_REVOKED, UNVOUCHED, Notice
from agentmesh.policy.document import Policy
from agentmesh.protocol.limits import REVOCATION_CACHE_SECONDS, SESSION_CERTIFICATE_SECONDS
from agentmesh.session.events import Close
from tests.support.node import Node
from tests.support.node_pair import Pair
from tests.support.shown import employed, lasting, works_for_acme
from tests.support.vouching import ACME, NOW, serial

HOUR = 3600


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Low works for Acme, and talks with high, which lets nobody else in."""
    async with employed() as pair:
        yield pair


def ends(node: Node) -> list[str]:
    """Return why sessions ended of whose peers nobody answers for any more."""
    return [str(it.fields["reason"]) for it in node.notices if it.kind == UNVOUCHED]


async def test_a_session_goes_on_as_long_as_everything_holds(pair: Pair) -> None:
    await lasting(pair, 2 * HOUR)
    assert await pair.high.phases() == ["open"]
    assert ends(pair.high) == []


@pytest.mark.parametrize("by", [ACME.name, ""])
async def test_what_is_revoked_ends_it_as_soon_as_the_log_tells(pair: Pair, by: str) -> None:
    pair.high.registry.revoke(serial("low" if by else "acme"), by=by)
    await pair.high.vigil.look()
    assert await pair.high.phases() == ["open"]  # the lists of this hour do not have it
    pair.high.authority.trust.forget_lists()
    pair.high.hand.bulletin.publish(Notice(kind=CERTIFICATES_REVOKED))
    await pair.high.vigil.look()
    await pair.settle()
    assert await pair.high.phases() == ["ended"]
    assert ends(pair.high) == ["certificate_revoked"]
    (closed,) = [it for it in pair.low.notices if it.kind == "session_closed"]
    assert (closed.fields["reason"], closed.fields["by_peer"]) == ("certificate_revoked", True)


async def test_a_revocation_of_which_no_log_tells_is_seen_within_the_hour(pair: Pair) -> None:
    await pair.high.vigil.look()
    pair.high.registry.revoke(serial("low"))
    await lasting(pair, REVOCATION_CACHE_SECONDS - LOOK_SECONDS)
    assert ends(pair.high) == []
    await lasting(pair, 2 * LOOK_SECONDS)
    assert ends(pair.high) == ["certificate_revoked"]


async def test_a_chain_that_runs_out_ends_it(pair: Pair) -> None:
    works_for_acme(pair, pair.low, until=NOW + 2 * HOUR)
    pair.high.policy = Policy(consent="policy", accept_tiers=frozenset({1.5}))
    await pair.low.say(pair.high, "another")
    await pair.settle()
    await lasting(pair, 2 * HOUR + LOOK_SECONDS)
    assert set(ends(pair.high)) == {"certificate_expired"}


async def test_whom_the_owner_trusts_is_no_exception(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 3)
    pair.high.policy = Policy()
    pair.high.registry.revoke(serial("low"))
    pair.high.authority.trust.forget_lists()
    pair.high.hand.bulletin.publish(Notice(kind=CERTIFICATES_REVOKED))
    await pair.high.vigil.look()
    assert ends(pair.high) == ["certificate_revoked"]


async def test_who_does_not_show_it_anew_has_a_day(pair: Pair) -> None:
    pair.low.hand.keys.bear(())  # it has lost what it could show
    await lasting(pair, SESSION_CERTIFICATE_SECONDS - HOUR)
    assert ends(pair.high) == []
    await lasting(pair, HOUR + LOOK_SECONDS)
    assert ends(pair.high) == ["certificate_expired"]


async def test_what_cannot_be_judged_goes_on_for_its_day_and_no_longer(pair: Pair) -> None:
    pair.high.registry.fails_with = TransportError("registry_unreachable")
    await lasting(pair, SESSION_CERTIFICATE_SECONDS - HOUR)
    assert await pair.high.phases() == ["open"]
    await lasting(pair, HOUR + LOOK_SECONDS)
    assert ends(pair.high) == ["certificate_expired"]


async def test_what_rests_is_not_gone_on_with(pair: Pair) -> None:
    (row,) = await pair.low.store.sessions()
    await pair.low.talks.handle(row.peer, row.session_id, Close("completed"))
    await pair.settle()
    assert await pair.high.phases() == ["resting"]
    pair.high.registry.revoke(serial("low"))
    pair.high.authority.trust.forget_lists()
    await pair.high.vigil.look()
    pair.high.hand.bulletin.publish(Notice(kind=CERTIFICATES_REVOKED))
    await pair.high.vigil.look()
    assert await pair.high.phases() == ["ended"]
    said = await pair.low.say(pair.high, "still there?")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "certificate_revoked")
    assert "still there?" not in await pair.high.texts()


async def test_what_was_shown_is_let_go_of_with_its_session(pair: Pair) -> None:
    assert len(await pair.high.store.cards(showings.DRAWER)) == 1
    (row,) = await pair.high.store.sessions()
    await pair.high.breakers.kill(row.session_id)
    await pair.settle()
    await pair.high.vigil.look()
    assert await pair.high.store.cards(showings.DRAWER) == []
    assert await pair.low.store.cards(renewal.DRAWER) == []


@dataclass(frozen=True)
class Times:
    """What happens next: so many hours, with a registry or without, and with our chain or not."""

    hours: int
    is_reached: bool
    bears: bool
    revokes: bool


TIMES = st.builds(
    Times,
    hours=st.integers(1, 9),
    is_reached=st.booleans(),
    bears=st.sampled_from([True, True, False]),
    revokes=st.sampled_from([False, False, False, True]),
)


@settings(max_examples=8)
@given(st.lists(TIMES, min_size=1, max_size=5))
def test_whatever_happens_no_session_outlives_its_certificates(times: list[Times]) -> None:
    asyncio.run(_live_through(times))


async def _live_through(times: list[Times]) -> None:
    async with employed() as pair:
        chain, is_revoked = pair.low.hand.keys.ring.certificates, False
        unborne = unjudged = 0
        for it in times:
            down = None if it.is_reached else TransportError("registry_unreachable")
            pair.high.registry.fails_with = down
            pair.low.hand.keys.bear(chain if it.bears else ())
            if it.revokes:
                is_revoked = True
                pair.high.registry.revoke(serial("low"), at=int(pair.clock.now()))
            unborne = 0 if it.bears else unborne + it.hours
            unjudged = 0 if it.is_reached else unjudged + it.hours
            await lasting(pair, it.hours * HOUR)
            is_open = "open" in await pair.high.phases()
            if is_revoked and it.is_reached and it.hours > 1:
                assert not is_open, "a revocation was read, and it goes on"
            if max(unborne, unjudged) >= 25:
                assert not is_open, "it goes on with a certificate that ran out"
            if not is_open:
                assert len(ends(pair.high)) == 1
                return
