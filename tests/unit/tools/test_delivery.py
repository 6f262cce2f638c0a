"""Messages for a host that wakes its agent."""

from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from agentmesh.tools.delivery import MAX_WAIT_SECONDS, deliver
from tests.support import control_server
from tests.support.control_server import BOB, Script


def test_each_message_comes_with_its_context_and_stays_unread(home: Path, script: Script) -> None:
    message = control_server.message(content="<<1>>", context="b.1")
    script.answers["inbox"] = answers.Inbox(messages=[message], context="owner.1")
    told = deliver({"wait": 5}, home)
    (shown,) = told.pop("messages")
    assert told == {"ok": True, "context": "owner.1"}
    assert (shown["from"], shown["content"], shown["context"]) == (BOB, "<<1>>", "b.1")
    assert "payload" not in shown
    request = calls.Inbox(waking=True, apart=True, content=True, limit=20, wait=5)
    assert [(name, it, permit) for name, it, permit in script.asked] == [
        ("inbox", request, "agent")
    ]


def test_a_host_goes_on_after_what_it_has_seen(home: Path, script: Script) -> None:
    script.answers["inbox"] = answers.Inbox(messages=[], context="owner.1")
    deliver({"after": "m-7"}, home)
    request = script.asked[0][1]
    assert isinstance(request, calls.Inbox)
    assert request.after == "m-7"


def test_a_host_waits_for_so_long_and_no_longer(home: Path, script: Script) -> None:
    script.answers["inbox"] = answers.Inbox(messages=[], context="owner.1")
    deliver({"wait": 1e9}, home)
    request = script.asked[0][1]
    assert isinstance(request, calls.Inbox)
    assert request.wait == MAX_WAIT_SECONDS


@pytest.mark.parametrize("asked", [{"wait": "long"}, {"apart": False}])
def test_what_is_asked_otherwise_is_refused(home: Path, asked: dict[str, object]) -> None:
    assert deliver(asked, home)["error"]["code"] == "invalid_argument"


def test_without_a_daemon_it_says_so(tmp_path: Path) -> None:
    assert deliver({}, tmp_path)["error"]["code"] == "not_running"
