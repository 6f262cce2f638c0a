"""What a KNOCK shows of its sender, and what becomes of a chain that does not hold."""

from collections.abc import AsyncIterator

import pytest

from agentmesh.errors import TransportError
from agentmesh.identity.keys import Identity
from agentmesh.policy.document import Policy
from agentmesh.protocol.certificates.contents import DAY, Validity, for_agent
from agentmesh.protocol.certificates.form import write
from tests.support.node_pair import Pair, node_pair
from tests.support.vouching import ACME, NOW, fleet, key_of, serial

ONLY_ORGANIZATIONS = Policy(consent="policy", accept_tiers=frozenset({1.5}))


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Low works for Acme, and says so; high lets nobody else in."""
    async with node_pair() as pair:
        pair.high.registry.is_absent = False
        pair.high.policy = ONLY_ORGANIZATIONS
        pair.low.hand.keys.bear(chain(pair))
        yield pair


def chain(pair: Pair, until: int = NOW + DAY, key: bytes = b"") -> tuple[bytes, ...]:
    key = key or pair.low.hand.keys.ring.identity.public_key
    said = for_agent(key, ACME.name, ACME.issuer, Validity(NOW - DAY, until), serial("low"))
    return (write(said, ACME.sign), fleet()[1])


async def reason(pair: Pair) -> str:
    """Let low knock; return why it was turned away, "" if it was not."""
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (knock,) = await pair.high.store.knocks(pending=False, limit=9)
    return "" if knock.verdict == "accepted" else knock.reason


async def test_who_shows_a_chain_is_let_in_as_what_it_says(pair: Pair) -> None:
    assert await reason(pair) == ""
    assert await pair.high.texts() == ["hello"]
    (past,) = await pair.high.gatekeeper.past.of_the_last_day()
    assert (past.facts.tier, past.facts.organization) == (1.5, ACME.name)


async def test_who_shows_none_is_nobody(pair: Pair) -> None:
    pair.low.hand.keys.bear(())
    assert await reason(pair) == "insufficient_trust"


async def test_somebody_elses_chain_is_refused(pair: Pair) -> None:
    pair.low.hand.keys.bear(chain(pair, key=bytes(key_of("carol").verify_key)))
    assert await reason(pair) == "invalid_certificate"


async def test_a_chain_of_another_authority_is_refused(pair: Pair) -> None:
    agent, above = chain(pair)
    pair.low.hand.keys.bear((agent, above[:-1] + b"\0"))
    assert await reason(pair) == "invalid_certificate"


async def test_a_chain_that_ran_out_is_refused(pair: Pair) -> None:
    pair.low.hand.keys.bear(chain(pair, until=NOW))
    assert await reason(pair) == "certificate_expired"


@pytest.mark.parametrize("by", [ACME.name, ""])
async def test_a_chain_that_was_taken_back_is_refused(pair: Pair, by: str) -> None:
    pair.high.registry.revoke(serial("low" if by else "acme"), by=by)
    assert await reason(pair) == "certificate_revoked"


async def test_a_chain_that_cannot_be_checked_now_is_refused_for_now(pair: Pair) -> None:
    del pair.high.registry.lists[ACME.name]
    assert await reason(pair) == "invalid_certificate"
    (past,) = await pair.high.gatekeeper.past.of_the_last_day()
    assert past.facts.certificate == "unchecked"
    assert past.verdict.retry_after_seconds == 60


async def test_a_registry_that_is_away_vouches_for_nobody(pair: Pair) -> None:
    pair.high.registry.fails_with = TransportError("registry_unreachable")
    assert await reason(pair) == "invalid_certificate"


async def test_without_an_authority_a_chain_counts_for_nothing(pair: Pair) -> None:
    pair.high.registry.is_absent = True
    assert await reason(pair) == "insufficient_trust"


async def test_a_certificate_of_another_session_is_refused(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, _ = chain(pair)
    monkeypatch.setattr(Identity, "certify", lambda *_: agent)
    assert await reason(pair) == "invalid_certificate"
