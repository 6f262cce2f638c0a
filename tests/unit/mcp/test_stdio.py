"""The pipe to an MCP host."""

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from agentmesh.mcp import stdio, words
from agentmesh.mcp.server import Server
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import Tool

START = {"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
SECONDS = 60


def line(said: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **said}).encode() + b"\n"


def call(number: int | str, tool: str = "mesh_status") -> bytes:
    return line({"id": number, "method": "tools/call", "params": {"name": tool}})


def told(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in data.splitlines()]


def served(*lines: bytes) -> list[dict[str, Any]]:
    sink = io.BytesIO()
    server = Server(TOOLS, lambda _tool, _arguments, _context: {"ok": True}, dict)
    stdio.serve(server, io.BytesIO(b"".join(lines)), sink)
    return told(sink.getvalue())


@contextmanager
def slow_server(
    gate: threading.Event, progress_seconds: float = stdio.PROGRESS_SECONDS
) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield both ends of a server whose `mesh_send` waits for the gate."""

    def run(tool: Tool, _arguments: object, _context: str) -> dict[str, Any]:
        if tool.name == "mesh_send":
            assert gate.wait(SECONDS)
        return {"ok": True, "tool": tool.name}

    (take, give), (hear, say) = os.pipe(), os.pipe()
    with (
        os.fdopen(take, "rb") as source,
        os.fdopen(give, "wb", 0) as to_server,
        os.fdopen(hear, "rb") as from_server,
        os.fdopen(say, "wb") as sink,
    ):
        serving = threading.Thread(
            target=stdio.serve, args=(Server(TOOLS, run, dict), source, sink, progress_seconds)
        )
        serving.start()
        to_server.write(line(START))
        from_server.readline()
        try:
            yield to_server, from_server
        finally:
            gate.set()
            to_server.close()
            serving.join(SECONDS)


def test_each_request_has_one_answer_and_a_notification_none() -> None:
    answers = served(
        line(START),
        line({"method": "notifications/initialized"}),
        line({"id": 9, "result": {}}),  # an answer to nothing
        line({"id": "a", "method": "ping"}),
        call("b"),
    )
    assert sorted(str(answer["id"]) for answer in answers) == ["0", "a", "b"]
    assert all("result" in answer for answer in answers)


def test_what_is_no_message_is_answered_and_the_next_one_read() -> None:
    answers = served(b"junk\n", b"\n", b"[]\n", line({"id": 1, "method": "ping"}))
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        words.PARSE_ERROR,
        words.INVALID_REQUEST,
        None,
    ]


def test_a_line_without_end_is_skipped() -> None:
    answers = served(b"x" * (3 * stdio.MAX_LINE) + b"\n", line({"id": 1, "method": "ping"}))
    assert [answer["id"] for answer in answers] == [None, 1]
    assert served(b"x" * (2 * stdio.MAX_LINE))[0]["error"]["code"] == words.INVALID_REQUEST


def test_a_call_that_waits_keeps_nobody_waiting() -> None:
    gate = threading.Event()
    with slow_server(gate) as (to_server, from_server):
        to_server.write(call(1, "mesh_send") + call(2))
        assert json.loads(from_server.readline())["id"] == 2
        gate.set()
        assert json.loads(from_server.readline())["id"] == 1


def test_what_was_cancelled_is_not_answered() -> None:
    gate = threading.Event()
    with slow_server(gate) as (to_server, from_server):
        cancel = {"method": "notifications/cancelled", "params": {"requestId": 1}}
        to_server.write(call(1, "mesh_send") + line(cancel) + call(2))
        assert json.loads(from_server.readline())["id"] == 2
        gate.set()
        to_server.write(call(3))
        assert json.loads(from_server.readline())["id"] == 3


def test_too_many_requests_are_refused_and_so_is_an_id_that_is_taken() -> None:
    gate = threading.Event()
    with slow_server(gate) as (to_server, from_server):
        for number in range(stdio.MAX_OPEN):
            to_server.write(call(number, "mesh_send"))
        to_server.write(call(0, "mesh_send") + call("more"))
        codes = [json.loads(from_server.readline())["error"]["code"] for _ in range(2)]
        assert codes == [words.INVALID_REQUEST, words.BUSY]
        gate.set()
        answered = {json.loads(from_server.readline())["id"] for _ in range(stdio.MAX_OPEN)}
        assert answered == set(range(stdio.MAX_OPEN))


def test_who_asks_for_it_is_told_that_a_long_call_is_at_work_and_nothing_after_its_answer() -> None:
    gate = threading.Event()
    with slow_server(gate, progress_seconds=0.01) as (to_server, from_server):
        for number, token in ((1, "t"), (2, True), (3, None)):
            meta = {"_meta": {"progressToken": token}}
            params = {"name": "mesh_send", **meta}
            to_server.write(line({"id": number, "method": "tools/call", "params": params}))
        heard = [json.loads(from_server.readline()) for _ in range(3)]
        assert {it["method"] for it in heard} == {"notifications/progress"}
        assert {it["params"]["progressToken"] for it in heard} == {"t"}
        steps = [it["params"]["progress"] for it in heard]
        assert steps == sorted(set(steps))
        gate.set()
        order = [it.get("id") for it in heard_from(from_server, until=3)]
        assert set(order) - {None} == {1, 2, 3}
        assert None not in order[order.index(1) :]


def test_a_call_that_was_cancelled_tells_of_no_progress() -> None:
    gate = threading.Event()
    with slow_server(gate, progress_seconds=0.01) as (to_server, from_server):
        params = {"name": "mesh_send", "_meta": {"progressToken": 7}}
        to_server.write(line({"id": 1, "method": "tools/call", "params": params}))
        assert json.loads(from_server.readline())["params"]["progressToken"] == 7
        gone = {"requestId": 1}
        to_server.write(line({"method": "notifications/cancelled", "params": gone}))
        to_server.write(line({"id": 2, "method": "ping"}))
        told = heard_from(from_server, until=1)
        to_server.write(line({"id": 3, "method": "ping"}))
        assert [it["id"] for it in heard_from(from_server, until=1)] == [3]
        assert told[-1]["id"] == 2


def heard_from(source: BinaryIO, until: int) -> list[dict[str, Any]]:
    """Return what is heard until there were so many answers."""
    heard: list[dict[str, Any]] = []
    while sum("id" in it for it in heard) < until:
        heard.append(json.loads(source.readline()))
    return heard
