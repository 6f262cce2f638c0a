"""A daemon's control socket without a daemon: answers are given by the test."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import answers, calls, door, places
from agentmesh.control.connection import Answered
from agentmesh.control.socket import ControlServer
from agentmesh.errors import AgentMeshError

Dialled = tuple[asyncio.StreamReader, asyncio.StreamWriter]

ALICE = "2DrjgbD6qNf3DqTgGLQ6wnCWzGB1"
BOB = "3EsjhcE7rPg4ErUhHMR7xoDXaHC2"


class Script:
    """Answers by call name, and what was asked. An error among the answers is raised."""

    def __init__(self, **answered: Any) -> None:
        self.answers: dict[str, Any] = {
            name.replace("__", "."): answer for name, answer in answered.items()
        }
        self.asked: list[tuple[str, calls.Request[Any], calls.Permit]] = []

    async def __call__(self, name: str, params: msgspec.Raw, permit: calls.Permit) -> Answered:
        request = door.decode(name, params, permit)
        self.asked.append((name, request, permit))
        answer = self.answers[name]
        if callable(answer):
            answer = answer(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, list):
            return events(answer)
        return answer


async def events(
    told: list[answers.Event | Exception],
) -> AsyncGenerator[answers.Event, None]:
    for event in told:
        if isinstance(event, Exception):
            raise event
        yield event


@contextmanager
def serving(home: Path, script: Script) -> Iterator[None]:
    """Serve `home`'s control socket in a thread of its own, for callers that block."""
    ready = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        over = asyncio.Event()
        async with ControlServer(places.socket_in(home), script):
            loops.append((asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield
    finally:
        loop, over = loops[0]
        loop.call_soon_threadsafe(over.set)
        thread.join(5)


def status(**changed: Any) -> answers.Status:
    """What a healthy daemon answers."""
    facts: dict[str, Any] = {
        "amid": ALICE,
        "did": f"did:agentmesh:{ALICE}",
        "tier": 2,
        "name": "alice",
        "daemon": answers.DaemonState(pid=4711, uptime_seconds=62.0, version="0.3.0"),
        "relay": answers.Link(url="ws://127.0.0.1:8765", state="connected"),
        "registry": answers.Link(url="http://127.0.0.1:8080", state="connected"),
        "sessions": [],
        "sessions_total": 0,
        "inbox": answers.Unread(unread=1),
        "outbox": answers.Pending(pending=0),
        "knocks": answers.Pending(pending=2),
        "approvals": answers.Pending(pending=0),
        "prekeys": answers.Prekeys(one_time=100),
        "paused": False,
        "stopped": False,
        "warnings": [],
    }
    return answers.Status(**(facts | changed))


def message(**changed: Any) -> answers.Message:
    """A text from Bob."""
    facts: dict[str, Any] = {
        "message_id": "m1",
        "session_id": "s1",
        "sender": BOB,
        "from_name": "bob",
        "verified": False,
        "trust": 1,
        "received_at": "2026-01-31T12:00:00.000Z",
        "type": "text",
        "payload": {"text": "hello"},
    }
    return answers.Message(**(facts | changed))


def sent(**changed: Any) -> answers.Sent:
    """A message that waits for its peer."""
    facts: dict[str, Any] = {"message_id": "m2", "session_id": "s1", "outcome": "queued"}
    return answers.Sent(**(facts | changed))


def file(**changed: Any) -> answers.File:
    """A file that waits for Bob's word."""
    facts: dict[str, Any] = {
        "transfer_id": "f1",
        "direction": "out",
        "peer": BOB,
        "peer_name": "",
        "name": "a.txt",
        "media_type": "text/plain",
        "size": 5,
        "done": 0,
        "rate": 0.0,
        "eta_seconds": None,
        "state": "offered",
        "reason": "",
        "path": "/shared/a.txt",
        "created_at": "2026-01-31T12:00:00.000Z",
        "changed_at": "2026-01-31T12:00:00.000Z",
    }
    return answers.File(**(facts | changed))


def refused(error: type[AgentMeshError], code: str) -> AgentMeshError:
    return error(code, f"It is about {code}.", "Do it differently.")


def line(number: int | str, method: str, **params: Any) -> bytes:
    asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(asked).encode() + b"\n"


async def exchange(dialled: Dialled, *lines: bytes, answers: int = 0) -> list[dict[str, Any]]:
    reader, writer = dialled
    writer.write(b"".join(lines))
    return [json.loads(await reader.readline()) for _ in range(answers or len(lines))]
