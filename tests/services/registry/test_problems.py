"""How refusals look from outside."""

import json
import re
from pathlib import Path

import agentmesh_registry
from agentmesh_registry.problems import STATUS, problem
from agentmesh_registry.rates import RateLimited

from agentmesh.errors import AgentMeshError, StorageError

SOURCES = Path(agentmesh_registry.__file__).parent


def test_a_problem_says_what_why_and_what_next() -> None:
    reply = problem(AgentMeshError("agent_not_found", "Nobody.", "Look elsewhere."), 0)
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "agent_not_found",
        "detail": "Nobody.",
        "hint": "Look elsewhere.",
    }


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    reply = problem(RateLimited(7), 0)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")


def test_a_database_that_is_away_is_no_bug() -> None:
    reply = problem(StorageError("database_unreachable"), 0)
    assert reply.status == 503
    assert "Retry-After" in reply.headers


def test_an_error_nobody_planned_tells_only_that() -> None:
    reply = problem(AgentMeshError("frame_malformed"), 0)
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body)["code"] == "internal_error"


def test_every_code_that_a_route_raises_has_a_status() -> None:
    raised = r'(?:Refused|NotPermitted|UsageError|RemoteProtocolError|CryptoError)\(\s*"(\w+)"'
    words = {
        code
        for folder in (SOURCES, SOURCES / "routes")
        for path in folder.glob("*.py")
        for code in re.findall(raised, path.read_text())
    }
    at_start = {
        "invalid_address",
        "invalid_command",
        "origin_missing",
        "log_key_malformed",
        "log_key_open",
    }
    in_commands = {
        "file_exists",
        "file_unusable",
        "no_such_file",
        "log_key_differs",
        "log_key_missing",
    }
    assert len(words) > 10
    assert words - at_start - in_commands - set(STATUS) == set()
