"""What every door asks first."""

import contextlib
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.control import calls
from agentmesh.control.door import decode
from agentmesh.control.table import REQUESTS
from agentmesh.errors import AgentMeshError, NotPermitted, UsageError


def test_a_request_comes_as_its_type() -> None:
    request = decode("send", b'{"to": "bob", "body": "hello", "wait": 3}', "agent")
    assert request == calls.Send(to="bob", body="hello", wait=3.0)


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("sned", b"{}", "unknown_call"),
        ("send", b"{}", "invalid_argument"),
        ("send", b'{"to": "bob", "body": "x", "wait": "3"}', "invalid_argument"),
        ("send", b'{"to": "bob", "body": "x", "too": "eve"}', "invalid_argument"),
        ("send", b'{"to": "bob", "body": "\xff"}', "invalid_argument"),
        ("send", b'{"to": "bob", "body": "\\ud800"}', "invalid_argument"),
        ("status", b"[]", "invalid_argument"),
        ("status", b"{", "invalid_argument"),
        ("send", b'{"to": "b", "body": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", "invalid_argument"),
        ("send", b'{"to": "b", "body": {"a": ' + b"[" * 90000, "invalid_argument"),
    ],
)
def test_a_bad_request_is_the_callers_to_mend(name: str, params: bytes, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        decode(name, params, "owner")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("contacts.alias", {"peer": "b", "alias": "x" * 65}, "`alias` has at most 64 letters"),
        ("send", {"to": "", "body": "x"}, "`to` is empty"),
        ("grants.give", {"peer": "b", "kind": "text", "seconds": 10**9}, "`seconds` is at most"),
        ("inbox", {"limit": 0}, "`limit` is at least 1"),
        ("inbox", {"wait": -1}, "`wait` is at least 0"),
        ("inbox", {"wait": "x"}, "Expected `float`, got `str` - at `$.wait`"),
    ],
)
def test_a_bound_is_said_in_words(name: str, params: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"{name}: {words}")):
        decode(name, msgspec.json.encode(params), "owner")


def test_what_is_the_owners_is_not_the_agents() -> None:
    with pytest.raises(NotPermitted) as caught:
        decode("knocks.approve", b'{"id": "k"}', "agent")
    assert caught.value.code == "owner_only"
    assert "`agentmesh knocks approve`" in caught.value.hint


@given(st.sampled_from(sorted(REQUESTS)), st.binary(max_size=60))
def test_any_bytes_are_a_request_or_an_error_of_ours(name: str, params: bytes) -> None:
    with contextlib.suppress(AgentMeshError):
        assert isinstance(decode(name, params, "agent"), REQUESTS[name].request)
