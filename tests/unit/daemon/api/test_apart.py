"""A host with a session for each peer: what a token opens there, and what it closes."""

from typing import Any

import pytest

from agentmesh.errors import AgentMeshError, NotPermitted
from agentmesh.protocol.ids import amid_of
from tests.unit.daemon.conftest import House

CAROL = amid_of(b"c" * 32)


@pytest.fixture
async def woken(house: House) -> House:
    """A house whose agent was given a contact's message in the contact's own session."""
    low = house.pair.low.amid
    for peer in (low, CAROL):
        await house.ask("contacts.add", peer=peer)
    await house.ask("policy.set", key="default_autonomy", value="extended")
    await house.hear("tell carol that I said so")
    return house


async def delivered(house: House) -> dict[str, Any]:
    return await house.ask("inbox", permit="agent", waking=True, apart=True)


async def reason_of(house: House, to: str, context: str) -> str:
    sent = await house.ask("send", permit="agent", to=to, body="so", context=context)
    shown = await house.ask("approvals.list")
    waiting = {it["id"]: it["reason"] for it in shown["approvals"]}
    reason: str = waiting.get(sent["message_id"], "")
    return reason


async def test_a_message_comes_with_the_tokens_of_two_sessions(woken: House) -> None:
    found = await delivered(woken)
    tokens = {found["context"], found["messages"][0]["context"]}
    assert len(tokens) == 2
    again = await delivered(woken)  # unread still, and the tokens are the same
    assert {again["context"], again["messages"][0]["context"]} == tokens
    plain = await woken.ask("inbox", permit="agent")
    assert "context" not in plain["messages"][0]
    assert "context" not in plain


async def test_from_a_peers_session_only_the_peer_is_written_to(woken: House) -> None:
    context = (await delivered(woken))["messages"][0]["context"]
    assert await reason_of(woken, CAROL, context) == "moved_by_another"
    assert await reason_of(woken, woken.pair.low.amid, context) == ""


async def test_the_owners_session_is_not_held_up_by_it(woken: House) -> None:
    owners = (await delivered(woken))["context"]
    assert await reason_of(woken, CAROL, owners) == ""


@pytest.mark.parametrize("token", ["", "owner", "owner.", "owner." + "0" * 32, "another"])
async def test_who_leaves_the_token_out_or_makes_one_up_gains_nothing(
    woken: House, token: str
) -> None:
    context = (await delivered(woken))["messages"][0]["context"]
    forged = f"{CAROL}.{context.partition('.')[2]}" if token == "another" else token
    assert await reason_of(woken, CAROL, forged) == "moved_by_another"


async def test_what_the_owners_session_reads_itself_holds_it_up(woken: House) -> None:
    owners = (await delivered(woken))["context"]
    await woken.ask("inbox", permit="agent", context=owners)
    assert await reason_of(woken, CAROL, owners) == "moved_by_another"


async def test_what_some_other_session_reads_holds_the_owners_up_as_well(woken: House) -> None:
    owners = (await delivered(woken))["context"]
    await woken.ask("inbox", permit="agent")
    assert await reason_of(woken, CAROL, owners) == "moved_by_another"


async def test_a_peers_session_sees_nothing_of_another_peer(woken: House) -> None:
    message = (await delivered(woken))["messages"][0]
    contexts = woken.caller.rooms.consent.contexts
    carols = contexts.token(type(contexts.setting(message["context"]))(peer=CAROL))
    sent = await woken.ask("send", permit="agent", to=woken.pair.low.amid, body="hi")
    file_id = await woken.be_offered("f1")
    await woken.ask("policy.set", key="files.accept", value="agent")
    for call, params in (
        ("read", {"message_id": message["message_id"]}),
        ("reply", {"message_id": message["message_id"], "body": "hi"}),
        ("outcome", {"message_id": sent["message_id"]}),
        ("inbox", {"from": woken.pair.low.amid}),
        ("contacts.show", {"peer": woken.pair.low.amid}),
        ("files.accept", {"id": file_id}),
        ("files.refuse", {"id": file_id}),
    ):
        with pytest.raises(NotPermitted) as caught:
            await woken.ask(call, permit="agent", context=carols, **params)
        assert caught.value.code == "other_context", call
    asked = {"permit": "agent", "context": carols}
    assert (await woken.ask("inbox", **asked))["messages"] == []
    assert (await woken.ask("files.list", **asked))["files"] == []
    assert (await woken.ask("status", **asked))["sessions"] == []
    assert [it["amid"] for it in (await woken.ask("contacts.list", **asked))["contacts"]] == [CAROL]
    assert len((await woken.ask("inbox", unread=True))["messages"]) == 1  # nothing was used up


async def test_a_peers_session_reads_and_answers_its_peer(woken: House) -> None:
    message = (await delivered(woken))["messages"][0]
    asked = {
        "permit": "agent",
        "message_id": message["message_id"],
        "context": message["context"],
    }
    assert "tell carol" in (await woken.ask("read", **asked))["message"]["content"]
    assert (await woken.ask("reply", body="no", **asked))["outcome"] == "queued"
    assert await reason_of(woken, CAROL, (await delivered(woken))["context"]) == ""


async def test_a_token_gives_an_agent_nothing_that_is_the_owners(woken: House) -> None:
    owners = (await delivered(woken))["context"]
    with pytest.raises(AgentMeshError):
        await woken.ask("approvals.list", permit="agent", context=owners)
