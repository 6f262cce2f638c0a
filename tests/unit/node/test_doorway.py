"""First contact: what is sealed to our keys is opened, proved, and taken once."""

import msgspec

from agentmesh.crypto.seal import seal_to_prekeys
from agentmesh.node.turn import Turn
from agentmesh.policy.document import Policy
from agentmesh.protocol import session_receipt
from agentmesh.protocol.frames import Letter, SessionLost, StalePrekey, decode, encode
from agentmesh.protocol.ids import Amid, FrameId, SessionId
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AGE
from agentmesh.protocol.relay_frames import Send
from agentmesh.protocol.signed import Purpose
from agentmesh.session.effects import Resolve
from agentmesh.session.states import Resolving, Terms
from agentmesh.storage.interface import DropPrekey
from tests.support.node import CHAT, Node, until_quiet
from tests.support.node_pair import Pair, node_at


async def _knock(pair: Pair) -> Send:
    """Return the KNOCK of low's, which the wire has carried."""
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    return next(frame for _, frame in pair.wire.carried if frame.message_type == "knock")


async def test_a_knock_that_comes_again_is_taken_once(pair: Pair) -> None:
    pair.high.policy = Policy()
    frame = await _knock(pair)
    pair.wire.bring(pair.low.amid, frame)
    await pair.settle()
    assert len(await pair.high.store.knocks(pending=False, limit=9)) == 1
    assert pair.high.kinds().count("knock_received") == 1


async def test_a_knock_is_known_even_when_its_session_is_erased(pair: Pair) -> None:
    frame = await _knock(pair)
    pair.high.store._shelves.sessions.clear()
    pair.high.talks._lanes.clear()
    pair.wire.bring(pair.low.amid, frame)
    await pair.settle()
    assert pair.high.incoming.faults["replayed"] == 1
    assert await pair.high.store.sessions() == []


async def test_a_repeated_knock_gets_the_same_refusal_again(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rejected_intents=frozenset({"communication"}))
    frame = await _knock(pair)
    pair.wire.bring(pair.low.amid, frame)
    await pair.settle()
    first, again = [f for _, f in pair.wire.carried if f.message_type == "reject"]
    assert first.encrypted_payload == again.encrypted_payload


async def test_nobody_can_knock_in_anothers_name(pair: Pair) -> None:
    frame = await _knock(pair)
    pair.wire.bring(Amid("5mallory"), frame)
    await pair.settle()
    assert pair.high.incoming.faults["invalid_signature"] == 1
    assert len(await pair.high.store.sessions()) == 1


async def _knock_under(pair: Pair, session_id: SessionId) -> None:
    """Let Mallory knock at high under an id that was there before."""
    mallory = await node_at(pair.wire, "mallory", pair.clock, pair.shelf, None)
    await mallory.start()
    terms = Terms(
        session_id=session_id,
        peer=pair.high.amid,
        ours=True,
        intent=CHAT.intent,
        request=CHAT.request,
    )

    async def steal(turn: Turn) -> None:
        turn.adopt(Resolving(terms=terms), [Resolve()])

    await mallory.talks.run(pair.high.amid, steal)
    await until_quiet(mallory, pair.high)
    del pair.wire.nodes[mallory.amid]
    await mallory.stop()


async def test_nobody_can_take_over_anothers_session_by_its_id(pair: Pair) -> None:
    await _knock(pair)
    (row,) = await pair.high.store.sessions()
    await _knock_under(pair, row.session_id)
    assert (await pair.high.store.session(row.session_id)).peer == pair.low.amid
    assert (await pair.high.store.knock(row.session_id)).peer == pair.low.amid
    assert pair.high.incoming.faults == {"session_id_taken": 1}


async def test_the_receipt_of_a_session_that_was_forgotten_stays(pair: Pair) -> None:
    await _knock(pair)
    (row,) = await pair.high.store.sessions()
    receipt = await pair.high.store.card(session_receipt.DRAWER, row.session_id)
    pair.clock.jump(31 * 86400)
    pair.high.store._shelves.sessions.clear()
    pair.high.store._shelves.knocks.clear()
    pair.high.talks._lanes.clear()
    await _knock_under(pair, row.session_id)
    assert pair.high.incoming.faults == {"session_id_taken": 1}
    assert receipt is not None
    assert await pair.high.store.card(session_receipt.DRAWER, row.session_id) == receipt


async def test_a_knock_from_long_ago_is_not_taken(pair: Pair) -> None:
    pair.wire.loses = lambda _: True
    frame = await _knock(pair)
    pair.clock.jump(AGENT_SIGNATURE_MAX_AGE + 1)
    pair.wire.bring(pair.low.amid, frame)
    await pair.settle()
    assert pair.high.incoming.faults["timestamp_out_of_range"] == 1


async def test_a_knock_for_keys_that_are_gone_is_tried_again_with_fresh_ones(pair: Pair) -> None:
    pair.wire.loses = lambda _: True
    frame = await _knock(pair)
    await _rotate(pair.high)
    sealed = decode(frame.encrypted_payload)
    await pair.high.store.commit([DropPrekey("kem", sealed.kem_prekey_id)])  # type: ignore[union-attr]
    pair.wire.loses = lambda _: False
    await pair.later(60)
    assert await pair.high.texts() == ["hello"]
    hints = [f for _, f in pair.wire.carried if f.message_type == "reject"]
    assert isinstance(decode(hints[0].encrypted_payload), StalePrekey)


async def _rotate(node: Node) -> None:
    """Let a week pass for the keys of a node, and publish new ones."""
    now = node.clock.now()
    node.clock.jump(8 * 86400)
    node.publisher._keys_due = 0
    await node.publisher._publish()
    node.clock.jump(now - node.clock.now())


async def test_a_hint_about_another_frame_changes_nothing(pair: Pair) -> None:
    pair.wire.loses = lambda _: True
    await _knock(pair)
    hint = encode(StalePrekey(frame_id=FrameId("another")))
    pair.wire.bring(pair.high.amid, _send(pair.low.amid, "reject", hint))
    await pair.settle()
    assert await pair.low.phases() == ["knocking"]


async def test_an_answer_to_nothing_is_dropped(pair: Pair) -> None:
    await _knock(pair)
    accept = next(f for _, f in pair.wire.carried if f.message_type == "accept")
    pair.wire.bring(pair.high.amid, accept)
    await pair.settle()
    assert pair.low.incoming.faults["answer_to_nothing"] == 1


async def test_a_refusal_that_says_it_is_an_accept_is_dropped(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rejected_intents=frozenset({"communication"}))
    pair.wire.loses = lambda frame: frame.message_type == "reject"
    await _knock(pair)
    reject = next(f for _, f in pair.wire.carried if f.message_type == "reject")
    pair.wire.bring(pair.high.amid, msgspec.structs.replace(reject, message_type="accept"))
    await pair.settle()
    assert await pair.low.phases() == ["knocking"]
    assert pair.low.incoming.faults["frame_of_other_type"] == 1


async def test_a_letter_of_another_kind_is_no_knock_and_no_loss(pair: Pair) -> None:
    frame = await _knock(pair)
    pair.wire.bring(pair.low.amid, msgspec.structs.replace(frame, message_type="reject"))
    lost = await _loss(pair.low, pair.high)
    pair.wire.bring(pair.low.amid, _send(pair.high.amid, "knock", lost))
    await pair.settle()
    assert pair.high.incoming.faults["frame_of_other_type"] == 2


async def test_the_loss_of_a_session_that_is_unknown_changes_nothing(pair: Pair) -> None:
    await _knock(pair)
    pair.wire.bring(
        pair.low.amid, _send(pair.high.amid, "reject", await _loss(pair.low, pair.high))
    )
    await pair.settle()
    assert await pair.high.phases() == ["open"]


async def _loss(node: Node, peer: Node) -> bytes:
    ring = node.hand.keys.ring
    bundle = await node.directory.bundle(peer.amid, one_time=False)
    document = SessionLost(
        session_id=SessionId("01234567-0123-7123-8123-0123456789ab"),
        timestamp=ring.milliseconds(),
        nonce=bytes(32),
        sender=node.amid,
        to=peer.amid,
    )
    letter = Letter("session_lost", ring.identity.sign(document, Purpose.SESSION_LOST))
    return encode(seal_to_prekeys(letter, bundle.signed_prekey, bundle.kem_prekey, ring.entropy))


def _send(to: Amid, kind: str, payload: bytes) -> Send:
    return Send(id=FrameId("made-up"), to=to, message_type=kind, encrypted_payload=payload)  # type: ignore[arg-type]
