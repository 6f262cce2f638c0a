"""The same agent under another name: what stays, what ends, and what is not said twice."""

from msgspec.structs import replace

from agentmesh.errors import TransportError
from agentmesh.node.prekeys import LAST_IDS, SUITES
from agentmesh.node.succeeded import PENDING, Pending, in_progress, keep, pending, take_over
from agentmesh.node.transparency import taking_back
from agentmesh.protocol.frames import Intent
from agentmesh.session import snapshot
from agentmesh.session.bounds import SUCCEEDED
from agentmesh.session.states import Ended
from agentmesh.storage.interface import SetValue
from tests.support.node import CHAT
from tests.support.node_pair import Pair
from tests.support.registrant import Registrant
from tests.support.stores import prekey
from tests.support.world import FakeEntropy

OLD, NEW = Registrant("old"), Registrant("new")
UNDER_WAY = Pending(
    seed=bytes(NEW.key),
    exchange=prekey(77, kind="exchange"),
    created_at=1.0,
    revocation=OLD.revocation("superseded", NEW),
    record=NEW.record(),
)


async def _taken_over(pair: Pair) -> None:
    await take_over(pair.low.store, UNDER_WAY, pair.clock, FakeEntropy("taking over"))


async def test_what_is_kept_comes_back_and_shows_no_key(pair: Pair) -> None:
    assert await pending(pair.low.store) is None
    await pair.low.store.commit([keep(UNDER_WAY)])
    assert await pending(pair.low.store) == UNDER_WAY
    assert (UNDER_WAY.old, UNDER_WAY.new) == (OLD.amid, NEW.amid)
    assert repr(UNDER_WAY) == f"Pending({OLD.amid} -> {NEW.amid})"
    assert NEW.amid in in_progress(UNDER_WAY).message


async def test_contacts_and_messages_stay_and_keys_go(pair: Pair) -> None:
    low, store = pair.low, pair.low.store
    await low.peers.trust(pair.high.amid, 3)
    await pair.high.say(low, "hello")
    await pair.settle()
    await store.commit([keep(UNDER_WAY), SetValue(taking_back.DOCUMENT, b"old")])
    await low.invites.book.make("", 600)
    await _taken_over(pair)
    assert await low.texts() == ["hello"]
    assert (await store.contact(pair.high.amid)).trust == 3
    assert [row.id for row in await store.prekeys("exchange")] == [77]
    for kind in ("signed", "kem", "one_time"):
        assert await store.prekeys(kind) == []
    for name in (LAST_IDS, SUITES, PENDING, taking_back.DOCUMENT):
        assert await store.value(name) is None
    assert await low.invites.book.all() == []


async def test_sessions_end_and_their_state_is_erased(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await _taken_over(pair)
    (row,) = await pair.low.store.sessions()
    state = snapshot.load(row.state)
    assert isinstance(state, Ended)
    assert state.reason == SUCCEEDED


async def test_what_left_is_not_said_again_and_what_did_not_is(pair: Pair) -> None:
    await pair.low.say(pair.high, "one")
    await pair.settle()
    pair.wire.is_up = False
    left = await pair.low.say(pair.high, "two")
    await pair.settle()
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    other = replace(CHAT, intent=Intent(category="travel"))
    waits = await pair.low.say(pair.high, "three", other)
    await pair.settle()
    await _taken_over(pair)
    assert await pair.low.fate_of(left) == ("undeliverable", SUCCEEDED)
    (again,) = [row for row in await pair.low.store.sessions() if row.phase == "resolving"]
    (held,) = await pair.low.store.unsettled(again.session_id)
    assert (held.message_id, again.category) == (waits.message_id, "travel")


async def test_doing_it_twice_is_doing_it_once(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await _taken_over(pair)
    before = [(row.session_id, row.phase) for row in await pair.low.store.sessions()]
    await _taken_over(pair)
    assert [(row.session_id, row.phase) for row in await pair.low.store.sessions()] == before
