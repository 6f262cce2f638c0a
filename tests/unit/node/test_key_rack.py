"""Our keys at hand."""

from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Handshake, Knock, SealedToPrekeys, decode
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.states import Knocked
from agentmesh.storage.interface import DropPrekey
from tests.support.node_pair import Pair


async def _handshake(pair: Pair) -> tuple[SealedToPrekeys, Handshake]:
    pair.high.policy = Policy()
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    talk = await pair.high.talks.look(pair.low.amid, said.session_id)
    assert talk is not None
    assert isinstance(talk.state, Knocked)
    sealed = decode(pair.wire.carried[0][1].encrypted_payload)
    assert isinstance(sealed, SealedToPrekeys)
    return sealed, read(talk.state.knock, Knock, Purpose.KNOCK).handshake


async def test_the_keys_a_knock_was_made_for_are_found(pair: Pair) -> None:
    sealed, handshake = await _handshake(pair)
    rack = pair.high.hand.keys
    assert await rack.openers(sealed) is not None
    responder = await rack.responder(handshake)
    assert responder is not None
    assert responder.identity == rack.current().identity.public_key


async def test_without_one_of_them_there_are_none(pair: Pair) -> None:
    sealed, handshake = await _handshake(pair)
    rack, store = pair.high.hand.keys, pair.high.store
    for kind, number in (
        ("one_time", handshake.one_time_prekey_id),
        ("kem", handshake.kem_prekey_id),
        ("signed", handshake.signed_prekey_id),
        ("exchange", handshake.peer_exchange_key_id),
    ):
        row = await store.prekey(kind, number)
        await store.commit([DropPrekey(kind, number)])
        assert await rack.responder(handshake) is None
        if kind in {"kem", "signed"}:
            assert await rack.openers(sealed) is None
        store._shelves.prekeys[kind, number] = row


async def test_a_new_exchange_key_is_taken_up_and_the_old_one_still_opens(pair: Pair) -> None:
    _, handshake = await _handshake(pair)
    node = pair.high
    before = node.hand.keys.current()
    pair.clock.jump(8 * 86400)
    node.publisher._keys_due = 0
    await node.publisher._publish()
    assert node.hand.keys.current().exchange_key != before.exchange_key
    assert await node.hand.keys.responder(handshake) is not None
