"""One connection to the daemon, spoken by hand."""

import asyncio
import contextlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from agentmesh.control import answers, connection
from agentmesh.control.connection import MAX_IN_FLIGHT
from agentmesh.errors import Refused
from tests.support import control_server
from tests.support.control_server import Dialled, Script, exchange, line


async def test_a_question_is_answered_under_its_id(dialled: Dialled) -> None:
    (answer,) = await exchange(dialled, line("seven", "status"))
    assert answer["jsonrpc"] == "2.0"
    assert answer["id"] == "seven"
    assert answer["result"]["amid"] == control_server.ALICE


async def test_a_slow_answer_holds_up_no_other(dialled: Dialled, script: Script) -> None:
    go = asyncio.Event()

    async def slow() -> answers.Answer:
        await go.wait()
        return answers.Inbox(messages=[])

    script.answers["inbox"] = lambda request: slow()
    (first,) = await exchange(dialled, line(1, "inbox"), line(2, "status"), answers=1)
    go.set()
    assert first["id"] == 2
    (second,) = await exchange(dialled, answers=1)
    assert second["id"] == 1


async def test_errors_come_as_code_message_and_hint(dialled: Dialled, script: Script) -> None:
    script.answers["send"] = Refused("blocked", "Bob refused.", "Ask Bob.")
    (answer,) = await exchange(dialled, line(1, "send", to="bob", body="x"))
    assert answer["error"] == {
        "code": -32005,
        "message": "Bob refused.",
        "data": {"code": "blocked", "hint": "Ask Bob.", "kind": "refused"},
    }


async def test_a_bug_is_told_without_its_text(dialled: Dialled, script: Script) -> None:
    script.answers["status"] = ValueError("secret")
    answer, after = await exchange(dialled, line(1, "status"), line(2, "unheard_of"))
    assert answer["error"]["data"]["code"] == "internal_error"
    assert "secret" not in json.dumps(answer)
    assert after["error"]["code"] == -32601


@pytest.mark.parametrize(
    ("bad", "number"),
    [
        (b"nonsense\n", -32700),
        (b"\n", -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "status", "params": \n', -32700),
        (b"\xff\xfe\n", -32700),
        (b"[" * 100_000 + b"\n", -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + b"[" * 100_000 + b"\n", -32700),
        (b"[" + line(1, "status").strip() + b"]\n", -32600),
        (b'"status"\n', -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "status"}\n', -32600),
        (b'{"jsonrpc": "2.0", "method": "status"}\n', -32600),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "status"}\n', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 3}\n', -32600),
    ],
)
async def test_what_is_no_request_gets_an_error_and_the_connection_goes_on(
    dialled: Dialled, bad: bytes, number: int
) -> None:
    refused, answered = await exchange(dialled, bad, line(2, "status"))
    assert refused["id"] is None
    assert refused["error"]["code"] == number
    assert "result" in answered


async def test_a_line_without_end_ends_the_connection(dialled: Dialled) -> None:
    reader, writer = dialled
    writer.write(b"x" * (1024 * 1024 + 70_000))
    assert json.loads(await reader.readline())["error"]["code"] == -32600
    with contextlib.suppress(ConnectionResetError):  # the line's rest may still be on its way
        assert await reader.read() == b""


async def test_the_agents_permit_is_never_widened(dialled: Dialled, script: Script) -> None:
    script.answers["pause"] = answers.Breakers(paused=True, stopped=False)
    replies = await exchange(
        dialled,
        line(1, "hello", permit="agent"),
        line(2, "hello", permit="owner"),
        line(3, "hello", permit="root"),
    )
    assert replies[0]["result"]["permit"] == "agent"
    assert replies[1]["error"]["data"]["code"] == "permit_taken"
    assert replies[2]["error"]["data"]["code"] == "invalid_argument"
    (refused,) = await exchange(dialled, line(4, "pause"))
    assert refused["error"]["data"] == {
        "code": "owner_only",
        "hint": "The owner can use it: `agentmesh pause`.",
        "kind": "not_permitted",
    }


async def test_a_request_has_the_permit_of_its_moment(dialled: Dialled, script: Script) -> None:
    lines = [line(1, "status"), line(2, "hello", permit="agent"), line(3, "status")]
    await exchange(dialled, *lines)
    assert [permit for _, _, permit in script.asked] == ["owner", "agent"]


async def test_events_follow_a_subscription(dialled: Dialled, script: Script) -> None:
    happened = answers.Event(kind="paused", at="2026-01-31T12:00:00.000Z", data={"by": "owner"})
    script.answers["events.subscribe"] = [happened]
    first, second = await exchange(dialled, line(1, "events.subscribe"), answers=2)
    assert first["result"] == {"subscribed": True}
    assert second["method"] == "event"
    assert second["params"]["data"] == {"by": "owner"}


@pytest.mark.parametrize("error", [Refused("lagging"), ValueError("secret")])
async def test_a_broken_subscription_ends_its_connection_alone(
    dialled: Dialled, path: Path, script: Script, error: Exception
) -> None:
    script.answers["events.subscribe"] = [error]
    await exchange(dialled, line(1, "events.subscribe"))
    assert await dialled[0].read() == b""
    another = await asyncio.open_unix_connection(path)
    (answer,) = await exchange(another, line(1, "status"))
    assert "result" in answer
    another[1].close()


async def test_too_many_requests_wait_their_turn(dialled: Dialled, script: Script) -> None:
    go, full = asyncio.Event(), asyncio.Event()
    at_work: list[int] = []

    async def slow() -> answers.Answer:
        at_work.append(1)
        if len(at_work) == MAX_IN_FLIGHT:
            full.set()
        await go.wait()
        return control_server.status()

    script.answers["status"] = lambda request: slow()
    more = MAX_IN_FLIGHT + 20
    dialled[1].write(b"".join(line(number, "status") for number in range(more)))
    async with asyncio.timeout(60):
        await full.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(at_work) == MAX_IN_FLIGHT
    go.set()
    assert len(await exchange(dialled, answers=more)) == more


async def test_answers_that_are_ready_together_leave_together(path: Path, script: Script) -> None:
    written: list[bytes] = []

    class Writer:
        write = staticmethod(written.append)
        transport = SimpleNamespace(get_write_buffer_size=lambda: 0)

        def is_closing(self) -> bool:
            return False

        def close(self) -> None: ...

        async def drain(self) -> None: ...

    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(line(number, "status") for number in range(50)))
    reader.feed_eof()
    await connection.Connection(reader, Writer(), script).run()  # type: ignore[arg-type]
    assert b"".join(written).count(b"\n") == 50
    assert len(written) < 5


async def test_half_a_hang_up_still_gets_its_answer(dialled: Dialled) -> None:
    reader, writer = dialled
    writer.write(line(1, "status"))
    writer.write_eof()
    assert json.loads(await reader.read())["id"] == 1
