"""Messages are read before they are kept: strictly, with a warning, or in silence."""

from typing import Any

import msgspec
import pytest

from agentmesh.messages.body import Body
from agentmesh.node.inbox import Wanted, envelope_of
from agentmesh.node.journal import _words
from agentmesh.node.schemas import reading
from agentmesh.node.schemas.remarks import NO_REMARKS, Remarks, remarks_on
from agentmesh.policy.document import NotifyOwner, Policy
from agentmesh.protocol.ids import MessageId
from agentmesh.session.events import Lost
from agentmesh.storage.interface import CardRow, Put
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair
from tests.support.schemas import INVOICE
from tests.support.stores import incoming

BAD_RESULTS = {"status": "completed", "schema": "travel/flight-results/v1", "results": {}}
STRICT = Policy(consent="policy", validation_mode="strict")


def body(kind: str, **members: Any) -> Body:
    return Body(kind, msgspec.json.encode(members))


async def say(node: Node, peer: Node, said: Body, to: MessageId | None = None) -> MessageId:
    (fate,) = await node.outbox.say(peer.amid, [said], CHAT, to)
    return fate.message_id


async def heard(node: Node) -> list[tuple[str, Any]]:
    rows = await node.inbox.list(Wanted(limit=100))
    return [(row.type, msgspec.json.decode(envelope_of(row).payload)) for row in rows]


async def remarks(node: Node, peer: Node, message_id: MessageId) -> Remarks:
    found = await remarks_on(node.store, [incoming(message_id, peer=peer.amid)])
    return next(iter(found.values()), NO_REMARKS)


async def test_a_warning_stands_beside_what_does_not_fit(pair: Pair) -> None:
    said = await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await pair.settle()
    assert await heard(pair.high) == [("response", BAD_RESULTS)]
    found = (await remarks(pair.high, pair.low, said)).problems
    assert [(it.path, it.schema) for it in found] == [("$.results", "travel/flight-results/v1")]
    assert "schema_problems" in pair.high.kinds()


async def test_in_silence_problems_are_only_counted(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", validation_mode="silent")
    said = await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await pair.settle()
    assert await heard(pair.high) == [("response", BAD_RESULTS)]
    assert await remarks(pair.high, pair.low, said) == Remarks()
    assert "schema_problems" in pair.high.kinds()


async def test_a_strict_reader_refuses_and_the_sender_learns_why(pair: Pair) -> None:
    pair.high.policy = STRICT
    said = await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await say(pair.low, pair.high, body("text", text="after it"))
    await pair.settle()
    assert await heard(pair.high) == [("text", {"text": "after it"})]
    ((kind, error),) = await heard(pair.low)
    assert (kind, error["code"]) == ("error", "schema_validation_failed")
    assert error["details"]["problems"] == [
        {
            "path": "$.results",
            "message": "It lacks flights.",
            "schema": "travel/flight-results/v1",
        }
    ]
    fate = await pair.low.outbox.fate(pair.high.amid, said)
    assert fate.outcome == "consumed"
    assert fate.reply is not None
    assert fate.reply.type == "error"


async def test_what_a_strict_reader_refuses_is_still_in_the_owners_transcript(pair: Pair) -> None:
    pair.high.policy = STRICT
    await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await pair.settle()
    pair.high.talks.afterwards.finish()
    entries = [it for its in _words(pair.high.sheets).values() for it in its]
    assert [it.type for it in entries if it.kind == "received"] == ["response"]
    told = [n for n in pair.high.notices if n.kind in {"message_received", "error"}]
    assert [(n.kind, n.fields["code"]) for n in told] == [("error", "schema_validation_failed")]


async def test_two_strict_sides_do_not_go_on_complaining(pair: Pair) -> None:
    pair.low.policy = pair.high.policy = STRICT
    await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await say(pair.high, pair.low, body("error", nonsense=True))
    await pair.settle()
    assert [kind for kind, _ in await heard(pair.low)].count("error") == 2
    assert await heard(pair.high) == []


async def test_a_refusal_is_said_once_though_the_message_comes_in_another_session(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.high.policy = STRICT
    monkeypatch.setattr("agentmesh.session.parcels._receipt_beside", lambda _: b"")
    (first,) = await pair.low.outbox.say(pair.high.amid, [body("text", text="hello")], CHAT)
    await pair.settle()
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    said = await say(pair.low, pair.high, body("response", **BAD_RESULTS))
    await pair.settle()
    await pair.low.talks.handle(pair.high.amid, first.session_id, Lost())
    await pair.settle()
    again = await pair.low.store.outgoing(said)
    assert again.session_id != first.session_id
    assert [kind for kind, _ in await heard(pair.low)] == ["error"]
    assert await heard(pair.high) == [("text", {"text": "hello"})]


async def test_a_peer_that_confirms_nothing_gets_a_bounded_number_of_answers(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_UNCONFIRMED", 3)
    pair.high.policy = STRICT
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.loses = lambda frame: frame.to == pair.low.amid
    for _ in range(10):
        await say(pair.low, pair.high, body("response", **BAD_RESULTS))
        await pair.settle()
    (row,) = await pair.high.store.sessions()
    assert len(await pair.high.store.unsettled(row.session_id)) == 3


async def test_a_schema_that_is_not_known_is_no_reason_to_refuse(pair: Pair) -> None:
    pair.high.policy = STRICT
    unknown = {"status": "completed", "schema": "x-acme/invoice/v7", "results": 1}
    said = await say(pair.low, pair.high, body("response", **unknown))
    await pair.settle()
    assert await heard(pair.high) == [("response", unknown)]
    assert [it.schema for it in (await remarks(pair.high, pair.low, said)).problems] == ["unknown"]


async def test_a_schema_of_ones_own_counts_like_the_others(pair: Pair) -> None:
    pair.high.policy = STRICT
    await pair.high.schemas.add(str(INVOICE), {"required": ["number"]})
    await say(pair.low, pair.high, body("data", schema=str(INVOICE), other=1))
    await say(pair.low, pair.high, body("data", schema=str(INVOICE), number=1))
    await pair.settle()
    assert await heard(pair.high) == [("data", {"schema": str(INVOICE), "number": 1})]


async def test_a_schema_that_cannot_be_used_any_more_keeps_no_message_out(pair: Pair) -> None:
    pair.high.policy = STRICT
    card = CardRow(drawer="schemas", name=str(INVOICE), body=b"{", created_at=1)
    await pair.high.store.commit([Put(card)])
    await pair.high.schemas.load()
    await say(pair.low, pair.high, body("data", schema=str(INVOICE)))
    await pair.settle()
    assert len(await heard(pair.high)) == 1


# --- budgets ------------------------------------------------------------------------------------


async def test_an_answer_that_costs_too_much_is_marked(pair: Pair) -> None:
    budget = {"max_cost": 50, "currency": "EUR"}
    asked = await say(pair.low, pair.high, body("request", intent="a", budget=budget))
    await pair.settle()
    cheap = await say(pair.high, pair.low, body("status", progress=0.5, cost={"amount": 50}), asked)
    dear = await say(
        pair.high,
        pair.low,
        body("response", status="completed", cost={"amount": 51, "currency": "USD"}),
        asked,
    )
    await pair.settle()
    assert await remarks(pair.low, pair.high, cheap) == Remarks()
    found = await remarks(pair.low, pair.high, dear)
    assert found.warnings == ("budget_exceeded", "budget_in_another_currency")
    assert pair.low.kinds().count("budget_exceeded") == 1


async def test_a_budget_is_that_of_our_own_request_to_this_peer(pair: Pair) -> None:
    asked = await say(pair.low, pair.high, body("request", intent="a", budget={"max_cost": 1}))
    await pair.settle()
    dear = body("response", status="completed", cost={"amount": 51})
    other = await say(pair.high, pair.low, dear)
    echo = await say(pair.low, pair.high, dear, asked)
    await pair.settle()
    assert await remarks(pair.low, pair.high, other) == Remarks()
    assert await remarks(pair.high, pair.low, echo) == Remarks()


async def test_the_owner_is_told_of_much_money_in_both_directions(pair: Pair) -> None:
    for node in (pair.low, pair.high):
        node.policy = Policy(consent="policy", notify_owner=NotifyOwner(threshold_usd=100))
    total = {"amount": 100.01, "currency": "EUR"}
    await say(
        pair.low, pair.high, body("request", intent="commerce/order", parameters={"total": total})
    )
    await say(pair.low, pair.high, body("request", intent="finance", budget={"max_cost": 100}))
    await pair.settle()
    told = [
        (node, notice.fields["direction"])
        for node in (pair.low, pair.high)
        for notice in node.notices
        if notice.kind == "high_value_transaction"
    ]
    assert told == [(pair.low, "sent"), (pair.high, "received")]


# --- capabilities -------------------------------------------------------------------------------


async def test_the_daemon_answers_what_its_owner_has_set(pair: Pair) -> None:
    asked = await say(
        pair.low,
        pair.high,
        body(
            "capability_request",
            i_need=["travel/trains", "travel/flights"],
            preferred_schemas=["travel/flight-search/v1"],
            languages=["nb"],
        ),
    )
    await pair.settle()
    assert [kind for kind, _ in await heard(pair.high)] == ["capability_request"]
    fate = await pair.low.outbox.fate(pair.high.amid, asked)
    assert fate.reply is not None
    assert msgspec.json.decode(envelope_of(fate.reply).payload) == {
        "matched": ["travel/trains"],
        "unavailable": ["travel/flights"],
        "suggested_alternative": "travel/trains",
        "agreed_schema": "travel/flight-search/v1",
        "agreed_language": "nb",
    }


async def test_an_answer_about_capabilities_is_not_answered(pair: Pair) -> None:
    await say(pair.low, pair.high, body("capability_response", matched=["travel"]))
    await say(pair.low, pair.high, body("capability_request", i_need=1))
    await pair.settle()
    assert await heard(pair.low) == []
