"""What an ACCEPT shows of who let us in, and what becomes of a chain that does not hold."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.errors import TransportError
from agentmesh.node.certificates.acceptance import shown_by
from agentmesh.node.certificates.showings import Showing, Showings
from agentmesh.node.notices import UNVOUCHED
from agentmesh.node.standing import judged
from agentmesh.protocol.certificates.contents import DAY, Validity, for_agent
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.limits import MAILBOX_SECONDS
from agentmesh.session.states import Answered
from tests.support.fake_authority import FakeAuthority
from tests.support.forgery.by_bytes import BY_BYTES
from tests.support.forgery.by_issuer import BY_ISSUER
from tests.support.forgery.by_name import BY_NAME
from tests.support.forgery.by_right import BY_RIGHT
from tests.support.forgery.of_answers import ANSWERS, CLOCK, answered, minted, showing
from tests.support.forgery.spoiling import spoilt
from tests.support.node_pair import Pair, node_pair
from tests.support.vouching import ACME, NOW, fleet, key_of, serial

CHAINS = {**BY_ISSUER, **BY_NAME, **BY_RIGHT, **BY_BYTES}
FORGED = {**{name: lambda it=it: (minted(), *it()) for name, it in CHAINS.items()}, **ANSWERS}
PROMISED = 20


def test_there_are_as_many_forgeries_as_promised() -> None:
    print(f"{len(FORGED)} forged ACCEPTs, {len(ANSWERS)} of them by their session's certificate")
    assert len(ANSWERS) >= PROMISED


async def fact(state: Answered) -> str:
    found = await judged(FakeAuthority().trust(CLOCK), state.terms.peer, shown_by(state))
    assert found is not None
    return found.fact


async def test_what_was_forged_held() -> None:
    assert await fact(answered()) == "valid"
    assert await fact(showing(minted(), *fleet())) == "valid"


@pytest.mark.parametrize("name", FORGED)
async def test_no_forged_answer_holds(name: str) -> None:
    assert await fact(showing(*FORGED[name]())) == "invalid"


@settings(max_examples=25)
@given(st.data())
def test_no_mutation_of_what_is_shown_holds(data: st.DataObject) -> None:
    chain = [*answered().accept.certificate_chain]
    at = data.draw(st.integers(0, len(chain) - 1))
    place = data.draw(st.integers(0, len(chain[at]) - 1))
    chain[at] = spoilt(chain[at], place, data.draw(st.integers(1, 255)))
    assert asyncio.run(fact(showing(*chain))) == "invalid"


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """High works for Acme, and says so to whom it lets in; low knocks there."""
    async with node_pair() as pair:
        pair.low.registry.is_absent = False
        pair.high.hand.keys.bear(chain_of(pair))
        yield pair


def chain_of(pair: Pair, until: int = NOW + DAY, key: bytes = b"") -> tuple[bytes, ...]:
    key = key or pair.high.hand.keys.ring.identity.public_key
    said = for_agent(key, ACME.name, ACME.issuer, Validity(NOW - DAY, until), serial("high"))
    return (write(said, ACME.sign), fleet()[1])


async def reason(pair: Pair) -> str:
    """Let low knock; return why it did not begin the session, "" if it did."""
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    outcome, why = await pair.low.fate_of(said)
    assert (outcome == "delivered") is (why == "")
    assert (await pair.low.phases() == ["open"]) is (why == "")
    return why


async def shown_in(pair: Pair) -> list[Showing | None]:
    showings = Showings(pair.low.store)
    return [await showings.of(row.session_id) for row in await pair.low.store.sessions()]


async def test_who_lets_us_in_tells_who_answers_for_it(pair: Pair) -> None:
    assert await reason(pair) == ""
    assert await pair.high.texts() == ["hello"]
    (shown,) = await shown_in(pair)
    assert shown is not None
    assert (shown.tier, shown.organization) == (1.5, ACME.name)
    assert shown.chain == chain_of(pair)
    assert shown.until == NOW + DAY


async def test_who_shows_nothing_is_talked_to_as_ever(pair: Pair) -> None:
    pair.high.hand.keys.bear(())
    assert await reason(pair) == ""
    assert await shown_in(pair) == [None]


async def test_without_an_authority_a_chain_counts_for_nothing(pair: Pair) -> None:
    pair.low.registry.is_absent = True
    assert await reason(pair) == ""
    assert await shown_in(pair) == [None]


@pytest.mark.parametrize(
    ("until", "of", "revoked", "why"),
    [
        (NOW + DAY, "carol", False, "invalid_certificate"),
        (NOW, "", False, "certificate_expired"),
        (NOW + DAY, "", True, "certificate_revoked"),
    ],
)
async def test_with_whom_shows_a_chain_that_does_not_hold_nothing_is_begun(
    pair: Pair, until: int, of: str, why: str, *, revoked: bool
) -> None:
    pair.high.hand.keys.bear(chain_of(pair, until, bytes(key_of(of).verify_key) if of else b""))
    if revoked:
        pair.low.registry.revoke(serial("high"))
    assert await reason(pair) == why
    assert await pair.high.texts() == []
    (told,) = [it for it in pair.low.notices if it.kind == UNVOUCHED]
    assert (told.peer, told.fields["reason"]) == (pair.high.amid, why)
    assert await shown_in(pair) == [None]
    await pair.later(60)  # its ACCEPT comes again, and it learns that nobody is there
    assert await pair.high.phases() == ["ended"]


async def test_what_cannot_be_checked_now_waits_until_it_can(pair: Pair) -> None:
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.phases() == ["answered"]
    await pair.later(40)  # the ACCEPT comes again
    assert await pair.low.phases() == ["answered"]
    assert pair.low.incoming.faults == {}
    pair.low.registry.fails_with = None
    pair.low.errands.retry_lookups()
    await pair.later(60)
    assert await pair.low.fate_of(said) == ("delivered", "")


async def test_it_does_not_wait_for_ever(pair: Pair) -> None:
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.later(MAILBOX_SECONDS + 1)
    await pair.low.steward.look_round()
    await pair.settle()
    assert await pair.low.phases() == ["ended"]
    assert (await pair.low.fate_of(said))[0] == "undeliverable"


async def test_it_may_be_ended_while_it_waits(pair: Pair) -> None:
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.low.store.sessions()
    await pair.low.breakers.kill(row.session_id)
    pair.low.registry.fails_with = None
    await pair.later(60)
    assert await pair.low.phases() == ["ended"]
