"""The control calls on invites."""

import pytest

from agentmesh.errors import UsageError
from tests.unit.daemon.conftest import House


async def test_an_invite_is_made_listed_and_revoked(house: House) -> None:
    made = (await house.ask("invites.make", note="for Low", minutes=5))["invite"]
    assert made["code"].startswith(f"{house.pair.high.amid}-1-")
    (listed,) = (await house.ask("invites.list"))["invites"]
    assert listed == made
    house.pair.clock.advance(301)
    (listed,) = (await house.ask("invites.list"))["invites"]
    assert (listed["state"], listed["code"], listed["link"]) == ("expired", "", "")
    await house.ask("invites.revoke", slot=1)
    (listed,) = (await house.ask("invites.list"))["invites"]
    assert listed["state"] == "expired"


async def test_joining_tells_each_step_and_then_the_contact(house: House) -> None:
    low = house.pair.low
    code = low.invites.book.code(await low.invites.book.make("", 600))
    told: dict[str, object] = {}
    while told.get("step") != "joined":
        told = await house.ask("join", code=code.link, wait=5)
    assert (told["amid"], told["name"]) == (low.amid, "somebody")
    (contact,) = (await house.ask("contacts.list"))["contacts"]
    assert (contact["trust"], contact["invited"], contact["verified"]) == (1, True, False)


@pytest.mark.parametrize("code", ["hello", "x" * 300, ""])
async def test_nonsense_is_no_code(house: House, code: str) -> None:
    with pytest.raises(UsageError):
        await house.ask("join", code=code)
