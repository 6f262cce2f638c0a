"""A session that lasts longer than its certificate gets a fresh one, of the same handshake."""

import base64
from collections.abc import AsyncIterator

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError, TransportError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import CERTIFICATES
from agentmesh.node.certificates.renewal import RENEWED_SECONDS, Certificates
from agentmesh.node.certificates.showings import Showing, Showings
from agentmesh.node.turn import Talk, Wish
from agentmesh.policy.document import Policy, SessionLimits
from agentmesh.protocol.certificates.contents import DAY
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import SESSION_CERTIFICATE_SECONDS
from agentmesh.session.bond import Bond, show
from agentmesh.session.states import Open
from agentmesh.storage.interface import Put
from tests.support.node import Node
from tests.support.node_pair import Pair
from tests.support.shown import employed, keep_lists, lasting, works_for_acme
from tests.support.vouching import ACME, NOW, fleet_of, key_of

HOUR = 3600
OTHER = Intent(category="commerce")


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Low works for Acme, and talks with high, which lets nobody else in."""
    async with employed() as pair:
        yield pair


async def shown(node: Node) -> Showing:
    (row,) = await node.store.sessions()
    found = await Showings(node.store).of(row.session_id)
    assert found is not None
    return found


async def bond(node: Node) -> Bond:
    (row,) = await node.store.sessions()
    talk = await node.talks.look(row.peer, row.session_id)
    assert talk is not None
    assert isinstance(talk.state, Open)
    assert talk.state.bond is not None
    return talk.state.bond


async def show_anew(pair: Pair, *chain: bytes) -> str:
    """Let low's daemon show this in the session; return why it was not taken."""
    (row,) = await pair.high.store.sessions()
    said = Certificates(certificates=tuple(base64.b64encode(it).decode() for it in chain))
    return await take(pair, msgspec.json.encode(said), row.session_id)


async def take(pair: Pair, payload: bytes, session_id: str) -> str:
    envelope = Envelope(
        id=MessageId("m"), sequence=9, type=CERTIFICATES, timestamp=0, payload=payload
    )
    taker = pair.high.house_mail._takers[CERTIFICATES]
    try:
        await taker(pair.low.amid, session_id, envelope)  # type: ignore[arg-type]
    except (RemoteProtocolError, TransportError) as error:
        return error.code
    return ""


async def fresh(pair: Pair, **changes: object) -> tuple[bytes, ...]:
    """Return what low would show now, bound to something else perhaps."""
    (row,) = await pair.low.store.sessions()
    tie = msgspec.structs.replace(await bond(pair.low), **changes)
    return show(row.session_id, tie, pair.low.hand.keys.ring)[1]


async def test_a_session_lives_for_days_and_a_certificate_in_it_for_one(pair: Pair) -> None:
    (before,) = await pair.high.store.sessions()
    for _ in range(6):
        await lasting(pair, DAY / 2)
        await pair.low.say(pair.high, "still here")
        await pair.settle()
    (after,) = await pair.high.store.sessions()
    assert (after.session_id, after.phase) == (before.session_id, "open")
    assert len(await pair.high.texts()) == 7
    left = (await shown(pair.high)).until - pair.clock.now()
    assert RENEWED_SECONDS - HOUR < left <= SESSION_CERTIFICATE_SECONDS


async def test_it_is_no_reason_for_a_session_to_last(pair: Pair) -> None:
    (before,) = await pair.low.store.sessions()
    await lasting(pair, SESSION_CERTIFICATE_SECONDS - RENEWED_SECONDS + HOUR)
    assert (await shown(pair.high)).until > NOW + SESSION_CERTIFICATE_SECONDS
    (after,) = await pair.low.store.sessions()
    assert after.expires_at == before.expires_at
    assert await pair.high.texts() == ["hello"]


async def test_no_message_is_so_small_that_it_could_not_be_shown(pair: Pair) -> None:
    small = Policy(consent="policy", session_limits=SessionLimits(max_message_size_bytes=1024))
    pair.high.policy = msgspec.structs.replace(small, accept_tiers=frozenset({1.5}))
    await pair.low.say(pair.high, "hello", Wish(intent=OTHER, request=SessionRequest()))
    await pair.settle()
    for row in await pair.high.store.sessions():
        if row.category != OTHER.category:
            await pair.high.breakers.kill(row.session_id)
    await lasting(pair, SESSION_CERTIFICATE_SECONDS - RENEWED_SECONDS + HOUR)
    (row,) = [it for it in await pair.high.store.sessions() if it.phase == "open"]
    found = await Showings(pair.high.store).of(row.session_id)
    assert found is not None
    assert found.until > NOW + SESSION_CERTIFICATE_SECONDS


async def test_another_chain_is_shown_at_once(pair: Pair) -> None:
    works_for_acme(pair, pair.low, until=NOW + 70 * DAY, name="low again")
    await lasting(pair, 60)
    assert (await shown(pair.high)).expires_at == NOW + 70 * DAY
    sent = len(pair.wire.carried)
    await lasting(pair, 60)
    assert len(pair.wire.carried) == sent  # once


async def test_who_let_in_shows_its_own_anew_as_well(pair: Pair) -> None:
    pair.low.registry.is_absent = False
    works_for_acme(pair, pair.high, name="high")
    await pair.high.say(pair.low, "hello yourself")
    await pair.settle()
    await lasting(pair, 60)
    assert (await shown(pair.low)).organization == ACME.name


async def test_what_holds_and_is_newer_takes_the_place_of_what_was(pair: Pair) -> None:
    older = await fresh(pair)
    pair.clock.advance(2 * HOUR)
    keep_lists(pair.high)
    assert await show_anew(pair, *await fresh(pair)) == ""
    newer = await shown(pair.high)
    assert newer.until == NOW + 2 * HOUR + SESSION_CERTIFICATE_SECONDS
    assert await show_anew(pair, *older) == ""
    assert await shown(pair.high) == newer


@pytest.mark.parametrize("change", ["ours", "ephemeral"])
async def test_one_of_another_handshake_is_not_taken(pair: Pair, change: str) -> None:
    before = await shown(pair.high)
    pair.clock.advance(2 * HOUR)
    keep_lists(pair.high)
    assert await show_anew(pair, *await fresh(pair, **{change: b"x" * 32})) != ""
    assert await show_anew(pair, *await fresh(pair, ours=(await bond(pair.low)).theirs)) != ""
    assert await shown(pair.high) == before


async def test_somebody_elses_chain_is_not_taken(pair: Pair) -> None:
    session, *_ = await fresh(pair)
    carols = fleet_of(bytes(key_of("carol").verify_key))
    assert await show_anew(pair, session, *carols) == "certificates_not_valid"


async def test_what_cannot_be_judged_is_looked_at_again(pair: Pair) -> None:
    pair.high.registry.fails_with = TransportError("registry_unreachable")
    pair.high.authority.trust.forget_lists()
    assert await show_anew(pair, *await fresh(pair)) == "chain_unchecked"


async def test_an_authority_that_is_gone_changes_nothing(pair: Pair) -> None:
    before = await shown(pair.high)
    await pair.high.authority.trust.accept_anew()
    pair.high.registry.is_absent = True
    assert await show_anew(pair, *await fresh(pair)) == ""
    assert await shown(pair.high) == before


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"certificates":[]}',
        b'{"certificates":["AA==","AA==","AA==","AA=="]}',
        b'{"certificates":["AA==","no base64"]}',
        b'{"certificates":["AA==","%b"]}' % (b"A" * 8000),
        b'{"certificates":["AA==","AA=="],"more":1}',
        b"[" * 5000,
    ],
)
async def test_nonsense_is_nothing(pair: Pair, payload: bytes) -> None:
    (row,) = await pair.high.store.sessions()
    assert await take(pair, payload, row.session_id) == "certificates_malformed"


async def test_of_a_session_that_is_gone_nothing_is_kept(pair: Pair) -> None:
    said = Certificates(certificates=("AA==", "AA=="))
    assert await take(pair, msgspec.json.encode(said), "another") == ""


async def test_one_organization_does_not_become_another(pair: Pair) -> None:
    (row,) = await pair.high.store.sessions()
    kept = Showings(pair.high.store)
    shown_before = await kept.of(row.session_id)
    assert shown_before is not None
    (card,) = await pair.high.store.cards("showing")
    other = msgspec.structs.replace(shown_before, organization="rival.example")
    card = msgspec.structs.replace(card, body=msgspec.msgpack.encode(other))
    await pair.high.store.commit([Put(card)])
    pair.clock.advance(2 * HOUR)
    keep_lists(pair.high)
    assert await show_anew(pair, *await fresh(pair)) == "certificates_of_other"


async def test_a_session_is_looked_at_when_something_is_due_and_not_before(pair: Pair) -> None:
    looked = count_looks(pair.low)
    await lasting(pair, 15 * HOUR)
    assert len(looked) == 1
    await lasting(pair, 2 * HOUR)
    assert len(looked) == 2
    works_for_acme(pair, pair.low, until=NOW + 70 * DAY, name="low again")
    await lasting(pair, HOUR)
    assert len(looked) == 3


async def test_where_nobody_shows_anything_no_session_is_looked_at(pair: Pair) -> None:
    pair.low.hand.keys.bear(())
    looked = count_looks(pair.low)
    await lasting(pair, 2 * HOUR)
    assert looked == []


def count_looks(node: Node) -> list[str]:
    """Return a list that grows with each session that is looked at in its lane."""
    looked: list[str] = []
    look = node.talks.look

    async def counting(peer: Amid, session_id: SessionId) -> Talk | None:
        looked.append(session_id)
        return await look(peer, session_id)

    node.talks.look = counting  # type: ignore[method-assign]
    return looked
