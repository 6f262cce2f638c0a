"""The lines of MCP."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.mcp import words
from agentmesh.mcp.words import Fault, Said

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"junk", words.PARSE_ERROR),
        (b"\xff", words.PARSE_ERROR),
        (b'{"a":' * 100_000, words.PARSE_ERROR),
        (b"[]", words.INVALID_REQUEST),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', words.INVALID_REQUEST),
        (b'{"id":1,"method":"ping"}', words.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', words.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', words.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', words.INVALID_REQUEST),
    ],
)
def test_what_is_no_message_is_said(line: bytes, code: int) -> None:
    with pytest.raises(Fault) as caught:
        words.read(line)
    assert caught.value.told["code"] == code


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_a_fault(line: bytes) -> None:
    with contextlib.suppress(Fault):
        assert isinstance(words.read(line), Said)


def test_a_fault_is_told_in_one_line() -> None:
    told = words.fault_line("a", Fault(words.BUSY, "one\ntwo"))
    assert told.count(b"\n") == 1
    assert json.loads(told)["error"] == {"code": words.BUSY, "message": "one\ntwo"}


@pytest.mark.parametrize(
    ("meta", "version"),
    [
        (None, ""),
        ({}, ""),
        ({"progressToken": 1}, ""),
        ({VERSION: words.MODERN_VERSION, CAPABILITIES: {}}, words.MODERN_VERSION),
    ],
)
def test_a_request_of_today_names_its_version(meta: Any, version: str) -> None:
    assert words.version_named({"_meta": meta}) == version


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        ({VERSION: 7, CAPABILITIES: {}}, words.INVALID_PARAMS),
        ({VERSION: words.MODERN_VERSION}, words.INVALID_PARAMS),
        ({VERSION: "2099-01-01", CAPABILITIES: {}}, words.UNSUPPORTED_VERSION),
    ],
)
def test_a_version_that_is_none_is_said(meta: dict[str, Any], code: int) -> None:
    with pytest.raises(Fault) as caught:
        words.version_named({"_meta": meta})
    assert caught.value.told["code"] == code


def test_who_asks_for_another_version_learns_those_that_are_spoken() -> None:
    told = words.unsupported("x" * 1000).told
    assert told["data"] == {"supported": list(words.VERSIONS), "requested": "x" * 64}
