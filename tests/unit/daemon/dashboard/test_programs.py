"""A page changes the policy, but for what this machine would run or share."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agentmesh.daemon.dashboard.programs import FIELDS
from agentmesh.policy.document import Argv, Policy, Section
from tests.support.tab import Tab
from tests.unit.daemon.conftest import House

PROGRAM = ["/bin/sh", "-c", "id > /tmp/x"]
WANTED: dict[str, Any] = {
    "stop_hook": PROGRAM,
    "notify_owner.command": PROGRAM,
    "shared_folders": ["/home"],
}


async def replaced(house: House, tab: Tab, **changes: Any) -> str:
    """Have a page put the policy in force anew, with other fields; return what it is told."""
    policy = (await house.ask("policy.get"))["policy"]
    document = json.dumps({**policy, **changes})
    said = await tab.call("policy.replace", document=document)
    return "" if said.status == 200 else str(said.code)


def lists_of_words(section: type[Section], inside: str = "") -> Iterator[str]:
    """Yield the policy's fields that could hold a program with its arguments."""
    for field in msgspec.structs.fields(section):
        if isinstance(field.type, type) and issubclass(field.type, Section):
            yield from lists_of_words(field.type, f"{field.name}.")
        elif field.type == Argv:
            yield inside + field.name


def test_each_such_field_is_tried() -> None:
    harmless = {"scrubber_patterns"}  # it is searched for, and no more
    assert set(WANTED) == set(FIELDS) == set(lists_of_words(Policy)) - harmless


@pytest.mark.parametrize(("field", "value"), WANTED.items())
async def test_no_page_names_a_program_or_a_folder(
    house: House, tab: Tab, field: str, value: list[str]
) -> None:
    section, _, name = field.partition(".")
    assert (await tab.call("policy.set", key=field, value=value)).code == "not_here"
    whole = {section: {name: value} if name else value}
    assert await replaced(house, tab, **whole) == "not_here"
    if name:
        assert (await tab.call("policy.set", key=section, value={name: value})).code == "not_here"
    assert (await house.ask("policy.get", key=field))["policy"] == []


async def test_what_the_terminal_said_stays_as_it_is(house: House, tab: Tab) -> None:
    await house.ask("policy.set", key="stop_hook", value=PROGRAM)
    assert await replaced(house, tab, strict_mode=True) == ""
    assert await replaced(house, tab, stop_hook=[]) == "not_here"
    assert (await tab.call("policy.set", key="min_reputation", value=0.5)).status == 200
    policy = (await house.ask("policy.get"))["policy"]
    assert (policy["stop_hook"], policy["strict_mode"], policy["min_reputation"]) == (
        PROGRAM,
        True,
        0.5,
    )
