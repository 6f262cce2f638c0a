"""The owner's address book over the control socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from agentmesh.errors import NotPermitted, UsageError
from tests.support.registrant import Registrant
from tests.unit.daemon.conftest import House


async def test_a_contact_is_named_trusted_and_forgotten(house: House) -> None:
    low = house.pair.low.amid
    added = await house.ask("contacts.add", peer=low, alias="Friend", description="a test")
    assert added["contact"]["trust"] == 1
    trusted = await house.ask("contacts.trust", peer="friend", trust=3)
    assert trusted["contact"]["trust"] == 3
    again = await house.ask("contacts.add", peer=low, alias="Friend")
    assert again["contact"]["trust"] == 3, "adding again takes no trust away"
    assert (await house.ask("contacts.remove", peer="friend"))["amid"] == low
    with pytest.raises(UsageError):
        await house.ask("contacts.remove", peer=low)


async def test_a_list_of_many_goes_on_where_its_page_ended(house: House) -> None:
    everybody = {Registrant(f"peer {number}").amid for number in range(7)}
    for number, amid in enumerate(everybody):
        await house.ask("contacts.add", peer=amid, alias=f"friend {number % 3}/{number}")
    (whole,) = [page async for page in _pages(house, 100)]
    assert {it["amid"] for it in whole} == everybody
    pages = [page async for page in _pages(house, 3)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [it for page in pages for it in page] == whole
    with pytest.raises(UsageError) as caught:
        await house.ask("contacts.list", after="5" * 44)
    assert caught.value.code == "invalid_place"


async def _pages(house: House, limit: int) -> AsyncIterator[list[dict[str, Any]]]:
    place = ""
    while True:
        answer: dict[str, Any] = await house.ask("contacts.list", limit=limit, after=place)
        assert answer["total"] == 7
        yield answer["contacts"]
        place = answer["next"]
        if not place:
            return


async def test_nobody_is_its_own_contact(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("contacts.add", peer=house.pair.high.amid)


async def test_the_owner_says_what_a_contact_may_be_used_for(house: House) -> None:
    low = house.pair.low.amid
    with pytest.raises(UsageError) as caught:
        await house.ask("contacts.note", peer=low, note="recipes")
    assert caught.value.code == "not_a_contact"
    assert caught.value.message == f"{low} is not among the contacts."
    assert f"agentmesh policy explain {low}" in caught.value.hint
    await house.ask("contacts.add", peer=low)
    await house.ask("contacts.note", peer=low, note="recipes only")
    (seen,) = (await house.ask("contacts.list", permit="agent"))["contacts"]
    assert seen["note"] == "recipes only"
    await house.ask("contacts.remove", peer=low)
    await house.ask("contacts.add", peer=low)
    shown = await house.ask("contacts.show", peer=low)
    assert shown["contact"]["note"] == ""


async def test_the_owner_says_what_the_agent_may_send_by_itself(house: House) -> None:
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low)
    shown = await house.ask("contacts.show", peer=low)
    assert shown["contact"]["autonomy"] == "extended"
    told = await house.ask("contacts.autonomy", peer=low, autonomy="bounded")
    assert told["contact"]["autonomy"] == "bounded"
    told = await house.ask("contacts.autonomy", peer=low, autonomy="")
    assert told["contact"]["autonomy"] == "extended"
    assert "peer_autonomy_changed" in house.pair.high.kinds()
    with pytest.raises(UsageError):
        await house.ask("contacts.autonomy", peer=low, autonomy="boundless")


async def test_whom_we_do_not_know_any_more_loses_all_that_was_allowed(house: House) -> None:
    low = house.pair.low
    await house.ask("contacts.add", peer=low.amid, alias="Low")
    await house.ask("contacts.autonomy", peer="Low", autonomy="free")
    await house.ask("grants.give", peer="Low", kind="file-in")
    await low.say(house.pair.high, "hello")
    await house.pair.settle()
    assert len((await house.ask("sessions"))["sessions"]) == 1
    await house.ask("contacts.trust", peer="Low", trust=0)
    await house.pair.settle()
    assert (await house.ask("sessions"))["sessions"] == []
    assert (await house.ask("grants.list"))["grants"] == []
    assert (await house.ask("contacts.list"))["contacts"] == []
    await house.ask("contacts.add", peer=low.amid)
    (again,) = (await house.ask("contacts.list"))["contacts"]
    assert (again["trust"], again["autonomy"]) == (1, "extended")
