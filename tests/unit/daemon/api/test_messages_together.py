"""Several messages to one peer in one call: what single ones would be, or nothing at all."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.control import answers, places
from agentmesh.control.agent import Agent
from agentmesh.control.socket import ControlServer
from agentmesh.errors import AgentMeshError, NeedsOwner, Refused, UsageError
from agentmesh.messages.payloads import Priority
from agentmesh.messages.strict_json import read_json
from agentmesh.node import outbox
from agentmesh.node.consent.approvals import DRAWER as DRAFTS
from agentmesh.node.consent.leave import DRAWER as SPENT
from agentmesh.node.inbox import Wanted, envelope_of
from tests.support.node_pair import node_pair
from tests.support.rooms import caller_of
from tests.unit.daemon.conftest import House

SECRET = "The key: AKIAIOSFODNN7EXAMPLE"
BAD = {"status": "no such status"}
TOO_LARGE = "x" * 70_000
BODIES: list[Any] = ["hello", "x" * 9_000, SECRET, {"a": 1}, {"priority": "urgent"}]


async def kept(house: House) -> dict[str, Any]:
    """Return what a daemon keeps of what was said: all but names and times."""
    store, low = house.pair.high.store, house.pair.low.amid
    sessions = await store.sessions()
    rows = [row for it in sessions for row in await store.unsettled(it.session_id)]
    drafts = await house.pair.high.consent.approvals.all()
    spent = await store.card(SPENT, low)
    return {
        "sessions": [(it.phase, it.kind, it.category) for it in sessions],
        "rows": [(row.type, row.outcome, len(row.body), row.sequence) for row in rows],
        "drafts": [(it.type, it.payload, it.reason, it.secrets) for it in drafts],
        "cards": len(await store.cards(DRAFTS)),
        "spent": 0 if spent is None else len(spent.body),
        "sent": Counter(house.pair.high.kinds())["message_sent"],
    }


async def one_by_one(house: House, bodies: list[Any], **more: object) -> tuple[list[Any], int, str]:
    """Return what became of each, and which of them was refused, and why."""
    told = []
    for at, body in enumerate(bodies, 1):
        try:
            told.append(await house.ask("send", to=house.pair.low.amid, body=body, **more))
        except AgentMeshError as error:
            return told, at, error.code
    return told, 0, ""


def too_large(bodies: list[Any]) -> tuple[str, int]:
    """Return what all are refused for before anything else is asked: one that can be no message."""
    large = (at for at, body in enumerate(bodies, 1) if body == TOO_LARGE)
    return "message_too_large", next(large, 0)


def without_names(told: list[Any]) -> list[Any]:
    names = ("message_id", "session_id", "approval_id")
    return [{**it, **{name: bool(it.get(name)) for name in names}} for it in told]


async def two_houses(stack: AsyncExitStack, autonomy: str) -> list[House]:
    houses = []
    for _ in range(2):
        pair = await stack.enter_async_context(node_pair())
        home = Path(stack.enter_context(TemporaryDirectory()))
        caller = await stack.enter_async_context(caller_of(pair, pair.high, home))
        houses.append(House(pair, caller))
        await houses[-1].ask("policy.set", key="default_autonomy", value=autonomy)
    return houses


async def _the_same(bodies: list[Any], more: dict[str, Any], autonomy: str, *, read: bool) -> None:
    async with AsyncExitStack() as stack:
        single, together = await two_houses(stack, autonomy)
        for house in (single, together):
            if read:
                await house.hear()
                await house.ask("inbox", permit="agent")
            house.pair.wire.is_up = False
        before = await kept(together)
        told, at, code = await one_by_one(single, bodies, **more)
        asked = {"to": together.pair.low.amid, "bodies": bodies, **more}
        if at:
            with pytest.raises(AgentMeshError) as caught:
                await together.ask("send.all", **asked)
            assert (caught.value.code, caught.value.at) in {(code, at), too_large(bodies)}
            assert {**await kept(together), "spent": 0} == {**before, "spent": 0}
        else:
            answer: Any = await together.ask("send.all", **asked)
            assert without_names(answer["messages"]) == without_names(told)
        for house in (single, together):
            await house.pair.settle()
        assert at or await kept(together) == await kept(single)
        for house in (single, together):
            await house.pair.reconnect()
            await house.pair.settle()
        assert at or await kept(together) == await kept(single)
        assert at or await together.pair.low.texts() == await single.pair.low.texts()


@settings(max_examples=12)
@given(
    st.lists(st.sampled_from([*BODIES, *BODIES, TOO_LARGE]), min_size=1, max_size=12),
    st.fixed_dictionaries(
        {"permit": st.sampled_from(["agent", "owner"])},
        optional={
            "type": st.sampled_from(["request_response", "stream"]),
            "priority": st.sampled_from(get_args(Priority)),
            "message_type": st.just("request"),
            "requires": st.just(["travel/trains"]),
        },
    ),
    st.sampled_from(["draft", "bounded", "extended", "free"]),
    st.booleans(),
)
def test_what_is_sent_together_is_what_single_messages_would_be(
    bodies: list[Any], more: dict[str, Any], autonomy: str, read: bool
) -> None:
    asyncio.run(_the_same(bodies, more, autonomy, read=read))


async def test_a_message_that_cannot_be_one_has_all_of_them_refused(house: House) -> None:
    before = await kept(house)
    asked = {"to": house.pair.low.amid, "bodies": ["one", BAD, "three"]}
    with pytest.raises(UsageError) as caught:
        await house.ask("send.all", message_type="response", **asked)
    assert caught.value.at == 1, "a text is no response either"
    with pytest.raises(UsageError) as caught:
        await house.ask("send.all", to=house.pair.low.amid, bodies=["one", "x" * 70_000, "three"])
    assert (caught.value.code, caught.value.at) == ("message_too_large", 2)
    assert await kept(house) == before


async def test_a_breaker_that_trips_half_way_lets_none_of_them_go(house: House) -> None:
    await house.ask("policy.set", key="breakers.sent_per_minute", value=3)
    asked = {"to": house.pair.low.amid, "bodies": list("abcdef")}
    with pytest.raises(NeedsOwner) as caught:
        await house.ask("send.all", permit="agent", **asked)
    assert (caught.value.code, caught.value.at) == ("breaker_tripped", 4)
    assert (await kept(house))["rows"] == []


async def test_more_drafts_than_an_owner_looks_at_are_refused_with_all_the_rest(
    house: House,
) -> None:
    await house.ask("policy.set", key="default_autonomy", value="free")
    asked = {"to": house.pair.low.amid, "bodies": ["hello", *[SECRET] * 6]}
    with pytest.raises(Refused) as caught:
        await house.ask("send.all", permit="agent", **asked)
    assert (caught.value.code, caught.value.at) == ("too_many_approvals", 7)
    found = await kept(house)
    assert (found["rows"], found["cards"]) == ([], 0)


async def test_a_full_outbox_takes_all_or_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_UNSETTLED", 5)
    house.pair.wire.is_up = False
    low = house.pair.low.amid
    await house.ask("send.all", to=low, bodies=list("abc"))
    with pytest.raises(AgentMeshError) as caught:
        await house.ask("send.all", to=low, bodies=list("def"))
    assert caught.value.code == "outbox_full"
    await house.ask("send.all", to=low, bodies=list("de"))
    assert len((await kept(house))["rows"]) == 5


async def test_many_at_once_are_not_more_than_the_outbox_holds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_UNSETTLED", 50)
    house.pair.wire.is_up = False
    asked = {"to": house.pair.low.amid, "bodies": list("abcdefgh")}
    calls = (house.ask("send.all", **asked) for _ in range(20))
    told = await asyncio.gather(*calls, return_exceptions=True)
    rows = (await kept(house))["rows"]
    assert len(rows) <= 50
    assert len(rows) == 8 * sum(isinstance(it, dict) for it in told)
    assert len(rows) > 0


async def test_nothing_of_it_leaves_after_a_stop(house: House) -> None:
    house.pair.high.hand.switches.emergency = True
    with pytest.raises(Refused) as caught:
        await house.ask("send.all", to=house.pair.low.amid, bodies=["a", "b"])
    assert (caught.value.code, caught.value.at) == ("stopped", 0)


async def test_single_calls_that_come_together_arrive_in_their_order_but_for_what_is_wrong(
    house: House, tmp_path: Path
) -> None:
    server = ControlServer(places.socket_in(tmp_path), house.caller._api.answer)
    async with server, Agent(tmp_path) as me:
        bodies = [f"{number}" for number in range(100)]
        bodies[50] = "x" * 70_000
        sending = (me.send(house.pair.low.amid, body) for body in bodies)
        told = await asyncio.gather(*sending, return_exceptions=True)
    await house.pair.settle()
    wrong = told.pop(50)
    assert isinstance(wrong, UsageError)
    assert wrong.code == "message_too_large"
    assert len({it.message_id for it in told if isinstance(it, answers.Sent)}) == 99
    rows = await house.pair.low.inbox.list(Wanted(limit=200))
    arrived = [read_json(envelope_of(row).payload) for row in rows]
    assert arrived == [{"text": body} for body in bodies if len(body) < 10]
