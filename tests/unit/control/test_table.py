"""The table of calls."""

import typing

import pytest

from agentmesh.control.table import NAMES, REQUESTS


@pytest.mark.parametrize("name", REQUESTS)
def test_the_table_and_the_annotations_name_the_same_answer(name: str) -> None:
    row = REQUESTS[name]
    (base,) = row.request.__orig_bases__
    assert typing.get_args(base) == (row.answer,)
    assert NAMES[row.request] == name


@pytest.mark.parametrize("name", REQUESTS)
def test_every_call_says_what_it_does(name: str) -> None:
    assert REQUESTS[name].request.__doc__


def test_an_agent_decides_nothing_that_is_the_owners() -> None:
    agents = {name for name, row in REQUESTS.items() if row.permit == "agent"}
    assert agents == {
        "hello", "status", "send", "send.all", "reply", "inbox", "read", "search", "contacts.list",
        "policy.get", "policy.set",  # what is delegated, and by default nothing is
        "reputation.show", "health", "events.subscribe", "outcome", "contacts.show",
        "schemas.list", "schemas.show", "schemas.check",
        "files.send", "files.list", "files.accept", "files.refuse",
            "dashboard.address",
    }  # fmt: skip
