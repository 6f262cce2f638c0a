"""The control calls on what the agent wrote."""

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import Refused, UsageError
from agentmesh.identity.keys import Identity
from agentmesh.messages.body import Body
from tests.unit.daemon.conftest import House


async def pending(house: House) -> str:
    """Let the agent answer somebody to whom it may not answer by itself."""
    await house.ask("policy.set", key="default_autonomy", value="draft")
    message_id = await house.hear()
    sent = await house.ask("reply", permit="agent", message_id=message_id, body="yes", wait=5)
    assert (sent["outcome"], sent["reason"]) == ("queued", "awaiting_approval")
    assert sent["approval_id"] == sent["message_id"]
    return str(sent["message_id"])


async def test_an_owner_sees_who_would_get_what_and_lets_it_go(house: House) -> None:
    draft_id = await pending(house)
    (shown,) = (await house.ask("approvals.list"))["approvals"]
    assert (shown["id"], shown["to"], shown["payload"]) == (
        draft_id, house.pair.low.amid, {"text": "yes"},
    )  # fmt: skip
    assert (await house.ask("status"))["approvals"] == {"pending": 1}
    one = await house.ask("approvals.show", id=draft_id)
    assert one["approval"] == shown
    told = await house.ask("approvals.approve", id=draft_id, digest=shown["digest"])
    assert told["approval"]["state"] == "approved"
    await house.pair.settle()
    assert len(await house.pair.low.texts()) == 1
    assert (await house.ask("approvals.list"))["approvals"] == []
    assert len((await house.ask("approvals.list", pending=False))["approvals"]) == 1


async def test_what_looks_like_a_secret_waits_for_the_owner_who_sees_why(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="free")
    low = house.pair.low.amid
    asked = {"to": low, "body": "The key: AKIAIOSFODNN7EXAMPLE"}
    told = await house.ask("send", permit="agent", **asked)
    assert told["reason"] == "awaiting_approval"
    message_id = await house.hear()
    answer = {"message_id": message_id, "body": {"password": "tr0ub4dor"}}
    assert (await house.ask("reply", permit="agent", **answer))["reason"] == "awaiting_approval"
    found = (await house.ask("approvals.list"))["approvals"]
    assert sorted(it["secrets"] for it in found) == [["password"], ["token"]]
    assert (await house.ask("send", **asked))["reason"] == ""


async def test_a_denied_draft_is_refused_to_the_agent_that_asks(house: House) -> None:
    draft_id = await pending(house)
    asked = {"permit": "agent", "message_id": draft_id}
    assert (await house.ask("outcome", **asked))["reason"] == "awaiting_approval"
    await house.ask("approvals.deny", id=draft_id)
    told = await house.ask("outcome", **asked)
    assert (told["outcome"], told["reason"]) == ("refused", "denied_by_owner")
    assert "approval_id" not in told
    with pytest.raises(UsageError, match="denied already"):
        await house.ask("approvals.approve", id=draft_id)


async def test_shortly_after_reading_what_the_agent_sends_is_by_itself(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="draft")
    low = house.pair.low.amid
    assert (await house.ask("send", permit="agent", to=low, body="hi"))["reason"] == ""
    await house.hear()
    await house.ask("inbox")
    assert (await house.ask("send", permit="agent", to=low, body="hi"))["reason"] == ""
    await house.ask("inbox", permit="agent")
    told = await house.ask("send", permit="agent", to=low, body="hi")
    assert told["reason"] == "awaiting_approval"
    assert (await house.ask("send", to=low, body="the owner"))["reason"] == ""
    await house.pair.later(301)
    assert (await house.ask("send", permit="agent", to=low, body="hi"))["reason"] == ""


async def test_what_one_peer_said_is_not_passed_on_to_another(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="extended")
    other = Identity(Secret(bytes(32))).amid
    message_id = await house.hear()
    await house.ask("inbox", permit="agent")
    told = await house.ask("send", permit="agent", to=other, body="spread the word")
    assert told["reason"] == "awaiting_approval"
    (draft,) = (await house.ask("approvals.list"))["approvals"]
    assert draft["reason"] == "moved_by_another"
    told = await house.ask("reply", permit="agent", message_id=message_id, body="yes")
    assert told["reason"] == ""


async def test_an_answer_that_a_wait_brings_counts_as_read(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="draft")
    sent = await house.ask("send", to=house.pair.low.amid, body="and?")
    await house.pair.settle()
    (row,) = await house.pair.low.store.newest(None, 1)
    wish = await house.pair.low.outbox.wish_to_answer(row)
    await house.pair.low.outbox.say(
        house.pair.high.amid, [Body("text", b'"so"')], wish, row.message_id
    )
    await house.pair.settle()
    told = await house.ask("outcome", permit="agent", message_id=sent["message_id"])
    assert told["reply"] is not None
    reading = house.caller.rooms.consent.reading
    assert await reading.impulse_to(house.pair.low.amid) == "peer"


async def test_too_many_questions_are_refused(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="draft")
    message_id = await house.hear()
    for _ in range(5):
        await house.ask("reply", permit="agent", message_id=message_id, body="yes")
    with pytest.raises(Refused) as caught:
        await house.ask("reply", permit="agent", message_id=message_id, body="yes")
    assert caught.value.code == "too_many_approvals"
