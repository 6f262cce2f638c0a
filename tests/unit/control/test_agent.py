"""The Python API."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import agentmesh
from agentmesh import Agent
from agentmesh.control import answers, calls, places
from agentmesh.control.socket import ControlServer
from agentmesh.errors import UsageError
from tests.support import control_server
from tests.support.control_server import ALICE, BOB, Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def me(tmp_path: Path, script: Script) -> AsyncIterator[Agent]:
    async with ControlServer(places.socket_in(tmp_path), script), Agent(tmp_path) as me:
        yield me


async def test_a_text_is_sent_in_one_line(me: Agent, script: Script) -> None:
    script.answers["send"] = control_server.sent(outcome="delivered")
    sent = await me.send("bob", "hello", intent="travel/flights", wait=5, action="book")
    assert sent.outcome == "delivered"
    assert script.asked[0][1] == calls.Send(
        to="bob", body="hello", intent="travel/flights", wait=5, action="book"
    )


async def test_many_texts_are_sent_in_pieces_and_each_has_its_fate(
    me: Agent, script: Script
) -> None:
    script.answers["send.all"] = lambda asked: answers.SentAll(
        messages=[control_server.sent(message_id=body) for body in asked.bodies]
    )
    texts = [f"text {number}" for number in range(300)]
    sent = await me.send_all("bob", texts, intent="travel/flights", action="book")
    assert [it.message_id for it in sent] == texts
    first, second = [request for _, request, _ in script.asked]
    assert first == calls.SendAll(
        to="bob", bodies=texts[:256], intent="travel/flights", action="book"
    )
    assert second.bodies == texts[256:]  # type: ignore[attr-defined]
    assert await me.send_all("bob", []) == []


async def test_who_is_refused_half_way_learns_how_many_are_kept_and_which_is_wrong(
    me: Agent, script: Script
) -> None:
    wrong = UsageError("message_too_large", "Too large.", at=3)
    told = [answers.SentAll(messages=[control_server.sent()] * 256), wrong]
    script.answers["send.all"] = lambda _: told.pop(0)
    with pytest.raises(UsageError) as caught:
        await me.send_all("bob", ["text"] * 300)
    assert (caught.value.code, caught.value.done, caught.value.at) == (
        "message_too_large",
        256,
        259,
    )
    script.answers["send.all"] = UsageError("unknown_peer")
    with pytest.raises(UsageError) as caught:
        await me.send_all("bob", ["text"])
    assert (caught.value.done, caught.value.at) == (0, 0)


async def test_messages_come_as_they_arrive_and_are_marked_as_read(
    me: Agent, script: Script
) -> None:
    coming = [[control_server.message(message_id=name)] for name in ("m1", "m2")]
    script.answers["inbox"] = lambda request: answers.Inbox(messages=coming.pop(0))
    script.answers["read"] = answers.Consumed(message=control_server.message())
    seen = []
    async for message in me.inbox():
        seen.append(message.message_id)
        if len(seen) == 2:
            break
    assert seen == ["m1", "m2"]
    asked = [request for _, request, _ in script.asked]
    assert asked[1] == calls.Read(message_id="m1")
    assert asked[2].after == "m1"  # type: ignore[attr-defined]


async def test_an_owner_decides_from_python(me: Agent, script: Script) -> None:
    knock = answers.Knock(
        id="k1", sender=BOB, from_name="bob", intent="travel", type="conversation", note="hi",
        received_at="", expires_at="", verdict="accepted", reason="",
    )  # fmt: skip
    script.answers["knocks.list"] = answers.Knocks(knocks=[knock])
    script.answers["knocks.approve"] = answers.Decided(knock=knock)
    script.answers["knocks.deny"] = answers.Decided(knock=knock)
    assert (await me.knocks())[0] == knock
    assert (await me.approve("k1")).verdict == "accepted"
    await me.deny("k1")
    assert script.asked[-1][1] == calls.KnocksDeny(id="k1")


async def test_what_there_is_can_be_asked(me: Agent, script: Script) -> None:
    contact = answers.Contact(
        amid=BOB, name="bob", alias="", description="", trust=1, verified=False, blocked=False,
        added_at="", autonomy="draft", note="", key_changed=False, invited=False,
    )  # fmt: skip
    script.answers |= {
        "status": control_server.status(),
        "contacts.list": answers.Contacts(contacts=[contact], total=1),
        "contacts.add": answers.Kept(contact=contact),
        "sessions": answers.Sessions(sessions=[], total=0),
        "search": answers.SearchResults(results=[], total=0),
        "health": answers.Health(healthy=True, findings=[]),
        "inbox": answers.Inbox(messages=[]),
        "block": answers.Blocked(amid=BOB, blocked=True),
        "reply": control_server.sent(),
        "events.subscribe": [answers.Event(kind="paused", at="")],
        "pause": answers.Breakers(paused=True, stopped=False),
    }
    assert (await me.status()).amid == ALICE
    assert await me.contacts() == [contact]
    assert await me.add_contact(BOB, "bob") == contact
    assert await me.sessions() == []
    assert (await me.search("travel", limit=5)).total == 0
    assert (await me.health()).healthy
    assert await me.messages(unread=True) == []
    assert (await me.block("bob")).blocked
    assert (await me.reply(control_server.message(), "yes")).outcome == "queued"
    assert (await me.ask(calls.Pause())).paused
    async for event in me.events("paused"):
        assert event.kind == "paused"
        break


async def test_contacts_are_all_of_them_however_many_pages_they_are(
    me: Agent, script: Script
) -> None:
    contact = answers.Contact(
        amid=BOB, name="bob", alias="", description="", trust=1, verified=False, blocked=False,
        added_at="", autonomy="draft", note="", key_changed=False, invited=False,
    )  # fmt: skip
    other = replace(contact, amid=ALICE)

    def page(asked: calls.ContactsList) -> answers.Contacts:
        if asked.after == BOB:
            return answers.Contacts(contacts=[other], total=2)
        return answers.Contacts(contacts=[contact], total=2, next=BOB)

    script.answers["contacts.list"] = page
    assert await me.contacts() == [contact, other]


async def test_importing_the_package_is_cheap_until_the_api_is_used() -> None:
    code = "import sys, agentmesh; print('asyncio' in sys.modules, 'msgspec' in sys.modules)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert told.split() == [b"False", b"False"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = agentmesh.Agnet
