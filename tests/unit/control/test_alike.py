"""Which sends are joined, and what becomes of each."""

from typing import Any

import msgspec
import pytest

from agentmesh.control import answers, calls, rpc
from agentmesh.control.alike import AlikeSend, joined, send_in
from agentmesh.control.connection import MAX_IN_FLIGHT
from agentmesh.errors import AgentMeshError, StorageError, UsageError
from tests.support.control_server import Dialled, Script, exchange, line, refused, sent

TO = "bob"


def asked_by(method: str = "send", permit: calls.Permit = "owner", **params: Any) -> Any:
    call = rpc.read_call(line(1, method, **{"to": TO, "body": "hello", **params}))
    return send_in(call, permit)


def say(number: int, body: Any = "hello", **more: Any) -> bytes:
    return line(number, "send", to=TO, body=body, **more)


@pytest.fixture
def keeping(script: Script) -> Script:
    """Keep every message, under its body as its id; but for `wrong`, and while it is not broken."""

    def one(body: Any) -> answers.Sent:
        if body == "wrong":
            raise refused(UsageError, "wrong")
        return sent(message_id=body)

    script.answers |= {
        "send": lambda asked: one(asked.body),
        "send.all": lambda asked: answers.SentAll(messages=[one(it) for it in asked.bodies]),
    }
    return script


def names(script: Script) -> list[str]:
    return [name for name, _, _ in script.asked]


def test_one_call_for_many_has_the_fields_of_one_for_one() -> None:
    alone, together = (set(it.__struct_fields__) for it in (calls.Send, calls.SendAll))
    assert alone - {"body", "wait"} == together - {"bodies"}


def test_what_is_said_stays_as_it_was_written() -> None:
    written = rb'{"b": 1e2, "a": 123456789012345678901234567890, "a": "\u00e9"}'
    params = b'{"to": "bob", "intent": "travel/trains", "body": %b}' % written
    call = rpc.Call(jsonrpc="2.0", id=1, method="send", params=msgspec.Raw(params))
    send = AlikeSend(call, calls.Send(to=TO, body="", intent="travel/trains"))
    assert b'"intent":"travel/trains"' in bytes(joined([send]))
    assert b'"bodies":[%b,%b]' % (written, written) in bytes(joined([send, send]))


def test_who_waits_an_agent_and_what_is_wrong_are_answered_alone() -> None:
    assert asked_by() is not None
    assert asked_by(wait=1) is None
    assert asked_by(permit="agent") is None
    assert asked_by(nonsense=1) is None
    assert asked_by(method="send.all") is None


def test_sends_are_alike_if_they_differ_in_what_they_say_only() -> None:
    assert asked_by().is_like(asked_by(body={"a": 1}))
    for name, value in {"to": "carol", "intent": "a/b", "priority": "high", "note": "x"}.items():
        assert not asked_by().is_like(asked_by(**{name: value}))


async def test_sends_that_come_together_are_one_call_and_have_an_answer_each(
    dialled: Dialled, keeping: Script
) -> None:
    told = await exchange(dialled, *(say(n, f"m{n}") for n in (3, 1, 2)))
    assert [(it["id"], it["result"]["message_id"]) for it in told] == [
        (3, "m3"),
        (1, "m1"),
        (2, "m2"),
    ]
    assert names(keeping) == ["send.all"]


async def test_one_alone_is_asked_as_it_came(dialled: Dialled, keeping: Script) -> None:
    await exchange(dialled, say(1, "m1"))
    assert names(keeping) == ["send"]


async def test_where_one_is_wrong_each_is_asked_for_itself(
    dialled: Dialled, keeping: Script
) -> None:
    told = await exchange(dialled, say(1, "m1"), say(2, "wrong"), say(3, "m3"))
    assert {it["id"]: "error" in it for it in told} == {1: False, 2: True, 3: False}
    assert names(keeping) == ["send.all", "send", "send", "send"]


@pytest.mark.parametrize("error", [refused(StorageError, "disk_full"), ValueError("a bug")])
async def test_what_fails_for_all_is_asked_once_and_told_to_each(
    dialled: Dialled, script: Script, error: Exception
) -> None:
    script.answers["send.all"] = error
    told = await exchange(dialled, say(1), say(2))
    code = error.code if isinstance(error, AgentMeshError) else "internal_error"
    assert [(it["id"], it["error"]["data"]["code"]) for it in told] == [(1, code), (2, code)]
    assert names(script) == ["send.all"]


async def test_calls_begin_in_the_order_in_which_they_came(
    dialled: Dialled, keeping: Script
) -> None:
    lines = [say(1, "a"), say(2, "b"), line(3, "status"), say(4, "c", note="x"), say(5, "d")]
    agent = [line(6, "hello", permit="agent"), say(7, "e"), say(8, "f")]
    told = await exchange(dialled, *lines, *agent)
    assert sorted(it["id"] for it in told) == list(range(1, 9))
    assert names(keeping) == ["send.all", "status", "send", "send", "send", "send"]
    assert [permit for *_, permit in keeping.asked] == ["owner"] * 4 + ["agent"] * 2


async def test_no_more_are_joined_than_may_be_under_way(dialled: Dialled, keeping: Script) -> None:
    more = MAX_IN_FLIGHT + 20
    told = await exchange(dialled, *(say(n, f"m{n}") for n in range(more)))
    assert [it["result"]["message_id"] for it in told] == [f"m{n}" for n in range(more)]
    together = [asked for _, asked, _ in keeping.asked if isinstance(asked, calls.SendAll)]
    assert max(len(asked.bodies) for asked in together) <= MAX_IN_FLIGHT
